/** How fast writes go out in the name of one installation. */
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError } from '../errors.ts';

export interface Pace {
  /**
   * Resolves when the next write may go out.
   * @throws {CancelledError} when the signal ends the wait.
   */
  turn(signal: AbortSignal): Promise<void>;
}

/** GitHub asks for a second between writes of a series, and refuses more than 80 of some kinds in a minute. */
const INTERVAL_MS = 1000;
/** At once after a rest, so that one pull request waits for nothing; with a minute's others still under the 80. */
const BURST = 16;

/**
 * Some at once, then one a second; the generic cell rate algorithm.
 * @param clock milliseconds of a monotonic clock.
 */
export function createPace(clock: () => number): Pace {
  let next = Number.NEGATIVE_INFINITY;
  return {
    async turn(signal) {
      const now = clock();
      next = Math.max(next, now - (BURST - 1) * INTERVAL_MS);
      const wait = next - now;
      next += INTERVAL_MS;
      if (wait <= 0) return;
      try {
        await delay(wait, undefined, { signal });
      } catch {
        throw new CancelledError('The job was cancelled.');
      }
    },
  };
}
