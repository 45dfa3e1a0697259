/** One large file over HTTP, streamed to disk, asked for only where it changed. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { withoutUser } from '../pypi/http-get.ts';
import type { Fetch } from '../pypi/http-get.ts';
import { causeOf, retryAfterMs, throwIfAborted } from './send.ts';

/** A server that wants a longer pause is not asked again. */
const MAX_WAIT_MS = 60_000;
const REPORT_EVERY_BYTES = 1024 * 1024;

export interface Download {
  readonly fetch: Fetch;
  readonly url: string;
  readonly userAgent: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Written anew; left half-written after a failure. */
  readonly to: string;
  readonly maxBytes: number;
  /** Without a byte for so long, a try is over. */
  readonly idleSeconds: number;
  readonly retryDelayMs: number;
  readonly signal: AbortSignal | null;
  readonly now: () => number;
  readonly onBytes: (bytes: number, totalBytes: number | null) => void;
}

export type Downloaded =
  | {
      readonly state: 'got';
      readonly bytes: number;
      readonly etag: string | null;
      readonly lastModified: string | null;
    }
  | { readonly state: 'unchanged' }
  | { readonly state: 'missing' }
  /** `why` is no whole sentence, and holds no credential. */
  | { readonly state: 'failed'; readonly why: string };

interface Again {
  readonly state: 'again';
  readonly why: string;
  readonly waitMs: number | null;
}

/**
 * Tries twice where that can help.
 * @throws {CancelledError} when the signal aborts. @throws {Error} when the file cannot be written.
 */
export async function download(input: Download): Promise<Downloaded> {
  const first = await attempt(input);
  if (first.state !== 'again') return first;
  const waitMs = first.waitMs ?? input.retryDelayMs;
  if (waitMs > MAX_WAIT_MS) {
    return {
      state: 'failed',
      why: `${first.why}, and wants to be asked again only in ${Math.ceil(waitMs / 1000)} s`,
    };
  }
  await sleep(waitMs, undefined, input.signal === null ? {} : { signal: input.signal }).catch(
    () => undefined,
  );
  const second = await attempt(input);
  return second.state === 'again' ? { state: 'failed', why: `${second.why} (tried twice)` } : second;
}

async function attempt(input: Download): Promise<Downloaded | Again> {
  throwIfAborted(input.signal);
  const shown = withoutUser(input.url);
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), input.idleSeconds * 1000);
  const signal = input.signal === null ? idle.signal : AbortSignal.any([idle.signal, input.signal]);
  const file = await open(input.to, 'w', 0o644);
  try {
    const response = await input.fetch(input.url, { headers: headersOf(input), signal, redirect: 'follow' });
    const refused = refusal(response, shown, input);
    if (refused !== null) {
      await response.body?.cancel();
      return refused;
    }
    const bytes = await write(response, file, input, () => timer.refresh());
    if (bytes === null)
      return { state: 'failed', why: `${shown} answered with more than ${input.maxBytes} bytes` };
    const { headers } = response;
    return { state: 'got', bytes, etag: headers.get('etag'), lastModified: headers.get('last-modified') };
  } catch (error) {
    if (error instanceof WriteError) throw error.cause;
    throwIfAborted(input.signal);
    const why = idle.signal.aborted ? `nothing came for ${input.idleSeconds} s` : causeOf(error);
    return { state: 'again', why: `${shown} cannot be reached: ${why}`, waitMs: null };
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}

function headersOf(input: Download): Record<string, string> {
  return {
    'user-agent': input.userAgent,
    ...(input.etag === null ? {} : { 'if-none-match': input.etag }),
    ...(input.lastModified === null ? {} : { 'if-modified-since': input.lastModified }),
  };
}

function refusal(response: Response, shown: string, input: Download): Downloaded | Again | null {
  const { status, headers } = response;
  if (status === 200) return null;
  const conditional = input.etag !== null || input.lastModified !== null;
  if (status === 304 && conditional) return { state: 'unchanged' };
  if (status === 404) return { state: 'missing' };
  const why = `${shown} answered ${status}`;
  return status >= 500 || status === 429
    ? { state: 'again', why, waitMs: retryAfterMs(headers.get('retry-after'), input.now()) }
    : { state: 'failed', why };
}

/** @returns null when there is more than allowed. @throws {WriteError} */
async function write(
  response: Response,
  file: FileHandle,
  input: Download,
  alive: () => void,
): Promise<number | null> {
  const length = response.headers.get('content-length');
  // A length of what is packed tells nothing of what arrives here.
  const known = length !== null && response.headers.get('content-encoding') === null ? Number(length) : null;
  if (known !== null && known > input.maxBytes) {
    await response.body?.cancel();
    return null;
  }
  let bytes = 0;
  let told = 0;
  input.onBytes(0, known);
  for await (const chunk of response.body ?? []) {
    alive();
    bytes += chunk.length;
    if (bytes > input.maxBytes) return null;
    await file.writeFile(chunk).catch(asWriteError);
    if (bytes - told < REPORT_EVERY_BYTES) continue;
    told = bytes;
    input.onBytes(bytes, known);
  }
  // Lest a power loss leaves a file of the right name and length with nothing in it.
  await file.sync().catch(asWriteError);
  input.onBytes(bytes, known);
  return bytes;
}

function asWriteError(error: unknown): never {
  throw new WriteError(messageOf(error), { cause: error });
}

/** The disk's fault, not the network's. */
class WriteError extends Error {
  override readonly name = 'WriteError';
}
