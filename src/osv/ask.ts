/** Asks the advisory service (OSV's API, or a mirror of it) over HTTP: bounded, gentle, and with a cache of what never changes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutUser } from '../pypi/http-get.ts';
import type { Fetch } from '../pypi/http-get.ts';
import { createLimiter } from '../run/limiter.ts';
import type { ScanHttpAnswer, ScanRequest } from '../scan/scanner.ts';
import { createAnswerCache } from './answer-cache.ts';
import { send, throwIfAborted } from './send.ts';
import type { Sent } from './send.ts';

/** Answers to a batch of a thousand packages. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const MAX_CACHE_BYTES = 200 * 1024 * 1024;
/** A server that wants a longer pause is not asked again. */
const MAX_WAIT_MS = 60_000;
/** So many requests in a row without an answer: the service is down, and the rest need not find that out one by one. */
const FAILURES_IN_A_ROW = 3;

export interface AdvisoryServiceOptions {
  /** With or without a trailing slash; `ADVISORY_SERVICE` is the public one. May hold `user:password@`. */
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly userAgent: string;
  /** Absolute folder; null: nothing is kept between runs. */
  readonly cacheFolder: string | null;
  readonly signal: AbortSignal | null;
  /** Requests at once. */
  readonly parallel: number;
  /** For one try; 60 unless told. */
  readonly timeoutSeconds?: number;
  /** Before the second try, where the server names no time; 1000 unless told. */
  readonly retryDelayMs?: number;
  /** Of answers kept on disk; 200 MB unless told. */
  readonly maxCacheBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface AdvisoryService {
  /**
   * @returns the answers in the order of the requests: any status below 500 but 429 and redirects is an answer, anything else
   *   is `failed`, in words without credentials.
   * @throws {CancelledError} when the signal aborts; nothing else.
   */
  ask(requests: readonly ScanRequest[]): Promise<readonly ScanHttpAnswer[]>;
}

export function createAdvisoryService(options: AdvisoryServiceOptions): AdvisoryService {
  const { base, authorization } = splitUser(options.baseUrl.replace(/\/+$/u, ''));
  const now = options.now ?? Date.now;
  // As with package indexes: what was read with a credential is not left on disk.
  const cacheFolder = authorization === null ? options.cacheFolder : null;
  const cache = createAnswerCache(cacheFolder, options.maxCacheBytes ?? MAX_CACHE_BYTES, now);
  const turn = createLimiter(options.parallel);
  /** The server asked for a pause until then: that is meant for all requests. */
  let notBefore = 0;

  const tryOnce = async (request: ScanRequest): Promise<Sent> => {
    const pause = notBefore - now();
    if (pause > 0) await wait(pause, options.signal);
    return send({
      fetch: options.fetch,
      method: request.method,
      url: `${base}${request.path}`,
      headers: {
        accept: 'application/json',
        'user-agent': options.userAgent,
        ...(request.body === null ? {} : { 'content-type': 'application/json' }),
        ...(authorization === null ? {} : { authorization }),
      },
      body: request.body,
      timeoutSeconds: options.timeoutSeconds ?? 60,
      maxBytes: request.method === 'POST' ? MAX_BATCH_BYTES : MAX_RECORD_BYTES,
      signal: options.signal,
      now,
    });
  };

  const tryTwice = async (request: ScanRequest): Promise<ScanHttpAnswer> => {
    const first = await tryOnce(request);
    if (!('failed' in first)) return first;
    if (!first.again) return { failed: `${first.failed}.` };
    const waitMs = first.waitMs ?? options.retryDelayMs ?? 1000;
    if (waitMs > MAX_WAIT_MS) {
      return {
        failed: `${first.failed}, and wants to be asked again only in ${Math.ceil(waitMs / 1000)} s.`,
      };
    }
    if (first.waitMs !== null) notBefore = Math.max(notBefore, now() + waitMs);
    else await wait(waitMs, options.signal);
    const second = await tryOnce(request);
    return 'failed' in second ? { failed: `${second.failed}${second.again ? ' twice' : ''}.` } : second;
  };

  const answer = async (request: ScanRequest, line: Line): Promise<ScanHttpAnswer> => {
    const key = request.keep === null ? null : [base, request.path, request.keep];
    const kept = key === null ? null : await cache.read(key);
    if (kept !== null) return { status: 200, body: kept };
    if (line.failures >= FAILURES_IN_A_ROW && line.last !== null) return line.last;
    const answered = await tryTwice(request);
    if ('failed' in answered) {
      line.failures += 1;
      line.last = answered;
      return answered;
    }
    line.failures = 0;
    if (key !== null && answered.status === 200 && isRecord(answered.body)) {
      await cache.write(key, answered.body);
    }
    return answered;
  };

  return {
    async ask(requests) {
      throwIfAborted(options.signal);
      const line: Line = { failures: 0, last: null };
      const same = new Map<string, Promise<ScanHttpAnswer>>();
      const answers = await Promise.all(
        requests.map((request) => {
          const key = JSON.stringify([request.method, request.path, request.body, request.keep]);
          const asked = same.get(key) ?? turn(() => answer(request, line));
          same.set(key, asked);
          return asked;
        }),
      );
      await cache.sweep();
      return answers;
    },
  };
}

interface Line {
  /** In a row. */
  failures: number;
  last: ScanHttpAnswer | null;
}

/** Threat: a captive portal or a broken proxy that answers 200 with words of its own; kept, it would stay for ever. */
function isRecord(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
  } catch {
    return false;
  }
}

async function wait(ms: number, signal: AbortSignal | null): Promise<void> {
  await sleep(ms, undefined, signal === null ? {} : { signal }).catch(() => undefined);
  throwIfAborted(signal);
}

/** `fetch` refuses addresses with `user:password@`. */
function splitUser(url: string): { readonly base: string; readonly authorization: string | null } {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.username === '' && parsed.password === '')) {
    return { base: withoutUser(url), authorization: null };
  }
  const pair = `${decoded(parsed.username)}:${decoded(parsed.password)}`;
  return { base: withoutUser(url), authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
