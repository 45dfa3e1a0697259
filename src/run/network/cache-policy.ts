/**
 * What may be kept, and when it may be served (RFC 9111). Pure. The freshness rules are http-cache-semantics'; stricter
 * here: nothing is guessed fresh that upstream did not call so, since an index page of last year may have got its security
 * fix a minute ago.
 */
import CachePolicy from 'http-cache-semantics';
import { headerOf, keptHeaders, type CacheEntry } from './cache-entry.ts';
import type { CacheAnswer, CacheHeaders, CacheRequest } from './http-cache.ts';

/** The space that all jobs share. */
const PUBLIC = 'public';
/** Longer ones are signed or made up. */
const MAX_URL_LENGTH = 4096;

/**
 * What clients of indexes send; Accept and Accept-Encoding are part of an entry's key. Threat: a child sends a header that
 * makes the server answer otherwise (`X-Original-URL`, a body), and poisons the cache for all jobs.
 */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'cache-control',
  'connection',
  'host',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'keep-alive',
  'pragma',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'user-agent',
  // Refused in the public space; in an owner's the door has replaced them.
  'authorization',
  'cookie',
]);

/** True when the cache may be asked at all. */
export function mayAsk(request: CacheRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (request.url.length > MAX_URL_LENGTH) return false;
  // Threat: what one reader's own credential opened is shown to others.
  if (request.space === PUBLIC && (has(request, 'authorization') || has(request, 'cookie'))) return false;
  return !has(request, 'if-match') && !has(request, 'if-unmodified-since');
}

/** True when this answer (200, 404, 410; or 206 and HEAD's 200, of promised files) may be kept, as far as its head tells. */
export function mayKeep(request: CacheRequest, answer: CacheAnswer, now: number): boolean {
  if (!mayAsk(request) || headerOf(answer.headers, 'set-cookie') !== null) return false;
  if (varyNames(answer.headers).includes('*')) return false;
  if (!Object.keys(request.headers).every((name) => HARMLESS_HEADERS.has(name))) return false;
  const isPromised = request.sha256 !== null;
  if (!isPromised && (request.method !== 'GET' || has(request, 'range'))) return false;
  // A promised file is kept for clients that take no codings; a part of a coded one is of no use to them.
  if (isPromised && !/^(?:identity)?$/iu.test(headerOf(answer.headers, 'content-encoding') ?? ''))
    return false;
  const isMissing = !isPromised && (answer.status === 404 || answer.status === 410);
  if (answer.status !== 200 && !(isPromised && answer.status === 206) && !isMissing) return false;
  const headers = keptHeaders(answer.headers);
  const policy = policyOf(request.space, requestHeaders(request), { status: 200, headers, time: now });
  if (!policy.storable()) return false;
  if (isMissing) return policy.maxAge() > 0;
  return (
    isPromised ||
    policy.maxAge() > 0 ||
    headers['etag'] !== undefined ||
    headers['last-modified'] !== undefined
  );
}

/** Request headers that the answer varies by, as they were. */
export function varyOf(request: CacheRequest, answer: CacheAnswer): Record<string, string> {
  const sent = requestHeaders(request);
  return Object.fromEntries(
    varyNames(answer.headers).flatMap((name) => {
      const value = headerOf(sent, name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

export type Judgement =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'stale'; readonly conditions: Record<string, string> }
  | null;

/** Whether a kept answer may be served to this request as it is, or after which question. Null: it is of no use. */
export function judge(entry: CacheEntry, request: CacheRequest, now: number): Judgement {
  if (isPromisedBody(entry, request)) return { kind: 'fresh' };
  if (entry.kind !== 'whole' || request.sha256 !== null) return null;
  const policy = policyOf(entry.space, entry.vary, entry, now);
  const asked = asQuestion(request);
  // A clock that was set back must not keep it fresh until it has caught up.
  const isAhead = entry.time > now;
  if (!isAhead && policy.evaluateRequest(asked).revalidation === undefined) return { kind: 'fresh' };
  const all = policy.revalidationHeaders({ ...asked, headers: requestHeaders(request, CONDITIONS) });
  const conditions: Record<string, string> = {};
  for (const name of CONDITIONS) {
    const value = all[name];
    if (typeof value === 'string') conditions[name] = value;
  }
  return Object.keys(conditions).length === 0 ? null : { kind: 'stale', conditions };
}

/** Headers for serving it now, with its age. */
export function servedHeaders(entry: CacheEntry, now: number): Record<string, string> {
  return textHeaders(policyOf(entry.space, entry.vary, entry, now).responseHeaders());
}

/**
 * The entry after upstream confirmed it with a 304 of these headers (RFC 9111 section 4.3.4).
 * @returns null when the 304 is about another answer.
 */
export function confirmed(
  entry: CacheEntry,
  request: CacheRequest,
  headers: CacheHeaders,
  now: number,
): CacheEntry | null {
  const newer = keptHeaders(headers);
  // Nothing else was asked about: a 304 without a validator can only mean this one.
  if (newer['etag'] === undefined && newer['last-modified'] === undefined) {
    for (const name of ['etag', 'last-modified']) {
      const value = entry.headers[name];
      if (value !== undefined) newer[name] = value;
    }
  }
  const stored = policyOf(
    entry.space,
    entry.vary,
    { ...entry, headers: { age: '0', ...entry.headers } },
    now,
  );
  const response = { status: 304, headers: { age: '0', ...newer } };
  const { policy, matches } = stored.revalidatedPolicy(asQuestion(request), response);
  if (!matches) return null;
  return { ...entry, headers: textHeaders(policy.toObject().resh), time: now };
}

/** True when an entry that was confirmed may still be kept. */
export function mayStay(entry: CacheEntry): boolean {
  return policyOf(entry.space, entry.vary, entry).storable();
}

/** True when the client has this answer already (RFC 9110 section 13.2.2). */
export function isKnownToClient(entry: CacheEntry, request: CacheRequest): boolean {
  const wanted = headerOf(request.headers, 'if-none-match');
  if (wanted !== null) {
    const etag = entry.headers['etag'];
    if (wanted.trim() === '*') return true;
    return etag !== undefined && wanted.split(',').some((one) => weak(one.trim()) === weak(etag));
  }
  const since = Date.parse(headerOf(request.headers, 'if-modified-since') ?? '');
  return Date.parse(entry.headers['last-modified'] ?? '') <= since;
}

/** True when the client's If-Range, if any, allows a part of this answer (RFC 9110 section 13.1.5). */
export function allowsPart(entry: CacheEntry, request: CacheRequest): boolean {
  const condition = headerOf(request.headers, 'if-range');
  if (condition === null) return true;
  return !condition.startsWith('W/') && condition === (entry.headers['etag'] ?? '');
}

const CONDITIONS = ['if-none-match', 'if-modified-since'] as const;

function isPromisedBody(entry: CacheEntry, request: CacheRequest): boolean {
  if (request.sha256 === null) return false;
  return (entry.kind === 'whole' ? entry.sha256 : entry.promised) === request.sha256;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly time: number;
}

/** @param now that the policy tells ages by; it is asked for none when absent. */
function policyOf(
  space: string,
  vary: Readonly<Record<string, string>>,
  answered: Answered,
  now = answered.time,
): CachePolicy {
  const headers = { ...answered.headers };
  // The library knows the directives' names in lower case only.
  if (headers['cache-control'] !== undefined)
    headers['cache-control'] = headers['cache-control'].toLowerCase();
  const made = new CachePolicy(
    { method: 'GET', headers: vary },
    { status: answered.status, headers },
    // An owner's space is that owner's private cache.
    { shared: space === PUBLIC, cacheHeuristic: 0, immutableMinTimeToLive: 0 },
  );
  const dated = CachePolicy.fromObject({ ...made.toObject(), t: answered.time });
  return Object.assign(dated, { now: () => now });
}

function asQuestion(request: CacheRequest): CachePolicy.HttpRequest {
  return { method: 'GET', headers: requestHeaders(request) };
}

/** Without what must not reach the disk, and what a child may not say of our cache. */
function requestHeaders(request: CacheRequest, drop: readonly string[] = []): Record<string, string> {
  const dropped = new Set(['authorization', 'cookie', 'proxy-authorization', 'host', 'range', ...drop]);
  const headers: [string, string][] = [];
  for (const name of Object.keys(request.headers)) {
    const value = headerOf(request.headers, name);
    if (value === null || dropped.has(name)) continue;
    headers.push([name, name === 'cache-control' ? withoutMaxStale(value) : value]);
  }
  return Object.fromEntries(headers);
}

/** It would overrule even an answer's own no-cache. */
function withoutMaxStale(value: string): string {
  const directives = value.toLowerCase().split(',');
  return directives.filter((one) => !one.trim().startsWith('max-stale')).join(',');
}

function varyNames(headers: CacheHeaders): string[] {
  const names = (headerOf(headers, 'vary') ?? '').toLowerCase().split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

function textHeaders(headers: CachePolicy.Headers): Record<string, string> {
  const text = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(text);
}

function has(request: CacheRequest, name: string): boolean {
  return headerOf(request.headers, name) !== null;
}

function weak(etag: string): string {
  return etag.replace(/^W\//u, '');
}
