/** PostgreSQL by URL: any number of processes share it. */
import { EnvironmentError, UsageError, messageOf } from '../errors.ts';
import { createBoss } from './boss.ts';
import type { Connection } from './boss.ts';
import { isRecord } from './fold.ts';
import type { StoreLog } from './store.ts';

/** Enqueuing holds one for a transaction; handlers only for moments. */
const MOST_CONNECTIONS = 6;

/**
 * @param url `postgres://user:password@host:port/database`.
 * @throws {UsageError} store-url when it is none; {EnvironmentError} store-unreachable. Neither message holds the URL.
 */
export async function openPostgres(url: string, leaseSeconds: number, log: StoreLog): Promise<Connection> {
  const host = hostOf(url);
  const boss = createBoss({ connectionString: url, max: MOST_CONNECTIONS }, leaseSeconds, log);
  try {
    await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    throw new EnvironmentError(
      'store-unreachable',
      `PostgreSQL at ${host} cannot be used: ${reasonOf(error)}`,
      'Check DATABASE_URL, that the server runs, and that its user may create schemas in that database.',
      { cause: error },
    );
  }
  const db = boss.getDb();
  return {
    boss,
    alone: false,
    database: {
      db,
      async transaction(run) {
        if (db.beginTransaction === undefined)
          throw new Error('pg-boss gave a database without transactions');
        const open = await db.beginTransaction();
        try {
          const result = await run(open.db);
          await open.commit();
          return result;
        } catch (error) {
          await open.rollback();
          throw error;
        }
      },
    },
    close: () => boss.stop({ graceful: false }),
  };
}

/** A refused connection to a name with two addresses is an error without words, with a code. */
function reasonOf(error: unknown): string {
  const code = isRecord(error) ? error['code'] : undefined;
  return messageOf(error) || (typeof code === 'string' ? code : 'no reason given');
}

function hostOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new UsageError(
      'store-url',
      'DATABASE_URL is not a PostgreSQL URL.',
      'Write postgres://user:password@host:5432/database.',
    );
  }
  return parsed.host === '' ? (parsed.searchParams.get('host') ?? 'its default address') : parsed.host;
}
