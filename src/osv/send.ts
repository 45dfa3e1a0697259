/** One bounded HTTP request to the advisory service: a time limit, a size limit, failures as words without secrets. */
import { CancelledError, messageOf } from '../errors.ts';
import { withoutUser } from '../pypi/http-get.ts';
import type { Fetch } from '../pypi/http-get.ts';

export interface Send {
  readonly fetch: Fetch;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** From the request to the last byte. */
  readonly timeoutSeconds: number;
  /** Of the body, unpacked. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | null;
  /** Milliseconds since 1970, for `Retry-After` dates. */
  readonly now: () => number;
}

export type Sent =
  | { readonly status: number; readonly body: string }
  | {
      /** A sentence without a full stop. */
      readonly failed: string;
      /** Whether another try may help. */
      readonly again: boolean;
      /** What the server asked us to wait; null: it named no time. */
      readonly waitMs: number | null;
    };

/** @throws {CancelledError} when the signal aborts; nothing else. */
export async function send(input: Send): Promise<Sent> {
  throwIfAborted(input.signal);
  const shown = withoutUser(input.url);
  const limit = AbortSignal.timeout(input.timeoutSeconds * 1000);
  const signal = input.signal === null ? limit : AbortSignal.any([limit, input.signal]);
  try {
    const response = await input.fetch(input.url, {
      method: input.method,
      headers: input.headers,
      ...(input.body === null ? {} : { body: input.body }),
      signal,
      // Threat: what packages a repository has is not for whichever host an answer names.
      redirect: 'manual',
    });
    const refused = refusal(response, shown, input.now());
    if (refused !== null) {
      await response.body?.cancel();
      return refused;
    }
    const body = await readBody(response, input.maxBytes);
    return body === null
      ? final(`${shown} answered with more than ${input.maxBytes} bytes`)
      : { status: response.status, body: body.toString('utf8') };
  } catch (error) {
    throwIfAborted(input.signal);
    const why = limit.aborted ? `no whole answer within ${input.timeoutSeconds} s` : causeOf(error);
    return { failed: `${shown} cannot be reached: ${why}`, again: true, waitMs: null };
  }
}

function final(failed: string): Sent {
  return { failed, again: false, waitMs: null };
}

function refusal(response: Response, shown: string, now: number): Sent | null {
  const { status, headers } = response;
  if (status >= 500 || status === 429) {
    const failed = `${shown} answered ${status}`;
    return { failed, again: true, waitMs: retryAfterMs(headers.get('retry-after'), now) };
  }
  if (status >= 300 && status < 400) {
    const to = URL.parse(headers.get('location') ?? '', shown)?.origin ?? 'nowhere';
    return final(`${shown} answered ${status}, and leads to ${to}`);
  }
  return null;
}

/** @returns null when there is more than allowed. */
async function readBody(response: Response, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** `Retry-After` of RFC 9110, as seconds or a date; null when there is none that can be read. */
export function retryAfterMs(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/u.test(value)) return Number(value) * 1000;
  const date = Date.parse(value.slice(0, 64));
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** `fetch` hides the true cause (`ENOTFOUND`, a bad certificate) behind "fetch failed". */
export function causeOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  const text = inner instanceof Error && inner.message !== '' ? inner.message : messageOf(error);
  // A proxy's address, which the environment may give with a password, can stand in such a text.
  return text.replace(/\/\/[^/\s@]{0,500}@/gu, '//').slice(0, 300);
}

/** @throws {CancelledError} */
export function throwIfAborted(signal: AbortSignal | null): void {
  if (signal?.aborted === true) throw new CancelledError('The run was cancelled.');
}
