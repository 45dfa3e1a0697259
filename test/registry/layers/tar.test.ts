import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayerError } from '../../../src/registry/layers/layer-error.ts';
import { createTarReader } from '../../../src/registry/layers/tar.ts';
import type { TarEntry } from '../../../src/registry/layers/tar.ts';
import { folder as newFolder } from '../../support/folder.ts';
import { makeEntry, makeHeader, makePax, makeTar, padded, withSum } from '../../support/images/make-tar.ts';

interface Seen extends TarEntry {
  readonly text: string | null;
}

function readTar(bytes: Buffer, options: { readonly chunk?: number; readonly wanted?: number } = {}): Seen[] {
  const seen: Seen[] = [];
  const reader = createTarReader({
    entry(entry) {
      seen.push({ ...entry, text: null });
      return entry.type === 'file' && !entry.sparse ? (options.wanted ?? 1_000_000) : 0;
    },
    content(kept) {
      const last = seen.pop();
      if (last !== undefined) seen.push({ ...last, text: kept.toString('utf8') });
    },
  });
  const chunk = options.chunk ?? bytes.length;
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
  reader.end();
  return seen;
}

const LONG = `${'folder-with-a-name/'.repeat(12)}end`;
const VERY_LONG = `${'folder-with-a-name/'.repeat(60)}end`;

describe('tars of GNU tar', () => {
  it.each([
    ['v7', 'short'],
    ['ustar', LONG],
    ['gnu', VERY_LONG],
    ['oldgnu', VERY_LONG],
    ['pax', VERY_LONG],
  ])('%s', (format, long) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'in', join(long, '..')), { recursive: true });
    writeFileSync(join(folder, 'in', long), 'long');
    writeFileSync(join(folder, 'in/a'), 'A'.repeat(1000));
    writeFileSync(join(folder, 'in/empty'), '');
    linkSync(join(folder, 'in/a'), join(folder, 'in/hard'));
    symlinkSync(
      VERY_LONG.slice(0, format === 'v7' || format === 'ustar' ? 90 : 900),
      join(folder, 'in/soft'),
    );
    const tar = execFileSync(
      'tar',
      ['-c', `--format=${format}`, '-C', join(folder, 'in'), './a', './empty', './hard', './soft', long],
      { maxBuffer: 1e8 },
    );
    for (const chunk of [1, 7, 512, 100_000]) {
      const seen = readTar(tar, { chunk });
      expect(seen.map(({ path, type, text }) => ({ path, type, text }))).toEqual([
        { path: 'a', type: 'file', text: 'A'.repeat(1000) },
        { path: 'empty', type: 'file', text: '' },
        { path: 'hard', type: 'hard-link', text: null },
        { path: 'soft', type: 'symlink', text: null },
        { path: long, type: 'file', text: 'long' },
      ]);
      expect(seen[2]?.linkTarget).toBe('a');
    }
  });

  it.each(['gnu', 'pax'])('a file with holes is passed over, and what follows is read: %s', (format) => {
    const folder = newFolder();
    // More holes than the first header holds.
    execFileSync(
      'bash',
      [
        '-c',
        'for i in $(seq 0 40); do printf data | dd of=holes bs=1 seek=$((i*65536)) conv=notrunc status=none; done; echo after > after',
      ],
      { cwd: folder },
    );
    const tar = execFileSync('tar', ['-cS', `--format=${format}`, '-C', folder, 'holes', 'after'], {
      maxBuffer: 1e8,
    });
    const seen = readTar(tar);
    expect(seen.map(({ path, sparse, text }) => ({ path, sparse, text }))).toEqual([
      { path: 'holes', sparse: true, text: null },
      { path: 'after', sparse: false, text: 'after\n' },
    ]);
  });
});

describe('tars by hand', () => {
  it('a size in binary, an old folder, names with dots, what follows the end', () => {
    const binary = makeHeader({ path: 'b', size: 0 });
    binary.writeUInt8(0x80, 124);
    binary.fill(0, 125, 136);
    binary.writeUInt32BE(3, 132);
    const tar = Buffer.concat([
      withSum(binary),
      padded(Buffer.from('abc')),
      makeEntry({ path: 'old/', flag: '0' }),
      makeEntry({ path: './/etc/./x', content: 'x' }),
      makeEntry({ path: '../../etc/passwd', content: 'x' }),
      makeEntry({ path: './' }),
      Buffer.alloc(1024),
      Buffer.from('no header at all'.repeat(100)),
    ]);
    expect(readTar(tar).map(({ path, type, text }) => [path, type, text])).toEqual([
      ['b', 'file', 'abc'],
      ['old', 'folder', null],
      ['etc/x', 'file', 'x'],
      [null, 'file', 'x'],
      [null, 'folder', null],
    ]);
  });

  it('a size in a pax record counts, and a folder has no content whatever it says', () => {
    const tar = Buffer.concat([
      makePax(
        [
          ['comment', 'all'],
          ['path', 'nobody'],
        ],
        'g',
      ),
      makePax([
        ['size', '5'],
        ['path', 'é/ü'],
      ]),
      makeHeader({ path: 'short', size: 0 }),
      padded(Buffer.from('hello')),
      makeHeader({ path: 'folder', flag: '5', size: 5000 }),
      makeEntry({ path: 'last', content: 'y' }),
    ]);
    expect(readTar(tar).map(({ path, text }) => [path, text])).toEqual([
      ['é/ü', 'hello'],
      ['folder', null],
      ['last', 'y'],
    ]);
  });

  it('only the wanted beginning is kept', () => {
    expect(readTar(makeTar([{ path: 'a', content: '0123456789' }]), { wanted: 4 })[0]?.text).toBe('0123');
  });

  it.each<[string, () => Buffer]>([
    ['noise', () => Buffer.alloc(2048, 'x')],
    [
      'a wrong checksum',
      () => Buffer.concat([makeHeader({ path: 'a' }).fill('b', 0, 1), Buffer.alloc(1024)]),
    ],
    ['a negative size', () => withSum(makeHeader({ path: 'a' }).fill(0xff, 124, 136))],
    ['a size past all numbers', () => withSum(makeHeader({ path: 'a' }).fill(0xbf, 124, 136))],
    ['a size that is no number', () => withSum(makeHeader({ path: 'a' }).fill('9', 124, 135))],
    ['a name of 2 MiB', () => makeHeader({ path: 'a', flag: 'L', size: 2 * 1024 * 1024 })],
    [
      'a pax record that is longer than all',
      () =>
        Buffer.concat([
          makeHeader({ path: 'a', flag: 'x', size: 20 }),
          padded(Buffer.from('99 path=abcdefghijk\n')),
        ]),
    ],
    [
      'a pax record without end',
      () => Buffer.concat([makeHeader({ path: 'a', flag: 'x', size: 9 }), padded(Buffer.from('9 path=ab'))]),
    ],
    ['a pax size that is none', () => Buffer.concat([makePax([['size', '-1']]), makeHeader({ path: 'a' })])],
    ['a cut in a header', () => makeTar([{ path: 'a' }]).subarray(0, 100)],
    ['a cut in a content', () => makeTar([{ path: 'a', content: 'x'.repeat(2000) }]).subarray(0, 1500)],
    ['a size that is a lie', () => makeTar([{ path: 'a', content: 'x', size: 1_000_000_000 }])],
  ])('%s is an error', (_, make) => {
    expect(() => readTar(make())).toThrow(LayerError);
  });
});

/** What was thrown that is no `LayerError`. */
function failureOf(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof LayerError ? null : error;
  }
}

describe('any damage', () => {
  const good = makeTar([
    { path: 'etc/os-release', content: 'ID=debian\n' },
    { path: LONG, content: 'x'.repeat(700) },
    { path: 'link', flag: '2', linkTarget: LONG },
  ]);

  it('gives an error or entries, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(good.length),
        fc.integer({ min: 1, max: 1000 }),
        (changes, length, chunk) => {
          const bad = Buffer.from(good);
          for (const [at, value] of changes) bad.writeUInt8(value, at);
          expect(failureOf(() => readTar(bad.subarray(0, length), { chunk }))).toBeNull();
        },
      ),
      { numRuns: 500 },
    );
  });
});
