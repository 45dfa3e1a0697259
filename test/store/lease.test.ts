import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEAD, JOBS, QUEUE_SCHEMA, prepareQueues } from '../../src/store/boss.ts';
import type { Connection } from '../../src/store/boss.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { putJobs } from '../../src/store/intake.ts';
import { completeJob, failJob, giveBack, listDeadLetters, renewClaim } from '../../src/store/queue.ts';
import { migrateRecords } from '../../src/store/records.ts';
import type { Claim } from '../../src/store/shares.ts';
import { takeJobs } from '../../src/store/shares.ts';
import type { Lease } from '../../src/store/store.ts';
import { startWorker } from '../../src/store/worker.ts';
import { folder } from '../support/folder.ts';
import { keptLog, queuedJob, until } from '../support/store.ts';

const log = keptLog();
let connection: Connection;

beforeAll(async () => {
  connection = await openEmbedded(folder(), 60, log);
  await migrateRecords(connection.database);
  await prepareQueues(connection.boss, 60);
}, 60_000);
afterAll(async () => {
  await connection.close();
});

async function put(job = queuedJob()): Promise<void> {
  await connection.database.transaction((db) => putJobs(connection, db, [{ job, notBefore: null }]));
}

async function take(): Promise<Claim> {
  const [claim] = await takeJobs(connection, 1);
  if (claim === undefined) throw new Error('no job is due');
  return claim;
}

/** As if its holder had died a lease ago and the wait before the next try were over. */
async function endLeases(): Promise<void> {
  const { db } = connection.database;
  await db.executeSql(
    `UPDATE ${QUEUE_SCHEMA}.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active';
     UPDATE ${QUEUE_SCHEMA}.queue SET monitor_on = NULL, monitor_claim_on = NULL;`,
  );
  await connection.boss.supervise();
  await db.executeSql(`UPDATE ${QUEUE_SCHEMA}.job SET start_after = now() WHERE state = 'retry'`);
}

describe('a lease', () => {
  it('is its holder’s while it is renewed, and long after that while nobody else has taken the job', async () => {
    await put();
    const claim = await take();
    expect(await renewClaim(connection, claim)).toBe(true);
    await connection.boss.supervise();
    expect(await renewClaim(connection, claim)).toBe(true);
    expect(await takeJobs(connection, 5)).toEqual([]);
    expect(await completeJob(connection, claim)).toBe(true);
    expect(await renewClaim(connection, claim)).toBe(false);
  });

  it('is lost to the next holder for good, whatever the first still says', async () => {
    await put();
    const first = await take();
    await endLeases();
    expect(await renewClaim(connection, first)).toBe(false);
    const second = await take();
    expect(second.id).toBe(first.id);
    expect(await renewClaim(connection, first)).toBe(false);
    expect(await completeJob(connection, first)).toBe(false);
    expect(await failJob(connection, first, 'late', 0)).toBe('lost');
    await giveBack(connection, first);
    expect(await renewClaim(connection, second)).toBe(true);
    expect(await completeJob(connection, second)).toBe(true);
  });

  it('tells a running handler that it was lost, and its end then counts for nothing', async () => {
    await put();
    let held: Lease | null = null;
    let letGo = (): void => undefined;
    const worker = startWorker(
      connection,
      { concurrency: 1, pollSeconds: 60, retrySeconds: 0 },
      async (_job, lease) => {
        held = lease;
        await new Promise<void>((resolve) => {
          letGo = resolve;
        });
      },
      log,
    );
    await until(() => held !== null);
    const lease = held as unknown as Lease;
    expect([await lease.stillMine(), lease.signal.aborted]).toEqual([true, false]);
    await endLeases();
    const other = await take();
    expect(other.id).toBe(lease.id);
    expect([await lease.stillMine(), lease.signal.aborted]).toEqual([false, true]);
    letGo();
    await worker.stop(5);
    expect(log.lines.at(-1)).toContain('no longer ours');
    expect(await renewClaim(connection, other)).toBe(true);
    await completeJob(connection, other);
  });

  it('outlives ten dead holders; then the job is a dead letter that says so', async () => {
    const job = queuedJob();
    await put(job);
    for (let death = 0; death <= 10; death += 1) {
      await take();
      await endLeases();
    }
    expect(await takeJobs(connection, 1)).toEqual([]);
    const letters = await listDeadLetters(connection);
    expect(letters).toMatchObject([
      { job, error: expect.stringContaining('died or hung, 11 times') as string },
    ]);
  });
});

describe('a row that is no job of this version', () => {
  it.each([
    [{ job: { purpose: 'newer' } }],
    [['x']],
    [null],
    [{ job: { ...queuedJob(), repository: null } }],
  ])('ends as a dead letter: %j', async (data) => {
    await connection.boss.send(JOBS, data, { singletonKey: 'odd' });
    const worker = startWorker(
      connection,
      { concurrency: 1, pollSeconds: 60, retrySeconds: 0 },
      () => Promise.reject(new Error('not reached')),
      log,
    );
    const count = async (): Promise<number> =>
      (await connection.boss.findJobs(DEAD, { queued: true })).length;
    const before = await count();
    await until(async () => (await count()) === before + 1);
    await worker.stop(5);
    expect(log.lines.at(-1)).toContain('does not understand');
  });
});
