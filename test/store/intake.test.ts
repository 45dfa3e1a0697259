import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOBS, QUEUE_SCHEMA, prepareQueues } from '../../src/store/boss.ts';
import type { Connection } from '../../src/store/boss.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { CHANNEL, putJobs } from '../../src/store/intake.ts';
import type { QueuedJob } from '../../src/store/store.ts';
import { folder } from '../support/folder.ts';
import { keptLog, queuedJob } from '../support/store.ts';

let connection: Connection;
let calls = 0;

beforeAll(async () => {
  connection = await openEmbedded(folder(), 60, keptLog());
  await prepareQueues(connection.boss, 60);
  const count = (): void => {
    calls += 1;
  };
  await connection.database.db.listen?.(CHANNEL, count, () => undefined);
}, 60_000);
afterAll(async () => {
  await connection.close();
});

async function put(job: QueuedJob, notBefore: Date | null = null): Promise<boolean | undefined> {
  const [made] = await connection.database.transaction((db) => putJobs(connection, db, [{ job, notBefore }]));
  return made;
}

interface Row {
  readonly version: string;
  readonly start: Date;
  readonly data: unknown;
  readonly priority: number;
  readonly group: string;
}

/** `version` is another after every write of the row. */
async function rowOf({ repository }: QueuedJob): Promise<Row> {
  const { rows } = await connection.database.db.executeSql(
    `SELECT xmin::text || ctid::text AS version, start_after AS start, data, priority, group_id AS group
     FROM ${QUEUE_SCHEMA}.job
     WHERE name = $1 AND singleton_key = $2`,
    [JOBS, String(repository.id)],
  );
  expect(rows).toHaveLength(1);
  return rows[0] as Row;
}

function inHours(hours: number): Date {
  return new Date(Date.now() + hours * 3_600_000);
}

describe('putJobs, for a job that waits', () => {
  const push = (): QueuedJob => queuedJob({ trigger: 'push' });

  it.each<[string, QueuedJob, Date | null, Date | null]>([
    ['the same at once', push(), null, null],
    ['the same later', push(), null, inHours(1)],
    ['the same at a later time', push(), inHours(1), inHours(2)],
    ['less', queuedJob({ trigger: 'comment', force: true }), null, null],
  ])('writes nothing and calls nobody for %s', async (_what, job, first, then) => {
    expect(await put(job, first)).toBe(true);
    const before = await rowOf(job);
    calls = 0;
    expect(await put({ ...job, trigger: 'push', force: false }, then)).toBe(false);
    expect(await rowOf(job)).toEqual(before);
    expect(calls).toBe(0);
  });

  it.each<[string, Partial<QueuedJob>]>([
    ['more', { force: true }],
    ['other locks', { only: ['b.txt'] }],
    ['an answer', { answer: { issue: 1, comment: 2, reply: null } }],
    ['the repository under its new name', { repository: { id: 9_000_001, owner: 'acme', name: 'new' } }],
  ])('keeps that it wants %s', async (_what, changes) => {
    const job = queuedJob({
      only: ['a.txt'],
      ...('repository' in changes && { repository: { id: 9_000_001, owner: 'acme', name: 'old' } }),
    });
    await put(job);
    const before = await rowOf(job);
    expect(await put({ ...job, ...changes })).toBe(false);
    const after = await rowOf(job);
    expect(after.data).not.toEqual(before.data);
    expect(after.start).toEqual(before.start);
  });

  it('takes a place further ahead, once, and another installation', async () => {
    const job = queuedJob();
    await put(job);
    await put({ ...job, trigger: 'push' });
    const before = await rowOf(job);
    expect(before).toMatchObject({ priority: 10, group: '7' });
    await put({ ...job, trigger: 'push' });
    await put(job);
    expect(await rowOf(job)).toEqual(before);
    await put({ ...job, installation: 8 });
    expect(await rowOf(job)).toMatchObject({ priority: 10, group: '8' });
  });

  it('brings its time forward, and calls the workers', async () => {
    const job = push();
    await put(job, inHours(2));
    calls = 0;
    const sooner = inHours(1);
    await put(job, sooner);
    expect((await rowOf(job)).start).toEqual(sooner);
    await put(job);
    expect((await rowOf(job)).start.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
    expect(calls).toBe(2);
  });
});
