/** When a host may be asked again: it said so (429, Docker Hub's rate-limit headers), or it is not there. */
import type { IncomingHttpHeaders } from 'node:http';
import { RegistryError } from './registry-error.ts';

/** Longer waits end the look-up with an error that names the time. */
const MAX_WAIT_MS = 15_000;
/** A host that did not answer is not asked again for so long: fifty images there would each wait for time-outs. */
const DOWN_MS = 30_000;
/** Where a host with 429 names no time. */
const UNKNOWN_LIMIT_MS = 60_000;
/** Docker Hub's window is six hours that slide; nobody says when it lets through again. */
const MAX_LIMIT_MS = 3600_000;
/** `Retry-After: 0` is no reason to hammer. */
const MIN_WAIT_MS = 1000;
const MAX_KEPT = 1000;

/** What of a request the gate wants to know. */
export interface Passer {
  /** `host:port`. */
  readonly host: string;
  /** Limits are counted for each account, or for the address where there is none. */
  readonly space: string;
  /** Counts as a pull: GET of a manifest. */
  readonly isPull: boolean;
  /** For messages. */
  readonly image: string;
  readonly signal: AbortSignal;
}

export interface Gate {
  /**
   * Waits a few seconds where that is enough.
   * @throws {RegistryError} `rate-limited` or `registry-unreachable`, without asking.
   */
  pass(passer: Passer): Promise<void>;
  /** After a 429. @param waitMs as Retry-After says; null: it does not. */
  limited(passer: Passer, waitMs: number | null, isLast: boolean): void;
  /** Reads the rate-limit headers of an answer. */
  note(passer: Passer, headers: IncomingHttpHeaders): void;
  /** All tries failed. */
  down(passer: Passer, error: RegistryError): void;
}

export interface GateOptions {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export function createGate({ now, sleep }: GateOptions): Gate {
  const limits = new Map<string, number>();
  const downs = new Map<string, { readonly until: number; readonly error: RegistryError }>();

  /** Threat: repositories name hosts without end. */
  function tidy(kept: Map<string, unknown>, isOver: (key: string) => boolean): void {
    if (kept.size < MAX_KEPT) return;
    for (const key of kept.keys()) if (isOver(key)) kept.delete(key);
    if (kept.size >= MAX_KEPT) kept.clear();
  }

  function close(key: string, until: number): void {
    tidy(limits, (known) => (limits.get(known) ?? 0) <= now());
    limits.set(key, Math.max(until, limits.get(key) ?? 0));
  }

  function closedUntil(passer: Passer): number {
    const all = limits.get(keyOf(passer, 'all')) ?? 0;
    return passer.isPull ? Math.max(all, limits.get(keyOf(passer, 'pulls')) ?? 0) : all;
  }

  return {
    async pass(passer) {
      const down = downs.get(passer.host);
      if (down !== undefined && down.until > now()) throw againDown(down.error, passer);
      for (let until = closedUntil(passer); until > now(); until = closedUntil(passer)) {
        if (until - now() > MAX_WAIT_MS) throw rateLimited(passer, until);
        await sleep(until - now(), passer.signal);
      }
    },
    limited(passer, waitMs, isLast) {
      const wait = Math.max(waitMs ?? (isLast ? UNKNOWN_LIMIT_MS : 2000), MIN_WAIT_MS);
      // On the last try the next one is not ours to make: whoever asks now gets the error.
      close(keyOf(passer, 'all'), now() + (isLast ? Math.max(wait, MAX_WAIT_MS + 1) : wait));
    },
    note(passer, headers) {
      const remaining = readLimit(headers['ratelimit-remaining']);
      if (remaining === null || remaining.count > 0) return;
      const window = remaining.windowMs ?? UNKNOWN_LIMIT_MS;
      close(keyOf(passer, 'pulls'), now() + Math.min(window, MAX_LIMIT_MS));
    },
    down(passer, error) {
      tidy(downs, (known) => (downs.get(known)?.until ?? 0) <= now());
      downs.set(passer.host, { until: now() + DOWN_MS, error });
    },
  };
}

/** `Retry-After` of RFC 9110: seconds or a date. @returns milliseconds from now; null when it is neither. */
export function readRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/u.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, [\w: ]{10,30}$/u.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** `76;w=21600`: how many are left, and in a window of how many seconds. */
function readLimit(value: string | string[] | undefined): { count: number; windowMs: number | null } | null {
  const text = typeof value === 'string' ? value : '';
  const match = /^(?<count>\d{1,9})(?:\s*;\s*w=(?<window>\d{1,9}))?$/u.exec(text.trim());
  if (match === null) return null;
  const window = match.groups?.['window'];
  return {
    count: Number(match.groups?.['count']),
    windowMs: window === undefined ? null : Number(window) * 1000,
  };
}

function keyOf({ host, space }: Passer, what: 'all' | 'pulls'): string {
  return `${host} ${space} ${what}`;
}

function rateLimited({ host, image, space }: Passer, until: number): RegistryError {
  // A host may say any number.
  const time = until > 8e15 ? 'far from now' : new Date(until).toISOString().replace(/\.\d+Z$/u, 'Z');
  return new RegistryError(
    'rate-limited',
    `${image} was not looked up: ${nameOf(host)} lets no more requests through until ${time}.`,
    space === 'public'
      ? 'Run Relock again after that time, or give a `[[credential]]` for the registry: accounts have higher limits.'
      : space === 'terminal'
        ? 'Run Relock again after that time; who is logged in (`docker login`) has higher limits.'
        : 'Run Relock again after that time.',
    { until },
  );
}

function againDown(error: RegistryError, { host, image }: Passer): RegistryError {
  return new RegistryError(
    'registry-unreachable',
    `${image} was not looked up: ${nameOf(host)} failed a moment ago.`,
    error.fix,
    { cause: error },
  );
}

/** `host:port` without the usual port. */
export function nameOf(host: string): string {
  return host.replace(/:443$/u, '');
}
