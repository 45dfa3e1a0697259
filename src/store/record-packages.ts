/** Writes what a repository's locks and images hold into the package index. */
import { createHash } from 'node:crypto';
import type { Db } from 'pg-boss';
import type { Database } from './database.ts';
import { lockInTransaction, shareInTransaction } from './database.ts';
import { storableText } from './fold.ts';
import type { IndexedRepository, PackagePlace, PlacePackage, RecordOptions } from './package-index.ts';

/** Threat: a repository of generated locks fills the disk. A large one has some thousands. */
const MOST_PACKAGES = 100_000;
/** No index takes longer names; a row of the dictionary's index has to hold it. */
const MOST_CHARACTERS = 300;
/** Who removes releases that no place holds takes it alone. */
export const DICTIONARY_LOCK = 'releases';

interface FoldedPlace {
  readonly kind: PackagePlace['kind'];
  readonly place: string;
  readonly packages: readonly PlacePackage[];
  readonly digest: string;
}

interface KnownPlace {
  readonly id: number;
  readonly kind: string;
  readonly place: string;
  readonly digest: string;
}

/** @returns how many places were left out, since there were too many packages. */
export async function recordPackages(
  database: Database,
  repository: IndexedRepository,
  head: string,
  places: readonly PackagePlace[],
  { scope = 'repository' }: RecordOptions,
): Promise<number> {
  const { folded, leftOut } = foldPlaces(places);
  await database.transaction(async (db) => {
    await lockInTransaction(db, `packages/${repository.id}`);
    await shareInTransaction(db, DICTIONARY_LOCK);
    await putRepository(db, repository, head);
    const { rows } = await db.executeSql(
      'SELECT id, kind, place, digest FROM relock.place WHERE repository_id = $1',
      [repository.id],
    );
    const known = new Map((rows as KnownPlace[]).map((row) => [keyOf(row), row]));
    const gone = [...known].filter(([key]) => {
      const given = folded.get(key);
      return given === undefined ? scope === 'repository' : given.packages.length === 0;
    });
    if (gone.length > 0) {
      const ids = gone.map(([, { id }]) => id);
      await db.executeSql('DELETE FROM relock.place WHERE id = ANY($1::int[])', [ids]);
    }
    const changed = [...folded].filter(
      ([key, { packages, digest }]) => packages.length > 0 && known.get(key)?.digest !== digest,
    );
    if (changed.length === 0) return;
    const releases = await releaseIds(
      db,
      changed.flatMap(([, { packages }]) => packages),
    );
    for (const [key, place] of changed) {
      await putPlace(db, repository.id, known.get(key)?.id ?? null, place, releases);
    }
  });
  return leftOut;
}

function foldPlaces(places: readonly PackagePlace[]): {
  readonly folded: ReadonlyMap<string, FoldedPlace>;
  readonly leftOut: number;
} {
  const byKey = new Map<
    string,
    Pick<PackagePlace, 'kind' | 'place'> & { packages: Map<string, PlacePackage> }
  >();
  for (const { kind, place: written, packages } of places) {
    const place = storableText(written);
    const key = keyOf({ kind, place });
    const folded = byKey.get(key) ?? { kind, place, packages: new Map<string, PlacePackage>() };
    byKey.set(key, folded);
    for (const one of packages) {
      const kept = storablePackage(one);
      if (kept === null) continue;
      const before = folded.packages.get(releaseKey(kept));
      folded.packages.set(releaseKey(kept), before === undefined ? kept : foldPackages(before, kept));
    }
  }
  const all = new Map<string, FoldedPlace>();
  let room = MOST_PACKAGES;
  let leftOut = 0;
  for (const [key, { kind, place, packages }] of byKey) {
    if (packages.size > room) {
      leftOut += 1;
      // As if it were empty: what it held before may be wrong by now.
      all.set(key, { kind, place, packages: [], digest: '' });
      continue;
    }
    room -= packages.size;
    const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = sorted.map(([name, { direct, dev }]) => `${name}\0${String(direct)}\0${String(dev)}\n`);
    const digest = createHash('sha256').update(lines.join('')).digest('base64');
    all.set(key, { kind, place, packages: sorted.map(([, one]) => one), digest });
  }
  return { folded: all, leftOut };
}

function foldPackages(one: PlacePackage, other: PlacePackage): PlacePackage {
  return { ...one, direct: one.direct || other.direct, dev: one.dev && other.dev };
}

function storablePackage({ ecosystem, name, version, direct, dev }: PlacePackage): PlacePackage | null {
  if ([ecosystem, name, version].some((text) => text.length > MOST_CHARACTERS)) return null;
  const text = {
    ecosystem: storableText(ecosystem),
    name: storableText(name),
    version: storableText(version),
  };
  return text.name === '' ? null : { ...text, direct, dev };
}

function keyOf({ kind, place }: { readonly kind: string; readonly place: string }): string {
  return `${kind}\0${place}`;
}

function releaseKey({
  ecosystem,
  name,
  version,
}: Pick<PlacePackage, 'ecosystem' | 'name' | 'version'>): string {
  return `${ecosystem}\0${name}\0${version}`;
}

async function putRepository(
  db: Db,
  { id, installation, owner, name }: IndexedRepository,
  head: string,
): Promise<void> {
  await db.executeSql(
    `INSERT INTO relock.repository AS old (id, installation, owner, name, head) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE
     SET installation = excluded.installation, owner = excluded.owner, name = excluded.name, head = excluded.head
     WHERE (old.installation, old.owner, old.name, old.head)
       IS DISTINCT FROM (excluded.installation, excluded.owner, excluded.name, excluded.head)`,
    [id, installation, ...[owner, name, head].map(storableText)],
  );
}

async function releaseIds(db: Db, packages: readonly PlacePackage[]): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const wanted = [...new Map(packages.map((one) => [releaseKey(one), one])).values()];
  const find = async (some: readonly PlacePackage[]): Promise<readonly PlacePackage[]> => {
    const { rows } = await db.executeSql(FIND_RELEASES, columnsOf(some));
    const found = (rows[0] as { ids: readonly (number | null)[] | null } | undefined)?.ids ?? [];
    return some.filter((one, index) => {
      const id = found[index] ?? null;
      if (id !== null) ids.set(releaseKey(one), id);
      return id === null;
    });
  };
  const missing = await find(wanted);
  if (missing.length === 0) return ids;
  await db.executeSql(ADD_RELEASES, columnsOf(missing));
  if ((await find(missing)).length > 0) throw new Error('the dictionary of releases did not take all');
  return ids;
}

function columnsOf(packages: readonly PlacePackage[]): string[][] {
  return [
    packages.map(({ ecosystem }) => ecosystem),
    packages.map(({ name }) => name),
    packages.map(({ version }) => version),
  ];
}

// Not by a join: it is planned as one that reads the whole dictionary, at ten times the cost of some hundred look-ups.
const FIND_RELEASES = `SELECT array_agg((
    SELECT id FROM relock.release
    WHERE release.ecosystem = asked.ecosystem AND release.name = asked.name AND release.version = asked.version
  ) ORDER BY number) AS ids
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (ecosystem, name, version, number)`;
// All in one order, so that two transactions never wait for each other.
const ADD_RELEASES = `INSERT INTO relock.release (ecosystem, name, version)
  SELECT ecosystem, name, version
  FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (ecosystem, name, version)
  ORDER BY ecosystem, name, version
  ON CONFLICT DO NOTHING`;

async function putPlace(
  db: Db,
  repositoryId: number,
  id: number | null,
  { kind, place, packages, digest }: FoldedPlace,
  releases: ReadonlyMap<string, number>,
): Promise<void> {
  const idsOf = (some: readonly PlacePackage[]): readonly number[] =>
    some.flatMap((one) => releases.get(releaseKey(one)) ?? []).sort((a, b) => a - b);
  const arrays = [
    idsOf(packages),
    idsOf(packages.filter(({ direct }) => direct)),
    idsOf(packages.filter(({ dev }) => dev)),
  ];
  if (id === null) {
    await db.executeSql(
      `INSERT INTO relock.place (repository_id, kind, place, digest, releases, direct, dev)
       VALUES ($1, $2, $3, $4, $5::int[], $6::int[], $7::int[])`,
      [repositoryId, kind, place, digest, ...arrays],
    );
  } else {
    await db.executeSql(
      `UPDATE relock.place SET digest = $2, releases = $3::int[], direct = $4::int[], dev = $5::int[] WHERE id = $1`,
      [id, digest, ...arrays],
    );
  }
}
