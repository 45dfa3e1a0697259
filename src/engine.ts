/** The one orchestrator: a job and ports in, an outcome out. It decides nothing itself; the pure code does. */
import { parseCutoff } from './config/cutoff.ts';
import { NO_POLICY } from './config/defaults.ts';
import { POLICY_PATH, type Policy } from './config/policy.ts';
import { readPolicy } from './config/read-policy.ts';
import type { Observe } from './engine/events.ts';
import { gatherFacts, type FactSources } from './engine/facts.ts';
import { lookAtPublished } from './engine/published.ts';
import type { RebuildPorts } from './engine/rebuild.ts';
import { answersOf, askAbout, type AskedPorts } from './engine/asked-facts.ts';
import { runImages, type ImagePorts } from './engine/images.ts';
import type { Gate } from './engine/gate.ts';
import { withMuslNotes } from './engine/musl.ts';
import { prepareTools } from './engine/prepare-tools.ts';
import { asItWas, runLock } from './engine/run-lock.ts';
import { scanChange, type ChangePorts } from './engine/scan.ts';
import { runPlan } from './engine/schedule.ts';
import { UsageError } from './errors.ts';
import type { Forge } from './forge/forge.ts';
import type { Facts, LockEcosystem, PlannedLock } from './locks/ecosystem.ts';
import { planImages, type ImagePlan } from './images/plan-images.ts';
import type { ImageOutcome } from './images/result.ts';
import type { Job, Reason, Remote, Target, TargetResult, Tree, TreeFile } from './model.ts';
import type { JobOutcome } from './outcome.ts';
import { planTargets, type Plan } from './plan.ts';
import { writePullRequest } from './report/pull-request.ts';
import type { Runner } from './run/runner.ts';
import type { Workspace } from './workspace/workspace.ts';

/** What the run may reach, and how. */
export interface Network {
  /** Why a remote cannot be used; a remote that answers is not in the map. */
  probe(remotes: readonly Remote[]): Promise<ReadonlyMap<Remote, Reason>>;
  /**
   * Opens the one way of lockers to the network.
   * @param cutoff no release uploaded at or after this instant is seen through it; null: all are.
   * @throws {EnvironmentError} when the operator wants a sandbox and there is none.
   */
  open(cutoff: string | null, policy: Policy): Promise<Gate>;
}

export interface Ports extends AskedPorts {
  readonly workspace: Workspace;
  readonly forge: Forge;
  readonly ecosystems: readonly LockEcosystem[];
  /** What was settled before (with an organisation's defaults); null: what the tree says. */
  readonly policy: Policy | null;
  readonly runner: Runner;
  /** Fetches an interpreter for lockers that cannot; false when it cannot be had. */
  readonly fetchPython: (version: string) => Promise<boolean>;
  readonly facts: FactSources;
  readonly network: Network;
  readonly images: ImagePorts;
  readonly scan: ChangePorts;
  /** null: published images are not looked at. */
  readonly rebuilds: RebuildPorts | null;
  readonly observe: Observe;
  /** How many locks are made side by side. */
  readonly parallel: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly now: () => Date;
  /** Facts of the set-up that a reader of the report should know. */
  readonly notes: readonly string[];
}

export interface Look {
  readonly tree: Tree;
  readonly policy: Policy;
  readonly plan: Plan;
  readonly images: ImagePlan;
  /** The job with its cut-off settled. */
  readonly job: Job;
}

/**
 * Says what a job would do; runs nothing.
 * @throws {UsageError} when the repository's policy is wrong, naming each line.
 */
export async function lookOver(
  job: Job,
  ports: Pick<Ports, 'workspace' | 'ecosystems' | 'now' | 'policy'>,
): Promise<Look> {
  const tree = await ports.workspace.readTree();
  const policy = ports.policy ?? policyOf(tree);
  const plan = planTargets(tree, policy, job, ports.ecosystems);
  const images = planImages(tree, policy, job);
  return {
    tree,
    policy,
    plan,
    images,
    job: { ...job, cutoff: job.cutoff ?? policyCutoff(policy, ports.now()) },
  };
}

function policyOf(tree: Tree): Policy {
  const file = tree.files.get(POLICY_PATH);
  if (file === undefined) return NO_POLICY;
  if (file.kind !== 'text') {
    throw new UsageError('bad-policy', `${POLICY_PATH} is not a readable text file (${file.kind}).`);
  }
  const read = readPolicy(file.text, POLICY_PATH);
  if ('policy' in read) return read.policy;
  const lines = read.errors.map(
    ({ path, line, message }) => `${path}${line === null ? '' : `:${line}`}: ${message}`,
  );
  throw new UsageError('bad-policy', lines.join('\n'), `Mend ${POLICY_PATH}; nothing was done.`);
}

function policyCutoff(policy: Policy, now: Date): string | null {
  if (policy.excludeNewer === null) return null;
  const parsed = parseCutoff(policy.excludeNewer, now);
  if ('cutoff' in parsed) return parsed.cutoff;
  throw new UsageError('bad-policy', `${POLICY_PATH}: exclude-newer: ${parsed.error}`);
}

/**
 * Does a job from end to end and hands the outcome to the forge.
 * @throws {UsageError | EnvironmentError | CancelledError} only for faults of the whole job.
 */
export async function runJob(asked: Job, ports: Ports): Promise<JobOutcome> {
  const start = ports.clock();
  const look = await lookOver(asked, ports);
  ports.observe({ kind: 'planned', targets: look.plan.locks.map(({ target }) => target) });
  const [{ results, notes }, bases] = await bothOrFault(
    look.plan.locks.length === 0 ? { results: [], notes: [] } : runLocks(look, ports),
    lookInside(look, ports),
  );
  const { images, rebuilds, built } = await lookAtPublished(look, results, bases, ports);
  const [answers, scan] = await bothOrFault(
    answersOf(ports),
    scanChange({ results, images, built }, look, watched(ports)),
  );
  const { job, plan } = look;
  const seconds = (ports.clock() - start) / 1000;
  const told = {
    job,
    results,
    skips: plan.skips,
    seconds,
    notes: [...ports.notes, ...notes],
    images,
    rebuilds,
    scan,
  };
  const files = [...results.flatMap((result) => result.files), ...images.files];
  const worthTelling =
    files.length > 0 || [...results, ...images.results].some(({ status }) => status === 'failed');
  const pullRequest = worthTelling ? writePullRequest({ ...told, ...answers, now: ports.now() }) : null;
  if (pullRequest !== null) await ports.forge.apply([{ kind: 'propose', pullRequest, files }]);
  return { ...told, pullRequest };
}

function watched({ scan, observe }: Ports): ChangePorts {
  return {
    ...scan,
    choose(policy) {
      observe({ kind: 'preparing', what: 'known vulnerabilities' });
      return scan.choose(policy);
    },
  };
}

/** Images are looked at while locks are made: neither waits for the other. */
async function lookInside(look: Look, ports: Ports): Promise<ImageOutcome> {
  const { length } = look.images.images;
  if (length > 0) ports.observe({ kind: 'preparing', what: length === 1 ? '1 image' : `${length} images` });
  const outcome = await runImages(look.images, look.tree, look.policy.images, ports.images);
  const files = outcome.files.map(async (file) => ({
    ...file,
    executable: await ports.workspace.isExecutable(file.path),
  }));
  const results = await withMuslNotes(outcome.results, look.plan.locks, look.tree, ports.images);
  return { ...outcome, results, files: await Promise.all(files) };
}

/** Waits for both before it throws, so that nothing still runs when the run's folders are removed. */
async function bothOrFault<A, B>(one: A | Promise<A>, other: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

interface Made {
  readonly results: readonly TargetResult[];
  readonly notes: readonly string[];
}

async function runLocks(look: Look, ports: Ports): Promise<Made> {
  const targets = look.plan.locks.map(({ target }) => target);
  ports.observe({ kind: 'preparing', what: 'uv, interpreters and indexes' });
  const opening = ports.network.open(look.job.cutoff, look.policy);
  try {
    const [facts, dead, gate] = await Promise.all([
      gatherFacts(look.plan, look.job.cutoff, ports.facts),
      ports.network.probe(
        targets.flatMap(({ remotes }) => remotes.filter(({ optional }) => optional !== true)),
      ),
      opening,
    ]);
    const tools = prepareTools(look.plan, { ...facts, tree: look.tree }, ports.runner);
    const results = await makeAll(look, ports, { facts, dead, gate });
    await tools;
    return { results, notes: gate.notes };
  } finally {
    // Also when something else failed while it was being opened.
    await Promise.allSettled([opening.then((gate) => gate.close())]);
  }
}

interface Given {
  readonly facts: Omit<Facts, 'tree'>;
  /** Remotes that do not answer. */
  readonly dead: ReadonlyMap<Remote, Reason>;
  readonly gate: Gate;
}

async function makeAll(look: Look, ports: Ports, given: Given): Promise<readonly TargetResult[]> {
  const { facts, dead, gate } = given;
  /** What the locks that are made hold now, over the tree as it was. */
  const made = new Map<string, TreeFile>();
  const make = async (lock: PlannedLock): Promise<TargetResult> => {
    const { target } = lock;
    ports.observe({ kind: 'started', path: target.path });
    const why = target.remotes.map((remote) => dead.get(remote)).find((reason) => reason !== undefined);
    if (why !== undefined) return told(ports, unreachable(target, why));
    const tree = { paths: look.tree.paths, files: new Map([...look.tree.files, ...made]) };
    const run = await runLock({
      lock,
      before: look.tree,
      facts: { ...facts, tree },
      made,
      workspace: ports.workspace,
      runner: ports.runner,
      fetchPython: ports.fetchPython,
      pass: gate.pass(target),
      observe: ports.observe,
      clock: ports.clock,
    });
    for (const [path, file] of run.files) made.set(path, file);
    return told(ports, run.result);
  };
  const results = await runPlan(look.plan, ports.parallel, make);
  const locks = new Map(look.plan.locks.map((lock) => [lock.target, lock]));
  return results.map((result) => withContents(result, locks.get(result.target), look.tree));
}

/** One that was held back with its group holds what it held. */
function withContents(result: TargetResult, lock: PlannedLock | undefined, tree: Tree): TargetResult {
  if (lock === undefined || result.contents !== undefined) return result;
  return { ...result, contents: asItWas(lock, tree) };
}

function told(ports: Ports, result: TargetResult): TargetResult {
  askAbout(result, ports);
  ports.observe({ kind: 'finished', result });
  return result;
}

function unreachable(target: Target, why: Reason): TargetResult {
  return {
    target,
    status: 'failed',
    reason: why,
    seconds: 0,
    changes: [],
    solver: null,
    notes: [],
    files: [],
  };
}
