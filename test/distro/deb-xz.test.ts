import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LzmaError } from '../../src/distro/deb-lzma.ts';
import { xzParts } from '../../src/distro/deb-xz.ts';

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/debian/${name}`, import.meta.url));
}

/** Each part is good until the next one is asked for. */
function unfold(file: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  for (const part of xzParts(file)) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** Of what it unfolds to; 0 where it is refused. */
function sizeOf(file: Uint8Array): number {
  try {
    return unfold(file).length;
  } catch (error) {
    if (error instanceof LzmaError) return 0;
    throw error;
  }
}

const SHA256 = '1ced376bb3a4ab808c7da893eb20773b565a8ae65a968a7d8cc6c11a6f074fae';

describe('an .xz file', () => {
  it.each(['plain.xz', 'blocks.xz', 'small-window.xz', 'odd.xz'])('%s unfolds to what was packed', (name) => {
    expect(
      createHash('sha256')
        .update(unfold(fixture(name)))
        .digest('hex'),
    ).toBe(SHA256);
  });

  it('may be several after each other', () => {
    const one = unfold(fixture('plain.xz'));
    expect(unfold(fixture('two-streams.xz')).equals(Buffer.concat([one, one]))).toBe(true);
  });

  it.each([
    ['of another kind', Buffer.from('Package: a\n'), 'it is no .xz file'],
    ['with a further filter', fixture('filtered.xz'), 'a filter'],
    ['that is cut off', fixture('plain.xz').subarray(0, 5000), 'it is cut off'],
    ['with nothing in it', Buffer.alloc(0), 'it is no .xz file'],
  ])('%s is refused', (_, file, why) => {
    expect(() => unfold(file)).toThrow(why);
  });

  it('asks for no more memory than the format allows here', () => {
    const file = Buffer.from(fixture('plain.xz'));
    // The window's size in the block header.
    const at = file.indexOf(Buffer.from([0x21, 0x01]), 12) + 2;
    file[at] = 40;
    expect(() => unfold(file)).toThrow('too much memory');
  });

  it('that is broken ends in an error or in other bytes, never in a hang or a crash', () => {
    const file = fixture('small-window.xz');
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(file);
        broken[at] = (broken[at] ?? 0) ^ change;
        expect(sizeOf(broken)).toBeLessThan(1_000_000);
      }),
      { numRuns: 200 },
    );
  });
});
