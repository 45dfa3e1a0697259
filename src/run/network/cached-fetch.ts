/** A request to the outside, by way of the cache. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Credential } from '../../config/settings.ts';
import { CONDITIONAL_HEADERS, type CacheRequest, type HttpCache, type StoredAnswer } from './http-cache.ts';
import { hasCredential } from './lending.ts';
import { forwardable } from './message-headers.ts';
import { authorityOf } from './reach.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';

export interface FetchRequest extends UpstreamRequest {
  /** Hex digest that a page promised; null when none did. */
  readonly sha256: string | null;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Raw: name, value…; without those of one hop. */
  readonly headers: readonly string[];
  /** As over the wire. Read it to its end or destroy it. */
  readonly body: Readable;
  /** To be called once the body is through, or given up. */
  readonly done: () => void;
}

export type CachedFetch = (request: FetchRequest, signal: AbortSignal) => Promise<Answer>;

export interface CachedFetchOptions {
  readonly upstream: Upstream;
  readonly cache: HttpCache | null;
  readonly credentials: readonly Credential[];
}

/** The function that it gives throws what `Upstream.ask` throws. */
export function createCachedFetch({ upstream, cache, credentials }: CachedFetchOptions): CachedFetch {
  async function ask(
    request: FetchRequest,
    kept: CacheRequest,
    conditions: Readonly<Record<string, string>> | null,
    signal: AbortSignal,
  ): Promise<Answer> {
    const headers =
      conditions === null
        ? request.headers
        : [...forwardable(request.headers, CONDITIONAL_HEADERS), ...Object.entries(conditions).flat()];
    const answer = await upstream.ask({ ...request, headers }, signal);
    if (conditions !== null && answer.statusCode === 304) {
      answer.resume();
      const stored = (await cache?.refresh(kept, answer.headers)) ?? null;
      return stored === null ? await ask(request, kept, null, signal) : answerFromStore(stored);
    }
    const status = answer.statusCode ?? 502;
    const body = cache?.store(kept, { status, headers: answer.headers }, answer) ?? answer;
    return answerFrom(answer, body);
  }

  return async (asked, signal) => {
    const request = { ...asked, headers: headersOf(asked, hasCredential(credentials, asked.origin)) };
    const headers = byName(request.headers);
    const isOwn = headers['authorization'] !== undefined || headers['cookie'] !== undefined;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (cache === null || !isRead || isOwn) {
      const answer = await upstream.ask(request, signal);
      return answerFrom(answer, answer);
    }
    const kept: CacheRequest = {
      method: request.method,
      url: `${request.origin.scheme}://${authorityOf(request.origin)}${request.target}`,
      headers,
      space: spaceOf(upstream.lent(request.origin, request.target), request.mayBePrivate),
      sha256: request.sha256,
    };
    const { hit, done } = await cache.lookupOrWait(kept, signal);
    try {
      const answer =
        hit?.kind === 'fresh'
          ? answerFromStore(hit.answer)
          : await ask(request, kept, hit?.conditions ?? null, signal);
      return { ...answer, done };
    } catch (error) {
      done();
      throw error;
    }
  };
}

/** No owner can be called so that it meets another space. What lies at a private address is for those who may look there. */
function spaceOf(lent: Credential | null, mayBePrivate: boolean): string {
  if (lent !== null) return `owner:${lent.owner}`;
  return mayBePrivate ? 'operator' : 'public';
}

/**
 * What a child's request brings along. Threat: a server makes its answer from another header (`X-Forwarded-Host`), and the
 * cache gives that answer to other tenants, which did not send it.
 */
const PASSED: ReadonlySet<string> = new Set([
  ...CONDITIONAL_HEADERS,
  'accept',
  'accept-encoding',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'git-protocol',
  'pragma',
  'user-agent',
]);

/**
 * What goes out. What the child sends for a host with a credential is a placeholder at best, and another tenant's guess at
 * worst.
 */
function headersOf(request: FetchRequest, isLent: boolean): string[] {
  const drop: string[] = [];
  if (isLent) drop.push('authorization', 'cookie');
  // What is promised is the file, not a coding of it.
  if (request.sha256 !== null) drop.push('accept-encoding');
  if (request.body === null) drop.push('content-length', 'content-type', 'content-encoding');
  const all = forwardable(request.headers, drop);
  // Names and values take turns.
  const headers = all.filter((_, at) => PASSED.has((all[at - (at % 2)] ?? '').toLowerCase()));
  if (request.sha256 !== null) headers.push('Accept-Encoding', 'identity');
  const isSized = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-length');
  if (request.body !== null && !isSized) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}

function answerFrom(answer: IncomingMessage, body: Readable): Answer {
  return {
    status: answer.statusCode ?? 502,
    reason: answer.statusMessage ?? '',
    headers: forwardable(answer.rawHeaders),
    body,
    done: () => undefined,
  };
}

function answerFromStore({ status, headers, body }: StoredAnswer): Answer {
  return { status, reason: '', headers: Object.entries(headers).flat(), body, done: () => undefined };
}

function byName(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value;
  }
  return headers;
}
