import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { folder } from '../support/folder.ts';
import { startStoreProcess } from '../support/store-process.ts';
import { describeStore } from '../support/store-contract.ts';
import { A_RUN, keptLog, queuedJob, runWaiting } from '../support/store.ts';

const log = keptLog();
const place = folder();
let store: Store;

function open(dataFolder: string, changes: { leaseSeconds?: number; now?: () => Date } = {}): Promise<Store> {
  return openStore({ databaseUrl: null, dataFolder, log, retrySeconds: 0, pollSeconds: 0.2, ...changes });
}

beforeAll(async () => {
  store = await open(join(place, 'deep', 'data'));
}, 60_000);
afterAll(async () => {
  await store.close();
});

describe('the embedded store', () => {
  describeStore(() => store);

  it('keeps all of it over a restart, for its user only', async () => {
    const data = join(place, 'deep', 'data');
    const job = queuedJob();
    await store.enqueue(job, { delivery: 'once' });
    await store.saveLastRun(job.repository.id, 'monthly', A_RUN);
    await store.close();
    store = await open(data);
    expect(await store.firstDelivery('once')).toBe(false);
    expect(await store.lastRun(job.repository.id, 'monthly')).toEqual(A_RUN);
    expect(await runWaiting(store)).toEqual([job]);
    expect(statSync(data).mode & 0o077).toBe(0);
  });

  it('forgets a delivery after seven days', async () => {
    const data = join(place, 'deep', 'data');
    await store.close();
    let now = new Date('2026-01-01T00:00:00Z');
    store = await open(data, { now: () => now });
    await store.firstDelivery('old');
    await store.close();
    now = new Date('2026-01-07T23:59:00Z');
    store = await open(data, { now: () => now });
    expect(await store.firstDelivery('old')).toBe(false);
    await store.close();
    now = new Date('2026-01-08T00:01:00Z');
    store = await open(data, { now: () => now });
    expect(await store.firstDelivery('old')).toBe(true);
  });

  it('refuses a folder that another store has, in this process or another', async () => {
    const data = join(place, 'deep', 'data');
    await expect(open(data)).rejects.toMatchObject({ code: 'store-locked' });
    const other = await startStoreProcess({ dataFolder: data, mode: 'hold' });
    expect(other.firstLine).toContain(`store-locked`);
    expect(other.firstLine).toContain(`process ${process.pid} on`);
    await other.kill();
  });

  it('takes back at once what a killed process was at, and loses nothing that it had queued', async () => {
    const data = folder();
    const other = await startStoreProcess({ dataFolder: data, mode: 'hang' });
    expect(other.firstLine).toBe('running 1, waiting 5');
    await expect(open(data)).rejects.toThrow(`process ${other.pid} on`);
    await other.kill();
    const after = await open(data);
    try {
      expect(log.lines.at(-1)).toContain('jobs of a process that died are due again {"jobs":1}');
      await new Promise((resolve) => {
        setTimeout(resolve, 2000);
      });
      const ran = await runWaiting(after);
      expect(ran.map(({ repository }) => repository.id).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    } finally {
      await after.close();
    }
  });

  it('says what to do about a folder that it cannot use', async () => {
    const file = join(place, 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toMatchObject({ code: 'store-folder' });
    const broken = folder({ 'database/PG_VERSION': '9.6\n' });
    await expect(open(broken)).rejects.toMatchObject({ code: 'store-broken' });
    rmSync(join(broken, 'database'), { recursive: true });
    expect(readFileSync(join(broken, 'relock.holder.json'), 'utf8')).toContain(`"pid":${process.pid}`);
    const mended = await open(broken);
    await mended.close();
  }, 60_000);

  it.each([9, 10.5, Number.NaN])('refuses a lease of %s seconds', async (leaseSeconds) => {
    await expect(open(folder(), { leaseSeconds })).rejects.toMatchObject({ code: 'store-lease' });
  });

  it.each(['mysql://host/db', 'host', 'postgres//x'])('refuses %s as a database', async (databaseUrl) => {
    await expect(openStore({ databaseUrl, dataFolder: place, log })).rejects.toMatchObject({
      code: 'store-url',
    });
  });

  it('does not show the password of a database that it cannot reach', async () => {
    const databaseUrl = 'postgres://relock:s3cret-word@127.0.0.1:1/relock';
    const error: unknown = await openStore({ databaseUrl, dataFolder: place, log }).catch(
      (one: unknown) => one,
    );
    expect(error).toMatchObject({ code: 'store-unreachable' });
    expect(String(error)).toContain('127.0.0.1:1');
    expect(JSON.stringify([error, log.lines]) + String(error)).not.toContain('s3cret-word');
  });
});
