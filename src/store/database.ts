/** The one database behind queue and records, PostgreSQL or embedded: the same statements go to both. */
import type { Db } from 'pg-boss';

export interface Database {
  /** One statement with parameters, or several without. */
  readonly db: Db;
  /** All or nothing; what `run` throws rolls back and is thrown on. Inside, use only the `db` that it is given. */
  transaction<T>(run: (db: Db) => Promise<T>): Promise<T>;
}

/** A lock until the end of the transaction, among all processes of this database. */
export async function lockInTransaction(db: Db, name: string): Promise<void> {
  await db.executeSql('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`relock/${name}`]);
}

/** The same lock, held by any number at once, but not beside one that holds it alone. */
export async function shareInTransaction(db: Db, name: string): Promise<void> {
  await db.executeSql('SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [`relock/${name}`]);
}
