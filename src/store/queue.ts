/** What happens to a job's row: renewed, ended, given back. All of it fenced to the attempt that took it. */
import type { Connection } from './boss.ts';
import { DEAD, JOBS, QUEUE_SCHEMA } from './boss.ts';
import { callWorkers, findWaiting, groupOf, lockKeys, putJobs } from './intake.ts';
import { foldJobs, foldKey, isRecord, readPayload, storable, storableError } from './fold.ts';
import type { Payload } from './fold.ts';
import type { Claim } from './shares.ts';
import type { DeadLetter } from './store.ts';

/** A handler's throws before its job is a dead letter. */
const MOST_FAILURES = 3;

/** Starts the lease anew. False when the job is no longer this claim's. */
export async function renewClaim({ boss }: Connection, claim: Claim): Promise<boolean> {
  return didOne(await boss.touch(JOBS, attempt(claim)));
}

/** False when the job is no longer this claim's: its result counts for nothing. */
export async function completeJob({ boss }: Connection, claim: Claim): Promise<boolean> {
  return didOne(await boss.complete(JOBS, attempt(claim)));
}

/** The job is due again at once, and the claim has cost it nothing. */
export async function giveBack(connection: Connection, claim: Claim): Promise<void> {
  await putBack(connection, claim, readPayload(claim.data), 0, claim.retryLimit + 1, 'given back');
}

/**
 * After a throw: again after `retrySeconds`, then four times that, then a dead letter.
 * @returns what became of it; `lost` when the job is no longer this claim's.
 */
export async function failJob(
  connection: Connection,
  claim: Claim,
  message: string,
  retrySeconds: number,
): Promise<'retry' | 'dead' | 'lost'> {
  const error = storableError(message);
  const payload = readPayload(claim.data);
  if (payload === null) return bury(connection, claim, claim.data, error);
  const failed: Payload = { ...payload, failures: payload.failures + 1, error };
  if (failed.failures >= MOST_FAILURES) return bury(connection, claim, failed, error);
  const seconds = Math.round(retrySeconds * 4 ** payload.failures * (1 + Math.random() / 4));
  return putBack(connection, claim, failed, seconds, claim.retryLimit, error);
}

async function putBack(
  { boss, database }: Connection,
  claim: Claim,
  payload: Payload | null,
  seconds: number,
  retryLimit: number,
  error: string,
): Promise<'retry' | 'lost'> {
  return database.transaction(async (db) => {
    if (payload !== null) await lockKeys(db, [foldKey(payload.job)]);
    if (!didOne(await boss.fail(JOBS, attempt(claim), { message: error }, { db }))) return 'lost';
    // A newer request that came meanwhile does this one's work too, with tries of its own.
    const newer =
      payload === null
        ? undefined
        : (await findWaiting(db, [payload.job], claim.id)).get(foldKey(payload.job));
    if (newer !== undefined && payload !== null) {
      const job = foldJobs(payload.job, newer.payload.job);
      const { updated } = await boss.update(JOBS, storable({ ...newer.payload, job }), {
        db,
        id: newer.id,
        group: groupOf(job),
        priority: Math.max(claim.priority, newer.priority),
      });
      if (updated > 0) {
        await boss.deleteJob(JOBS, claim.id, { db });
        return 'retry';
      }
    }
    await boss.update(JOBS, payload === null ? undefined : storable(payload), {
      db,
      id: claim.id,
      startAfter: seconds,
      retryLimit,
    });
    if (seconds === 0) await callWorkers(db);
    return 'retry';
  });
}

async function bury(
  { boss, database }: Connection,
  claim: Claim,
  data: unknown,
  error: string,
): Promise<'dead' | 'lost'> {
  return database.transaction(async (db) => {
    if (!didOne(await boss.deleteJob(JOBS, attempt(claim), { db }))) return 'lost';
    await boss.send(DEAD, isRecord(data) ? { ...data, error } : { error }, { db });
    return 'dead';
  });
}

/** @returns how many jobs a dead process had left active; they are due again. Only for who is alone in the database. */
export async function takeBackOrphans({ boss, database }: Connection): Promise<number> {
  const { rows } = await database.db.executeSql(
    `SELECT id, retry_count AS "retryCount" FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'active'`,
    [JOBS],
  );
  const orphans = rows as { id: string; retryCount: number }[];
  if (orphans.length > 0) await boss.fail(JOBS, orphans, { message: 'the process that ran it died' });
  return orphans.length;
}

export async function listDeadLetters({ boss }: Connection): Promise<readonly DeadLetter[]> {
  const rows = await boss.findJobs<object>(DEAD, { queued: true, limit: 1000 });
  return rows.flatMap((row) => {
    const payload = readPayload(row.data);
    if (payload === null) return [];
    // pg-boss itself brought it here: its process never said how it ended.
    const deaths = `The process that ran it died or hung, ${(row.sourceRetryCount ?? 0) + 1} times.`;
    const error = row.sourceName === null ? (payload.error ?? 'unknown') : deaths;
    return [{ id: row.id, job: payload.job, error, at: row.createdOn.toISOString() }];
  });
}

export async function reviveDeadLetter(connection: Connection, id: string): Promise<boolean> {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(id)) return false;
  const { boss, database } = connection;
  return database.transaction(async (db) => {
    const [row] = await boss.findJobs<object>(DEAD, { db, id, queued: true });
    const payload = readPayload(row?.data);
    if (payload === null) return false;
    if (!didOne(await boss.deleteJob(DEAD, id, { db }))) return false;
    await putJobs(connection, db, [{ job: payload.job, notBefore: null }]);
    return true;
  });
}

export async function countJobs({
  database,
}: Connection): Promise<{ readonly waiting: number; readonly active: number; readonly dead: number }> {
  const { rows } = await database.db.executeSql(
    `SELECT count(*) FILTER (WHERE name = $1 AND state < 'active') AS waiting,
            count(*) FILTER (WHERE name = $1 AND state = 'active') AS active,
            count(*) FILTER (WHERE name = $2 AND state < 'active') AS dead
     FROM ${QUEUE_SCHEMA}.job WHERE name IN ($1, $2) AND state <= 'active'`,
    [JOBS, DEAD],
  );
  const row = rows[0] as { waiting: string | number; active: string | number; dead: string | number };
  return { waiting: Number(row.waiting), active: Number(row.active), dead: Number(row.dead) };
}

function attempt(claim: Claim): { id: string; retryCount: number } {
  return { id: claim.id, retryCount: claim.retryCount };
}

/** Whether a call of pg-boss touched its one job; its types leave the count out, its documentation names it. */
function didOne(response: object): boolean {
  if (!('affected' in response) || typeof response.affected !== 'number') {
    throw new TypeError('pg-boss no longer says how many jobs it touched');
  }
  return response.affected === 1;
}
