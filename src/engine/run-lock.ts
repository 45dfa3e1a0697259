/** One lock, from its first step to what became of it. */
import { diffLocks } from '../diff/packages.ts';
import { onlyCommentsDiffer } from '../diff/requirements-text.ts';
import { CancelledError, EnvironmentError, messageOf } from '../errors.ts';
import {
  LockSyntaxError,
  type Facts,
  type PlannedLock,
  type Step,
  type StepResult,
} from '../locks/ecosystem.ts';
import { reason } from '../locks/tree.ts';
import type {
  Change,
  FileChange,
  LockContent,
  LockContents,
  Reason,
  TargetResult,
  Tree,
  TreeFile,
} from '../model.ts';
import type { Runner } from '../run/runner.ts';
import type { Checkout, Workspace } from '../workspace/workspace.ts';
import type { Observe } from './events.ts';
import type { LockPass } from './gate.ts';
import { refusalNotes, withRefusals } from './refusals.ts';

/** More steps than any ecosystem needs; a loop is a defect that must not run for ever. */
const MAX_STEPS = 40;

export interface LockRunOptions {
  readonly lock: PlannedLock;
  /** As the checkout was before the run. */
  readonly before: Tree;
  /** As it is now, layers below already done. */
  readonly facts: Facts;
  /** What the layers below hold now. */
  readonly made: ReadonlyMap<string, TreeFile>;
  readonly workspace: Pick<Workspace, 'checkOut'>;
  readonly runner: Runner;
  /** Fetches an interpreter for lockers that cannot; false when it cannot be had. */
  readonly fetchPython: (version: string) => Promise<boolean>;
  readonly pass: LockPass;
  readonly observe: Observe;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

interface LockRun extends LockRunOptions {
  readonly checkout: Checkout;
}

export interface LockRunResult {
  readonly result: TargetResult;
  /** What the declared paths hold now, for the locks above. */
  readonly files: ReadonlyMap<string, TreeFile>;
}

/**
 * Makes one lock anew, in a private copy that nothing else runs in. Whatever goes wrong with it is its result.
 * @throws {CancelledError} when the run was cancelled.
 * @throws {EnvironmentError} when no private copy can be made.
 */
export async function runLock(options: LockRunOptions): Promise<LockRunResult> {
  const { target } = options.lock;
  const start = options.clock();
  const checkout = await options.workspace.checkOut();
  try {
    const run = { ...options, checkout };
    await layOver(checkout, options.made);
    const outcome = await relock(run).catch((error: unknown): Outcome => {
      if (error instanceof CancelledError) throw error;
      return failed(reasonOf(error, target.path));
    });
    const refusals = options.pass.refusals();
    const reason =
      outcome.reason === null ? null : withUndated(withRefusals(outcome.reason, refusals), options);
    const notes = [...outcome.notes, ...refusalNotes(refusals), ...undatedNotes(options)];
    const files = await checkout.read(target.writes);
    const seconds = (options.clock() - start) / 1000;
    const contents = outcome.contents ?? asItWas(options.lock, options.before);
    return { result: { target, seconds, ...outcome, reason, notes, contents }, files };
  } finally {
    await checkout.close();
  }
}

async function layOver(checkout: Checkout, made: LockRunOptions['made']): Promise<void> {
  for (const [path, file] of made) {
    if (file.kind === 'text') await checkout.write(path, file.text);
  }
}

function undatedNotes({ pass, facts }: LockRunOptions): readonly string[] {
  const { passed } = pass.undated();
  if (facts.cutoff === null || passed.length === 0) return [];
  return [`The cool-down was not kept for ${listed(passed)}: the index tells no upload times.`];
}

/** Lockers seldom say why a page was refused them. */
function withUndated(why: Reason, { pass, facts }: LockRunOptions): Reason {
  const { refused } = pass.undated();
  if (facts.cutoff === null || refused.length === 0 || why.code === 'cooldown-unsupported') return why;
  return {
    ...why,
    code: 'cooldown-unsupported',
    message: `${why.message} The index tells no upload times (PEP 700) for ${listed(refused)}, so that the cool-down cannot be kept on it.`,
    fix: 'Take `exclude-newer` out of the policy for this repository, or use an index that tells upload times.',
  };
}

function listed(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return names.slice(0, 5).join(', ') + more;
}

type Outcome = Omit<TargetResult, 'target' | 'seconds'>;

function failed(why: Reason): Outcome {
  return { status: 'failed', reason: why, changes: [], solver: null, notes: [], files: [] };
}

function reasonOf(error: unknown, path: string): Reason {
  if (error instanceof LockSyntaxError) return reason('lock-unreadable', error.message);
  if (error instanceof EnvironmentError && error.code === 'unexpected-file') return swapped(path);
  return reason(
    'internal',
    `${path} failed in Relock itself: ${messageOf(error)}`,
    'Please report this, with the lock and its manifest.',
  );
}

/** Threat: a build puts a link or a device where its lock was. */
function swapped(path: string): Reason {
  return reason(
    'unexpected-write',
    `${path} is no regular file any more: something that ran for this lock put another thing in its place. Nothing of it was read.`,
    'Look at what the source distributions among the packages do when they are built.',
  );
}

async function relock(run: LockRun): Promise<Outcome> {
  const { lock, checkout } = run;
  const { target } = lock;
  const old = readOld(lock, run.before);
  const history: StepResult[] = [];
  let facts = await withPython(run);
  while (history.length < MAX_STEPS) {
    const step = lock.next(facts, history);
    switch (step.do) {
      case 'fail':
        return failed(step.reason);
      case 'done':
        return settle(run, old, step);
      case 'write': {
        for (const [path, text] of Object.entries(step.files)) await checkout.write(path, text);
        history.push({ step, result: null, files: {} });
        break;
      }
      case 'run': {
        const result = await runStep(run, step);
        if (!('code' in result)) {
          history.push(result);
          break;
        }
        if (result.code !== 'python-missing' || !facts.pythonDownloads) return failed(result);
        // It cannot be fetched after all: another that is here may do.
        facts = { ...facts, pythonDownloads: false };
        break;
      }
      default:
        return step satisfies never;
    }
  }
  return failed(reason('internal', `${target.path} needed more than ${MAX_STEPS} steps.`));
}

/** Where lockers cannot fetch an interpreter themselves, it is fetched first; one that cannot be had is then told. */
async function withPython({ lock, facts, fetchPython }: LockRun): Promise<Facts> {
  const { version } = lock.target.python;
  if (!facts.pythonDownloads || version === null) return facts;
  const isHere = facts.pythons.some((python) => `${python.version}.`.startsWith(`${version}.`));
  return isHere || (await fetchPython(version)) ? facts : { ...facts, pythonDownloads: false };
}

async function runStep(run: LockRun, step: Extract<Step, { do: 'run' }>): Promise<StepResult | Reason> {
  const { command } = step;
  run.observe({ kind: 'running', path: run.lock.target.path, command: command.argv });
  const { root, home, borrowed } = run.checkout;
  const result = await run.runner.run(command, { root, home, borrowed, pass: run.pass });
  if ('code' in result) return result;
  const read = await run.checkout.read(command.outputs);
  const files: Record<string, string | null> = {};
  for (const path of command.outputs) {
    const file = read.get(path);
    if (file?.kind === 'symlink') return swapped(path);
    files[path] = file?.kind === 'text' ? file.text : null;
  }
  return { step, result, files };
}

/** What a lock holds that was not made anew. */
export function asItWas(lock: PlannedLock, tree: Tree): LockContents {
  const read = readOld(lock, tree);
  const content = read instanceof LockSyntaxError ? null : read;
  return { before: content, after: content };
}

function readPackages(lock: PlannedLock, tree: Tree): LockContent {
  const { path } = lock.target;
  const read = (other: string): string | null => {
    const file = tree.files.get(other);
    return file?.kind === 'text' ? file.text : null;
  };
  const text = read(path);
  return text === null ? { packages: [] } : lock.parse(text, read);
}

/** What the lock held before, or why nobody can tell: a lock with a merge conflict in it can be made anew all the same. */
function readOld(lock: PlannedLock, tree: Tree): LockContent | LockSyntaxError {
  try {
    return readPackages(lock, tree);
  } catch (error) {
    if (error instanceof LockSyntaxError) return error;
    throw error;
  }
}

/** The lock is made: what moved, and what is to be published. */
async function settle(
  run: LockRun,
  old: LockContent | LockSyntaxError,
  step: Extract<Step, { do: 'done' }>,
): Promise<Outcome> {
  const { target } = run.lock;
  const written = await run.checkout.read(target.writes);
  const after: Tree = { paths: run.facts.tree.paths, files: new Map([...run.facts.tree.files, ...written]) };
  const now = readPackages(run.lock, after);
  const files = await run.checkout.changes(target.writes);
  const contents = { before: old instanceof LockSyntaxError ? null : old, after: now };
  const shared = { reason: null, solver: step.solver, contents };
  if (old instanceof LockSyntaxError) {
    const note = `What moved cannot be told, since the lock was unreadable before: ${old.message}`;
    return { ...shared, status: 'updated', changes: [], notes: [...step.notes, note], files };
  }
  const changes = diffLocks(old, now);
  if (files.length === 0) {
    return { ...shared, status: 'unchanged', changes: [], notes: step.notes, files: [] };
  }
  if (changes.length === 0 && files.every((file) => onlyComments(run.before, file))) {
    for (const { path } of files) await restore(run, path);
    const note = 'Only comments would change, so the file is left as it is.';
    return { ...shared, status: 'unchanged', changes: [], notes: [...step.notes, note], files: [] };
  }
  return { ...shared, status: 'updated', changes: sorted(changes), notes: step.notes, files };
}

function onlyComments(before: Tree, change: FileChange): boolean {
  const old = before.files.get(change.path);
  if (old?.kind !== 'text' || change.text === null) return false;
  return /\.(?:txt|pip|lock|reqs)$/u.test(change.path) && onlyCommentsDiffer(old.text, change.text);
}

async function restore(run: LockRun, path: string): Promise<void> {
  const old = run.before.files.get(path);
  await run.checkout.write(path, old?.kind === 'text' ? old.text : null);
}

/** Direct ones first, then by name. */
function sorted(changes: readonly Change[]): readonly Change[] {
  return [...changes].sort((a, b) => Number(b.direct) - Number(a.direct) || (a.name < b.name ? -1 : 1));
}
