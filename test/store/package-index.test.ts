/** What the contract of the package index cannot see: the rows behind it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetOldAdvisories, createAdvisoryState } from '../../src/store/advisory-records.ts';
import type { Connection } from '../../src/store/boss.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import { forgetRepository, repositoriesWith, sweepReleases } from '../../src/store/find-packages.ts';
import type { IndexedRepository, PackagePlace } from '../../src/store/package-index.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { migrateRecords } from '../../src/store/records.ts';
import { recordPackages } from '../../src/store/record-packages.ts';
import { folder } from '../support/folder.ts';
import { keptLog } from '../support/store.ts';

let connection: Connection;
const HEAD = 'a'.repeat(40);

beforeAll(async () => {
  connection = await openEmbedded(folder(), 60, keptLog());
  await migrateRecords(connection.database);
}, 60_000);
afterAll(async () => {
  await connection.close();
});

function repository(id: number): IndexedRepository {
  return { id, owner: 'acme', name: `shop-${id}`, installation: 7 };
}

function lock(place: string, ...names: string[]): PackagePlace {
  const packages = names.map((name) => ({
    ecosystem: 'PyPI',
    name,
    version: '1',
    direct: false,
    dev: false,
  }));
  return { kind: 'lock', place, packages };
}

async function record(id: number, places: readonly PackagePlace[], head = HEAD): Promise<number> {
  return recordPackages(connection.database, repository(id), head, places, {});
}

async function ask(statement: string): Promise<readonly Record<string, unknown>[]> {
  return (await connection.database.db.executeSql(statement)).rows as Record<string, unknown>[];
}

async function held(name: string): Promise<readonly string[]> {
  const places: string[] = [];
  for await (const { place } of repositoriesWith(connection.database.db, [{ ecosystem: 'PyPI', name }]))
    places.push(place);
  return places;
}

describe('recordPackages', () => {
  it('writes no row again that is as it was, and of the others only what is different', async () => {
    const versions = () =>
      ask(`SELECT xmin::text || ctid::text AS row FROM relock.place
           UNION ALL SELECT xmin::text || ctid::text FROM relock.repository`);
    await record(1, [lock('a.txt', 'one', 'two'), lock('b.txt', 'one')]);
    const before = await versions();
    await record(1, [lock('b.txt', 'one'), lock('a.txt', 'two', 'one')]);
    expect(await versions()).toEqual(before);
    await record(1, [lock('b.txt', 'one', 'three'), lock('a.txt', 'two', 'one')], 'b'.repeat(40));
    const after = await versions();
    expect(after.filter(({ row }) => !before.some((one) => one['row'] === row))).toHaveLength(2);
  });

  it('leaves out whole places past what one repository may have, and says how many', async () => {
    const many = Array.from({ length: 60_000 }, (_none, at) => `many-${at}`);
    await record(2, [lock('small.txt', 'small'), lock('second.txt', 'kept')]);
    expect(
      await record(2, [lock('first.txt', ...many), lock('second.txt', ...many), lock('small.txt', 'small')]),
    ).toBe(1);
    expect(await held('many-59999')).toEqual(['first.txt']);
    expect(await held('small')).toEqual(['small.txt']);
    // Nothing is said of it any more, rather than what it once held.
    expect(await held('kept')).toEqual([]);
    await forgetRepository(connection.database, 2);
  }, 60_000);
});

describe('sweepReleases', () => {
  it('removes the releases that no place holds', async () => {
    await record(3, [lock('a.txt', ...Array.from({ length: 4500 }, (_none, at) => `old-${at}`), 'stays')]);
    await record(3, [lock('a.txt', 'stays', 'new')]);
    expect(await sweepReleases(connection.database)).toBeGreaterThanOrEqual(4500);
    expect(await sweepReleases(connection.database)).toBe(0);
    expect(await held('stays')).toEqual(['a.txt']);
    expect(await held('new')).toEqual(['a.txt']);
    expect(await held('old-1')).toEqual([]);
    await record(4, [lock('b.txt', 'old-1')]);
    expect(await held('old-1')).toEqual(['b.txt']);
  });
});

it('forgets advisories that were acted on more than 400 days ago', async () => {
  const { db } = connection.database;
  const old = createAdvisoryState(db, () => new Date('2025-01-01T00:00:00Z'));
  await old.saveAdvisoriesSeen(
    new Map([
      ['old', '1'],
      ['again', '1'],
    ]),
  );
  const now = new Date('2026-03-01T00:00:00Z');
  const state = createAdvisoryState(db, () => now);
  await state.saveAdvisoriesSeen(new Map([['again', '1']]));
  await forgetOldAdvisories(db, now);
  expect(await state.advisoriesSeen(['old', 'again'])).toEqual(new Map([['again', '1']]));
});

it('brings the tables of an older version up to date, and keeps what they hold', async () => {
  const older = await openEmbedded(folder(), 60, keptLog());
  try {
    const { db } = older.database;
    await db.executeSql(
      `CREATE SCHEMA relock; CREATE TABLE relock.version (version int NOT NULL);
       INSERT INTO relock.version VALUES (1); ${MIGRATIONS[0]}
       INSERT INTO relock.delivery VALUES ('once', now());`,
    );
    await migrateRecords(older.database);
    await recordPackages(older.database, repository(1), HEAD, [lock('a.txt', 'one')], {});
    expect((await db.executeSql('SELECT id FROM relock.delivery')).rows).toEqual([{ id: 'once' }]);
  } finally {
    await older.close();
  }
}, 60_000);
