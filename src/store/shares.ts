/**
 * Who is next. pg-boss takes by priority and age over all; here the installations share the workers, so that one with
 * thousands of jobs, of whatever class, keeps the others waiting for no longer than its share.
 */
import type { Db } from 'pg-boss';
import type { Connection } from './boss.ts';
import { JOBS, QUEUE_SCHEMA } from './boss.ts';
import type { Database } from './database.ts';
import { lockInTransaction } from './database.ts';
import { FIRST_OF_ALL, isRecord } from './fold.ts';

/** A job that this process holds. `retryCount` counts its claims, and so names this one. */
export interface Claim {
  readonly id: string;
  readonly retryCount: number;
  readonly retryLimit: number;
  /** Length of its lease. */
  readonly seconds: number;
  /** The row's own, which may be more than its trigger's. */
  readonly priority: number;
  readonly data: unknown;
}

/** In a row, to others; then the next look, some moments later, tries again. */
const MOST_LOST = 20;
const UNIQUE_VIOLATION = '23505';

const JOB = `${QUEUE_SCHEMA}.job`;
/** As `group` in the row. Jobs of older versions have none, and share as if they were one installation's. */
const INSTALLATION = "COALESCE(group_id, '')";

/**
 * An index of ours on pg-boss's table: with it, the next job of each installation is found without a look at the others,
 * which may be a hundred thousand.
 */
export async function prepareShares(database: Database): Promise<void> {
  await database.transaction(async (db) => {
    await lockInTransaction(db, 'migration');
    await db.executeSql(
      `CREATE INDEX IF NOT EXISTS relock_shares
       ON ${JOB} (name, (${INSTALLATION}), priority DESC, created_on, start_after) WHERE state < 'active'`,
    );
  });
}

/** Takes at most `count` due jobs, one by one, none of a repository that has one running anywhere. */
export async function takeJobs({ database }: Connection, count: number): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (let lost = 0; claims.length < count && lost < MOST_LOST;) {
    const next = await takeNext(database.db);
    if (next === 'none') break;
    if (next === 'lost') lost += 1;
    else claims.push(next);
  }
  return claims;
}

/**
 * One statement, and no lock before it: one that a stopped process holds would stop all others. Two processes that take in
 * the same moment may so choose two jobs of one repository; then one of them has lost.
 */
async function takeNext(db: Db): Promise<Claim | 'none' | 'lost'> {
  try {
    const { rows } = await db.executeSql(TAKE, [JOBS, FIRST_OF_ALL]);
    const [row] = rows as (Claim | { readonly id: null })[];
    if (row === undefined) return 'none';
    return row.id === null ? 'lost' : row;
  } catch (error) {
    if (isRecord(error) && error['code'] === UNIQUE_VIOLATION) return 'lost';
    throw error;
  }
}

/**
 * From one installation with waiting jobs to the next, by the index; of each the job that it would be given; of these one.
 * What is set is what pg-boss's own `fetch` sets: leases, retries and dead letters go on from there.
 */
const TAKE = `
  WITH RECURSIVE waiting AS (
    SELECT (SELECT ${INSTALLATION} FROM ${JOB} WHERE name = $1 AND state < 'active'
            ORDER BY ${INSTALLATION} LIMIT 1) AS installation
    UNION ALL
    SELECT (SELECT ${INSTALLATION} FROM ${JOB} WHERE name = $1 AND state < 'active'
            AND ${INSTALLATION} > waiting.installation ORDER BY ${INSTALLATION} LIMIT 1)
    FROM waiting WHERE installation IS NOT NULL
  ),
  running AS (
    SELECT ${INSTALLATION} AS installation, count(*) AS jobs
    FROM ${JOB} WHERE name = $1 AND state = 'active' GROUP BY 1
  ),
  next AS (
    SELECT head.id, waiting.installation
    FROM waiting
    CROSS JOIN LATERAL (
      SELECT id, priority, created_on FROM ${JOB}
      WHERE name = $1 AND state < 'active' AND NOT blocked AND ${INSTALLATION} = waiting.installation
        AND start_after <= ${QUEUE_SCHEMA}.job_now()
        AND NOT EXISTS (
          SELECT FROM ${JOB} AS other
          WHERE other.name = $1 AND other.state = 'active' AND other.singleton_key = job.singleton_key
        )
      ORDER BY priority DESC, created_on LIMIT 1
      FOR UPDATE OF job SKIP LOCKED
    ) AS head
    LEFT JOIN running ON running.installation = waiting.installation
    LEFT JOIN relock.turn ON turn.installation = waiting.installation
    ORDER BY head.priority >= $2 DESC, COALESCE(jobs, 0), turn.at NULLS FIRST, head.priority DESC, head.created_on
    LIMIT 1
  ),
  taken AS (
    UPDATE ${JOB} SET
      state = 'active',
      started_on = ${QUEUE_SCHEMA}.job_now(),
      heartbeat_on = ${QUEUE_SCHEMA}.job_now(),
      retry_count = CASE WHEN started_on IS NOT NULL THEN retry_count + 1 ELSE retry_count END
    FROM next
    WHERE job.name = $1 AND job.id = next.id AND job.state < 'active'
    RETURNING job.id, retry_count, retry_limit, heartbeat_seconds, priority, data, installation
  ),
  turned AS (
    INSERT INTO relock.turn (installation, at) SELECT installation, clock_timestamp() FROM taken
    ON CONFLICT (installation) DO UPDATE SET at = excluded.at
  )
  SELECT taken.id, retry_count AS "retryCount", retry_limit AS "retryLimit",
    COALESCE(heartbeat_seconds, 60) AS seconds, priority, data
  FROM next LEFT JOIN taken ON true`;
