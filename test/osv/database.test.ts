import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { DatabaseError } from '../../src/osv/database-error.ts';
import { openDatabase, ZIP_LIMITS } from '../../src/osv/database.ts';
import { addFiles, folder } from '../support/folder.ts';
import { idsOf, record, zipOf } from './made-database.ts';

const PYPI = 'PyPI/all.zip';
const INDEX = 'PyPI/all.zip.relock-index';

function wanted(...names: readonly string[]) {
  return [{ ecosystem: 'PyPI', names }];
}

async function refusal(run: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await run.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (!(error instanceof DatabaseError)) throw error;
  return error;
}

describe('lookUp', () => {
  it('finds the records that speak of a package, by PEP 503 on both sides', async () => {
    const root = folder({
      [PYPI]: zipOf([
        record('A-1', ['Ruamel.Yaml']),
        record('A-2', ['six']),
        record('A-3', ['ruamel_yaml', 'six']),
      ]),
    });
    const database = openDatabase(root);
    expect(idsOf((await database.lookUp(wanted('ruamel-YAML'))).records)).toEqual(['A-1', 'A-3']);
    expect(await database.lookUp(wanted('nothing'))).toEqual({
      records: [],
      date: '2024-05-01T00:00:00Z',
      missing: [],
      skipped: 0,
    });
  });

  it('gives a record once, with the affected packages that were asked for alone', async () => {
    const both = record('A-1', ['one', 'two', 'three'], { summary: 'bad' });
    const npm = { package: { ecosystem: 'npm', name: 'one' } };
    const root = folder({ [PYPI]: zipOf([{ ...both, affected: [...(both.affected ?? []), npm] }]) });
    const { records } = await openDatabase(root).lookUp([...wanted('one'), ...wanted('Two')]);
    expect(records).toEqual([{ ...both, affected: both.affected?.slice(0, 2) }]);
  });

  it('takes all releases of a distribution from its one zip, and names by the letter', async () => {
    const root = folder({
      'Debian/all.zip': zipOf([
        record('D-1', ['perl'], { ecosystem: 'Debian:12' }),
        record('D-2', ['perl', 'Perl'], { ecosystem: 'Debian:11' }),
        record('D-3', ['perl'], { ecosystem: 'Debian' }),
      ]),
    });
    const database = openDatabase(root);
    expect(idsOf((await database.lookUp([{ ecosystem: 'Debian:12', names: ['perl'] }])).records)).toEqual([
      'D-1',
      'D-2',
      'D-3',
    ]);
    expect(idsOf((await database.lookUp([{ ecosystem: 'Debian', names: ['Perl'] }])).records)).toEqual([
      'D-2',
    ]);
  });

  it('reads the layout of osv-scanner, after its own', async () => {
    const root = folder({ [`osv-scalibr/${PYPI}`]: zipOf([record('S-1', ['six'])]) });
    expect(idsOf((await openDatabase(root).lookUp(wanted('six'))).records)).toEqual(['S-1']);
    addFiles(root, { [PYPI]: zipOf([record('P-1', ['six'])]) });
    expect(idsOf((await openDatabase(root).lookUp(wanted('six'))).records)).toEqual(['P-1']);
  });

  it('says which ecosystems it has no zip for', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six'])]) });
    const found = await openDatabase(root).lookUp([
      ...wanted('six'),
      { ecosystem: 'Alpine:v3.20', names: ['busybox'] },
      { ecosystem: '../PyPI', names: ['six'] },
    ]);
    expect(idsOf(found.records)).toEqual(['A-1']);
    expect(found.missing).toEqual(['Alpine', '../PyPI']);
  });

  it('is as old as the oldest of what it was asked for', async () => {
    const root = folder({
      [PYPI]: zipOf([
        record('A-1', ['six'], { modified: '2024-03-01T00:00:00Z' }),
        record('A-2', ['other'], { modified: '2024-04-01T00:00:00.5Z' }),
        record('A-3', ['other'], { modified: '9999-01-01T00:00:00Z' }),
        record('A-4', ['other'], { modified: 'yesterday' }),
      ]),
      'Debian/all.zip': zipOf([
        record('D-1', ['perl'], { ecosystem: 'Debian:12', modified: '2024-01-01T00:00:00Z' }),
      ]),
    });
    const database = openDatabase(root);
    expect((await database.lookUp(wanted('six'))).date).toBe('2024-04-01T00:00:00.5Z');
    const both = await database.lookUp([...wanted('six'), { ecosystem: 'Debian:12', names: [] }]);
    expect(both.date).toBe('2024-01-01T00:00:00Z');
  });

  it('counts files that are no records', async () => {
    const root = folder({
      [PYPI]: zipOf([record('A-1', ['__proto__', 'constructor'])], {
        'broken.json': '{"id": "A-',
        'list.json': '[]',
        'nameless.json': '{"affected": []}',
        'README.md': 'hello',
        'sub/': '',
        'odd.json':
          '{"id": "A-2", "affected": [null, 1, {"package": 1}, {"package": {"ecosystem": "PyPI"}}]}',
        'none.json': '{"id": "A-3"}',
        'text.json': '{"id": "A-4", "affected": "six"}',
      }),
    });
    const found = await openDatabase(root).lookUp(wanted('constructor', 'toString'));
    expect(idsOf(found.records)).toEqual(['A-1']);
    expect(found.skipped).toBe(5);
    const [about] = await openDatabase(root).describe();
    expect(about).toMatchObject({ ecosystem: 'PyPI', records: 3, skipped: 5, duplicates: 0 });
  });

  it('takes the newest of records with one id on one package, and both where they speak of different ones', async () => {
    const at = (day: string, names: readonly string[]) =>
      JSON.stringify(record('A-1', names, { modified: `2024-01-${day}T00:00:00Z`, day }));
    const root = folder({
      [PYPI]: zipOf([], {
        '1.json': at('02', ['six', 'one']),
        '2.json': at('03', ['six']),
        '3.json': at('01', ['six', 'three']),
      }),
    });
    const database = openDatabase(root);
    const days = async (name: string) =>
      (await database.lookUp(wanted(name))).records.map((each) => (each as { day: string }).day);
    expect(await days('six')).toEqual(['03']);
    expect(await days('one')).toEqual(['02']);
    expect(await days('three')).toEqual(['01']);
    expect((await database.describe())[0]?.duplicates).toBe(2);
  });

  it('stops when the run is cancelled', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six'])]) });
    const database = openDatabase(root, { signal: AbortSignal.abort() });
    await expect(database.lookUp(wanted('six'))).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('a database that cannot be used', () => {
  it('is missing where there is no folder', async () => {
    const root = join(folder(), 'none');
    const error = await refusal(openDatabase(root).lookUp(wanted('six')));
    expect(error.code).toBe('database-missing');
    expect(error.message).toContain(root);
    expect(error.fix).toContain('relock db update');
  });

  const big = JSON.stringify(record('B-1', ['six'], { details: ' '.repeat(5000) }));
  it.each([
    ['is no zip', 'not a zip', ZIP_LIMITS, /signature/u],
    ['is empty', '', ZIP_LIMITS, /signature|truncated/u],
    ['holds nothing', zipOf([]), ZIP_LIMITS, /holds no advisories/u],
    ['holds no records', zipOf([], { 'a.json': '<html>' }), ZIP_LIMITS, /none of its 1 files/u],
    [
      'has too many files',
      zipOf([record('1', ['a']), record('2', ['b'])]),
      { ...ZIP_LIMITS, entries: 1 },
      /more than 1 files/u,
    ],
    [
      'has a file too large',
      zipOf([], { 'b.json': big }),
      { ...ZIP_LIMITS, entryBytes: 5000 },
      /"b.json" in it is larger/u,
    ],
    [
      'unpacks to too much',
      zipOf([], { 'b.json': big, 'c.json': big }),
      { ...ZIP_LIMITS, totalBytes: 6000 },
      /unpack to more/u,
    ],
  ])('names the file when it %s', async (_, content, limits, why) => {
    const root = folder({ [PYPI]: content });
    const error = await refusal(openDatabase(root, { limits }).lookUp(wanted('six')));
    expect(error.code).toBe('database-unreadable');
    expect(error.message).toContain(join(root, PYPI));
    expect(error.message).toMatch(why);
    expect(existsSync(join(root, INDEX))).toBe(false);
  });

  it('refuses a file that unpacks to more than it says', async () => {
    const bomb = Buffer.from(zipOf([], { 'b.json': big }));
    const central = bomb.lastIndexOf(Buffer.from('PK\u0001\u0002', 'latin1'));
    bomb.writeUInt32LE(100, central + 24);
    const error = await refusal(openDatabase(folder({ [PYPI]: bomb })).lookUp(wanted('six')));
    expect(error.message).toContain('cannot be unpacked');
  });

  it('refuses a count of files that is too small', async () => {
    const bytes = Buffer.from(zipOf([record('A-1', ['six']), record('A-2', ['six'])]));
    bytes.writeUInt16LE(1, bytes.length - 12);
    const error = await refusal(openDatabase(folder({ [PYPI]: bytes })).lookUp(wanted('six')));
    expect(error.message).toContain('more files than it counts');
  });

  it('refuses a file that takes more memory packed than it may unpacked', async () => {
    const bytes = Buffer.concat([Buffer.alloc(100_000), zipOf([record('A-1', ['six'])])]);
    const end = bytes.length - 22;
    const central = bytes.readUInt32LE(end + 16) + 100_000;
    bytes.writeUInt32LE(central, end + 16);
    bytes.writeUInt32LE(90_000, central + 20);
    bytes.writeUInt32LE(0, central + 42);
    const limits = { ...ZIP_LIMITS, entryBytes: 1000 };
    const error = await refusal(openDatabase(folder({ [PYPI]: bytes }), { limits }).lookUp(wanted('six')));
    expect(error.message).toContain('is larger than 1000 bytes');
  });

  it('refuses many names for the same bytes', async () => {
    const one = Buffer.from(zipSync({ 'b.json': [strToU8(big), { level: 0 }] }));
    const end = one.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
    const central = one.subarray(one.readUInt32LE(end + 16), end);
    const tail = Buffer.from(one.subarray(end));
    tail.writeUInt16LE(3, 8);
    tail.writeUInt16LE(3, 10);
    tail.writeUInt32LE(central.length * 3, 12);
    const bomb = Buffer.concat([one.subarray(0, end), central, central, tail]);
    const error = await refusal(openDatabase(folder({ [PYPI]: bomb })).lookUp(wanted('six')));
    expect(error.message).toContain('overlap');
  });

  it('is never half read when it is cut short', async () => {
    const whole = zipOf(Array.from({ length: 30 }, (_, at) => record(`A-${at}`, ['six', `p${at}`])));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const root = folder({ [PYPI]: whole.subarray(0, length) });
        expect((await refusal(openDatabase(root).lookUp(wanted('six')))).code).toBe('database-unreadable');
      }),
      { numRuns: 60 },
    );
  });

  it('gives all records or an error when a byte is wrong', async () => {
    const records = Array.from({ length: 10 }, (_, at) => record(`A-${at}`, ['six']));
    const whole = zipOf(records);
    const all = idsOf(records);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const found = await openDatabase(folder({ [PYPI]: bytes }))
          .lookUp(wanted('six'))
          .catch((error: unknown) => error);
        const told =
          found instanceof DatabaseError ? found.code : idsOf((found as { records: unknown[] }).records);
        expect(['database-unreadable', all]).toContainEqual(told);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the index', () => {
  it('is made once, beside the zip, and read by the next run', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six'])]) });
    await openDatabase(root).lookUp(wanted('six'));
    expect(readdirSync(join(root, 'PyPI'))).toEqual(['all.zip', 'all.zip.relock-index']);
    const before = statSync(join(root, INDEX));
    expect(idsOf((await openDatabase(root).lookUp(wanted('six'))).records)).toEqual(['A-1']);
    expect(statSync(join(root, INDEX)).ino).toBe(before.ino);
  });

  it('is made anew when the zip changed, also by one instance, also with size and time kept', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six'])]) });
    const zip = join(root, PYPI);
    const when = new Date('2024-06-01T00:00:00Z');
    utimesSync(zip, when, when);
    const database = openDatabase(root);
    expect(idsOf((await database.lookUp(wanted('six'))).records)).toEqual(['A-1']);
    writeFileSync(zip, zipOf([record('A-2', ['six'])]));
    utimesSync(zip, when, when);
    expect(idsOf((await database.lookUp(wanted('six'))).records)).toEqual(['A-2']);
    expect(idsOf((await openDatabase(root).lookUp(wanted('six'))).records)).toEqual(['A-2']);
  });

  it('is not believed when it was cut or changed', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six']), record('A-2', ['six'])]) });
    await openDatabase(root).lookUp(wanted('six'));
    const good = readFileSync(join(root, INDEX));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.boolean(), async (at, cut) => {
        const bad = cut ? good.subarray(0, at) : Buffer.from(good);
        if (!cut) bad[at] = (bad[at] ?? 0) ^ 1;
        writeFileSync(join(root, INDEX), bad);
        expect(idsOf((await openDatabase(root).lookUp(wanted('six'))).records)).toEqual(['A-1', 'A-2']);
        expect(readFileSync(join(root, INDEX))).toEqual(good);
      }),
      { numRuns: 40 },
    );
  });

  it('goes to the cache where the folder cannot be written, and costs nothing but time where neither can', async () => {
    const root = folder({ [PYPI]: zipOf([record('A-1', ['six'])]), cache: 'a file' });
    // A folder in its place: also root cannot write that.
    mkdirSync(join(root, INDEX));
    const cacheFolder = folder();
    expect(idsOf((await openDatabase(root, { cacheFolder }).lookUp(wanted('six'))).records)).toEqual(['A-1']);
    expect(readdirSync(join(cacheFolder, 'osv/index'))).toHaveLength(1);
    expect(idsOf((await openDatabase(root, { cacheFolder }).lookUp(wanted('six'))).records)).toEqual(['A-1']);
    const nowhere = openDatabase(root, { cacheFolder: join(root, 'cache') });
    expect(idsOf((await nowhere.lookUp(wanted('six'))).records)).toEqual(['A-1']);
    chmodSync(join(root, PYPI), 0o444);
    expect(idsOf((await nowhere.lookUp(wanted('six'))).records)).toEqual(['A-1']);
  });

  it('is made by two processes and two instances at once', async () => {
    const records = Array.from({ length: 300 }, (_, at) => record(`A-${at}`, ['six']));
    const root = folder({ [PYPI]: zipOf(records) });
    const main = fileURLToPath(new URL('../../src/osv/database.ts', import.meta.url));
    const script = `const { openDatabase } = await import(${JSON.stringify(main)});
      const found = await openDatabase(${JSON.stringify(root)}).lookUp([{ ecosystem: 'PyPI', names: ['six'] }]);
      console.log(found.records.length);`;
    const processes = [1, 2].map(async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      await once(child, 'close');
      return Number(text);
    });
    const here = [1, 2].map(async () => (await openDatabase(root).lookUp(wanted('six'))).records.length);
    expect(await Promise.all([...processes, ...here])).toEqual([300, 300, 300, 300]);
    expect(readdirSync(join(root, 'PyPI'))).toEqual(['all.zip', 'all.zip.relock-index']);
  });
});
