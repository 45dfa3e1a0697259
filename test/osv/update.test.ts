import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { openDatabase } from '../../src/osv/database.ts';
import { updateDatabase } from '../../src/osv/update.ts';
import type { EcosystemUpdate, UpdateOptions, UpdateProgress } from '../../src/osv/update.ts';
import { folder } from '../support/folder.ts';
import { startServer } from '../support/loopback-server.ts';
import { idsOf, record, zipOf } from './made-database.ts';

const OLD = zipOf([record('OLD-1', ['six'])]);
const NEW = zipOf([record('NEW-1', ['six']), record('NEW-2', ['six'])], { 'x.json': 'no' });
const CHANGED = 'Thu, 02 May 2024 10:00:00 GMT';

function update(root: string, baseUrl: string, more: Partial<UpdateOptions> = {}) {
  return updateDatabase({
    folder: root,
    ecosystems: ['PyPI'],
    baseUrl,
    fetch,
    userAgent: 'relock/test',
    signal: null,
    retryDelayMs: 1,
    ...more,
  });
}

/** Serves these bytes, by `If-None-Match` and `If-Modified-Since`. */
async function bucket(bytes: () => Uint8Array, withEtag = true) {
  return startServer((request, response) => {
    const etag = `"${bytes().length}"`;
    const same = withEtag
      ? request.headers['if-none-match'] === etag
      : request.headers['if-modified-since'] === CHANGED;
    const headers = { 'last-modified': CHANGED, ...(withEtag ? { etag } : {}) };
    if (same) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'content-length': bytes().length }).end(bytes());
  });
}

async function has(root: string): Promise<readonly string[]> {
  return idsOf((await openDatabase(root).lookUp([{ ecosystem: 'PyPI', names: ['six'] }])).records);
}

function reasonOf(updates: readonly EcosystemUpdate[]) {
  const [first] = updates;
  if (first?.state !== 'failed') throw new Error(`It did not fail: ${JSON.stringify(first)}`);
  return first.reason;
}

describe('updateDatabase', () => {
  it('fills an empty folder, with the index made', async () => {
    const root = join(folder(), 'not/there/yet');
    const server = await bucket(() => NEW);
    const told: UpdateProgress[] = [];
    expect(
      await update(root, `${server.origin}/`, { onProgress: (progress) => told.push(progress) }),
    ).toEqual([
      {
        ecosystem: 'PyPI',
        state: 'updated',
        file: join(root, 'PyPI/all.zip'),
        bytes: NEW.length,
        records: 2,
        skipped: 1,
      },
    ]);
    expect(readdirSync(join(root, 'PyPI'))).toEqual([
      'all.zip',
      'all.zip.relock-index',
      'all.zip.relock-update.json',
    ]);
    expect(told.map(({ state, bytes, totalBytes }) => [state, bytes, totalBytes])).toEqual([
      ['downloading', 0, NEW.length],
      ['downloading', NEW.length, NEW.length],
      ['checking', NEW.length, NEW.length],
    ]);
    const index = readFileSync(join(root, 'PyPI/all.zip.relock-index'));
    expect(await has(root)).toEqual(['NEW-1', 'NEW-2']);
    expect(readFileSync(join(root, 'PyPI/all.zip.relock-index'))).toEqual(index);
  });

  it.each([[true], [false]])(
    'does not download again what did not change (by ETag: %s)',
    async (withEtag) => {
      const root = folder();
      const server = await bucket(() => NEW, withEtag);
      await update(root, server.origin);
      expect(await update(root, server.origin)).toMatchObject([{ state: 'unchanged', bytes: NEW.length }]);
      expect(await has(root)).toEqual(['NEW-1', 'NEW-2']);
    },
  );

  it('downloads again what did change', async () => {
    const root = folder();
    let bytes = NEW;
    const server = await bucket(() => bytes);
    await update(root, server.origin);
    bytes = OLD;
    expect(await update(root, server.origin)).toMatchObject([{ state: 'updated', records: 1 }]);
    expect(await has(root)).toEqual(['OLD-1']);
  });

  it('downloads again what someone replaced or spoilt meanwhile', async () => {
    const root = folder();
    const server = await bucket(() => NEW);
    await update(root, server.origin);
    writeFileSync(join(root, 'PyPI/all.zip'), 'spoilt');
    expect(await update(root, server.origin)).toMatchObject([{ state: 'updated' }]);
    expect(await has(root)).toEqual(['NEW-1', 'NEW-2']);
  });

  it('tells by when the service last changed it how old it is', async () => {
    const root = folder();
    const server = await bucket(() => NEW);
    await update(root, server.origin);
    const { date } = await openDatabase(root).lookUp([{ ecosystem: 'PyPI', names: [] }]);
    expect(date).toBe('2024-05-02T10:00:00.000Z');
    // Replaced by hand: the note is not about this zip.
    writeFileSync(join(root, 'PyPI/all.zip'), OLD);
    expect((await openDatabase(root).describe())[0]?.date).toBe('2024-05-01T00:00:00Z');
  });

  it('asks for whole ecosystems by their name in an address, each once', async () => {
    const root = folder();
    const server = await startServer((_, response) => response.writeHead(404).end());
    const ecosystems = ['Debian:12', 'Debian:11', 'Red Hat', '../x', 'crates.io'];
    const updates = await update(root, server.origin, { ecosystems });
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/Debian/all.zip',
      '/Red%20Hat/all.zip',
      '/crates.io/all.zip',
    ]);
    expect(updates.map((each) => (each.state === 'failed' ? each.reason.message : ''))).toEqual([
      'OSV has no advisory database for "Debian".',
      'OSV has no advisory database for "Red Hat".',
      'OSV has no advisory database for "../x".',
      'OSV has no advisory database for "crates.io".',
    ]);
  });

  it('renews osv-scanner’s copy where that is the one', async () => {
    const root = folder({ 'osv-scalibr/PyPI/all.zip': OLD });
    const server = await bucket(() => NEW);
    await update(root, server.origin);
    expect(existsSync(join(root, 'PyPI/all.zip'))).toBe(false);
    expect(await has(root)).toEqual(['NEW-1', 'NEW-2']);
  });

  it('tries once more, and removes what killed updates left', async () => {
    const root = folder({
      'PyPI/all.zip': OLD,
      'PyPI/all.zip.00aa.part': 'x',
      'PyPI/all.zip.11bb.part': 'x',
    });
    utimesSync(join(root, 'PyPI/all.zip.00aa.part'), 1000, 1000);
    let asked = 0;
    const server = await startServer((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.end(NEW);
    });
    expect(await update(root, server.origin)).toMatchObject([{ state: 'updated', records: 2 }]);
    expect(readdirSync(join(root, 'PyPI')).filter((name) => name.endsWith('.part'))).toEqual([
      'all.zip.11bb.part',
    ]);
  });
});

describe('an update that fails leaves the old zip as it was', () => {
  const half = NEW.subarray(0, NEW.length - 30);
  it.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    [
      '503',
      (response) => response.writeHead(503).end(),
      'advisories-unreachable',
      /answered 503 \(tried twice\)/u,
    ],
    ['403', (response) => response.writeHead(403).end('no'), 'advisories-unreachable', /answered 403\./u],
    ['304 unasked', (response) => response.writeHead(304).end(), 'advisories-unreachable', /answered 304\./u],
    [
      'a cut that is known',
      (response) => {
        response.writeHead(200, { 'content-length': NEW.length }).write(half);
        setTimeout(() => response.destroy(), 10);
      },
      'advisories-unreachable',
      /cannot be reached/u,
    ],
    [
      'a cut that is not',
      (response) => response.end(half),
      'database-unreadable',
      /cannot be used: End of central/u,
    ],
    ['a page', (response) => response.end('<html>'), 'database-unreadable', /cannot be used/u],
    ['nothing', (response) => response.end(), 'database-unreadable', /cannot be used/u],
    [
      'a zip without advisories',
      (response) => response.end(zipOf([])),
      'database-unreadable',
      /holds no advisories/u,
    ],
    [
      'too much',
      (response) => response.end(Buffer.alloc(300_000)),
      'advisories-unreachable',
      /more than 200000 bytes/u,
    ],
    [
      'too much, said so',
      (response) => response.writeHead(200, { 'content-length': 300_000 }).end(Buffer.alloc(300_000)),
      'advisories-unreachable',
      /more than 200000 bytes/u,
    ],
    [
      'silence after a start',
      (response) => response.writeHead(200).write('PK'),
      'advisories-unreachable',
      /nothing came for 0\.2 s \(tried twice\)/u,
    ],
    [
      'a longer wait than anyone has',
      (response) => response.writeHead(429, { 'retry-after': '999' }).end(),
      'advisories-unreachable',
      /answered 429, and wants to be asked again only in 999 s/u,
    ],
  ])('%s', async (_, answer, code, words) => {
    const root = folder({ 'PyPI/all.zip': OLD });
    const server = await startServer((_, response) => answer(response));
    const reason = reasonOf(await update(root, server.origin, { maxBytes: 200_000, idleSeconds: 0.2 }));
    expect(reason.code).toBe(code);
    expect(reason.message).toMatch(words);
    expect(reason.fix).toContain('The one from before is still there.');
    expect(readdirSync(join(root, 'PyPI'))).toEqual(['all.zip']);
    expect(readFileSync(join(root, 'PyPI/all.zip'))).toEqual(Buffer.from(OLD));
  });

  it('and says so where the folder cannot be written', async () => {
    const root = folder({ PyPI: 'a file' });
    const reason = reasonOf(await update(root, 'http://127.0.0.1:9'));
    expect(reason.code).toBe('database-unreadable');
    expect(reason.message).toContain(`cannot be written to ${root}`);
  });

  it('and goes on with the other ecosystems', async () => {
    const root = folder();
    mkdirSync(join(root, 'PyPI'));
    const server = await startServer((request, response) => {
      if (request.url === '/PyPI/all.zip') response.writeHead(500).end();
      else response.end(zipOf([record('D-1', ['perl'], { ecosystem: 'Debian:12' })]));
    });
    const updates = await update(root, server.origin, { ecosystems: ['PyPI', 'Debian'] });
    expect(updates.map(({ state }) => state)).toEqual(['failed', 'updated']);
  });

  it('and when the run is cancelled', async () => {
    const root = folder({ 'PyPI/all.zip': OLD });
    const stop = new AbortController();
    const server = await startServer((_, response) => {
      response.writeHead(200).write('PK');
      setTimeout(() => stop.abort(), 20);
    });
    await expect(update(root, server.origin, { signal: stop.signal })).rejects.toBeInstanceOf(CancelledError);
    expect(readdirSync(join(root, 'PyPI'))).toEqual(['all.zip']);
  });
});
