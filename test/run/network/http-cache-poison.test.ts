/** What must never be served: bodies that upstream did not send whole, and what somebody laid into the folder. */
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDiskHttpCache } from '../../../src/run/network/disk-http-cache.ts';
import type { CacheHeaders, CacheRequest } from '../../../src/run/network/http-cache.ts';
import { startServer } from '../../support/loopback-server.ts';
import { folder } from '../../support/folder.ts';
import {
  ask,
  bodyOf,
  file,
  FILE_URL,
  filesIn,
  get,
  PAGE_URL,
  send,
  sha256,
} from '../../support/http-cache.ts';

const FRESH = { headers: { 'cache-control': 'max-age=600' } };

function start(maxBytes = 100 * 1024 * 1024) {
  const cacheFolder = folder();
  const open = () => createDiskHttpCache({ cacheFolder, maxBytes });
  return { cacheFolder, open, cache: open() };
}

/** The one file of a place. */
function only(cacheFolder: string, place: string): string {
  const [path, more] = filesIn(cacheFolder, place);
  if (path === undefined || more !== undefined) throw new Error(`Not one file in ${place}.`);
  return path;
}

describe('a body', () => {
  const cases: readonly [string, CacheRequest, CacheHeaders, boolean][] = [
    ['shorter than told', get(PAGE_URL), { 'content-length': '7' }, false],
    ['longer than told', get(PAGE_URL), { 'content-length': '5' }, false],
    ['as long as told', get(PAGE_URL), { 'content-length': '6' }, true],
    ['in chunks', get(PAGE_URL), { 'content-length': undefined, 'transfer-encoding': 'chunked' }, true],
    ['without a visible end', get(PAGE_URL), { 'content-length': undefined }, false],
    ['promised, without a visible end', file('a page'), { 'content-length': undefined }, true],
    ['with a length that is none', get(PAGE_URL), { 'content-length': '6, 6' }, false],
    ['other than promised', file('b page'), {}, false],
  ];
  it.each(cases)('%s', async (_, request, headers, isKept) => {
    const { cache, cacheFolder } = start();
    const got = await send(cache, request, 'a page', { headers: { ...FRESH.headers, ...headers } });
    expect(got.toString()).toBe('a page');
    expect(await bodyOf(cache, request)).toBe(isKept ? 'a page' : null);
    expect(filesIn(cacheFolder, 'incoming')).toEqual([]);
    expect(filesIn(cacheFolder, 'blobs')).toHaveLength(isKept ? 1 : 0);
  });

  it('that breaks off breaks off for the client too, and is not kept', async () => {
    const { cache, cacheFolder } = start();
    const body = new PassThrough();
    const answer = { status: 200, headers: { ...FRESH.headers, 'transfer-encoding': 'chunked' } };
    const through = cache.store(get(PAGE_URL), answer, body);
    body.write('half');
    await once(through, 'readable');
    body.destroy(new Error('connection reset'));
    await expect(buffer(through)).rejects.toThrow('connection reset');
    await expect.poll(() => filesIn(cacheFolder, 'incoming')).toEqual([]);
    expect(await ask(cache, get(PAGE_URL))).toBeNull();
  });

  it.each([{ 'content-length': '100' }, {}])('that a true server cuts is not kept: %j', async (headers) => {
    const { cache, cacheFolder } = start();
    const server = await startServer((_, response) => {
      response.writeHead(200, { ...FRESH.headers, ...headers });
      response.write('half', () => response.destroy());
    });
    const asking = request(server.origin).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    const url = `${server.origin}/`;
    const through = cache.store(get(url), { status: 200, headers: answer.headers }, answer);
    await expect(buffer(through)).rejects.toThrow('aborted');
    await expect.poll(() => filesIn(cacheFolder, 'incoming')).toEqual([]);
    expect(await ask(cache, get(url))).toBeNull();
  });

  it('whose client goes is ended upstream, even while nothing comes', async () => {
    const { cache, cacheFolder } = start();
    const body = new PassThrough();
    const through = cache.store(file('a page'), { status: 200, headers: {} }, body);
    body.write('a pa');
    await once(through, 'readable');
    through.destroy();
    await expect.poll(() => body.destroyed).toBe(true);
    await expect.poll(() => filesIn(cacheFolder, 'incoming')).toEqual([]);
    expect(await ask(cache, file('a page'))).toBeNull();
  });

  it('comes at the pace of its reader', async () => {
    const { cache } = start();
    let given = 0;
    const body = Readable.from(
      (function* () {
        for (; given < 200; given += 1) yield Buffer.alloc(64 * 1024);
      })(),
    );
    const through = cache.store(file('x'), { status: 200, headers: {} }, body);
    await delay(50);
    expect(given).toBeLessThan(60);
    through.destroy();
  });

  it('larger than a quarter of the bound is passed on only', async () => {
    const { cache, cacheFolder } = start(1024 * 1024);
    const large = Buffer.alloc(300_000, 'a');
    for (const headers of [{}, { 'content-length': undefined, 'transfer-encoding': 'chunked' }]) {
      expect(await send(cache, file(large), large, { headers })).toEqual(large);
    }
    expect(filesIn(cacheFolder, 'blobs')).toEqual([]);
    expect(filesIn(cacheFolder, 'incoming')).toEqual([]);
  });

  it('beside too many others is passed on only', async () => {
    const { cache, cacheFolder } = start(1024 * 1024);
    const part = Buffer.alloc(200_000, 'a');
    const open = [1, 2, 3].map((number) => {
      const body = new PassThrough({ highWaterMark: 300_000 });
      const request = file(part, { url: `${FILE_URL}?${number}` });
      const through = cache.store(request, { status: 200, headers: {} }, body);
      return { body, got: buffer(through) };
    });
    for (const { body } of open) {
      body.write(part);
      await delay(30);
    }
    expect(filesIn(cacheFolder, 'incoming')).toHaveLength(2);
    for (const { body, got } of open) {
      body.end();
      expect(await got).toEqual(part);
    }
    expect(filesIn(cacheFolder, 'entries')).toHaveLength(2);
  });
});

describe('tenants', () => {
  const owned = (space: string) => file('wheel', { space });

  it('never see what another one’s credential opened', async () => {
    const { cache } = start();
    await send(cache, owned('acme'), 'wheel');
    await send(cache, get(PAGE_URL, { space: 'acme' }), 'a page', FRESH);
    for (const space of ['public', 'other', 'acme ', 'Acme']) {
      expect(await ask(cache, owned(space))).toBeNull();
      expect(await ask(cache, get(PAGE_URL, { space }))).toBeNull();
      expect(await cache.refresh(get(PAGE_URL, { space }), {})).toBeNull();
    }
    expect(await bodyOf(cache, owned('acme'))).toBe('wheel');
  });

  it('leave no credential and no signature on the disk', async () => {
    const { cache, cacheFolder } = start();
    const headers = { authorization: 'Basic c2VjcmV0', cookie: 'a=c2VjcmV0', accept: 'text/html' };
    const request = get(`${PAGE_URL}?signature=c2VjcmV0`, { space: 'acme', headers });
    const vary = { headers: { ...FRESH.headers, vary: 'authorization, cookie, accept' } };
    await send(cache, request, 'a page', vary);
    expect(await bodyOf(cache, request)).toBe('a page');
    expect(readFileSync(only(cacheFolder, 'entries'), 'utf8')).not.toContain('c2VjcmV0');
  });

  it('that bring a credential of their own are not answered from what all share', async () => {
    const { cache } = start();
    await send(cache, get(PAGE_URL), 'a page', FRESH);
    expect(await ask(cache, get(PAGE_URL, { headers: { authorization: 'Basic eDp5' } }))).toBeNull();
  });
});

describe('a file in the folder', () => {
  const content = 'x'.repeat(1_200_000);
  const damage: readonly [string, (blob: string, entry: string) => void][] = [
    ['cut', (blob) => truncateSync(blob, 100)],
    ['changed', (blob) => writeFileSync(blob, `y${content.slice(1)}`)],
    ['gone', (blob) => rmSync(blob)],
    [
      'a link',
      (blob) => {
        renameSync(blob, `${blob}.real`);
        symlinkSync(`${blob}.real`, blob);
      },
    ],
    ['an entry that is no JSON', (_, entry) => writeFileSync(entry, '{')],
    ['an entry of another length', (_, entry) => edit(entry, { length: 5 })],
    ['an entry of another format', (_, entry) => edit(entry, { format: 99 })],
    ['an entry of another key', (_, entry) => edit(entry, { key: 'f'.repeat(64) })],
    ['an entry of another space', (_, entry) => edit(entry, { space: 'acme' })],
    [
      'an entry that is a link',
      (_, entry) => {
        renameSync(entry, `${entry}.real`);
        symlinkSync(`${entry}.real`, entry);
      },
    ],
    ['an entry with a header of its own', (_, entry) => edit(entry, { headers: { 'set-cookie': 'a=b' } })],
    ['an entry with a line break', (_, entry) => edit(entry, { headers: { etag: 'a\r\nx: y' } })],
    ['a huge entry', (_, entry) => edit(entry, { url: 'a'.repeat(100_000) })],
  ];

  function edit(path: string, more: object): void {
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...more }));
  }

  it.each(damage)('%s: a miss, and stored anew', async (_, harm) => {
    const { cache, cacheFolder, open } = start();
    await send(cache, file(content), content);
    harm(only(cacheFolder, 'blobs'), only(cacheFolder, 'entries'));
    const later = open();
    expect(await ask(later, file(content))).toBeNull();
    await send(later, file(content), content);
    expect(await bodyOf(open(), file(content))).toBe(content);
  });

  it('is checked again when it changed since this process checked it', async () => {
    const { cache, cacheFolder } = start();
    await send(cache, file(content), content);
    expect(await bodyOf(cache, file(content))).toBe(content);
    writeFileSync(only(cacheFolder, 'blobs'), `y${content.slice(1)}`);
    expect(await ask(cache, file(content, { headers: { range: 'bytes=-9' } }))).toBeNull();
  });

  it.each(['../../../secret', '/etc/passwd', `${'0'.repeat(63)}/`, `${'0'.repeat(64)}\n`, '..', 7])(
    'that names the body %j is refused',
    async (digest) => {
      const { cache, cacheFolder } = start();
      writeFileSync(join(cacheFolder, 'secret'), 'wheel');
      await send(cache, file('wheel'), 'wheel');
      const entry = only(cacheFolder, 'entries');
      edit(entry, { sha256: digest });
      expect(await ask(cache, file('wheel'))).toBeNull();
      expect(filesIn(cacheFolder, 'entries')).toEqual([]);
      expect(readFileSync(join(cacheFolder, 'secret'), 'utf8')).toBe('wheel');
    },
  );

  it('that vanishes while it is read is read to its end', async () => {
    const { cache, cacheFolder } = start();
    await send(cache, file(content), content);
    const hit = await cache.lookup(file(content));
    rmSync(only(cacheFolder, 'blobs'));
    if (hit?.kind !== 'fresh') throw new Error('no hit');
    expect(sha256(await buffer(hit.answer.body))).toBe(sha256(content));
  });

  it('stays open for nobody', async () => {
    const { cache } = start();
    await send(cache, file(content), content);
    const hit = await cache.lookup(file(content));
    if (hit?.kind !== 'fresh') throw new Error('no hit');
    const client = new PassThrough();
    const sending = pipeline(hit.answer.body, client);
    client.destroy();
    await expect(sending).rejects.toThrow('Premature close');
    expect(hit.answer.body.destroyed).toBe(true);
  });
});
