import * as fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDiskHttpCache } from '../../../src/run/network/disk-http-cache.ts';
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
  START,
  told,
} from '../../support/http-cache.ts';

function start(more: { maxBytes?: number; waitMilliseconds?: number } = {}) {
  const cacheFolder = folder();
  const clock = { now: START };
  const open = () => createDiskHttpCache({ cacheFolder, now: () => clock.now, ...more });
  return { cacheFolder, clock, open, cache: open() };
}

const FRESH = { headers: { 'cache-control': 'max-age=600', 'content-type': 'text/html', 'x-secret': 'a' } };

describe('pages', () => {
  it('are served while fresh, by a later process too', async () => {
    const { cache, open } = start();
    expect(await ask(cache, get(PAGE_URL))).toBeNull();
    expect((await send(cache, get(PAGE_URL), 'a page', FRESH)).toString()).toBe('a page');
    expect(await ask(cache, get(PAGE_URL))).toEqual({
      status: 200,
      body: 'a page',
      headers: {
        'cache-control': 'max-age=600',
        'content-type': 'text/html',
        'content-length': '6',
        age: '0',
        date: 'Sun, 01 Mar 2026 00:00:00 GMT',
      },
    });
    expect(await bodyOf(open(), get(PAGE_URL))).toBe('a page');
    expect(cache.stats()).toEqual({ hits: 1, misses: 1, bytesSaved: 6 });
  });

  it('differ by what they were asked as', async () => {
    const { cache } = start();
    const json = get(PAGE_URL, { headers: { accept: 'application/json' } });
    const html = get(PAGE_URL, { headers: { accept: 'text/html' } });
    const vary = { headers: { ...FRESH.headers, vary: 'Accept' } };
    await send(cache, json, '{}', vary);
    expect(await ask(cache, html)).toBeNull();
    await send(cache, html, '<html>', vary);
    expect([await bodyOf(cache, json), await bodyOf(cache, html)]).toEqual(['{}', '<html>']);
  });

  it('are checked when stale, and served again after a 304', async () => {
    const { cache, clock } = start();
    await send(cache, get(PAGE_URL), 'a page', { headers: { ...FRESH.headers, etag: '"one"' } });
    clock.now += 601_000;
    expect(await cache.lookup(get(PAGE_URL))).toEqual({
      kind: 'stale',
      conditions: { 'if-none-match': '"one"' },
    });
    const answer = await cache.refresh(get(PAGE_URL), { etag: '"one"', 'cache-control': 'max-age=600' });
    expect(await told(answer === null ? null : { kind: 'fresh', answer })).toMatchObject({ body: 'a page' });
    expect(await bodyOf(cache, get(PAGE_URL))).toBe('a page');
    expect(cache.stats()).toEqual({ hits: 2, misses: 0, bytesSaved: 12 });
  });

  it('are forgotten when the 304 is about another answer, or forbids to keep it', async () => {
    const { cache, clock } = start();
    for (const headers of [{ etag: '"two"' }, { etag: '"one"', 'cache-control': 'no-store' }]) {
      await send(cache, get(PAGE_URL), 'a page', { headers: { ...FRESH.headers, etag: '"one"' } });
      clock.now += 601_000;
      (await cache.refresh(get(PAGE_URL), headers))?.body.destroy();
      expect(await ask(cache, get(PAGE_URL))).toBeNull();
    }
  });

  it('that changed replace the old ones', async () => {
    const { cache } = start();
    await send(cache, get(PAGE_URL), 'old', FRESH);
    await send(cache, get(PAGE_URL), 'new!', FRESH);
    expect(await bodyOf(cache, get(PAGE_URL))).toBe('new!');
  });

  it('that the client has already are not sent', async () => {
    const { cache } = start();
    await send(cache, get(PAGE_URL), 'a page', { headers: { ...FRESH.headers, etag: '"one"' } });
    const answer = await ask(cache, get(PAGE_URL, { headers: { 'if-none-match': '"one"' } }));
    expect(answer).toMatchObject({ status: 304, body: '', headers: { etag: '"one"' } });
  });

  it('that are missing are missing for their time', async () => {
    const { cache, clock } = start();
    await send(cache, get(PAGE_URL), 'no', { status: 404, ...FRESH });
    expect(await ask(cache, get(PAGE_URL))).toMatchObject({ status: 404, body: 'no' });
    clock.now += 601_000;
    expect(await ask(cache, get(PAGE_URL))).toBeNull();
  });

  it('answer HEAD without a body', async () => {
    const { cache } = start();
    await send(cache, get(PAGE_URL), 'a page', FRESH);
    expect(await ask(cache, get(PAGE_URL, { method: 'HEAD' }))).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '6' },
    });
  });
});

describe('promised files', () => {
  it('never change', async () => {
    const { cache, clock } = start();
    await send(cache, file('wheel'), 'wheel');
    clock.now += 1000 * 86_400_000;
    expect(await bodyOf(cache, file('wheel', { headers: { accept: 'any/thing' } }))).toBe('wheel');
  });

  it('are not taken for another promise', async () => {
    const { cache } = start();
    await send(cache, file('wheel'), 'wheel');
    expect(await ask(cache, get(FILE_URL, { sha256: sha256('other') }))).toBeNull();
    expect(await ask(cache, get(`${FILE_URL}.metadata`, { sha256: sha256('wheel') }))).toBeNull();
  });

  it('of one content are kept once', async () => {
    const { cache, cacheFolder } = start();
    await send(cache, file('wheel'), 'wheel');
    await send(cache, file('wheel', { url: 'https://mirror.example.test/demo.whl' }), 'wheel');
    expect(filesIn(cacheFolder, 'blobs')).toHaveLength(1);
    expect(filesIn(cacheFolder, 'entries')).toHaveLength(2);
  });

  it('of any size give the very bytes of any range', async () => {
    const { cache } = start();
    const large = Buffer.alloc(1_500_000, 'abcdefghijklmnopqrstuvwxyz1234567');
    const small = large.subarray(0, 1000);
    const url = 'https://files.example.test/small.whl';
    await send(cache, file(large), large);
    await send(cache, file(small, { url }), small);
    const spans = fc.tuple(fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(70_000));
    await fc.assert(
      fc.asyncProperty(spans, async ([isLarge, at, more]) => {
        const content = isLarge ? large : small;
        const first = Math.floor(at * (content.length - 1));
        const headers = { range: `bytes=${first}-${first + more}` };
        const answer = await ask(cache, isLarge ? file(large, { headers }) : file(small, { headers, url }));
        const part = content.subarray(first, first + more + 1);
        expect(answer).toMatchObject({
          status: 206,
          headers: {
            'content-length': String(part.length),
            'content-range': `bytes ${first}-${first + part.length - 1}/${content.length}`,
          },
        });
        expect(answer !== 'stale' && answer?.body === part.toString('latin1')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-30', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
  ])('give %s', async (range, status, body, contentRange) => {
    const { cache } = start();
    await send(cache, file('0123456789'), '0123456789');
    expect(await ask(cache, file('0123456789', { headers: { range } }))).toMatchObject({
      status,
      body,
      headers: { 'content-range': contentRange, 'content-length': String(body.length) },
    });
  });

  it.each(['bytes=0-1,4-5', 'lines=1-2'])('leave %s to upstream', async (range) => {
    const { cache } = start();
    await send(cache, file('0123456789'), '0123456789');
    expect(await ask(cache, file('0123456789', { headers: { range } }))).toBeNull();
  });

  it('give no part when the client has a part of something else', async () => {
    const { cache } = start();
    await send(cache, file('0123456789'), '0123456789', { headers: { etag: '"one"' } });
    const range = 'bytes=0-1';
    const wants = (condition: string) =>
      ask(cache, file('0123456789', { headers: { range, 'if-range': condition } }));
    expect(await wants('"one"')).toMatchObject({ status: 206, body: '01' });
    expect(await wants('"two"')).toMatchObject({ status: 200, body: '0123456789' });
  });

  it('keep parts for the very range', async () => {
    const { cache } = start();
    const part = (range: string, method = 'GET') => file('0123456789', { method, headers: { range } });
    const answer = { status: 206, headers: { 'content-range': 'bytes 7-9/10' } };
    await send(cache, part('bytes=-3'), '789', answer);
    expect(await ask(cache, part('bytes=-3'))).toMatchObject({
      status: 206,
      body: '789',
      headers: { 'content-range': 'bytes 7-9/10', 'content-length': '3' },
    });
    expect(await ask(cache, part('bytes=7-9'))).toBeNull();
    expect(await ask(cache, part('bytes=-2'))).toBeNull();
    expect(await ask(cache, file('0123456789'))).toBeNull();
    expect(
      await ask(cache, get(FILE_URL, { sha256: sha256('x'), headers: { range: 'bytes=-3' } })),
    ).toBeNull();
  });

  it.each([
    ['another range', 'bytes 6-8/10', '678'],
    ['fewer bytes', 'bytes 7-9/10', '78'],
    ['no range', undefined, '789'],
  ])('keep no part with %s', async (_, contentRange, body) => {
    const { cache } = start();
    const request = file('0123456789', { headers: { range: 'bytes=-3' } });
    const headers = {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
      'content-range': contentRange,
    };
    await send(cache, request, body, { status: 206, headers });
    expect(await ask(cache, request)).toBeNull();
  });

  it('answer HEAD by an earlier one', async () => {
    const { cache, open } = start();
    const request = file('0123456789', { method: 'HEAD' });
    await send(cache, request, '', { headers: { 'content-length': '10', 'accept-ranges': 'bytes' } });
    await cache.close();
    const headers = { 'content-length': '10', 'accept-ranges': 'bytes' };
    expect(await ask(open(), request)).toMatchObject({ status: 200, body: '', headers });
    expect(await ask(open(), file('0123456789'))).toBeNull();
  });
});

describe('the folder', () => {
  it('is for its owner only', async () => {
    const { cache, cacheFolder } = start();
    await send(cache, file('wheel'), 'wheel');
    const paths = [...filesIn(cacheFolder, 'blobs'), ...filesIn(cacheFolder, 'entries')];
    expect(paths.map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(paths.map((path) => statSync(join(path, '..')).mode & 0o777)).toEqual([0o700, 0o700]);
    expect(statSync(join(cacheFolder, 'http')).mode & 0o777).toBe(0o700);
    expect(filesIn(cacheFolder, 'incoming')).toEqual([]);
  });

  it('costs nothing but the cache when it cannot be written', async () => {
    const cacheFolder = join(folder({ 'a-file': '' }), 'a-file');
    const lines: string[] = [];
    const cache = createDiskHttpCache({ cacheFolder, log: (line) => lines.push(line) });
    expect((await send(cache, file('wheel'), 'wheel')).toString()).toBe('wheel');
    expect(await ask(cache, file('wheel'))).toBeNull();
    expect(lines).not.toEqual([]);
    await cache.close();
  });
});

describe('lookupOrWait', () => {
  it('lets ten askers share one way upstream', async () => {
    const { cache } = start();
    let asked = 0;
    const askers = Array.from({ length: 10 }, async () => {
      const { hit, done } = await cache.lookupOrWait(get(PAGE_URL));
      try {
        if (hit !== null) return (await told(hit)) as { body: string };
        asked += 1;
        await delay(20);
        return { body: (await send(cache, get(PAGE_URL), 'a page', FRESH)).toString() };
      } finally {
        done();
      }
    });
    expect((await Promise.all(askers)).map(({ body }) => body)).toEqual(Array<string>(10).fill('a page'));
    expect(asked).toBe(1);
    expect(cache.stats()).toMatchObject({ hits: 9, misses: 1 });
  });

  it('lets all go at once when the first brought nothing to keep', async () => {
    const { cache } = start();
    const first = await cache.lookupOrWait(get(PAGE_URL));
    const others = [1, 2, 3].map(() => cache.lookupOrWait(get(PAGE_URL)));
    first.done();
    expect((await Promise.all(others)).map(({ hit }) => hit)).toEqual([null, null, null]);
  });

  it('waits no longer than told for one that never ends, and nobody waits for it again', async () => {
    const { cache } = start({ waitMilliseconds: 30 });
    await cache.lookupOrWait(get(PAGE_URL));
    expect((await cache.lookupOrWait(get(PAGE_URL))).hit).toBeNull();
    const started = performance.now();
    const next = await cache.lookupOrWait(get(PAGE_URL));
    expect(performance.now() - started).toBeLessThan(25);
    next.done();
  });

  it('ends when its own asker goes', async () => {
    const { cache } = start({ waitMilliseconds: 60_000 });
    await cache.lookupOrWait(get(PAGE_URL));
    const stop = new AbortController();
    const waiting = cache.lookupOrWait(get(PAGE_URL), stop.signal);
    stop.abort();
    expect((await waiting).hit).toBeNull();
  });

  it('does not make one tenant wait for another', async () => {
    const { cache } = start({ waitMilliseconds: 60_000 });
    await cache.lookupOrWait(get(PAGE_URL));
    expect((await cache.lookupOrWait(get(PAGE_URL, { space: 'acme' }))).hit).toBeNull();
  });
});
