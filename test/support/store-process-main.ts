import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../src/errors.ts';
import { openStore } from '../../src/store/open-store.ts';
import { keptLog, queuedJob, until } from './store.ts';

const [dataFolder = '', mode] = process.argv.slice(2);
try {
  const store = await openStore({ databaseUrl: null, dataFolder, log: keptLog() });
  if (mode === 'hang') {
    await store.work(1, () => delay(600_000));
    for (let count = 0; count < 6; count += 1) await store.enqueue(queuedJob());
    await until(async () => (await store.counts()).active === 1);
    const { active, waiting } = await store.counts();
    console.log(`running ${active}, waiting ${waiting}`);
  } else {
    console.log('open');
  }
  await delay(600_000);
} catch (error) {
  console.log(`${String((error as { code?: unknown }).code)}: ${messageOf(error)}`);
  await delay(600_000);
}
