import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WANT_ALL } from '../../../src/images/content.ts';
import type { LayerFacts } from '../../../src/images/layer-stack.ts';
import { LayerError } from '../../../src/registry/layers/layer-error.ts';
import type { LayerBudget } from '../../../src/registry/layers/limits.ts';
import { LAYER_LIMITS, budgetOf } from '../../../src/registry/layers/limits.ts';
import { readLayer } from '../../../src/registry/layers/read-layer.ts';
import { makeEntry, makeHeader, makeTar } from '../../support/images/make-tar.ts';

const STATUS = 'var/lib/dpkg/status';
const TAR = makeTar([
  {
    path: 'usr/bin/noise',
    content: Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) % 251)),
  },
  { path: STATUS, content: 'Package: a\n' },
]);

function read(
  pieces: readonly Buffer[],
  budget: Partial<LayerBudget> = {},
  signal = new AbortController().signal,
): Promise<LayerFacts> {
  return readLayer(Readable.from(pieces), WANT_ALL, { ...budgetOf(LAYER_LIMITS), ...budget }, signal);
}

function cut(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

/** A skippable frame. */
function skippable(content: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d_2a53, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

const checksum = { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } };

/** As zstd:chunked has it: a frame for every piece, skippable ones between and at the end. */
function framed(bytes: Buffer): Buffer {
  return Buffer.concat(
    [0, 100, 600, 200_000]
      .flatMap((start, at, all) => [
        skippable('x'.repeat(at)),
        zlib.zstdCompressSync(bytes.subarray(start, all[at + 1]), at % 2 === 0 ? checksum : {}),
      ])
      .concat(skippable('end')),
  );
}

describe('compressions', () => {
  it.each<[string, Buffer]>([
    ['none', TAR],
    ['gzip', zlib.gzipSync(TAR)],
    [
      'gzip of several members',
      Buffer.concat([zlib.gzipSync(TAR.subarray(0, 700)), zlib.gzipSync(TAR.subarray(700))]),
    ],
    ['zstd', zlib.zstdCompressSync(TAR)],
    ['zstd of several frames', framed(TAR)],
    [
      'zstd without compression',
      zlib.zstdCompressSync(TAR, { params: { [zlib.constants.ZSTD_c_compressionLevel]: -5 } }),
    ],
  ])('%s, in pieces of any size', async (_, bytes) => {
    for (const size of [1, 3, 1000, 65_536, bytes.length]) {
      if (bytes.length / size > 20_000) continue;
      const facts = await read(cut(bytes, size));
      expect(facts.entries.get(STATUS)?.bytes?.toString('utf8')).toBe('Package: a\n');
      expect(facts.uncompressed).toBe(TAR.length);
    }
  });

  it('frames of zeros, where a block stands for many bytes', async () => {
    const zeros = Buffer.alloc(3_000_000);
    const tar = makeTar([
      { path: 'zeros', content: zeros },
      { path: STATUS, content: 'x' },
    ]);
    const bytes = Buffer.concat([
      zlib.zstdCompressSync(tar.subarray(0, 2_000_000)),
      zlib.zstdCompressSync(tar.subarray(2_000_000)),
    ]);
    expect((await read([bytes])).uncompressed).toBe(tar.length);
  });

  it('an empty layer', async () => {
    const empty = zlib.gzipSync(Buffer.alloc(1024));
    expect(await read([empty])).toEqual({
      entries: new Map(),
      gone: new Set(),
      opaque: new Set(),
      uncompressed: 1024,
    });
  });
});

describe('hostile layers', () => {
  const bomb = zlib.gzipSync(makeTar([{ path: 'zeros', content: Buffer.alloc(50_000_000) }]));

  it.each<[string, readonly Buffer[], Partial<LayerBudget>, RegExp]>([
    ['a bomb', [bomb], { uncompressedBytes: 10_000_000 }, /too large when unpacked/u],
    [
      'more than was announced for the image',
      [zlib.gzipSync(TAR)],
      { compressedBytes: 10 },
      /it is too large$/u,
    ],
    [
      'too many entries',
      [makeTar(Array.from({ length: 11 }, (_, at) => ({ path: `${at}` })))],
      { entries: 10 },
      /too many entries/u,
    ],
    [
      'too many whiteouts',
      [makeTar(Array.from({ length: 50 }, (_, at) => ({ path: `a/.wh.${at}` })))],
      { keptBytes: 1000 },
      /in memory/u,
    ],
    [
      'too many wanted files',
      [
        makeTar(
          Array.from({ length: 50 }, (_, at) => ({
            path: `p${at}.dist-info/METADATA`,
            content: 'x'.repeat(3000),
          })),
        ),
      ],
      { keptBytes: 100_000 },
      /in memory/u,
    ],
    [
      'a database that is too large',
      [makeHeader({ path: STATUS, size: 100_000_000 })],
      {},
      /var\/lib\/dpkg\/status is 100000000 bytes large/u,
    ],
    ['a cut gzip', [zlib.gzipSync(TAR).subarray(0, -9)], {}, /cannot be unpacked/u],
    ['a cut zstd', [zlib.zstdCompressSync(TAR).subarray(0, -9)], {}, /cannot be unpacked/u],
    ['noise after a gzip', [zlib.gzipSync(TAR), Buffer.from('noise')], {}, /cannot be unpacked/u],
    [
      'zeros after a gzip, in pieces',
      [zlib.gzipSync(TAR), Buffer.alloc(1000), Buffer.alloc(1000)],
      {},
      /cannot be unpacked/u,
    ],
    ['noise after a zstd', [zlib.zstdCompressSync(TAR), Buffer.from('noise')], {}, /no zstd/u],
    ['no tar inside', [zlib.gzipSync('hello'.repeat(1000))], {}, /no tar/u],
    ['a text', [Buffer.from('{"error": "not found"}')], {}, /cut off/u],
  ])('%s', async (_, pieces, budget, message) => {
    await expect(read(pieces, budget)).rejects.toThrow(LayerError);
    await expect(read(pieces, budget)).rejects.toThrow(message);
  });

  it('the size of a database that never comes takes no memory', async () => {
    const before = process.memoryUsage().rss;
    const lies = Array.from({ length: 20 }, () => [
      makeEntry({ path: 'x' }),
      makeHeader({ path: 'var/lib/rpm/Packages', size: 90_000_000 }),
    ]);
    await Promise.allSettled(lies.map((pieces) => read(pieces)));
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('a stream that fails or stops is given up, with its own reason', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield zlib.gzipSync(TAR).subarray(0, 1000);
      throw new Error('connection reset');
    }
    const budget = budgetOf(LAYER_LIMITS);
    const signal = new AbortController().signal;
    await expect(readLayer(Readable.from(failing()), WANT_ALL, budget, signal)).rejects.toThrow(
      'connection reset',
    );

    const stuck = new Readable({ read() {} });
    stuck.push(zlib.gzipSync(TAR).subarray(0, 1000));
    await expect(readLayer(stuck, WANT_ALL, budget, AbortSignal.timeout(50))).rejects.toThrow(/timeout/u);
    expect(stuck.destroyed).toBe(true);
  });

  it.each<[string, Buffer]>([
    ['gzip', zlib.gzipSync(TAR)],
    ['zstd', framed(TAR)],
    ['tar', TAR],
  ])('any damage to %s gives an error or facts', async (_, good) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(good.length),
        async (changes, length) => {
          const bad = Buffer.from(good);
          for (const [at, value] of changes) bad.writeUInt8(value, at);
          const pieces = cut(bad.subarray(0, length), 50_000);
          const outcome: unknown = await read(pieces).catch((error: unknown) => error);
          expect(outcome instanceof Error && !(outcome instanceof LayerError) ? outcome : null).toBeNull();
        },
      ),
      { numRuns: 150 },
    );
  });
});

it('a link to a file before it has its content; names that hide and names that never do', async () => {
  const tar = makeTar([
    { path: 'root/.cache/uv/archive-v0/abc/x-1.0.dist-info/METADATA', content: 'Name: x\nVersion: 1.0\n' },
    {
      path: 'venv/x-1.0.dist-info/METADATA',
      flag: '1',
      linkTarget: 'root/.cache/uv/archive-v0/abc/x-1.0.dist-info/METADATA',
    },
    { path: 'venv/y-1.0.dist-info/METADATA', flag: '2', linkTarget: '../z' },
    { path: 'etc/os-release', flag: '2', linkTarget: '../usr/lib/os-release' },
    { path: 'a/.wh.b' },
    { path: '.wh.top' },
    { path: 'c/.wh..wh..opq' },
    { path: '.wh..wh..opq' },
    { path: 'c/.wh..wh.plnk', content: 'x' },
    { path: 'lib/module.py' },
    { path: 'opt/python' },
  ]);
  const facts = await read([tar]);
  expect(facts.entries.get('venv/x-1.0.dist-info/METADATA')?.bytes?.toString('utf8')).toContain('Name: x');
  expect(facts.entries.get('venv/y-1.0.dist-info/METADATA')).toEqual({ type: 'link', bytes: null });
  expect([...facts.gone]).toEqual(expect.arrayContaining(['a/b', 'top', 'opt/python', 'etc/os-release']));
  expect(facts.gone.has('lib/module.py')).toBe(false);
  expect(facts.gone.has('c/.wh.plnk')).toBe(false);
  expect([...facts.opaque]).toEqual(['c', '']);
});
