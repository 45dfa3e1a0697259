/** GETs of the known forges: counted, kept on disk, within limits of time, size and number. Never throws. */
import { createHash } from 'node:crypto';
import { createLimiter } from '../run/limiter.ts';
import { createPageCache } from '../pypi/page-cache.ts';
import type { AskKind, Budget } from './budget.ts';

export type ForgeAnswer =
  | { readonly kind: 'found'; readonly data: unknown }
  | { readonly kind: 'missing' }
  /** `why` is a sentence for people. */
  | { readonly kind: 'refused'; readonly why: string };

export interface ForgeClient {
  /** @param url of a host in `HOSTS`. @param read makes of the body what is kept; it may throw. */
  ask(url: string, kind: AskKind, read: (body: string) => unknown): Promise<ForgeAnswer>;
}

export interface ForgeClientOptions {
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  /** Absolute folder of what is kept between runs; null: nothing is. */
  readonly cacheFolder: string | null;
  /** The operator's token for a host (`api.github.com`), or null. */
  readonly tokenFor: (host: string) => string | null;
  readonly budget: Budget;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * The only ones that are ever asked, also after a redirect.
 * Threat: a package's metadata, or an answer, names a host of the operator's own network.
 */
const HOSTS: ReadonlySet<string> = new Set([
  'api.github.com',
  'raw.githubusercontent.com',
  'gitlab.com',
  'codeberg.org',
]);
const TIMEOUT_MS = 8000;
const MAX_BYTES = 12 * 1024 * 1024;
/** Of an answer of which only the status is wanted. */
const MAX_DRAIN = 64 * 1024;
const MAX_REDIRECTS = 3;
const MAX_REQUESTS = 6;
/** A list of releases may grow; a file at a tag does not change. */
const FRESH_MS: Readonly<Record<AskKind, number>> = { api: 60 * 60 * 1000, file: 24 * 60 * 60 * 1000 };

interface Asked {
  readonly url: string;
  readonly kind: AskKind;
  readonly read: (body: string) => unknown;
}

export function createForgeClient(options: ForgeClientOptions): ForgeClient {
  const limited = createLimiter(MAX_REQUESTS);
  const answers = new Map<string, Promise<ForgeAnswer>>();
  /** Hosts that want no more requests, and why. */
  const closed = new Map<string, string>();

  /** Threat: what one tenant's token may read must not be another's. */
  const cacheFor = (host: string): ReturnType<typeof createPageCache> => {
    const token = options.tokenFor(host);
    const whose = token === null ? 'anybody' : createHash('sha256').update(token).digest('hex');
    return createPageCache(options.cacheFolder, `release notes for ${whose}`);
  };

  const load = async (asked: Asked): Promise<ForgeAnswer> => {
    const host = new URL(asked.url).hostname;
    const cache = cacheFor(host);
    const kept = await cache.readPage(asked.url);
    if (kept !== null && kept.freshUntil > options.now()) return ofData(kept.data);
    const why = closed.get(host);
    if (why !== undefined) return { kind: 'refused', why };
    if (!options.budget.take(asked.kind))
      return { kind: 'refused', why: 'More of the forges was not asked in one run.' };
    const etag = kept?.etag ?? null;
    const answer = await request(asked, etag).catch((): ForgeAnswer => {
      // The next packages are not made to wait as long for nothing.
      const gone = `${host} could not be reached.`;
      if (!options.signal.aborted) closed.set(host, gone);
      return { kind: 'refused', why: gone };
    });
    if (answer.kind !== 'response') return answer;
    const { response } = answer;
    const limit = limitOf(host, response, options.tokenFor(host) !== null);
    if (limit !== null) closed.set(host, limit);
    const freshUntil = options.now() + FRESH_MS[asked.kind];
    if (response.status === 304 && kept !== null) {
      await cache.writePage(asked.url, { ...kept, freshUntil });
      return ofData(kept.data);
    }
    if (response.status === 404 || response.status === 410 || response.status === 451) {
      await drain(response);
      await cache.writePage(asked.url, { etag: null, freshUntil, data: null });
      return { kind: 'missing' };
    }
    if (response.status !== 200) {
      await drain(response);
      return { kind: 'refused', why: limit ?? `${host} answered ${response.status}.` };
    }
    const data = asked.read(await bodyOf(response));
    await cache.writePage(asked.url, { etag: response.headers.get('etag'), freshUntil, data });
    return ofData(data);
  };

  const once = (at: URL, kind: AskKind, etag: string | null): Promise<Response> =>
    options.fetch(at.href, {
      redirect: 'manual',
      headers: headersFor(at.hostname, kind, etag),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });

  const request = async (
    { url, kind }: Asked,
    etag: string | null,
  ): Promise<{ readonly kind: 'response'; readonly response: Response } | ForgeAnswer> => {
    let at = new URL(url);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await once(at, kind, etag).catch((error: unknown) => {
        // A connection that was kept open may have been closed by the other side meanwhile; who was too slow stays so.
        if (options.signal.aborted || (error instanceof Error && error.name === 'TimeoutError')) throw error;
        return once(at, kind, etag);
      });
      const target = response.status >= 300 && response.status < 400 && response.status !== 304;
      if (!target) return { kind: 'response', response };
      await drain(response);
      const next = URL.parse(response.headers.get('location') ?? '', at.href);
      if (next === null || next.protocol !== 'https:' || next.port !== '' || !HOSTS.has(next.hostname))
        return { kind: 'missing' };
      at = next;
    }
    return { kind: 'missing' };
  };

  const headersFor = (host: string, kind: AskKind, etag: string | null): Record<string, string> => {
    const token = options.tokenFor(host);
    return {
      accept:
        kind === 'file'
          ? 'text/plain, */*;q=0.1'
          : host === 'api.github.com'
            ? 'application/vnd.github+json'
            : 'application/json',
      'user-agent': options.userAgent,
      ...(host === 'api.github.com' ? { 'x-github-api-version': '2022-11-28' } : {}),
      ...(etag === null ? {} : { 'if-none-match': etag }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  };

  return {
    ask(url, kind, read) {
      const known = answers.get(url);
      if (known !== undefined) return known;
      const host = URL.parse(url)?.hostname ?? '';
      const answer = HOSTS.has(host)
        ? limited(() => load({ url, kind, read })).catch((): ForgeAnswer => ({
            kind: 'refused',
            why: `The answer of ${host} could not be read.`,
          }))
        : Promise.resolve<ForgeAnswer>({ kind: 'missing' });
      answers.set(url, answer);
      return answer;
    },
  };
}

function ofData(data: unknown): ForgeAnswer {
  return data === null ? { kind: 'missing' } : { kind: 'found', data };
}

/** Why a host is to be left alone from now on: its limits as GitHub, GitLab and Forgejo tell them. */
function limitOf(host: string, { status, headers }: Response, hasToken: boolean): string | null {
  const spent = headers.get('x-ratelimit-remaining') === '0' || headers.get('ratelimit-remaining') === '0';
  const refused = status === 429 || (status === 403 && (spent || headers.has('retry-after')));
  if (!refused && !spent) return status === 401 ? `${host} does not take the operator's token.` : null;
  const fix = hasToken ? '' : ` A credential for ${host} in the operator's settings allows more.`;
  return `${host} allows no more requests for now.${fix}`;
}

/** Reads what is left of a short answer, so that its connection can be used again. */
async function drain(response: Response): Promise<void> {
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_DRAIN) break;
  }
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
