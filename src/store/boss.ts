/** pg-boss as Relock uses it: its own schema, its timers, one queue of jobs and one of dead letters. */
import { PgBoss } from 'pg-boss';
import type { ConstructorOptions, Queue } from 'pg-boss';
import { messageOf } from '../errors.ts';
import type { Database } from './database.ts';
import type { StoreLog } from './store.ts';

export const QUEUE_SCHEMA = 'relock_queue';
export const JOBS = 'jobs';
export const DEAD = 'dead-letters';

/** A database with pg-boss started on it. */
export interface Connection {
  readonly boss: PgBoss;
  readonly database: Database;
  /** Nobody else can have jobs of this database: what is active now, a dead process left behind. */
  readonly alone: boolean;
  close(): Promise<void>;
}

const DAY = 86_400;
/** Claims of one job without a word of its end, before it is taken for what kills the process. */
const MOST_DEATHS = 10;

/** @param leaseSeconds at least 10. A dead process's jobs are found in the third of that after their lease ended. */
export function createBoss(
  connection: Pick<
    ConstructorOptions,
    'db' | 'connectionString' | 'backend' | 'max' | 'reindex' | 'monitorVacuum'
  >,
  leaseSeconds: number,
  log: StoreLog,
): PgBoss {
  const lookSeconds = Math.max(1, Math.min(15, Math.floor(leaseSeconds / 3)));
  const boss = new PgBoss({
    ...connection,
    schema: QUEUE_SCHEMA,
    application_name: 'relock',
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: lookSeconds,
    monitorIntervalSeconds: lookSeconds,
    // Relock uses no job flows: look for them as seldom as pg-boss allows.
    flowIntervalSeconds: DAY,
  });
  boss.on('error', (error) => log.error({ error: messageOf(error) }, 'the queue met an error'));
  boss.on('warning', (warning) => log.warn({ warning: warning.message }, 'the queue warns'));
  return boss;
}

/** Makes the queues, or gives them this version's settings. */
export async function prepareQueues(boss: PgBoss, leaseSeconds: number): Promise<void> {
  const dead: Omit<Queue, 'name'> = { retentionSeconds: 90 * DAY, deleteAfterSeconds: DAY, retryLimit: 0 };
  const jobs: Omit<Queue, 'name'> = {
    deadLetter: DEAD,
    heartbeatSeconds: leaseSeconds,
    // The lease says whether a job lives; this bounds a handler that hangs.
    expireInSeconds: DAY / 2,
    retryLimit: MOST_DEATHS,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    retentionSeconds: 90 * DAY,
    deleteAfterSeconds: DAY,
  };
  // 'singleton': a unique index lets only one job of a key be active. The key is the repository.
  await boss.createQueue(DEAD, { ...dead, policy: 'standard' });
  await boss.createQueue(JOBS, { ...jobs, policy: 'singleton' });
  await boss.updateQueue(DEAD, dead);
  await boss.updateQueue(JOBS, jobs);
}
