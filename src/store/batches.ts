/** Many small writes as few transactions: what comes in one moment, or while one is under way, goes together. */
import { setImmediate as nextTurn } from 'node:timers/promises';

interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 100;

/**
 * @param write writes all or nothing, and gives a result for each, in order. When several together fail, each is written
 *   alone, so that one does not spoil the others.
 * @returns writes one, with the next ones that come.
 */
export function createBatches<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  const waiting: Entry<Item, Result>[] = [];
  let busy = false;
  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!busy) void writeAll();
    });

  async function writeAll(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      // The embedded database lets nothing else happen during a transaction: first everything that has arrived is read.
      await nextTurn();
      await writeSome(waiting.splice(0, MOST_AT_ONCE));
    }
    busy = false;
  }

  async function writeSome(entries: readonly Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await write(entries.map(({ item }) => item));
      for (const [index, { resolve }] of entries.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (entries.length > 1) for (const entry of entries) await writeSome([entry]);
      else for (const { reject } of entries) reject(error);
    }
  }
}
