/** Answers that are kept in memory, so that each thing is asked for once. */
import { CancelledError } from '../errors.ts';
import { RegistryError } from './registry-error.ts';

export interface Memo<T> {
  /** The value of `key`: kept, on its way, or made by `make`. */
  get(key: string, make: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Keeps a value that came by another way. */
  put(key: string, value: T): void;
  /** A value that is there already. */
  peek(key: string): Promise<T> | null;
}

export interface MemoOptions<T> {
  readonly now: () => number;
  /** null: for as long as the process lives. */
  readonly keepMs: number | null;
  /** The oldest go first. */
  readonly maxEntries: number;
  /** Whether a value is worth its memory. */
  readonly mayKeep: (value: T) => boolean;
}

export function createMemo<T>(options: MemoOptions<T>): Memo<T> {
  const { now, keepMs, maxEntries } = options;
  const entries = new Map<string, { readonly value: Promise<T>; readonly until: number }>();

  function keep(key: string, value: Promise<T>): void {
    entries.delete(key);
    for (const oldest of entries.keys()) {
      if (entries.size < maxEntries) break;
      entries.delete(oldest);
    }
    entries.set(key, { value, until: keepMs === null ? Number.POSITIVE_INFINITY : now() + keepMs });
  }

  function peek(key: string): Promise<T> | null {
    const entry = entries.get(key);
    return entry === undefined || entry.until <= now() ? null : entry.value;
  }

  async function get(key: string, make: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const known = peek(key);
    if (known !== null) {
      try {
        return await known;
      } catch (error) {
        // The job that asked first was cancelled; that is no answer for this one.
        if (!(error instanceof CancelledError) || signal.aborted) throw error;
        if (peek(key) === known) entries.delete(key);
        return await get(key, make, signal);
      }
    }
    const value = make();
    keep(key, value);
    const forget = (): void => {
      if (entries.get(key)?.value === value) entries.delete(key);
    };
    try {
      const made = await value;
      if (!options.mayKeep(made)) forget();
      return made;
    } catch (error) {
      if (!isLasting(error)) forget();
      throw error;
    }
  }

  return { get, peek, put: (key, value) => keep(key, Promise.resolve(value)) };
}

/** A refusal stays one; a host that was not there may be back. */
function isLasting(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    (error.code === 'registry-auth' || error.code === 'image-not-found' || error.code === 'manifest-invalid')
  );
}
