/** Relock's own tables beside the queue's, and of them last runs and deliveries. */
import type { Db } from 'pg-boss';
import { EnvironmentError } from '../errors.ts';
import type { Database } from './database.ts';
import { lockInTransaction } from './database.ts';
import { storableText } from './fold.ts';
import { MIGRATIONS } from './migrations.ts';
import type { LastRun } from './store.ts';

const DELIVERY_DAYS = 7;
/** Threat: the id is a header of whoever sends; GitHub's are 36 characters. */
const MOST_ID_CHARACTERS = 200;

/**
 * Makes the tables or brings them up to date.
 * @throws {EnvironmentError} store-newer: a newer Relock has used this database.
 */
export async function migrateRecords(database: Database): Promise<void> {
  await database.transaction(async (db) => {
    await lockInTransaction(db, 'migration');
    // Read, not `IF NOT EXISTS` alone: only reading a table shows what another process made while this one waited.
    const schemas = await db.executeSql("SELECT FROM pg_namespace WHERE nspname = 'relock'");
    if (schemas.rows.length === 0) await db.executeSql('CREATE SCHEMA relock');
    await db.executeSql('CREATE TABLE IF NOT EXISTS relock.version (version int NOT NULL)');
    const { rows } = await db.executeSql('SELECT max(version) AS version FROM relock.version');
    const have = (rows[0] as { version: number | null } | undefined)?.version ?? 0;
    if (have > MIGRATIONS.length) {
      throw new EnvironmentError(
        'store-newer',
        `The database has Relock's tables of version ${have}; this Relock knows ${MIGRATIONS.length} and older.`,
        'Start the newer Relock, or give this one a database of its own.',
      );
    }
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < have) continue;
      await db.executeSql(migration);
      await db.executeSql('INSERT INTO relock.version VALUES ($1)', [index + 1]);
    }
  });
}

/** @returns those of the ids that were not recorded before. */
export async function recordDeliveries(
  db: Db,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const kept = new Map(ids.map((id) => [storableText(id.slice(0, MOST_ID_CHARACTERS)), id]));
  const { rows } = await db.executeSql(
    `INSERT INTO relock.delivery (id, at)
     SELECT id, $2::timestamptz FROM unnest($1::text[]) AS id ORDER BY id
     ON CONFLICT DO NOTHING RETURNING id`,
    [[...kept.keys()], now.toISOString()],
  );
  return new Set((rows as { id: string }[]).flatMap(({ id }) => kept.get(id) ?? []));
}

export async function forgetOldDeliveries(db: Db, now: Date): Promise<void> {
  const before = new Date(now.getTime() - DELIVERY_DAYS * 86_400_000);
  await db.executeSql('DELETE FROM relock.delivery WHERE at < $1', [before.toISOString()]);
}

export async function readLastRun(db: Db, repositoryId: number, purpose: string): Promise<LastRun | null> {
  const { rows } = await db.executeSql(
    'SELECT at, head, inputs, schedule, outcome FROM relock.last_run WHERE repository_id = $1 AND purpose = $2',
    [repositoryId, purpose],
  );
  const row = rows[0] as (Omit<LastRun, 'at'> & { at: Date }) | undefined;
  return row === undefined
    ? null
    : {
        at: row.at.toISOString(),
        head: row.head,
        inputs: row.inputs,
        schedule: row.schedule,
        outcome: row.outcome,
      };
}

/** The newer of two runs that finish at once stays. */
export async function writeLastRun(
  db: Db,
  repositoryId: number,
  purpose: string,
  run: LastRun,
): Promise<void> {
  await db.executeSql(
    `INSERT INTO relock.last_run AS old (repository_id, purpose, at, head, inputs, schedule, outcome)
     VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)
     ON CONFLICT (repository_id, purpose) DO UPDATE
     SET at = excluded.at, head = excluded.head, inputs = excluded.inputs, schedule = excluded.schedule, outcome = excluded.outcome
     WHERE old.at <= excluded.at`,
    [repositoryId, purpose, run.at, run.head, run.inputs, JSON.stringify(run.schedule), run.outcome],
  );
}
