/**
 * One worker of the many-workers test: for each job it writes down its start, works for a while, and publishes. What it
 * does stands in for a run and a forge: it looks whether the result is out, asks its lease, and then publishes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open-store.ts';
import { sqlClient } from './postgres.ts';
import { keptLog } from './store.ts';

const [url = '', concurrency = '4', leaseSeconds = '10'] = process.argv.slice(2);
const sql = sqlClient(url, 3);
const store = await openStore({
  databaseUrl: url,
  dataFolder: 'not used',
  log: keptLog(),
  leaseSeconds: Number(leaseSeconds),
  retrySeconds: 1,
  pollSeconds: 0.5,
});
const started = Promise.withResolvers<void>();
const worker = await store.work(Number(concurrency), async (job, lease) => {
  started.resolve();
  const { rows } = await sql.query(
    'INSERT INTO run (repository, job, pid) VALUES ($1, $2, $3) RETURNING number, EXISTS (SELECT FROM published WHERE job = $2) AS done',
    [job.repository.id, lease.id, process.pid],
  );
  await delay(200 + Math.random() * 400);
  const mine = await lease.stillMine();
  if (mine && rows[0]?.['done'] === false) {
    // Threat under test: two that both think the job theirs would both publish here.
    await delay(Math.random() * 20);
    await sql.query('INSERT INTO published (job, pid) VALUES ($1, $2)', [lease.id, process.pid]);
  }
  await sql.query('UPDATE run SET ended = clock_timestamp(), mine = $2 WHERE number = $1', [
    rows[0]?.['number'],
    mine,
  ]);
});
// Whoever is stopped at this word is at a job, if there is one.
await Promise.race([started.promise, delay(1000)]);
console.log('ready');
process.once('SIGTERM', () => {
  void worker
    .stop(10)
    .then(() => store.close())
    .then(() => sql.end());
});
