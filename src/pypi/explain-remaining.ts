/** Learns from the default index why findings stay, and writes it into the diff. */
import { CancelledError } from '../errors.ts';
import { createLimiter } from '../run/limiter.ts';
import type { FindingsDiff, RemainingWhy } from '../scan/outcome.ts';
import { questionsOf, type QuestionsInput, type RemainingQuestion } from '../scan/why-questions.ts';
import { whyOfChange, whyRemains, type Knowledge, type RequiredPackage } from '../scan/why.ts';
import type { IndexRelease } from '../scan/why-releases.ts';
import { indexReleases, requiredPackages } from './requires.ts';
import type { SimpleClient } from './simple-client.ts';

/** More packages are not asked for: what they hold is then unknown. */
const MAX_PARENTS = 400;
const MAX_PROJECTS = 200;
const MAX_REQUESTS = 8;
const TIMEOUT_MS = 10_000;
/** For what is decided from the answers; ordinary runs need some milliseconds. */
const MAX_DECIDING_MS = 2000;

export interface ExplainContext extends QuestionsInput {
  readonly index: SimpleClient;
  /** The run's cool-down: ISO 8601, or null. */
  readonly cutoff: string | null;
  readonly signal: AbortSignal;
  /** For all of the questions; 10 s unless told. */
  readonly timeoutMs?: number;
}

/**
 * Sets `why` of every remaining finding. What the index does not tell in time is unknown; packages from elsewhere than
 * the default index are never asked for.
 * @throws {CancelledError} when the signal aborts; nothing else.
 */
export async function explainRemaining(diff: FindingsDiff, context: ExplainContext): Promise<FindingsDiff> {
  throwIfAborted(context.signal);
  const questions = questionsOf(diff, context);
  const learned = await learn(questions, context);
  const known: Knowledge = {
    requires: ({ name, version }) => learned.requires.get(keyOf(name, version)) ?? null,
    releases: (name) => learned.releases.get(name) ?? null,
    cutoff: context.cutoff,
  };
  const answer = answerer(known);
  const byChange = Map.groupBy(questions, ({ change }) => change);
  const locks = new Map(context.locks.map((lock) => [lock.target.path, lock]));
  const remaining = diff.remaining.map((change) => {
    const answers = (byChange.get(change) ?? []).flatMap((question) => answer(question) ?? []);
    return { ...change, why: whyOfChange(change, answers, locks) };
  });
  return { ...diff, remaining };
}

/**
 * Decides once for all vulnerabilities of a package that were mended in the same releases.
 * Threat: hundreds of wishes for one package, each held against thousands of releases. Past the limit nothing is decided.
 */
function answerer(known: Knowledge): (question: RemainingQuestion) => RemainingWhy | null {
  const start = performance.now();
  const answers = new Map<string, RemainingWhy>();
  return (question) => {
    const key = JSON.stringify([question.lock, question.name, question.version, question.fixed]);
    const had = answers.get(key);
    if (had !== undefined) return had;
    if (performance.now() - start > MAX_DECIDING_MS) return null;
    const why = whyRemains(question, known);
    answers.set(key, why);
    return why;
  };
}

interface Learned {
  /** By `keyOf`. */
  readonly requires: ReadonlyMap<string, readonly RequiredPackage[]>;
  /** By name. */
  readonly releases: ReadonlyMap<string, readonly IndexRelease[]>;
}

async function learn(questions: readonly RemainingQuestion[], context: ExplainContext): Promise<Learned> {
  const { index, signal } = context;
  const requires = new Map<string, readonly RequiredPackage[]>();
  const releases = new Map<string, readonly IndexRelease[]>();
  /** Set when it is too late: what still waits for its turn is not asked for any more. */
  const over = new AbortController();
  const limited = createLimiter(MAX_REQUESTS);
  const asked = new Map<string, Promise<void>>();
  const ask = (key: string, most: number, task: () => Promise<void>): void => {
    if (asked.has(key) || asked.size >= most) return;
    // An index that fails leaves a gap in what is known.
    const quiet = (): Promise<void> =>
      over.signal.aborted ? Promise.resolve() : task().catch(() => undefined);
    asked.set(key, limited(quiet));
  };
  for (const { name, askable } of questions) {
    if (!askable) continue;
    ask(`releases ${name}`, MAX_PROJECTS, async () => {
      const project = await index.project(name);
      if (project !== null) releases.set(name, indexReleases(project));
    });
  }
  const most = asked.size + MAX_PARENTS;
  for (const { parents } of questions) {
    for (const { name, version } of parents) {
      const key = keyOf(name, version);
      ask(`requires ${key}`, most, async () => {
        const text = await index.metadata(name, version);
        if (text !== null) requires.set(key, requiredPackages(text));
      });
    }
  }
  await settled([...asked.values()], context.timeoutMs ?? TIMEOUT_MS, signal);
  over.abort();
  throwIfAborted(signal);
  // Copies: what still comes in must not change an answer half way.
  return { requires: new Map(requires), releases: new Map(releases) };
}

/** Waits for all, or until it is too late, or the run is cancelled. */
async function settled(all: readonly Promise<void>[], timeoutMs: number, signal: AbortSignal): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([Promise.allSettled(all), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function keyOf(name: string, version: string): string {
  return `${name}@${version}`;
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError('The run was cancelled.');
}
