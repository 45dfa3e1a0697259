/**
 * The embedded PostgreSQL (PGlite) in a data folder: nothing to install, one process. It never waits for the disk, so a
 * power loss may take the last jobs; whoever opens it looks over all repositories again.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { PGlite, Transaction } from '@electric-sql/pglite';
import { fromPglite } from 'pg-boss';
import type { Db } from 'pg-boss';
import { EnvironmentError, messageOf } from '../errors.ts';
import { runChild } from '../run/child.ts';
import { createBoss } from './boss.ts';
import type { Connection } from './boss.ts';
import { lockFolder } from './folder-lock.ts';
import type { StoreLog } from './store.ts';

/** PGlite has no autovacuum; the dead rows of a day are few. Also when it opens. */
const VACUUM_EVERY_MS = 86_400_000;

/**
 * @param dataFolder made when it is not there.
 * @throws {EnvironmentError} store-locked, store-folder, or store-broken when the database does not start.
 */
export async function openEmbedded(
  dataFolder: string,
  leaseSeconds: number,
  log: StoreLog,
): Promise<Connection> {
  const folder = resolve(dataFolder);
  makeFolder(folder);
  const lock = await lockFolder(folder);
  let pglite: PGlite | null = null;
  try {
    pglite = await startPglite(join(folder, 'database'));
    const connection = await connect(pglite, leaseSeconds, log);
    return {
      ...connection,
      async close() {
        try {
          await connection.close();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    await pglite?.close().catch(() => undefined);
    lock.release();
    throw new EnvironmentError(
      'store-broken',
      `The embedded database in ${folder} does not start: ${messageOf(error)}`,
      'What it holds can be made again: move the folder away and start anew, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

function makeFolder(folder: string): void {
  try {
    // Only this user: the jobs name private repositories.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EnvironmentError(
      'store-folder',
      `The data folder ${folder} cannot be made: ${messageOf(error)}`,
      'Give Relock a folder on a local disk that it may write to.',
      { cause: error },
    );
  }
}

/** Few buffers: the whole queue is some megabytes, and the operating system keeps its files at hand. */
const POSTGRES_SETTINGS = ['shared_buffers=8MB'];
/** V8 compiles PGlite's 10 MB of WebAssembly once, not a second time for speed: 200 MB of memory less. */
const V8_FLAGS = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
const MAKE_SECONDS = 120;
const MAKE_SCRIPT = `
const [, pglite, folder, settings] = process.argv;
const { PGlite } = await import(pglite);
const database = await PGlite.create(folder, { postgresqlconf: JSON.parse(settings) });
await database.close();
`;

async function startPglite(folder: string): Promise<PGlite> {
  if (!existsSync(folder)) await makeDatabase(folder);
  // The flags count only before PGlite is loaded.
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create(folder, { postgresqlconf: POSTGRES_SETTINGS });
}

/**
 * `initdb`, which needs 400 MB for its two seconds: in a process of its own, since this one would keep them. A killed one
 * leaves no half database behind: the folder gets its name at the end.
 */
async function makeDatabase(folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const pglite = import.meta.resolve('@electric-sql/pglite');
  const { exitCode, stderr } = await runChild({
    file: process.execPath,
    args: [
      ...V8_FLAGS,
      '--input-type=module',
      '--eval',
      MAKE_SCRIPT,
      pglite,
      unfinished,
      JSON.stringify(POSTGRES_SETTINGS),
    ],
    cwd: dirname(folder),
    env: {},
    timeoutSeconds: MAKE_SECONDS,
    signal: null,
    maxOutputBytes: 4000,
  });
  if (exitCode !== 0) throw new Error(`it could not be made: ${stderr.trim().slice(-500)}`);
  renameSync(unfinished, folder);
}

async function connect(pglite: PGlite, leaseSeconds: number, log: StoreLog): Promise<Connection> {
  const db = fromPglite(pglite);
  const boss = createBoss({ db, backend: 'pglite', reindex: false, monitorVacuum: false }, leaseSeconds, log);
  await boss.start();
  await pglite.exec('VACUUM');
  const vacuum = setInterval(() => {
    pglite.exec('VACUUM').catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'the embedded database could not be vacuumed');
    });
  }, VACUUM_EVERY_MS);
  vacuum.unref();
  return {
    boss,
    alone: true,
    database: { db, transaction: (run) => pglite.transaction((open) => run(transactionDb(open))) },
    async close() {
      clearInterval(vacuum);
      await boss.stop({ graceful: false });
      await pglite.close();
    },
  };
}

/** Like `fromPglite`, but an error leaves the rollback to the transaction. */
function transactionDb(open: Transaction): Db {
  return {
    async executeSql(text, values) {
      if (values !== undefined && values.length > 0) return open.query(text, values);
      const results = await open.exec(text);
      return { rows: results.flatMap((result) => result.rows) };
    },
  };
}
