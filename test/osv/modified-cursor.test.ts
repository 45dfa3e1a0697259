import { describe, expect, it } from 'vitest';
import { advance, fingerprint, readCursor, writeCursor } from '../../src/osv/modified-cursor.ts';
import type { ModifiedEntry } from '../../src/osv/modified-cursor.ts';

const HOUR = 3_600_000;
const entry = (id: string, time: number): ModifiedEntry => ({
  id,
  modified: new Date(time).toISOString(),
  time,
});

describe('advance', () => {
  it('is done with what is two hours older than the newest, and knows what is younger', () => {
    const entries = [entry('A-1', 10 * HOUR), entry('B-1', 9 * HOUR), entry('C-1', 7 * HOUR)];
    const cursor = advance(null, entries, entries, '"1"');
    expect(cursor).toEqual({ done: 8 * HOUR, known: entries.slice(0, 2).map(fingerprint), etag: '"1"' });
    expect(readCursor(writeCursor(cursor))).toEqual(cursor);
  });

  it('never goes back', () => {
    const before = { done: 8 * HOUR, known: [], etag: null };
    expect(advance(before, [entry('A-1', 8 * HOUR + 1)], [], null).done).toBe(8 * HOUR);
    expect(advance(before, [], [], null).done).toBe(8 * HOUR);
  });

  it('keeps no more than it can, the newest', () => {
    const many = Array.from({ length: 20_100 }, (_, index) => entry(`A-${index}`, 10 * HOUR + index));
    const { done, known } = advance(null, many, many, null);
    expect(known).toHaveLength(20_000);
    expect(done).toBe(10 * HOUR + 99);
  });

  it('keeps all that changed in one instant', () => {
    const many = Array.from({ length: 20_100 }, (_, index) => entry(`A-${index}`, 10 * HOUR));
    expect(advance(null, many, many, null)).toMatchObject({ done: 8 * HOUR });
    expect(advance(null, many, many, null).known).toHaveLength(20_100);
  });
});
