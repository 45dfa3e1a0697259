/** What two requests for one repository make together, and the shape in which the queue keeps a job. No effects. */
import { advisoryKey } from '../advisory/model.ts';
import type { AdvisedPackage, Answer, QueuedJob } from './store.ts';

/** The row's data in the queue. */
export interface Payload {
  readonly job: QueuedJob;
  /** How often its handler threw. */
  readonly failures: number;
  /** What it threw last. */
  readonly error: string | null;
}

/** Threat: a stream of comments with other globs each makes a row without bounds; past this, all targets are meant. */
const MOST_GLOBS = 100;
const MOST_ANSWERS = 20;
const MOST_ADVISORIES = 100;
const MOST_ERROR_CHARACTERS = 2000;

/** What asks for more comes first: a push only refreshes what is open, so it must not make less of a monthly run. */
const STRENGTH: readonly QueuedJob['trigger'][] = ['comment', 'advisory', 'schedule', 'installation', 'push'];

/** Who is next within an installation; a comment's jobs are next among all. The row's `priority`. */
const PRIORITY: Readonly<Record<QueuedJob['trigger'], number>> = {
  comment: 30,
  advisory: 20,
  push: 10,
  installation: 10,
  schedule: 0,
};
/** From this on, a job is next whatever its installation has running. */
export const FIRST_OF_ALL = PRIORITY.comment;

/** Of a new job. A folded one keeps the higher of both, since its trigger is the one that asks for more. */
export function priorityOf({ trigger }: QueuedJob): number {
  return PRIORITY[trigger];
}

/** The union of a waiting job and a newer request: what either would have done is done, by one run. */
export function foldJobs(waiting: QueuedJob, newer: QueuedJob): QueuedJob {
  // Every job follows, so that one that does nothing else adds nothing to another, nor does it widen its scope.
  if (newer.follow === true)
    return { ...waiting, repository: newer.repository, installation: newer.installation };
  if (waiting.follow === true) return newer;
  const others = otherAnswers(waiting, newer);
  return {
    repository: newer.repository,
    installation: newer.installation,
    purpose: newer.purpose,
    trigger:
      STRENGTH.find((trigger) => waiting.trigger === trigger || newer.trigger === trigger) ?? newer.trigger,
    only: unionOrAll(waiting.only, newer.only, MOST_GLOBS),
    force: waiting.force || newer.force,
    noCache: waiting.noCache || newer.noCache,
    answer: newer.answer ?? waiting.answer,
    ...(others.length > 0 ? { alsoAnswer: others } : {}),
    advisory: foldAdvised(waiting.advisory, newer.advisory),
  };
}

/** Both are of one package, or the jobs would not fold. */
function foldAdvised(waiting: AdvisedPackage | null, newer: AdvisedPackage | null): AdvisedPackage | null {
  if (waiting === null || newer === null) return newer ?? waiting;
  const told = [...waiting.advisories, ...newer.advisories].map((one) => [advisoryKey(one), one] as const);
  return {
    ...newer,
    ids: unionOrAll(waiting.ids, newer.ids, MOST_ADVISORIES),
    advisories: [...new Map(told).values()].slice(-MOST_ADVISORIES),
  };
}

/** Every comment that waits for the job's result, the newest last. */
export function answersOf(job: QueuedJob): readonly Answer[] {
  return [...(job.alsoAnswer ?? []), ...(job.answer === null ? [] : [job.answer])];
}

function otherAnswers(waiting: QueuedJob, newer: QueuedJob): readonly Answer[] {
  const all = new Map<number, Answer>();
  for (const answer of [...answersOf(waiting), ...answersOf(newer)]) {
    all.delete(answer.comment);
    all.set(answer.comment, answer);
  }
  const newest = newer.answer ?? waiting.answer;
  if (newest !== null) all.delete(newest.comment);
  return [...all.values()].slice(-MOST_ANSWERS);
}

/** None named are all; so are too many. */
function unionOrAll(first: readonly string[], second: readonly string[], most: number): readonly string[] {
  if (first.length === 0 || second.length === 0) return [];
  const union = [...new Set([...first, ...second])];
  return union.length > most ? [] : union;
}

/**
 * What identifies the jobs that fold into each other. The package is part of it, since a job can tell of one only: were two
 * of one purpose, the newer would take the place of the other.
 */
export function foldKey({ repository, purpose, advisory }: QueuedJob): string {
  const of = advisory === null ? [] : [advisory.ecosystem, advisory.package];
  return [String(repository.id), purpose, ...of].join('/');
}

/**
 * The payload as the database can keep it.
 * Threat: `jsonb` refuses U+0000 and half surrogate pairs, so that a comment with one would break its webhook.
 */
export function storable(payload: Payload): Payload {
  return JSON.parse(
    JSON.stringify(payload, (_key, value: unknown) =>
      typeof value === 'string' ? storableText(value) : value,
    ),
  ) as Payload;
}

export function storableText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** What was thrown, short enough for a row. The one who throws has taken the secrets out. */
export function storableError(message: string): string {
  return storableText(
    message.length > MOST_ERROR_CHARACTERS ? `${message.slice(0, MOST_ERROR_CHARACTERS)}…` : message,
  );
}

/** @returns null when the row is not a job that this version understands. */
export function readPayload(data: unknown): Payload | null {
  const job = isRecord(data) ? data['job'] : null;
  if (!isRecord(data) || !isRecord(job) || !isRecord(job['repository'])) return null;
  const { id, owner, name } = job['repository'];
  if (typeof id !== 'number' || typeof owner !== 'string' || typeof name !== 'string') return null;
  if (typeof job['installation'] !== 'number' || !isPurpose(job['purpose'])) return null;
  if (!Array.isArray(job['only']) || typeof job['trigger'] !== 'string') return null;
  if (!Object.hasOwn(PRIORITY, job['trigger'])) return null;
  // Older versions wrote none.
  const advisory = job['advisory'] ?? null;
  if (advisory !== null && !isAdvised(advisory)) return null;
  return {
    job: { ...(job as unknown as QueuedJob), advisory },
    failures: typeof data['failures'] === 'number' ? data['failures'] : 0,
    error: typeof data['error'] === 'string' ? data['error'] : null,
  };
}

function isPurpose(value: unknown): boolean {
  return value === 'monthly' || (typeof value === 'string' && /^security-./u.test(value));
}

function isAdvised(value: unknown): value is AdvisedPackage {
  if (!isRecord(value) || !Array.isArray(value['ids']) || !Array.isArray(value['advisories'])) return false;
  return typeof value['package'] === 'string' && typeof value['ecosystem'] === 'string';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
