/** A `SimpleClient` over HTTP: PEP 691 JSON with PEP 503 HTML as the fallback. */
import { createHash } from 'node:crypto';
import { eq } from '@renovatebot/pep440';
import { messageOf } from '../errors.ts';
import { normaliseName } from '../locks/package-name.ts';
import { createLimiter } from '../run/limiter.ts';
import { versionOfFile } from './file-name.ts';
import { get, withoutUser } from './http-get.ts';
import type { Fetch, GetAnswer } from './http-get.ts';
import { IndexError } from './index-error.ts';
import { createPageCache } from './page-cache.ts';
import type { IndexProject, SimpleClient } from './simple-client.ts';
import { isProjectName, parseHtmlPage, parseJsonPage } from './simple-page.ts';
import type { PageFile } from './simple-page.ts';

const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01';
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_METADATA_BYTES = 8 * 1024 * 1024;
/** However long an index lets its pages be kept. */
const MAX_FRESH_SECONDS = 600;
/** Connections that one index is asked over at once. */
const MAX_REQUESTS = 16;

export interface SimpleClientOptions {
  /** Base of the simple index, with or without a trailing slash. */
  readonly indexUrl: string;
  readonly fetch: Fetch;
  readonly userAgent: string;
  /** Absolute folder for pages and metadata; null: nothing is kept between runs. */
  readonly cacheFolder: string | null;
  /** Value of the `Authorization` header for this index's own origin, or null. With it, nothing is kept on disk. */
  readonly authorization: string | null;
  /** For one request; 30 unless told. */
  readonly timeoutSeconds?: number;
  /** Before a second try; 500 unless told. */
  readonly retryDelayMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly signal?: AbortSignal | null;
}

interface Page {
  readonly name: string;
  readonly files: readonly PageFile[];
}

/** Each project is asked for once (a failure is asked for again). */
export function createSimpleClient(options: SimpleClientOptions): SimpleClient {
  const index = options.indexUrl.replace(/\/+$/u, '');
  const now = options.now ?? Date.now;
  const cache = createPageCache(options.authorization === null ? options.cacheFolder : null, index);
  const pages = new Map<string, Promise<Page | null>>();
  const turn = createLimiter(MAX_REQUESTS);

  const ask = (url: string, accept: string, more: Readonly<Record<string, string>>, maxBytes: number) =>
    turn(() =>
      get({
        fetch: options.fetch,
        url,
        headers: {
          accept,
          'user-agent': options.userAgent,
          ...more,
          // Threat: a page links files on any host; the secret goes to the index's own origin alone.
          ...(options.authorization !== null && URL.parse(url)?.origin === URL.parse(index)?.origin
            ? { authorization: options.authorization }
            : {}),
        },
        timeoutSeconds: options.timeoutSeconds ?? 30,
        maxBytes,
        retryDelayMs: options.retryDelayMs ?? 500,
        signal: options.signal ?? null,
      }),
    );

  const load = async (name: string): Promise<Page | null> => {
    const kept = await cache.readPage(name);
    if (kept !== null && kept.freshUntil > now()) return kept.data as Page;
    const url = `${index}/${name}/`;
    const known = kept?.etag ?? null;
    const answer = await ask(url, ACCEPT, known === null ? {} : { 'if-none-match': known }, MAX_PAGE_BYTES);
    const freshUntil = now() + freshSeconds(answer.headers) * 1000;
    if (answer.status === 304 && kept !== null) {
      await cache.writePage(name, { ...kept, freshUntil });
      return kept.data as Page;
    }
    const page = readPage(answer, name, url);
    const etag = answer.headers.get('etag');
    if (page !== null && (etag !== null || freshUntil > now())) {
      await cache.writePage(name, { etag, freshUntil, data: page });
    }
    return page;
  };

  const project = (name: string): Promise<Page | null> => {
    const normalised = normaliseName(name);
    if (!isProjectName(normalised)) return Promise.resolve(null);
    const asked = pages.get(normalised);
    if (asked !== undefined) return asked;
    const page = load(normalised);
    pages.set(normalised, page);
    page.catch(() => pages.delete(normalised));
    return page;
  };

  const fetchMetadata = async (file: PageFile): Promise<string | null> => {
    const answer = await ask(`${file.url}.metadata`, '*/*', {}, MAX_METADATA_BYTES);
    if (answer.status !== 200) return null;
    const digest = createHash('sha256').update(answer.body).digest('hex');
    if (typeof file.metadata === 'string' && file.metadata !== digest) return null;
    return answer.body.toString('utf8');
  };

  return {
    project: (name): Promise<IndexProject | null> => project(name),
    async metadata(name, version) {
      const normalised = normaliseName(name);
      try {
        const kept = await cache.readMetadata(normalised, version);
        if (kept !== null) return kept;
        const page = await project(normalised);
        const file = page === null ? undefined : wheelOf(page, version);
        const text = file === undefined ? null : await fetchMetadata(file);
        if (text !== null) await cache.writeMetadata(normalised, version, text);
        return text;
      } catch {
        return null;
      }
    },
  };
}

/** Where the page tells nothing of metadata, the file may still be there: some mirrors serve it without a word. */
function wheelOf(page: Page, version: string): PageFile | undefined {
  const wheels = page.files.filter((file) => {
    const of = file.filename.toLowerCase().endsWith('.whl') ? versionOfFile(file.filename, page.name) : null;
    return of !== null && eq(of, version) && file.metadata !== false;
  });
  return wheels.find((file) => file.hasMetadata) ?? wheels[0];
}

/** @throws {IndexError} */
function readPage(answer: GetAnswer, name: string, url: string): Page | null {
  const shown = withoutUser(url);
  const { status } = answer;
  if (status === 404 || status === 410) return null;
  if (status === 401 || status === 403) {
    throw new IndexError(
      'authentication-required',
      shown,
      status,
      `${shown} answered ${status}: it wants credentials.`,
    );
  }
  if (status !== 200)
    throw new IndexError('index-unreachable', shown, status, `${shown} answered ${status}.`);
  const type = answer.headers.get('content-type') ?? '';
  const text = answer.body.toString('utf8');
  try {
    const parse = /[/+]json\b/iu.test(type) ? parseJsonPage : parseHtmlPage;
    return { name, files: parse(text, answer.url) };
  } catch (error) {
    throw new IndexError(
      'index-unreadable',
      shown,
      status,
      `${shown} is no page of a simple index: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

/** `Cache-Control: max-age` of RFC 9111, at most ten minutes; 0 without one. */
function freshSeconds(headers: Headers): number {
  const control = headers.get('cache-control') ?? '';
  if (/\bno-(?:store|cache)\b/iu.test(control)) return 0;
  const age = /\bmax-age=(?<seconds>\d{1,9})\b/iu.exec(control)?.groups?.['seconds'];
  return age === undefined ? 0 : Math.min(Number(age), MAX_FRESH_SECONDS);
}
