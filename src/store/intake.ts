/** How requests become waiting jobs: folded into each other and into what waits already, some at a time. */
import { isDeepStrictEqual } from 'node:util';
import type { Db } from 'pg-boss';
import type { Connection } from './boss.ts';
import { JOBS, QUEUE_SCHEMA } from './boss.ts';
import { foldJobs, foldKey, priorityOf, readPayload, storable } from './fold.ts';
import type { Payload } from './fold.ts';
import type { QueuedJob } from './store.ts';

/** Processes that wait for jobs listen here; a lost call costs them one polling interval. */
export const CHANNEL = 'relock_jobs';

export interface Wanted {
  readonly job: QueuedJob;
  /** null: at once. */
  readonly notBefore: Date | null;
}

/** Requests that were folded into one. */
interface Folded extends Wanted {
  readonly priority: number;
}

interface Waiting {
  readonly id: string;
  readonly retrying: boolean;
  readonly startAfter: Date;
  /** Its time has come: a worker may take it. */
  readonly due: boolean;
  readonly priority: number;
  readonly payload: Payload;
}

/**
 * Inside the transaction of `db`: nothing is queued twice, also when several processes ask at once.
 * @returns for each, in order, whether it made a new job; else it was folded.
 */
export async function putJobs(
  { boss }: Connection,
  db: Db,
  wanted: readonly Wanted[],
): Promise<readonly boolean[]> {
  const { folded, isFirst } = foldTogether(wanted);
  await lockKeys(db, [...folded.keys()]);
  const waiting = await findWaiting(
    db,
    [...folded.values()].map(({ job }) => job),
  );
  const fresh = new Map<string, Folded>();
  let changed = false;
  for (const [key, item] of folded) {
    const row = waiting.get(key);
    const fate = row === undefined ? 'taken' : await foldInto(boss, db, row, item);
    if (fate === 'taken') fresh.set(key, item);
    if (fate !== 'same') changed = true;
  }
  if (fresh.size > 0) {
    const rows = [...fresh.values()].map(({ job, notBefore, priority }) => ({
      data: storable({ job, failures: 0, error: null }),
      singletonKey: String(job.repository.id),
      group: groupOf(job),
      priority,
      ...(notBefore === null ? {} : { startAfter: notBefore }),
    }));
    const made = await boss.insert(JOBS, rows, { db, returnId: true });
    if (made?.length !== rows.length) throw new Error('the queue did not take every job');
  }
  if (changed) await callWorkers(db);
  return wanted.map(({ job }, index) => isFirst[index] === true && fresh.has(foldKey(job)));
}

function foldTogether(wanted: readonly Wanted[]): {
  folded: Map<string, Folded>;
  isFirst: readonly boolean[];
} {
  const folded = new Map<string, Folded>();
  const isFirst = wanted.map(({ job, notBefore }) => {
    const key = foldKey(job);
    const before = folded.get(key);
    const priority = priorityOf(job);
    folded.set(
      key,
      before === undefined
        ? { job, notBefore, priority }
        : {
            job: foldJobs(before.job, job),
            notBefore: earlier(before.notBefore, notBefore),
            priority: Math.max(before.priority, priority),
          },
    );
    return before === undefined;
  });
  return { folded, isFirst };
}

/** By which the workers are shared. */
export function groupOf({ installation }: QueuedJob): { readonly id: string } {
  return { id: String(installation) };
}

function earlier(first: Date | null, second: Date | null): Date | null {
  if (first === null || second === null) return null;
  return first < second ? first : second;
}

/** Until the end of the transaction. All in one order, so that two transactions never wait for each other. */
export async function lockKeys(db: Db, keys: readonly string[]): Promise<void> {
  await db.executeSql(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended('relock/' || name, 0) AS key
       FROM unnest($1::text[]) AS name ORDER BY key
     ) AS keys`,
    [keys],
  );
}

/** The waiting job by the fold key of each of `jobs`. Own SQL, since it asks for many at once and little of each. */
export async function findWaiting(
  db: Db,
  jobs: readonly QueuedJob[],
  except: string | null = null,
): Promise<ReadonlyMap<string, Waiting>> {
  const { rows } = await db.executeSql(
    `SELECT id, state = 'retry' AS retrying, start_after AS "startAfter", start_after <= now() AS due,
       priority, data
     FROM ${QUEUE_SCHEMA}.job
     WHERE name = $1 AND state < 'active'
       AND singleton_key = ANY($2::text[]) AND data #>> '{job,purpose}' = ANY($3::text[])
       AND id IS DISTINCT FROM $4::uuid
     ORDER BY created_on DESC`,
    [
      JOBS,
      jobs.map(({ repository }) => String(repository.id)),
      [...new Set(jobs.map(({ purpose }) => purpose))],
      except,
    ],
  );
  const found = new Map<string, Waiting>();
  for (const row of rows as (Omit<Waiting, 'payload'> & { data: unknown })[]) {
    const payload = readPayload(row.data);
    if (payload !== null) found.set(foldKey(payload.job), { ...row, payload });
  }
  return found;
}

/**
 * Most requests for a job that waits, pushes above all, ask for nothing that it would not do anyway. They write nothing,
 * and it does not matter whether a worker takes it in this moment: what it looks at has happened before.
 *
 * @returns 'taken' when a worker took the waiting job in this moment, and has not got what is wanted.
 */
async function foldInto(
  boss: Connection['boss'],
  db: Db,
  waiting: Waiting,
  wanted: Folded,
): Promise<'same' | 'changed' | 'taken'> {
  const { job, notBefore } = wanted;
  // A stream of pushes must not use up the tries of a job that waits after a failure; a person is not kept waiting, and
  // gets all tries.
  const isPerson = job.trigger === 'comment';
  const payload = storable({
    job: foldJobs(waiting.payload.job, job),
    failures: isPerson ? 0 : waiting.payload.failures,
    error: waiting.payload.error,
  });
  const keepsItsTime = waiting.retrying && !isPerson;
  const isSooner = !waiting.due && (notBefore === null || notBefore < waiting.startAfter);
  const moves = isSooner && !keepsItsTime;
  const rises = wanted.priority > waiting.priority;
  if (!moves && !rises && isDeepStrictEqual(payload, waiting.payload)) return 'same';
  const { updated } = await boss.update(JOBS, payload, {
    db,
    id: waiting.id,
    group: groupOf(payload.job),
    ...(rises ? { priority: wanted.priority } : {}),
    ...(moves ? { startAfter: notBefore ?? 0 } : {}),
  });
  return updated > 0 ? 'changed' : 'taken';
}

/** When the transaction of `db` is done. */
export async function callWorkers(db: Db): Promise<void> {
  await db.executeSql('SELECT pg_notify($1, $2)', [CHANNEL, '']);
}
