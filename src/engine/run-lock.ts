/** One lock, from its first step to what became of it. */
import { diffLocks } from '../diff/packages.ts';
import { onlyCommentsDiffer } from '../diff/requirements-text.ts';
import { CancelledError, messageOf } from '../errors.ts';
import {
  LockSyntaxError,
  type Facts,
  type PlannedLock,
  type Step,
  type StepResult,
} from '../locks/ecosystem.ts';
import { reason } from '../locks/tree.ts';
import type { Change, FileChange, LockContent, Reason, TargetResult, Tree, TreeFile } from '../model.ts';
import type { Runner } from '../run/runner.ts';
import type { Checkout } from '../workspace/workspace.ts';
import type { Observe } from './events.ts';

/** More steps than any ecosystem needs; a loop is a defect that must not run for ever. */
const MAX_STEPS = 40;

export interface LockRun {
  readonly lock: PlannedLock;
  /** As the checkout was before the run. */
  readonly before: Tree;
  /** As it is now, layers below already done. */
  readonly facts: Facts;
  readonly checkout: Checkout;
  readonly runner: Runner;
  /** Added to every child's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly observe: Observe;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

export interface LockRunResult {
  readonly result: TargetResult;
  /** What the declared paths hold now, for the locks above. */
  readonly files: ReadonlyMap<string, TreeFile>;
}

/**
 * Makes one lock anew in the private copy. Whatever goes wrong with it is its result.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function runLock(run: LockRun): Promise<LockRunResult> {
  const { target } = run.lock;
  const start = run.clock();
  const outcome = await relock(run).catch((error: unknown): Outcome => {
    if (error instanceof CancelledError) throw error;
    return failed(reasonOf(error, target.path));
  });
  const files = await run.checkout.read(target.writes);
  const seconds = (run.clock() - start) / 1000;
  return { result: { target, seconds, ...outcome }, files };
}

type Outcome = Omit<TargetResult, 'target' | 'seconds'>;

function failed(why: Reason): Outcome {
  return { status: 'failed', reason: why, changes: [], solver: null, notes: [], files: [] };
}

function reasonOf(error: unknown, path: string): Reason {
  if (error instanceof LockSyntaxError) return reason('lock-unreadable', error.message);
  return reason(
    'internal',
    `${path} failed in Relock itself: ${messageOf(error)}`,
    'Please report this, with the lock and its manifest.',
  );
}

async function relock(run: LockRun): Promise<Outcome> {
  const { lock, checkout } = run;
  const { target } = lock;
  const old = readOld(run);
  const history: StepResult[] = [];
  let { facts } = run;
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

async function runStep(run: LockRun, step: Extract<Step, { do: 'run' }>): Promise<StepResult | Reason> {
  const { command } = step;
  run.observe({ kind: 'running', path: run.lock.target.path, command: command.argv });
  const result = await run.runner.run(command, run.checkout.root, run.environment);
  if ('code' in result) return result;
  const read = await run.checkout.read(command.outputs);
  const files: Record<string, string | null> = {};
  for (const path of command.outputs) {
    const file = read.get(path);
    files[path] = file?.kind === 'text' ? file.text : null;
  }
  return { step, result, files };
}

function readPackages(run: LockRun, tree: Tree): LockContent {
  const { path } = run.lock.target;
  const read = (other: string): string | null => {
    const file = tree.files.get(other);
    return file?.kind === 'text' ? file.text : null;
  };
  const text = read(path);
  return text === null ? { packages: [] } : run.lock.parse(text, read);
}

/** What the lock held before, or why nobody can tell: a lock with a merge conflict in it can be made anew all the same. */
function readOld(run: LockRun): LockContent | LockSyntaxError {
  try {
    return readPackages(run, run.before);
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
  const now = readPackages(run, after);
  const files = await run.checkout.changes(target.writes);
  const shared = { reason: null, solver: step.solver };
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
