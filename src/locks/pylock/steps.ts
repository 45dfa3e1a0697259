/** How uv makes a pylock.toml anew. Pure: scripts of steps. */
import type { Command, Reason } from '../../model.ts';
import { readHeader } from '../compile/header.ts';
import type { CompileOption } from '../compile/spec.ts';
import type { Facts, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import type { Script } from '../replay.ts';
import { normaliseText, reason } from '../tree.ts';
import { withPublicAddresses } from '../uv/rewrite.ts';
import { makeLock, settleRun } from '../uv/steps.ts';
import type { UvLock, UvRun } from '../uv/steps.ts';
import type { PylockCommand } from './command.ts';

export interface Pylock {
  readonly command: PylockCommand;
  /** What uv locks; its `target` is the pylock's. */
  readonly uv: UvLock;
  /** The repository keeps the uv.lock that is exported, and it is locked before. */
  readonly keepsLock: boolean;
}

/** Words of the command as they are shown, and run: without `--frozen`, Python and upgrade. */
export function pylockArguments(command: PylockCommand): readonly string[] {
  const options = command.options.flatMap(wordsOf);
  return command.kind === 'export'
    ? ['export', '--format', 'pylock.toml', '-o', command.written, ...options]
    : ['pip', 'compile', ...command.inputs, '-o', command.written, ...options];
}

function wordsOf({ name, value }: CompileOption): readonly string[] {
  return value === null ? [name] : [name, value];
}

/** The whole script. */
export function* relockPylock(lock: Pylock, facts: Facts): Script {
  const run = settleRun(lock.uv, facts);
  if ('code' in run) return { do: 'fail', reason: run };
  return lock.command.kind === 'export'
    ? yield* exportAnew(lock, run, facts)
    : yield* compileAnew(lock, run, facts);
}

/** From uv.lock, as it is by now; where the repository keeps none, one is made for the export and taken away. */
function* exportAnew(lock: Pylock, run: UvRun, facts: Facts): Script {
  const notes: string[] = [];
  if (!lock.keepsLock) {
    const locked = yield* makeLock(lock.uv, run, facts);
    if ('code' in locked) return { do: 'fail', reason: locked };
    notes.push(...locked.notes);
  }
  const command = commandOf(
    lock,
    run,
    facts,
    [...pylockArguments(lock.command), ...run.python, '--frozen'],
    {},
  );
  const text = outcome(lock, facts, command, yield { do: 'run', command });
  if (typeof text !== 'string') return { do: 'fail', reason: text };
  yield { do: 'write', files: { [lock.uv.target.path]: withHeader(text, headerOf(lock, facts)) } };
  if (!lock.keepsLock) yield { do: 'write', files: { [lock.uv.path]: null } };
  return { do: 'done', solver: run.solver, notes };
}

function* compileAnew(lock: Pylock, run: UvRun, facts: Facts): Script {
  const mirror = facts.index.isMirror && !lock.uv.ownDefaultIndex ? facts.index.url : null;
  const { version } = lock.uv.target.python;
  const command = commandOf(
    lock,
    run,
    facts,
    [
      ...pylockArguments(lock.command),
      '--upgrade',
      ...(version === null ? [] : ['--python-version', version]),
    ],
    mirror === null ? {} : { UV_DEFAULT_INDEX: mirror },
  );
  const text = outcome(lock, facts, command, yield { do: 'run', command });
  if (typeof text !== 'string') return { do: 'fail', reason: text };
  const { path } = lock.uv.target;
  const rewritten =
    mirror === null
      ? { text }
      : withPublicAddresses(text, mirror, textBefore(facts, path), { unnamed: true });
  if ('stranger' in rewritten) return { do: 'fail', reason: strangeAddress(path, rewritten.stranger) };
  yield { do: 'write', files: { [path]: withHeader(rewritten.text, headerOf(lock, facts)) } };
  return { do: 'done', solver: run.solver, notes: [] };
}

function commandOf(
  lock: Pylock,
  run: UvRun,
  facts: Facts,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Command {
  return {
    tool: run.tool,
    argv: ['uv', ...args],
    cwd: lock.command.cwd,
    env,
    outputs: [lock.uv.target.path],
    timeoutSeconds: facts.timeoutSeconds,
  };
}

function outcome(
  lock: Pylock,
  { cutoff }: Facts,
  command: Command,
  { result, files }: StepResult,
): string | Reason {
  const { target } = lock.uv;
  if (result !== null && (result.exitCode !== 0 || result.timedOut)) {
    return explainFailure({ target, command, result, cutoff });
  }
  return (
    files[target.path] ?? reason('tool-failed', `uv ended without an error, but there is no ${target.path}.`)
  );
}

function textBefore(facts: Facts, path: string): string {
  const file = facts.tree.files.get(path);
  return file?.kind === 'text' ? normaliseText(file.text) : '';
}

function headerOf(lock: Pylock, facts: Facts): string {
  return readHeader(textBefore(facts, lock.uv.target.path))?.block ?? '';
}

/** The file's own header stays: what Relock adds to the command is nobody's wish. */
function withHeader(text: string, header: string): string {
  const own = readHeader(text)?.block ?? '';
  return header === '' || own === '' ? text : header + text.slice(own.length);
}

function strangeAddress(path: string, url: string): Reason {
  return reason(
    'unexpected-write',
    `uv writes addresses of files into ${path}, and the configured mirror serves them at its own (${url}), which cannot be traced back to the public ones.`,
    'Use a mirror that keeps the public paths (/packages/ab/cd/…).',
  );
}
