/** The HTTP cache on disk: decides by `cache-policy.ts`, keeps by `cache-store.ts`. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { messageOf } from '../../errors.ts';
import { entryKey, headerOf, keptHeaders, type CacheEntry, type EntryKind } from './cache-entry.ts';
import { createFlights } from './cache-flight.ts';
import {
  allowsPart,
  confirmed,
  isKnownToClient,
  judge,
  mayAsk,
  mayKeep,
  mayStay,
  servedHeaders,
  varyOf,
} from './cache-policy.ts';
import { rangeText, readRange, spanGiven, spanOf, type RangeWish, type Span } from './cache-range.ts';
import { createCacheStore } from './cache-store.ts';
import { isDue, readSize, sweepCache, writeSize } from './cache-sweep.ts';
import { copyBody } from './cache-copy.ts';
import type { CacheAnswer, CacheHit, CacheRequest, HttpCache, StoredAnswer } from './http-cache.ts';

const DEFAULT_MAX_BYTES = 2 * 1024 ** 3;
const WAIT_MILLISECONDS = 5000;
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface DiskHttpCacheOptions {
  /** Absolute. What it keeps lies in `http/` below; no child may write there. */
  readonly cacheFolder: string;
  /** Of all that is kept; 2 GiB when absent. One answer may take a quarter of it. */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How long equal requests wait for the first one; five seconds when absent. */
  readonly waitMilliseconds?: number;
  /** Lines for a debug log, without URLs. */
  readonly log?: (message: string) => void;
}

/** Opens the cache; touches no disk before it is asked. */
export function createDiskHttpCache(options: DiskHttpCacheOptions): HttpCache {
  const folder = join(options.cacheFolder, 'http');
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const disk = createCacheStore(folder, now);
  const flights = createFlights(options.waitMilliseconds ?? WAIT_MILLISECONDS);
  const stats = { hits: 0, misses: 0, bytesSaved: 0 };
  /** Bytes put in since the last sweep of this process. */
  let added = 0;
  /** Bytes on their way in. */
  const incoming = { bytes: 0 };
  let sweeping: Promise<void> | null = null;
  let isClosed = false;
  const keeping = new Set<Promise<void>>();

  async function lookup(request: CacheRequest): Promise<CacheHit | null> {
    const hit = await find(request);
    if (hit?.kind === 'fresh') countServed(hit.answer);
    else if (request.method === 'GET' || request.method === 'HEAD') stats.misses += 1;
    return hit;
  }

  function countServed(answer: StoredAnswer): void {
    stats.hits += 1;
    if (answer.status === 200 || answer.status === 206) {
      stats.bytesSaved += Number(answer.headers['content-length']);
    }
  }

  async function find(request: CacheRequest): Promise<CacheHit | null> {
    if (isClosed || !mayAsk(request)) return null;
    const asked = headerOf(request.headers, 'range');
    const wish = asked === null || request.method !== 'GET' ? null : readRange(asked);
    // Several ranges, or those of a file that may change, are upstream's to answer.
    if (asked !== null && request.method === 'GET' && (wish === null || request.sha256 === null)) return null;
    const whole = await usable(entryKey('whole', request), request);
    if (whole !== null) {
      const { entry, judgement } = whole;
      if (judgement.kind === 'stale') return judgement;
      const answer = await serve(entry, request, wish);
      if (answer !== null) return { kind: 'fresh', answer };
    }
    if (request.sha256 === null) return null;
    if (wish !== null) return await findSpecial('part', request, rangeText(wish));
    return request.method === 'HEAD' ? await findSpecial('head', request) : null;
  }

  async function findSpecial(kind: EntryKind, request: CacheRequest, range = ''): Promise<CacheHit | null> {
    const found = await usable(entryKey(kind, request, range), request);
    if (found === null || found.entry.kind !== kind || !allowsPart(found.entry, request)) return null;
    const answer = await serve(found.entry, request, null);
    return answer === null ? null : { kind: 'fresh', answer };
  }

  async function usable(key: string, request: CacheRequest) {
    const entry = await disk.entry(key);
    if (entry === null || entry.space !== request.space) return null;
    const judgement = judge(entry, request, now());
    return judgement === null ? null : { entry, judgement };
  }

  /** Null when the body is gone. */
  async function serve(
    entry: CacheEntry,
    request: CacheRequest,
    wish: RangeWish | null,
  ): Promise<StoredAnswer | null> {
    const { 'content-length': told, ...headers } = servedHeaders(entry, now());
    if (isKnownToClient(entry, request)) return { status: 304, headers, body: Readable.from([]) };
    if (entry.kind === 'head') {
      return {
        status: entry.status,
        headers: { ...headers, 'content-length': told ?? '0' },
        body: Readable.from([]),
      };
    }
    if (request.sha256 !== null) headers['accept-ranges'] = 'bytes';
    let span: Span | null = null;
    if (wish !== null && allowsPart(entry, request)) {
      span = spanOf(wish, entry.length);
      headers['content-range'] = `bytes ${span === null ? '*' : `${span.start}-${span.end}`}/${entry.length}`;
      if (span === null) {
        return { status: 416, headers: { ...headers, 'content-length': '0' }, body: Readable.from([]) };
      }
    }
    headers['content-length'] = String(span === null ? entry.length : span.end - span.start + 1);
    const body = request.method === 'HEAD' ? Readable.from([]) : await disk.body(entry, span);
    return body === null ? null : { status: span === null ? entry.status : 206, headers, body };
  }

  function store(request: CacheRequest, answer: CacheAnswer, body: Readable): Readable {
    if (isClosed || !mayKeep(request, answer, now())) return body;
    const told = lengthTold(answer);
    const limit = maxBytes / 4;
    if (told !== null && (told > limit || Number.isNaN(told))) return body;
    const kind = request.method === 'HEAD' ? 'head' : answer.status === 206 ? 'part' : 'whole';
    const wish = readRange(headerOf(request.headers, 'range') ?? '');
    const part =
      kind === 'part' && wish !== null
        ? spanGiven(wish, headerOf(answer.headers, 'content-range') ?? '')
        : null;
    if (kind === 'part' && part === null) return body;
    const entry = {
      key: entryKey(kind, request, kind === 'part' && wish !== null ? rangeText(wish) : ''),
      url: request.url.split('?', 1)[0] ?? '',
      space: request.space,
      kind,
      status: answer.status,
      headers: keptHeaders(answer.headers),
      vary: varyOf(request, answer),
      promised: request.sha256,
      time: now(),
    } satisfies Partial<CacheEntry>;
    if (kind === 'head') {
      if (answer.status === 200 && told !== null) {
        const headers = { ...entry.headers, 'content-length': String(told) };
        void track(keep({ ...entry, headers, sha256: EMPTY_SHA256, length: 0 }));
      }
      return body;
    }
    // Threat: a body that ends with its connection may end early, and nobody sees it. A promised digest does.
    const hasEnd = told !== null || headerOf(answer.headers, 'transfer-encoding') !== null;
    if (!hasEnd && (request.sha256 === null || kind === 'part')) return body;
    return copyBody({
      body,
      receive: () => disk.receive(),
      incoming,
      limit,
      limitAll: maxBytes / 2,
      isWanted: ({ sha256, length }) =>
        (told === null || length === told) &&
        (part === null || length === part.end - part.start + 1) &&
        (kind === 'part' || request.sha256 === null || sha256 === request.sha256),
      onKept: (kept) => track(keep({ ...entry, ...kept })),
      log,
    });
  }

  async function keep(entry: CacheEntry): Promise<void> {
    try {
      await disk.writeEntry(entry);
      added += entry.length + 8192;
      if (added > maxBytes / 4) void sweep();
    } catch (error) {
      log(`The cache could not keep an answer: ${messageOf(error)}`);
    }
  }

  async function track(work: Promise<void>): Promise<void> {
    keeping.add(work);
    await work;
    keeping.delete(work);
  }

  async function sweep(): Promise<void> {
    sweeping ??= (async () => {
      try {
        do {
          added = 0;
          const swept = now();
          await writeSize(folder, { bytes: await sweepCache(folder, maxBytes, swept), swept });
          // Much may have come in meanwhile.
        } while (added > maxBytes / 4);
      } catch (error) {
        log(`The cache could not be swept: ${messageOf(error)}`);
      }
      sweeping = null;
    })();
    await sweeping;
  }

  return {
    lookup,
    async lookupOrWait(request, signal) {
      const nothing = (): void => undefined;
      if (isClosed || !mayAsk(request)) return { hit: await lookup(request), done: nothing };
      const range = headerOf(request.headers, 'range') ?? '';
      const flight = flights.enter(entryKey('whole', request, `${request.method} ${range}`), signal);
      if (flight.kind === 'waits') await flight.landed;
      const done = flight.kind === 'leads' ? flight.done : nothing;
      const hit = await lookup(request);
      if (hit?.kind === 'fresh') done();
      return { hit, done };
    },
    store,
    async refresh(request, headers) {
      const key = entryKey('whole', request);
      const entry = isClosed ? null : await disk.entry(key);
      if (entry === null || entry.space !== request.space) return null;
      const newer = confirmed(entry, request, headers, now());
      const answer = newer === null ? null : await serve(newer, request, null);
      if (newer === null || answer === null || !mayStay(newer)) await disk.dropEntry(key);
      else await track(keep(newer));
      if (answer !== null) {
        stats.misses -= 1;
        countServed(answer);
      }
      return answer;
    },
    stats: () => ({ ...stats }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.all(keeping);
      await sweeping;
      try {
        const size = await readSize(folder);
        if (added > 0 && isDue(size, added, maxBytes, now())) await sweep();
        else if (added > 0 && size !== null) await writeSize(folder, { ...size, bytes: size.bytes + added });
      } catch (error) {
        log(`The cache could not be counted: ${messageOf(error)}`);
      }
    },
  };
}

/** Bytes of the body as its head tells; null when it does not, NaN when that is no number. */
function lengthTold(answer: CacheAnswer): number | null {
  const text = headerOf(answer.headers, 'content-length');
  // RFC 9112 section 6.3: Transfer-Encoding overrules it.
  if (text === null || headerOf(answer.headers, 'transfer-encoding') !== null) return null;
  return /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
}
