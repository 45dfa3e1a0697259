/** Values that many images share: made once, also when several ask at the same time, and kept within a bound. */
import { CancelledError } from '../errors.ts';

export interface SharedValues<T> {
  /**
   * The value of `key`: kept, on its way, or made by `make`. What fails is not kept, but fails for all that wait; a maker
   * that was cancelled does not cancel them.
   */
  readonly get: (key: string, make: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly size: () => number;
}

export interface SharedOptions<T> {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** null: for ever. */
  readonly keepMs: number | null;
  /** Of all values; those that were not asked for longest go first. One larger than that is not kept. */
  readonly maxWeight: number;
  readonly weigh: (value: T) => number;
}

export function createSharedValues<T>(options: SharedOptions<T>): SharedValues<T> {
  const { now, keepMs, maxWeight, weigh } = options;
  const kept = new Map<string, { readonly value: T; readonly weight: number; readonly until: number }>();
  const coming = new Map<string, Promise<T>>();
  let weight = 0;

  function drop(key: string): void {
    weight -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  }

  function keep(key: string, value: T): void {
    drop(key);
    const own = weigh(value);
    if (own > maxWeight) return;
    for (const oldest of kept.keys()) {
      if (weight + own <= maxWeight) break;
      drop(oldest);
    }
    kept.set(key, { value, weight: own, until: keepMs === null ? Infinity : now() + keepMs });
    weight += own;
  }

  async function get(key: string, make: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const known = kept.get(key);
    if (known !== undefined && known.until > now()) {
      kept.delete(key);
      kept.set(key, known);
      return known.value;
    }
    const before = coming.get(key);
    if (before !== undefined) {
      try {
        return await before;
      } catch (error) {
        if (!(error instanceof CancelledError) || signal.aborted) throw error;
        return await get(key, make, signal);
      }
    }
    const making = make();
    coming.set(key, making);
    try {
      const value = await making;
      keep(key, value);
      return value;
    } finally {
      coming.delete(key);
    }
  }

  return { get, size: () => kept.size };
}
