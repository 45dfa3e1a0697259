import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createBatches } from '../../src/store/batches.ts';

function recorder(refused: ReadonlySet<number> = new Set()) {
  const written: (readonly number[])[] = [];
  const write = createBatches(async (items: readonly number[]) => {
    written.push(items);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (items.some((item) => refused.has(item))) throw new Error('refused');
    return items.map((item) => item * 10);
  });
  return { written, write };
}

describe('createBatches', () => {
  it('writes together what comes in one moment, and what comes during a write', async () => {
    const { written, write } = recorder();
    const first = Promise.all([1, 2, 3].map(write));
    while (written.length === 0) await nextTurn();
    expect(await Promise.all([first, write(4), write(5)])).toEqual([[10, 20, 30], 40, 50]);
    expect(await write(6)).toBe(60);
    expect(written).toEqual([[1, 2, 3], [4, 5], [6]]);
  });

  it('waits for what has arrived and is not read yet', async () => {
    const { written, write } = recorder();
    const later = new Promise<number>((resolve) => {
      setImmediate(() => {
        resolve(write(2));
      });
    });
    expect(await Promise.all([write(1), later])).toEqual([10, 20]);
    expect(written).toEqual([[1, 2]]);
  });

  it('writes no more than a hundred together', async () => {
    const { written, write } = recorder();
    await Promise.all(Array.from({ length: 251 }, (_none, index) => write(index)));
    expect(written.map(({ length }) => length)).toEqual([100, 100, 51]);
  });

  it('does not let one spoil the others', async () => {
    const { write } = recorder(new Set([3]));
    const results = await Promise.allSettled([1, 2, 3, 4].map(write));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'refused'))).toEqual([
      10,
      20,
      'refused',
      40,
    ]);
    expect(await write(5)).toBe(50);
  });
});
