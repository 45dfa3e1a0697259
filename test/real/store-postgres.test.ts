import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { findPostgres, sqlClient, startPostgres } from '../support/postgres.ts';
import type { Postgres, SqlClient } from '../support/postgres.ts';
import { describeStore } from '../support/store-contract.ts';
import { keptLog, queuedJob, until } from '../support/store.ts';

const WORKERS = 4;
const REPOSITORIES = 500;
const LEASE_SECONDS = 10;

const found = findPostgres();
if ('missing' in found) console.log(`not run: the store on PostgreSQL. ${found.missing}`);

describe.skipIf('missing' in found)('the store on PostgreSQL', () => {
  let postgres: Postgres;
  let sql: SqlClient;
  let store: Store;
  const log = keptLog();

  function open(changes: { pollSeconds?: number } = {}): Promise<Store> {
    return openStore({
      databaseUrl: postgres.url,
      dataFolder: 'not used',
      log,
      retrySeconds: 0,
      pollSeconds: 0.2,
      leaseSeconds: LEASE_SECONDS,
      ...changes,
    });
  }

  beforeAll(async () => {
    postgres = await startPostgres('bin' in found ? found.bin : '');
    sql = sqlClient(postgres.url);
    // Four at once on an empty database: each finds or makes the tables.
    const all = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(all.slice(1).map((one) => one.close()));
    store = all[0];
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await sql?.end();
    await postgres?.stop();
  });

  describeStore(() => store);

  it('calls a worker of another process at once, without waiting for its next look', async () => {
    const other = await open({ pollSeconds: 60 });
    const seen: number[] = [];
    const worker = await other.work(1, async (job) => {
      seen.push(job.repository.id);
    });
    await delay(300);
    const job = queuedJob();
    const started = performance.now();
    await store.enqueue(job);
    await until(() => seen.length === 1, 5);
    expect(seen).toEqual([job.repository.id]);
    console.log(`a job reached another process in ${Math.round(performance.now() - started)} ms`);
    await worker.stop(1);
    await other.close();
  });

  it('makes one job of what several processes ask in the same moment', async () => {
    const others = await Promise.all([open(), open(), open()]);
    const jobs = Array.from({ length: 20 }, () => queuedJob());
    const asked = others.flatMap((one) => [...jobs, ...jobs.toReversed()].map((job) => one.enqueue(job)));
    const made = (await Promise.all(asked)).filter(Boolean);
    expect(made).toHaveLength(20);
    expect((await store.counts()).waiting).toBe(20);
    await sql.query("DELETE FROM relock_queue.job WHERE name = 'jobs'");
    await Promise.all(others.map((one) => one.close()));
  });

  it('does 500 jobs with 4 workers, of which one is killed each second: none lost, none twice at once, each published once', async () => {
    await sql.query(
      `CREATE TABLE run (number serial PRIMARY KEY, repository int, job uuid, pid int, mine boolean,
           started timestamptz DEFAULT clock_timestamp(), ended timestamptz);
         CREATE TABLE published (job uuid, pid int)`,
    );
    const figures = await killAndCount({ url: postgres.url, sql, store });
    console.log(`${figures.text} (PostgreSQL ${postgres.version})`);
    expect(figures.made).toBeGreaterThan(500);
    expect(figures.kills).toBeGreaterThanOrEqual(8);
    expect(figures.runsAgain).toBeGreaterThan(0);
    expect(figures.fenced).toBeGreaterThan(0);
    expect(figures.lost).toEqual([]);
    expect(figures.overlaps).toEqual([]);
    expect(figures.publishedTwice).toEqual([]);
    expect(figures.published).toBe(figures.made);
    expect(await store.counts()).toEqual({ waiting: 0, active: 0, dead: figures.deadBefore });
  }, 90_000);
});

interface Place {
  readonly url: string;
  readonly sql: SqlClient;
  readonly store: Store;
}

async function killAndCount({ url, sql, store }: Place) {
  const { dead: deadBefore } = await store.counts();
  const started = performance.now();
  const jobs = Array.from({ length: REPOSITORIES }, () => queuedJob());
  const asked: { repository: number; at: Date }[] = [];
  let made = 0;
  const ask = async (job: (typeof jobs)[number]): Promise<void> => {
    const { rows } = await sql.query('SELECT clock_timestamp() AS at');
    asked.push({ repository: job.repository.id, at: rows[0]?.['at'] as Date });
    if (await store.enqueue(job)) made += 1;
  };
  await Promise.all(jobs.map(ask));

  const ends = new Map<number, Date>();
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => startWorkerProcess(url)));
  // One is stopped for longer than a lease: it wakes up and must not publish what others took over.
  const sleeper = workers.pop() as ChildProcess;
  sleeper.kill('SIGSTOP');
  ends.set(sleeper.pid ?? 0, new Date());
  const replacement = startWorkerProcess(url);
  let kills = 0;
  for (let second = 0; second < 10; second += 1) {
    const victim = workers.shift();
    await delay(500);
    // Some repositories are asked for again, whether they wait, run or are done; a few of them all the time.
    await Promise.all(
      Array.from({ length: 20 }, (_none, count) =>
        ask(jobs[Math.floor(Math.random() * (count % 2 === 0 ? 10 : jobs.length))]!),
      ),
    );
    if (victim === undefined) continue;
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    ends.set(victim.pid ?? 0, new Date());
    kills += 1;
    workers.push(await startWorkerProcess(url));
  }
  workers.push(await replacement);
  await delay(Math.max(0, LEASE_SECONDS * 1000 + 6000 - (performance.now() - started)));
  sleeper.kill('SIGCONT');
  workers.push(sleeper);
  await until(async () => {
    const { waiting, active } = await store.counts();
    return waiting + active === 0;
  }, 40);
  const seconds = (performance.now() - started) / 1000;
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(workers.map((worker) => once(worker, 'exit')));

  const runs = (await sql.query('SELECT * FROM run ORDER BY repository, started')).rows as unknown as Run[];
  const published = (await sql.query('SELECT job, count(*)::int AS times FROM published GROUP BY job')).rows;
  const lost = asked.filter(
    ({ repository, at }) =>
      !runs.some((run) => run.repository === repository && run.started >= at && run.mine === true),
  );
  const overlaps = runs.filter((run, index) => {
    const before = runs[index - 1];
    if (before?.repository !== run.repository) return false;
    const end = ends.get(before.pid);
    // One that was killed or stopped at its work, worked until then.
    const until =
      end === undefined ? before.ended : before.ended === null || before.ended > end ? end : before.ended;
    return until === null || until > run.started;
  });
  const fenced = runs.filter(({ mine }) => mine === false).length;
  const runsAgain = runs.length - new Set(runs.map(({ job }) => job)).size;
  const publishedTwice = published.filter(({ times }) => times !== 1);
  const text = `${asked.length} requests for ${REPOSITORIES} repositories made ${made} jobs; ${WORKERS} workers, ${kills} killed, 1 stopped for a while; ${runs.length} starts, ${runsAgain} of them again, ${fenced} kept from publishing; ${published.length} published, ${publishedTwice.length} twice, ${lost.length} lost, ${overlaps.length} overlaps; ${seconds.toFixed(1)} s`;
  return {
    text,
    made,
    kills,
    runsAgain,
    fenced,
    lost,
    overlaps,
    published: published.length,
    publishedTwice,
    deadBefore,
  };
}

interface Run {
  readonly repository: number;
  readonly job: string;
  readonly pid: number;
  readonly mine: boolean | null;
  readonly started: Date;
  readonly ended: Date | null;
}

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

async function startWorkerProcess(url: string): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('../support/store-worker-main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, url, '4', String(LEASE_SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  await once(child.stdout, 'data');
  return child;
}
