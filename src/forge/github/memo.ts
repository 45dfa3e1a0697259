/** What is remembered of answers, in memory and bounded. All of it can be lost. */

/** A map that forgets what was longest not used. */
export interface Memo<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** @param limit most entries kept. */
export function createMemo<V>(limit: number): Memo<V> {
  const entries = new Map<string, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      const [oldest] = entries.keys();
      if (entries.size > limit && oldest !== undefined) entries.delete(oldest);
    },
  };
}

/**
 * Answers with their ETag, so that the same question can be asked conditionally.
 *
 * GitHub's ETags depend on the token, and an installation's token is new every hour: so this saves within that hour,
 * and after it costs nothing but a full answer. A remembered answer is only given out when GitHub has just said 304 to
 * the one who asks, so it opens nothing that was closed.
 */
export type Conditional = Memo<{ readonly etag: string; readonly data: unknown }>;

/** @param limit most answers kept; each is some kilobytes. */
export function createConditional(limit = 2000): Conditional {
  return createMemo(limit);
}

/** Closed while GitHub wants to hear nothing from an installation; shared by all who ask in its name. */
export interface Gate {
  /** Until when it is closed; null: it is open. */
  closedUntil(now: Date): Date | null;
  /** Never opens it earlier. */
  close(until: Date): void;
}

export function createGate(): Gate {
  let closed: Date | null = null;
  return {
    closedUntil: (now) => (closed !== null && closed > now ? closed : null),
    close(until) {
      if (closed === null || until > closed) closed = until;
    },
  };
}
