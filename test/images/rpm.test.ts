/** Fixtures: true databases of rpm 4.18 with four small packages (bdb: written by db5.3_load from the same headers). */
import { readFileSync, readdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/images/format-error.ts';
import { parseRpmHeader } from '../../src/images/rpm-header.ts';
import type { RpmFormat } from '../../src/images/rpm.ts';
import { parseRpm } from '../../src/images/rpm.ts';
import { sqliteBlobs } from '../../src/images/rpm-sqlite.ts';
import { folder } from '../support/folder.ts';

function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../fixtures/images/${name}.gz`, import.meta.url)));
}

const DATABASES: readonly (readonly [string, RpmFormat])[] = [
  ['rpm-sqlite', 'sqlite'],
  ['rpm-ndb', 'ndb'],
  ['rpm-bdb-little-endian', 'bdb'],
  ['rpm-bdb-big-endian', 'bdb'],
];

describe('the databases of rpm', () => {
  it.each(DATABASES)('%s', (name, format) => {
    const read = parseRpm(format, fixture(name), null, 'var/lib/rpm/db');
    if (read.kind !== 'read') throw new Error(read.why);
    const place = { kind: 'rpm', arch: 'noarch', location: 'var/lib/rpm/db' };
    const alpha = { ...place, source: 'alpha', sourceVersion: '1.0~rc1-3.el9' };
    expect([...read.packages].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { ...alpha, name: 'alpha', version: '2:1.0~rc1-3.el9' },
      // A header that goes on over several pages.
      { ...alpha, name: 'alpha-tools', version: '2:1.0~rc1-3.el9' },
      { ...alpha, name: 'beta', version: '2:7-3.el9' },
      { ...place, name: 'tiny', version: '1.0-1', source: 'tiny', sourceVersion: '1.0-1' },
    ]);
  });

  it.each(DATABASES)('any damage to %s gives packages or a reason', (name, format) => {
    const good = fixture(name);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 20 }),
        fc.oneof(fc.constant(good.length), fc.nat(good.length)),
        fc.boolean(),
        (changes, length, early) => {
          const bad = Buffer.from(good.subarray(0, length));
          // Half of the times where the structure stands.
          for (const [at, value] of changes) bad[early ? at % 4200 : at] = value;
          const read = parseRpm(format, bad, null, 'x');
          expect(read.kind === 'read' ? '' : read.why).toMatch(/^[\w ().,-]*$/u);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** A header with some tags, as rpm keeps it. */
function header(tags: readonly (readonly [number, number, Buffer])[]): Buffer {
  const index = Buffer.alloc(8 + tags.length * 16);
  index.writeUInt32BE(tags.length, 0);
  index.writeUInt32BE(
    tags.reduce((sum, [, , bytes]) => sum + bytes.length, 0),
    4,
  );
  let offset = 0;
  for (const [at, [tag, type, bytes]] of tags.entries()) {
    for (const [word, value] of [tag, type, offset, 1].entries())
      index.writeUInt32BE(value, 8 + at * 16 + word * 4);
    offset += bytes.length;
  }
  return Buffer.concat([index, ...tags.map(([, , bytes]) => bytes)]);
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const NAMED = [
  [1000, 6, text('a')],
  [1001, 6, text('1')],
  [1002, 6, text('2')],
] as const;

describe('headers', () => {
  it('what is not written is left out', () => {
    expect(parseRpmHeader(header(NAMED), 'x')).toEqual({
      kind: 'rpm',
      name: 'a',
      version: '1-2',
      arch: '',
      source: 'a',
      sourceVersion: '1-2',
      location: 'x',
    });
    const key = [[1000, 6, text('gpg-pubkey')], NAMED[1], NAMED[2]] as const;
    expect(parseRpmHeader(header(key), 'x')).toBeNull();
  });

  it.each<[string, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['no name', header(NAMED.slice(1))],
    ['more entries than bytes', Buffer.from('ffffffff00000000', 'hex')],
    [
      'a text without end',
      header([
        [1000, 6, Buffer.from('a')],
        [1001, 6, Buffer.from('1')],
        [1002, 6, Buffer.from('2')],
      ]),
    ],
    ['a name with a line in it', header([[1000, 6, text('a\nb')], NAMED[1], NAMED[2]])],
    ['a cut number', header([...NAMED, [1003, 4, Buffer.from('1')]])],
  ])('%s', (_, blob) => {
    expect(() => parseRpmHeader(blob, 'x')).toThrow(FormatError);
  });
});

describe('the reader of SQLite files, beside SQLite itself', () => {
  const CREATE = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)";

  function rows(database: DatabaseSync): readonly string[] {
    return database
      .prepare('SELECT blob FROM Packages ORDER BY hnum')
      .all()
      .map((row) => Buffer.from(row['blob'] as Uint8Array).toString('hex'));
  }

  function read(file: Buffer, log: Buffer | null = null): readonly string[] {
    return [...sqliteBlobs(file, log)].map((blob) => blob.toString('hex'));
  }

  it('any rows, page sizes and deletions', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(512, 1024, 4096, 65_536),
        fc.array(fc.nat(9000), { minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        (size, lengths, deleted) => {
          const database = new DatabaseSync(':memory:');
          database.exec(
            `PRAGMA page_size = ${size}; CREATE TABLE other (x); ${CREATE}; CREATE TABLE Name (key TEXT)`,
          );
          const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
          for (const [at, length] of lengths.entries()) insert.run(Buffer.alloc(length, at + 1));
          for (const at of deleted) database.exec(`DELETE FROM Packages WHERE hnum = ${at}`);
          expect(read(Buffer.from(database.serialize()))).toEqual(rows(database));
          database.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('what only stands in the write-ahead log, as far as it was committed', () => {
    const root = folder();
    const path = join(root, 'rpmdb.sqlite');
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${CREATE}`);
    const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
    const checkpointed = (): void => database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    for (let at = 0; at < 30; at += 1) insert.run(Buffer.alloc(700, at));
    checkpointed();
    const before = rows(database);
    for (let at = 0; at < 200; at += 1) insert.run(Buffer.alloc(900, at));
    database.exec('DELETE FROM Packages WHERE hnum < 10');
    const [file, log] = ['rpmdb.sqlite', 'rpmdb.sqlite-wal'].map((name) => readFileSync(join(root, name)));
    if (file === undefined || log === undefined) throw new Error(`no files: ${readdirSync(root).join()}`);
    expect(log.length).toBeGreaterThan(100_000);
    expect(read(file, log)).toEqual(rows(database));
    expect(read(file, null)).toEqual(before);
    // A log of which the end was never written, or whose first frame is damaged.
    expect(read(file, log.subarray(0, 32 + 24 + 2000))).toEqual(before);
    const damaged = Buffer.from(log);
    damaged.writeUInt8((damaged[100] ?? 0) ^ 1, 100);
    expect(read(file, damaged)).toEqual(before);
    database.close();
  });

  it('a view, or another table of that name, is not run', () => {
    const database = new DatabaseSync(':memory:');
    database.exec(
      'CREATE VIEW Packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x, x FROM c',
    );
    const read = parseRpm('sqlite', Buffer.from(database.serialize()), null, 'x');
    expect(read).toEqual({ kind: 'damaged', why: 'it has no table Packages' });
    database.close();
  });
});
