/** How uv makes a uv.lock anew. Pure: a script of steps (see `replay.ts`). */
import { basename } from 'node:path/posix';
import type { Command, CommandResult, Reason, Target, ToolSpec } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import type { Script } from '../replay.ts';
import { whyNoDownload } from '../python-download.ts';
import { reason } from '../tree.ts';
import { chooseInterpreter } from './interpreter.ts';
import type { Placed } from './project.ts';
import { withPublicAddresses } from './rewrite.ts';
import { settleUvVersion } from './tool-version.ts';

/** All that the steps need to know of one lock. */
export interface UvLock {
  readonly target: Target;
  /** The uv.lock that is made; the target itself, or one that an export needs. */
  readonly path: string;
  /** Repository-relative folder in which uv runs. */
  readonly cwd: string;
  /** The script (PEP 723) that the lock is of, or null for a project. */
  readonly script: string | null;
  /** Normalised names of the projects that are built from the repository itself. */
  readonly ownNames: readonly string[];
  readonly requiresPython: readonly Placed[];
  readonly requiredVersion: Placed | null;
  readonly ownDefaultIndex: boolean;
}

/** What the steps need of uv, settled with the facts. */
export interface UvRun {
  readonly tool: ToolSpec;
  /** `--python X`, or nothing. */
  readonly python: readonly string[];
  /** The same for a Python to fetch, when that one fails to build something; else null. */
  readonly fetch: readonly string[] | null;
  readonly env: Readonly<Record<string, string>>;
  /** For people: `uv 0.13.9`. */
  readonly solver: string;
}

/** What came of making a uv.lock. */
export type Locked = { readonly text: string; readonly notes: readonly string[] } | Reason;

type Running = Generator<Extract<Step, { do: 'run' | 'write' }>, Locked, StepResult>;

/** The whole script of a uv.lock. */
export function* relock(lock: UvLock, facts: Facts): Script {
  const run = settleRun(lock, facts);
  if ('code' in run) return { do: 'fail', reason: run };
  let locked = yield* makeLock(lock, run, facts);
  if ('code' in locked && NO_HISTORY.test(locked.detail)) {
    locked = yield* makeLock(lock, { ...run, env: pretendedVersions(lock.ownNames) }, facts);
  }
  if ('code' in locked && run.fetch !== null && locked.code.startsWith('sdist-build')) {
    const again = yield* makeLock(lock, { ...run, python: run.fetch }, facts);
    // What could not be fetched tells nothing of the build that failed.
    if (!('code' in again && again.code === 'python-missing')) locked = again;
  }
  if ('code' in locked) return { do: 'fail', reason: locked };
  return { do: 'done', solver: run.solver, notes: locked.notes };
}

/** What setuptools-scm (and hatch-vcs, which is built on it) says in a checkout without its git history. */
const NO_HISTORY = /setuptools[-_]scm was unable to detect version/iu;

/**
 * A version for the repository's own projects, which read theirs from git: uv writes no such version into a lock.
 * Named one by one, since a version for all would be taken for those of dependencies as well.
 */
function pretendedVersions(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => [
      `SETUPTOOLS_SCM_PRETEND_VERSION_FOR_${name.replaceAll(/[^a-z0-9]+/gu, '_').toUpperCase()}`,
      '0.1.dev0',
    ]),
  );
}

/** Which uv, on which interpreter. */
export function settleRun(lock: UvLock, facts: Facts): UvRun | Reason {
  const settled = settleUvVersion(lock.target.tool, lock.requiredVersion, facts.uvVersion);
  if ('code' in settled) return settled;
  const interpreter = chooseInterpreter(facts, lock.target.python, lock.requiresPython);
  if ('code' in interpreter) return interpreter;
  return {
    tool: { name: 'uv', version: settled.version, python: null, with: [] },
    python: interpreter.python === null ? [] : ['--python', interpreter.python],
    fetch: interpreter.fetch === null ? null : ['--python', interpreter.fetch],
    env: {},
    solver: `uv ${settled.version ?? facts.uvVersion}`,
  };
}

/** Makes uv.lock anew, with everything moved. */
export function* makeLock(lock: UvLock, run: UvRun, facts: Facts): Running {
  const mirror = facts.index.isMirror && !lock.ownDefaultIndex ? facts.index.url : null;
  const command: Command = {
    tool: run.tool,
    argv: ['uv', 'lock', ...scriptArguments(lock), ...run.python, '--upgrade'],
    cwd: lock.cwd,
    env: mirror === null ? run.env : { ...run.env, UV_DEFAULT_INDEX: mirror },
    outputs: [lock.path],
    timeoutSeconds: facts.timeoutSeconds,
  };
  const text = yield* runLock(lock, facts, command);
  if (typeof text !== 'string') return text;
  if (mirror === null) return { text, notes: [] };
  const rewritten = withPublicAddresses(text, mirror, textBefore(facts, lock.path));
  if ('stranger' in rewritten) return strangeMirror(lock.path, mirror, rewritten.stranger);
  yield { do: 'write', files: { [lock.path]: rewritten.text } };
  const note = 'Solved on the configured mirror; the lock names the public index, as before.';
  return { text: rewritten.text, notes: [note] };
}

function scriptArguments(lock: UvLock): readonly string[] {
  return lock.script === null ? [] : ['--script', basename(lock.script)];
}

function* runLock(
  lock: UvLock,
  { cutoff }: Facts,
  command: Command,
): Generator<Extract<Step, { do: 'run' }>, string | Reason, StepResult> {
  const done = yield { do: 'run', command };
  const { result } = done;
  if (result !== null && (result.exitCode !== 0 || result.timedOut)) {
    return missingPython(lock, result) ?? explainFailure({ target: lock.target, command, result, cutoff });
  }
  const text = done.files[lock.path] ?? null;
  return text ?? reason('tool-failed', `uv ended without an error, but there is no ${lock.path}.`);
}

/** uv looks for an interpreter that the project allows before anything else. */
function missingPython({ target, requiresPython }: UvLock, result: CommandResult): Reason | null {
  const ranges = requiresPython.map(({ value, place }) => `a Python ${value} (${place})`).join(' and ');
  return whyNoDownload(target.path, ranges === '' ? target.python : ranges, result);
}

function textBefore(facts: Facts, path: string): string {
  const file = facts.tree.files.get(path);
  return file?.kind === 'text' ? file.text : '';
}

function strangeMirror(path: string, mirror: string, url: string): Reason {
  return reason(
    'unexpected-write',
    `uv writes addresses of files into ${path}. The mirror ${mirror} serves them at its own (${url}), which cannot be traced back to the public ones, so the lock would work only behind that mirror.`,
    'Use a mirror that keeps the public paths (/packages/ab/cd/…), or name it in pyproject.toml as the default index.',
  );
}
