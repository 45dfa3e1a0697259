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
  it('writes the first at once, and what comes meanwhile together', async () => {
    const { written, write } = recorder();
    expect(await Promise.all([1, 2, 3].map(write))).toEqual([10, 20, 30]);
    expect(await write(4)).toBe(40);
    expect(written).toEqual([[1], [2, 3], [4]]);
  });

  it('writes no more than a hundred together', async () => {
    const { written, write } = recorder();
    await Promise.all(Array.from({ length: 251 }, (_none, index) => write(index)));
    expect(written.map(({ length }) => length)).toEqual([1, 100, 100, 50]);
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
