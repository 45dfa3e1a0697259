/** One bounded GET: a time limit, a size limit, one more try where that can help. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, messageOf } from '../errors.ts';
import { IndexError } from './index-error.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Get {
  readonly fetch: Fetch;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For each try, from the request to the last byte. */
  readonly timeoutSeconds: number;
  /** Of the body, unpacked. */
  readonly maxBytes: number;
  /** Before the second try, where the server names no time. */
  readonly retryDelayMs: number;
  readonly signal: AbortSignal | null;
}

export interface GetAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** Empty unless the status is 200. */
  readonly body: Buffer;
}

/** However long a server asks us to wait. */
const MAX_RETRY_MS = 10_000;

/**
 * @returns the answer, whatever its status below 500 (429 aside).
 * @throws {IndexError} `index-unreachable` when neither of two tries was answered (or with 5xx or 429),
 *   `index-unreadable` when the body is larger than allowed.
 * @throws {CancelledError} when the signal aborts.
 */
export async function get(input: Get): Promise<GetAnswer> {
  const first = await attempt(input);
  if (!('failed' in first)) return first;
  await sleep(first.retryMs, undefined, input.signal === null ? {} : { signal: input.signal }).catch(
    () => undefined,
  );
  const second = await attempt(input);
  if (!('failed' in second)) return second;
  throw second.failed;
}

interface Failed {
  readonly failed: IndexError;
  readonly retryMs: number;
}

async function attempt(input: Get): Promise<GetAnswer | Failed> {
  const { url } = input;
  const shown = withoutUser(url);
  throwIfAborted(input.signal);
  const limit = AbortSignal.timeout(input.timeoutSeconds * 1000);
  const signal = input.signal === null ? limit : AbortSignal.any([limit, input.signal]);
  try {
    const response = await input.fetch(url, { headers: input.headers, signal, redirect: 'follow' });
    if (response.status >= 500 || response.status === 429) {
      await response.body?.cancel();
      const why = `${shown} answered ${response.status}.`;
      return {
        failed: new IndexError('index-unreachable', shown, response.status, why),
        retryMs: retryAfter(response.headers.get('retry-after')) ?? input.retryDelayMs,
      };
    }
    const body = response.status === 200 ? await readBody(response, input.maxBytes, shown) : Buffer.alloc(0);
    if (response.status !== 200) await response.body?.cancel();
    return { status: response.status, headers: response.headers, url: response.url || url, body };
  } catch (error) {
    if (error instanceof IndexError) throw error;
    throwIfAborted(input.signal);
    const why = limit.aborted ? `no answer within ${input.timeoutSeconds} s` : causeOf(error);
    const failed = new IndexError('index-unreachable', shown, null, `${shown} cannot be reached: ${why}.`, {
      cause: error,
    });
    return { failed, retryMs: input.retryDelayMs };
  }
}

async function readBody(response: Response, maxBytes: number, shown: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) {
      const why = `${shown} answered with more than ${maxBytes} bytes.`;
      throw new IndexError('index-unreadable', shown, response.status, why);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** `Retry-After` of RFC 9110 in seconds; a date is not worth a second try. */
function retryAfter(value: string | null): number | null {
  if (value === null || !/^\d{1,6}$/u.test(value)) return null;
  return Math.min(Number(value) * 1000, MAX_RETRY_MS);
}

/** `fetch` hides the true cause (`ENOTFOUND`, a bad certificate) behind "fetch failed". */
function causeOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  return inner instanceof Error ? messageOf(inner) : messageOf(error);
}

/** A URL as it may be shown. */
export function withoutUser(url: string): string {
  return url.replace(/^(?<scheme>[a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#]*@/iu, '$<scheme>');
}

function throwIfAborted(signal: AbortSignal | null): void {
  if (signal?.aborted === true) throw new CancelledError('The run was cancelled.');
}
