/** Opens the store: an embedded database in a folder, or PostgreSQL by URL; the same code runs on both. */
import { UsageError, messageOf } from '../errors.ts';
import { createAdvisoryState, forgetOldAdvisories } from './advisory-records.ts';
import type { Connection } from './boss.ts';
import { createBatches } from './batches.ts';
import { prepareQueues } from './boss.ts';
import { openEmbedded } from './embedded.ts';
import {
  forgetInstallation,
  forgetRepository,
  recordedHead,
  repositoriesWith,
  sweepReleases,
} from './find-packages.ts';
import { CHANNEL, putJobs } from './intake.ts';
import type { Wanted } from './intake.ts';
import { openPostgres } from './postgres.ts';
import { countJobs, listDeadLetters, reviveDeadLetter, takeBackOrphans } from './queue.ts';
import { recordPackages } from './record-packages.ts';
import {
  forgetOldDeliveries,
  migrateRecords,
  readLastRun,
  recordDeliveries,
  writeLastRun,
} from './records.ts';
import { createRebuildState } from './rebuild-records.ts';
import { prepareShares } from './shares.ts';
import type { Store, StoreLog } from './store.ts';
import { startWorker } from './worker.ts';

export interface StoreOptions {
  /** null: embedded, in `dataFolder`. */
  readonly databaseUrl: string | null;
  /** Made when it is not there; not used with a URL. */
  readonly dataFolder: string;
  readonly log: StoreLog;
  readonly now?: () => Date;
  /** A job whose process died is another's after this. At least 10; 60 when not given. */
  readonly leaseSeconds?: number;
  /** Before a failed job's second try; four times that before the third. 60 when not given. */
  readonly retrySeconds?: number;
  /** How often workers look for jobs on their own; new jobs call them. 2 when not given. */
  readonly pollSeconds?: number;
}

const FORGET_EVERY_MS = 3_600_000;
const SWEEP_EVERY_MS = 86_400_000;

/**
 * Makes or updates all tables.
 * @throws {EnvironmentError} store-locked (another process has the data folder), store-folder, store-broken,
 *   store-unreachable, store-newer; {UsageError} store-url, store-lease.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { log, leaseSeconds = 60 } = options;
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < 10) {
    throw new UsageError(
      'store-lease',
      `A lease of ${leaseSeconds} seconds is too short.`,
      'Give at least 10 seconds.',
    );
  }
  const connection =
    options.databaseUrl === null
      ? await openEmbedded(options.dataFolder, leaseSeconds, log)
      : await openPostgres(options.databaseUrl, leaseSeconds, log);
  try {
    await migrateRecords(connection.database);
    await prepareQueues(connection.boss, leaseSeconds);
    await prepareShares(connection.database);
    if (connection.alone) {
      const orphans = await takeBackOrphans(connection);
      if (orphans > 0) log.info({ jobs: orphans }, 'jobs of a process that died are due again');
    }
    return await createStore(connection, options);
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

async function createStore(connection: Connection, options: StoreOptions): Promise<Store> {
  const { log, now = () => new Date(), retrySeconds = 60, pollSeconds = 2 } = options;
  const { database } = connection;
  const workers = new Set<ReturnType<typeof startWorker>>();
  const ears = await listen(connection, log, () => workers.forEach((worker) => worker.wake()));
  let sweptAt = 0;
  const forget = async (): Promise<void> => {
    try {
      await forgetOldDeliveries(database.db, now());
      await forgetOldAdvisories(database.db, now());
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'what is too old could not be forgotten');
    }
  };
  // Seconds in a large index: not when it opens.
  const sweep = async (): Promise<void> => {
    try {
      if (now().getTime() - sweptAt < SWEEP_EVERY_MS) return;
      sweptAt = now().getTime();
      await sweepReleases(database);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the package index could not be cleared up');
    }
  };
  await forget();
  const forgetting = setInterval(() => void forget().then(sweep), FORGET_EVERY_MS);
  forgetting.unref();
  let closed: Promise<void> | null = null;
  const enqueue = createBatches((requests: readonly Request[]) => enqueueAll(connection, requests, now()));

  return {
    enqueue: (job, { notBefore, delivery } = {}) =>
      enqueue({ job, notBefore: notBefore ?? null, delivery: delivery ?? null }),
    async work(concurrency, handler) {
      const worker = startWorker(connection, { concurrency, pollSeconds, retrySeconds }, handler, log);
      workers.add(worker);
      return worker;
    },
    firstDelivery: async (id) => (await recordDeliveries(database.db, [id], now())).has(id),
    lastRun: (repositoryId, purpose) => readLastRun(database.db, repositoryId, purpose),
    saveLastRun: (repositoryId, purpose, run) => writeLastRun(database.db, repositoryId, purpose, run),
    deadLetters: () => listDeadLetters(connection),
    retryDeadLetter: (id) => reviveDeadLetter(connection, id),
    counts: () => countJobs(connection),
    async recordPackages(repository, head, places, recordOptions = {}) {
      const leftOut = await recordPackages(database, repository, head, places, recordOptions);
      const { id, owner, name } = repository;
      if (leftOut > 0) {
        log.warn({ repository: `${owner}/${name}`, id, places: leftOut }, 'too many packages for the index');
      }
    },
    recordedHead: (repositoryId) => recordedHead(database.db, repositoryId),
    repositoriesWith: (queries) => repositoriesWith(database.db, queries),
    forgetRepository: (repositoryId) => forgetRepository(database, repositoryId),
    forgetInstallation: (installation) => forgetInstallation(database, installation),
    ...createAdvisoryState(database.db, now),
    ...createRebuildState(database),
    close() {
      closed ??= close();
      return closed;
    },
  };

  async function close(): Promise<void> {
    clearInterval(forgetting);
    await Promise.all([...workers].map((worker) => worker.stop(0)));
    await ears.close();
    await connection.close();
  }
}

interface Request extends Wanted {
  readonly delivery: string | null;
}

async function enqueueAll(
  connection: Connection,
  requests: readonly Request[],
  now: Date,
): Promise<readonly boolean[]> {
  return connection.database.transaction(async (db) => {
    const ids = requests.flatMap(({ delivery }) => (delivery === null ? [] : [delivery]));
    const unseen = new Set(ids.length === 0 ? [] : await recordDeliveries(db, ids, now));
    const isNew = requests.map(({ delivery }) => delivery === null || unseen.delete(delivery));
    const made = await putJobs(
      connection,
      db,
      requests.filter((_request, index) => isNew[index]),
    );
    let next = 0;
    return isNew.map((wanted) => wanted && made[next++] === true);
  });
}

/** Calls `onCall` for new jobs. Where listening fails (a pooler in front), workers find them by looking. */
async function listen(
  { database }: Connection,
  log: StoreLog,
  onCall: () => void,
): Promise<{ close(): Promise<void> }> {
  const none = { close: async () => undefined };
  try {
    return (await database.db.listen?.(CHANNEL, onCall, onCall)) ?? none;
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'no calls from the database; new jobs wait for the next look');
    return none;
  }
}
