/** Requests for one thing that come together share one way upstream. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Flights {
  /** The first for a key leads and gets `done`, to be called in the end; later ones get `landed`, which never rejects. */
  enter(
    key: string,
    signal?: AbortSignal,
  ):
    | { readonly kind: 'leads'; readonly done: () => void }
    | { readonly kind: 'waits'; readonly landed: Promise<void> };
}

/**
 * @param waitMilliseconds longest wait. Threat: a child asks for what others need, and reads the answer slowly or never;
 * after one such wait nobody waits for it any more.
 */
export function createFlights(waitMilliseconds: number): Flights {
  const flights = new Map<string, Promise<void>>();

  function forget(key: string, flight: Promise<void>): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  async function wait(key: string, flight: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const ends = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    const timeout = delay(waitMilliseconds, undefined, { signal: ends, ref: false }).then(
      () => forget(key, flight),
      () => undefined,
    );
    await Promise.race([flight, timeout]);
    over.abort();
  }

  return {
    enter(key, signal) {
      const known = flights.get(key);
      if (known !== undefined) return { kind: 'waits', landed: wait(key, known, signal) };
      const { promise, resolve } = Promise.withResolvers<void>();
      flights.set(key, promise);
      return {
        kind: 'leads',
        done() {
          forget(key, promise);
          resolve();
        },
      };
    },
  };
}
