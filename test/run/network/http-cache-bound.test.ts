import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDiskHttpCache } from '../../../src/run/network/disk-http-cache.ts';
import type { CacheRequest, HttpCache } from '../../../src/run/network/http-cache.ts';
import { folder } from '../../support/folder.ts';
import { bodyOf, file, filesIn, send, START } from '../../support/http-cache.ts';

const HOUR = 3_600_000;
const BIG = 40_960;

function start(maxBytes: number) {
  const cacheFolder = folder();
  const clock = { now: START };
  const open = () => createDiskHttpCache({ cacheFolder, maxBytes, now: () => clock.now });
  return { cacheFolder, clock, open };
}

/** A file of ten blocks, each another. */
function content(number: number): Buffer {
  return Buffer.alloc(BIG, `file ${number} `);
}

function request(number: number) {
  return file(content(number), { url: `https://files.example.test/${number}.whl` });
}

/** Not as a body in an assertion: those are long. */
async function isKept(cache: HttpCache, wanted: CacheRequest): Promise<boolean> {
  return (await bodyOf(cache, wanted)) !== null;
}

describe('the bound', () => {
  it('lets go what was used longest ago', async () => {
    // Ten blocks and one for the entry: five of them are within the bound, six are not.
    const { clock, open, cacheFolder } = start(5 * (BIG + 4096) + 4096);
    const first = open();
    for (const number of [1, 2, 3, 4, 5]) {
      await send(first, request(number), content(number));
      clock.now += HOUR;
    }
    // Used again: now the youngest.
    expect(await isKept(first, request(1))).toBe(true);
    clock.now += HOUR;
    await first.close();
    const second = open();
    await send(second, request(6), content(6));
    await second.close();
    const third = open();
    const left = [];
    for (const number of [1, 2, 3, 4, 5, 6]) {
      if (await isKept(third, request(number))) left.push(number);
    }
    expect(left).toEqual([1, 4, 5, 6]);
    expect(filesIn(cacheFolder, 'blobs')).toHaveLength(4);
    expect(filesIn(cacheFolder, 'entries')).toHaveLength(4);
  });

  it('holds while one process puts in more and more', async () => {
    const maxBytes = 400_000;
    const { cacheFolder, clock, open } = start(maxBytes);
    const cache = open();
    for (let number = 0; number < 60; number += 1) {
      await send(cache, request(number), content(number));
      clock.now += 1000;
    }
    await expect.poll(() => filesIn(cacheFolder, 'blobs').length * BIG).toBeLessThan(1.3 * maxBytes);
    await cache.close();
    expect(filesIn(cacheFolder, 'blobs').length * BIG).toBeLessThanOrEqual(maxBytes);
    expect(await isKept(open(), request(59))).toBe(true);
  });

  it('does not sweep when there is room', async () => {
    const { cacheFolder, open } = start(100_000_000);
    const size = () => JSON.parse(readFileSync(join(cacheFolder, 'http', 'size.json'), 'utf8')) as object;
    for (const number of [1, 2]) {
      const cache = open();
      await send(cache, request(number), content(number));
      await cache.close();
    }
    expect(size()).toEqual({ bytes: BIG + 4096 + BIG + 8192, swept: START });
  });

  it('keeps a body while one of its entries is used', async () => {
    const { cacheFolder, clock, open } = start(4 * (BIG + 4096));
    const cache = open();
    const twin = { ...request(1), url: 'https://files.example.test/twin.whl' };
    await send(cache, request(1), content(1));
    clock.now += HOUR;
    await send(cache, request(2), content(2));
    clock.now += HOUR;
    for (const number of [3, 4]) await send(cache, request(number), content(number));
    clock.now += HOUR;
    await send(cache, twin, content(1));
    clock.now += HOUR;
    await send(cache, request(5), content(5));
    await cache.close();
    expect(filesIn(cacheFolder, 'blobs').length).toBeLessThan(4);
    expect(await isKept(open(), twin)).toBe(true);
    expect(await isKept(open(), request(2))).toBe(false);
  });
});

describe('a sweep', () => {
  it('takes away what a killed process left, after a day', async () => {
    const { cacheFolder, clock, open } = start(10_000_000);
    const lay = (place: string, name: string, hoursAgo: number) => {
      mkdirSync(join(cacheFolder, 'http', place), { recursive: true });
      const path = join(cacheFolder, 'http', place, name);
      writeFileSync(path, 'left');
      utimesSync(path, START / 1000, (START - hoursAgo * HOUR) / 1000);
      return path;
    };
    const old = [
      lay('incoming', 'aa', 25),
      lay('blobs/ab', `ab${'0'.repeat(62)}`, 25),
      lay('entries/ac', `ac${'0'.repeat(62)}.json`, 1),
    ];
    const young = [lay('incoming', 'bb', 1), lay('blobs/bb', `bb${'0'.repeat(62)}`, 1)];
    clock.now = START;
    const cache = open();
    await send(cache, request(1), content(1));
    await cache.close();
    const there = ['incoming', 'blobs', 'entries'].flatMap((place) => filesIn(cacheFolder, place));
    for (const path of old) expect(there).not.toContain(path);
    for (const path of young) expect(there).toContain(path);
    expect(await isKept(open(), request(1))).toBe(true);
  });
});

describe('several processes', () => {
  it('share what each brings, also while the other one sweeps', async () => {
    const { clock, open } = start(6 * (BIG + 4096));
    let wrong = 0;
    const [one, other] = [open(), open()];
    await send(one, request(1), content(1));
    expect(await isKept(other, request(1))).toBe(true);
    const work = [one, other].map(async (cache) => {
      for (let number = 2; number < 30; number += 1) {
        expect(await send(cache, request(number), content(number))).toEqual(content(number));
        clock.now += 1000;
        const body = await bodyOf(cache, request(number % 7));
        if (body !== null && body !== content(number % 7).toString('latin1')) wrong += 1;
      }
      await cache.close();
    });
    await Promise.all(work);
    expect(wrong).toBe(0);
    expect(await isKept(open(), request(29))).toBe(true);
  });

  it('as true processes read and write at once', async () => {
    const cacheFolder = folder();
    const script = new URL('../../support/http-cache-process.ts', import.meta.url).pathname;
    const run = async () => {
      const child = spawn(process.execPath, [script, cacheFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
      await once(child, 'close');
      return JSON.parse(text) as { wrong: number; hits: number };
    };
    const results = await Promise.all([run(), run()]);
    expect(results.map(({ wrong }) => wrong)).toEqual([0, 0]);
    expect(results.every(({ hits }) => hits > 0)).toBe(true);
    expect(filesIn(cacheFolder, 'incoming')).toEqual([]);
  });
});
