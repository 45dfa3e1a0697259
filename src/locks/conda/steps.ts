/** The steps of one lock of conda-lock. Pure. */
import type { CommandResult, Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { replay, type Script } from '../replay.ts';
import { reason } from '../tree.ts';
import {
  helpingFile,
  lockCommand,
  LOOKUP_FILE,
  METADATA_FILE,
  NOTES_FILE,
  renderCommand,
  solverOf,
  type CondaRun,
  type LockWords,
} from './command.ts';
import { explainCondaFailure, failedForMapping } from './failure.ts';
import { withoutPublicIndex, withPublicFiles } from './mirror.ts';
import type { Render } from './renders.ts';
import type { Source } from './source.ts';

export interface CondaPlan {
  readonly target: Target;
  readonly words: LockWords;
  readonly sources: readonly Source[];
  /** Keys and values that the lock was given by hand. */
  readonly custom: ReadonlyMap<string, string>;
  /** Whether the policy names a list of names itself. */
  readonly hasLookup: boolean;
  readonly renders: readonly { readonly render: Render; readonly template: string }[];
  /** What is to be said of, or done about, a lock that was made. */
  check(before: string, after: string): Checked;
}

export interface Checked {
  /** It must not be published. */
  readonly problem: Reason | null;
  /** It says what it said before: it stays as it is. */
  readonly isSame: boolean;
  readonly notes: readonly string[];
}

/** The next step for one lock. */
export function nextCondaStep(plan: CondaPlan, facts: Facts, history: readonly StepResult[]): Step {
  return replay(relock(plan, facts), history);
}

type Running<T> = Generator<Extract<Step, { do: 'run' | 'write' }>, T, StepResult>;

function* relock(plan: CondaPlan, facts: Facts): Script {
  const { target } = plan;
  const { condaExecutable: conda } = facts;
  if (conda !== null && typeof conda !== 'string') return { do: 'fail', reason: conda };
  const version = target.tool.version ?? facts.newestTool('conda-lock', null);
  const asksIndex =
    plan.sources.some(({ usesPip }) => usesPip) && plan.sources.every(({ allowsPypi }) => allowsPypi);
  const { index } = facts;
  const run: CondaRun = {
    version,
    conda,
    index: asksIndex && (index.isMirror || !index.hasVersionJson) ? index.url : null,
  };
  const before = textsBefore(facts, target.writes);
  const made = yield* makeAll(plan, facts, run, before);
  if ('code' in made) {
    // What lies above reads it as it was.
    yield { do: 'write', files: before };
    return { do: 'fail', reason: made };
  }
  return {
    do: 'done',
    solver: solverOf(run),
    notes: [...made.notes, ...cutoffNotes(run, facts), ...indexNotes(run, facts)],
  };
}

interface Made {
  readonly notes: readonly string[];
}

function* makeAll(
  plan: CondaPlan,
  facts: Facts,
  run: CondaRun,
  before: Readonly<Record<string, string | null>>,
): Running<Made | Reason> {
  const { target, words } = plan;
  const old = before[target.path] ?? '';
  // With the old lock in place its pip pins stay, and some cannot be read back at all.
  const helping = helpingFiles(plan, facts, run);
  const untimed = facts.cutoff === null ? [] : [helpingFile(words.cwd, NOTES_FILE)];
  yield { do: 'write', files: { ...nothingOf([target.path, ...untimed]), ...helping } };
  const more = plan.custom.size === 0 ? [] : ['--mdy', METADATA_FILE];
  const first = yield* runLock(plan, facts, run, more);
  const lookup = !plan.hasLookup && canGuessNames(plan) && failedForMapping(first);
  if (lookup) {
    const file = helpingFile(words.cwd, LOOKUP_FILE);
    yield { do: 'write', files: { ...nothingOf([target.path, ...untimed]), [file]: '{}\n' } };
  }
  const { result, text, undated } = lookup
    ? yield* runLock(plan, facts, run, [...more, '--pypi_to_conda_lookup_file', LOOKUP_FILE])
    : first;
  const settled = settle(plan, facts, run, { result, text, old });
  if ('code' in settled) return settled;
  if (settled.text !== text) yield { do: 'write', files: { [target.path]: settled.text } };
  const rendered = yield* renderAll(plan, facts, run);
  if (rendered !== null) return rendered;
  return { notes: [...settled.notes, ...(lookup ? [LOOKUP_NOTE] : []), ...undatedNotes(undated)] };
}

const LOOKUP_NOTE =
  'The list that tells which conda package is which Python package could not be fetched, so the names were taken to be the same: where they differ, pip packages may be locked beside the conda package that is the same thing.';

interface Ran {
  readonly result: CommandResult;
  readonly text: string | null;
  /** What the solver tells of packages whose time nobody knows; null when nothing. */
  readonly undated: string | null;
}

function* runLock(plan: CondaPlan, facts: Facts, run: CondaRun, more: readonly string[]): Running<Ran> {
  const { target, words } = plan;
  const notes = helpingFile(words.cwd, NOTES_FILE);
  const outputs = facts.cutoff === null ? [target.path] : [target.path, notes];
  const { result, files } = yield { do: 'run', command: lockCommand(words, run, more, outputs, facts) };
  const nothing: CommandResult = { exitCode: null, timedOut: false, stdout: '', stderr: '', seconds: 0 };
  return { result: result ?? nothing, text: files[target.path] ?? null, undated: files[notes] ?? null };
}

/** Lines as `config/conda-solver.py` writes them: `PLATFORM: N records without a time: NAME, …`. */
function undatedNotes(undated: string | null): readonly string[] {
  return [
    ...(undated ?? '')
      .slice(0, 20_000)
      .matchAll(/^([a-z0-9_-]{1,40}): (\d{1,6}) records without a time: ([^\n]{1,600})$/gmu),
  ]
    .slice(0, 10)
    .map(
      ([, platform, count, names]) =>
        `The cool-down was not kept for ${count} packages on ${platform}, whose channel does not tell when they were built: ${names}.`,
    );
}

/** What becomes of a lock that conda-lock wrote: its text and what to say of it, or why it must not be published. */
function settle(
  plan: CondaPlan,
  facts: Facts,
  run: CondaRun,
  { result, text, old }: Omit<Ran, 'undated'> & { readonly old: string },
): { readonly text: string; readonly notes: readonly string[] } | Reason {
  const { target } = plan;
  const command = lockCommand(plan.words, run, [], [target.path], facts);
  if (result.exitCode !== 0 || result.timedOut) {
    return explainCondaFailure({ target, command, result, cutoff: facts.cutoff });
  }
  if (text === null) {
    return reason('tool-failed', `conda-lock ended without an error, but there is no ${target.path}.`);
  }
  const isMirrored = run.index !== null && facts.index.isMirror;
  const public_ = isMirrored ? withPublicFiles(text, facts.index.url, old) : { text };
  if ('stranger' in public_) return strangeMirror(target.path, facts.index.url, public_.stranger);
  const { problem, isSame, notes } = plan.check(old, public_.text);
  return problem ?? { text: isSame ? old : public_.text, notes };
}

function* renderAll({ target, renders }: CondaPlan, facts: Facts, run: CondaRun): Running<Reason | null> {
  for (const { render, template } of renders) {
    const command = renderCommand(target.path, render, template, run, facts);
    yield { do: 'write', files: nothingOf([render.path]) };
    const { result, files } = yield { do: 'run', command };
    if (result === null || result.exitCode !== 0 || result.timedOut) {
      const failed = { exitCode: null, timedOut: false, stdout: '', stderr: '', seconds: 0 };
      return explainCondaFailure({ target, command, result: result ?? failed, cutoff: facts.cutoff });
    }
    if ((files[render.path] ?? null) === null) {
      return reason(
        'tool-failed',
        `conda-lock rendered ${target.path} without an error, but there is no ${render.path}.`,
      );
    }
  }
  return null;
}

/** Metadata to hand over, and the source that keeps conda-lock from asking the public index besides a mirror. */
function helpingFiles(plan: CondaPlan, facts: Facts, run: CondaRun): Readonly<Record<string, string | null>> {
  const { words, custom, sources } = plan;
  const files: Record<string, string | null> = {};
  if (custom.size > 0) {
    files[helpingFile(words.cwd, METADATA_FILE)] = `${JSON.stringify(Object.fromEntries(custom))}\n`;
  }
  // Digests of the sources go into the lock: then they have to stay as they are.
  const hasDigests =
    words.output.form === 'lock' && words.output.choices.some((choice) => choice.startsWith('input_'));
  const closed =
    run.index !== null && facts.index.isMirror && !hasDigests
      ? withoutPublicIndex(facts.tree, sources)
      : null;
  if (closed !== null) files[closed.path] = closed.text;
  return files;
}

/** Whether a list of names that is empty only costs doubles: not where conda's packages are asked for by pip's names. */
function canGuessNames({ sources }: CondaPlan): boolean {
  return sources.every(({ turnsNames }) => !turnsNames);
}

function nothingOf(paths: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(paths.map((path) => [path, null]));
}

function textsBefore(facts: Facts, paths: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    paths.map((path) => {
      const file = facts.tree.files.get(path);
      return [path, file?.kind === 'text' ? file.text : null];
    }),
  );
}

function cutoffNotes({ conda }: CondaRun, { cutoff }: Facts): readonly string[] {
  if (cutoff === null || conda === null) return [];
  return [
    'The cool-down was not kept for conda packages: the configured conda cannot leave out those that are younger.',
  ];
}

function indexNotes({ index }: CondaRun, facts: Facts): readonly string[] {
  if (index === null || !facts.index.isMirror) return [];
  return ['pip packages were solved on the configured mirror; the lock names the public index, as before.'];
}

function strangeMirror(path: string, mirror: string, url: string): Reason {
  return reason(
    'unexpected-write',
    `conda-lock writes addresses of files into ${path}. The mirror ${mirror} serves them at its own (${url.slice(0, 300)}), which cannot be traced back to the public ones, so the lock would work only behind that mirror.`,
    'Use a mirror that keeps the public paths (/packages/ab/cd/…), or name it as `pip-repositories` in the environment file.',
  );
}
