/** Reads the package index, forgets what it may no longer hold, and clears up. */
import type { Db } from 'pg-boss';
import type { Database } from './database.ts';
import { lockInTransaction } from './database.ts';
import { storableText } from './fold.ts';
import type { PackageHolder } from './package-index.ts';
import { forgetRebuilds } from './rebuild-records.ts';
import { DICTIONARY_LOCK } from './record-packages.ts';

/** Some hundred bytes each. */
const PAGE = 500;
const SWEPT_AT_ONCE = 2000;

/** Numbers first, some bytes for each hit, and then the rest page by page. */
export async function* repositoriesWith(
  db: Db,
  queries: readonly { readonly ecosystem: string; readonly name: string }[],
): AsyncGenerator<PackageHolder> {
  if (queries.length === 0) return;
  const { rows } = await db.executeSql(
    `SELECT place.id AS place, release.id AS release
     FROM relock.release JOIN relock.place ON place.releases @> ARRAY[release.id]
     WHERE (ecosystem, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY repository_id, place.id, release.id`,
    [queries.map(({ ecosystem }) => storableText(ecosystem)), queries.map(({ name }) => storableText(name))],
  );
  const hits = rows as { place: number; release: number }[];
  for (let start = 0; start < hits.length; start += PAGE) {
    yield* await readPage(db, hits.slice(start, start + PAGE));
  }
}

interface HolderRow extends Omit<PackageHolder, 'repository' | 'installation'> {
  /** `bigint`: text or number, as the driver likes. */
  readonly repositoryId: string | number;
  readonly owner: string;
  readonly repositoryName: string;
  readonly installation: string | number;
}

async function readPage(
  db: Db,
  hits: readonly { place: number; release: number }[],
): Promise<readonly PackageHolder[]> {
  const { rows } = await db.executeSql(
    `SELECT repository.id AS "repositoryId", owner, repository.name AS "repositoryName", installation, head,
       kind, place.place, ecosystem, release.name, version,
       release.id = ANY(direct) AS direct, release.id = ANY(dev) AS dev
     FROM unnest($1::int[], $2::int[]) WITH ORDINALITY AS hit (place_id, release_id, number)
     CROSS JOIN LATERAL (SELECT * FROM relock.place WHERE id = place_id LIMIT 1) AS place
     CROSS JOIN LATERAL (SELECT * FROM relock.release WHERE id = release_id LIMIT 1) AS release
     CROSS JOIN LATERAL (SELECT * FROM relock.repository WHERE id = repository_id LIMIT 1) AS repository
     WHERE releases @> ARRAY[release_id]
     ORDER BY number`,
    [hits.map(({ place }) => place), hits.map(({ release }) => release)],
  );
  return (rows as HolderRow[]).map(({ repositoryId, owner, repositoryName, installation, ...rest }) => ({
    ...rest,
    repository: { id: Number(repositoryId), owner, name: repositoryName },
    installation: Number(installation),
  }));
}

export async function recordedHead(db: Db, repositoryId: number): Promise<string | null> {
  const { rows } = await db.executeSql('SELECT head FROM relock.repository WHERE id = $1', [repositoryId]);
  return (rows[0] as { head: string } | undefined)?.head ?? null;
}

export async function forgetRepository(database: Database, repositoryId: number): Promise<void> {
  await database.transaction((db) => forgetRepositories(db, [repositoryId]));
}

export async function forgetInstallation(database: Database, installation: number): Promise<void> {
  await database.transaction(async (db) => {
    const { rows } = await db.executeSql('SELECT id FROM relock.repository WHERE installation = $1', [
      installation,
    ]);
    await forgetRepositories(
      db,
      (rows as { id: string | number }[]).map(({ id }) => Number(id)),
    );
    await db.executeSql('DELETE FROM relock.published_image WHERE installation = $1', [installation]);
    await db.executeSql('DELETE FROM relock.turn WHERE installation = $1', [String(installation)]);
  });
}

async function forgetRepositories(db: Db, ids: readonly number[]): Promise<void> {
  // Its places go with it.
  await db.executeSql('DELETE FROM relock.repository WHERE id = ANY($1::bigint[])', [ids]);
  await db.executeSql('DELETE FROM relock.blocked_notice WHERE repository_id = ANY($1::bigint[])', [ids]);
  await db.executeSql('DELETE FROM relock.last_run WHERE repository_id = ANY($1::bigint[])', [ids]);
  await forgetRebuilds(db, ids);
}

/**
 * Removes the releases that no place holds any more, some at a time, so that nobody waits for long.
 * @returns how many.
 */
export async function sweepReleases(database: Database): Promise<number> {
  let removed = 0;
  for (let after: number | null = 0; after !== null;) {
    const from: number = after;
    const swept: { last: number | null; count: number } = await database.transaction(async (db) => {
      await lockInTransaction(db, DICTIONARY_LOCK);
      return sweepSome(db, from);
    });
    removed += swept.count;
    after = swept.last;
  }
  return removed;
}

async function sweepSome(db: Db, after: number): Promise<{ last: number | null; count: number }> {
  const { rows } = await db.executeSql(
    `WITH batch AS (SELECT id FROM relock.release WHERE id > $1 ORDER BY id LIMIT $2),
       removed AS (
         DELETE FROM relock.release WHERE id IN (
           SELECT batch.id FROM batch
           WHERE NOT EXISTS (SELECT FROM relock.place WHERE releases @> ARRAY[batch.id])
         ) RETURNING id
       )
     SELECT (SELECT max(id) FROM batch) AS last, (SELECT count(*)::int FROM removed) AS count`,
    [after, SWEPT_AT_ONCE],
  );
  return (rows[0] as { last: number | null; count: number } | undefined) ?? { last: null, count: 0 };
}
