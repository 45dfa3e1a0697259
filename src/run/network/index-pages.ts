/**
 * Pages of simple indexes, read once a run for all its clients and cut at the cool-down's instant. What is cut here comes
 * from the uncut page that the cache holds.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Answer, CachedFetch } from './cached-fetch.ts';
import { PrivateAddressError } from './guarded-dial.ts';
import type { ProjectView } from './index-view.ts';
import type { Origin } from './lending.ts';
import { collectFiles, filesOfPage, type NamedFiles } from './named-files.ts';
import { narrowPage } from './narrow-page.ts';
import { packPage, type PackedPage } from './packed-page.ts';
import { pageLinks, withBase } from './page-links.ts';
import { checkDensity, headerOf, UnusablePageError, type BodyReader } from './read-body.ts';
import { authorityOf } from './reach.ts';
import { hasNoUploadTimes, hideYounger, readSimplePage, simplePageJson } from './simple-page.ts';

/** PEP 691: only JSON can carry upload times (PEP 700). */
const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';
const PAUSES_MILLISECONDS = [250, 1000];
const ASK_MILLISECONDS = 90_000;
const MAX_HOPS = 5;
/** Of all pages kept for the run, compressed; the oldest go first. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

export type IndexPage =
  | {
      readonly kind: 'page';
      readonly form: 'json' | 'html';
      readonly content: PackedPage;
      readonly contentType: string;
      /** Where relative URLs of the content lead from. */
      readonly address: string;
      readonly files: NamedFiles;
      /** The index tells no upload times, so that nothing was hidden. */
      readonly isUndated: boolean;
    }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly text: string;
      readonly location: string | null;
    };

export interface PageRequest {
  readonly origin: Origin;
  /** Path of the page. */
  readonly path: string;
  /** Normalised name. */
  readonly project: string;
  /** Hide what is too young. */
  readonly isCut: boolean;
  /** The client's own Authorization header; null: none, or it is not to be sent. */
  readonly authorization: string | null;
  readonly mayBePrivate: boolean;
  /** What is shown of the project, to whom; null: to all alike. */
  readonly view: ProjectView | null;
}

export interface IndexPages {
  /**
   * @throws {PrivateAddressError}
   */
  read(request: PageRequest): Promise<IndexPage>;
  close(): void;
}

export interface IndexPagesOptions {
  readonly fetch: CachedFetch;
  readonly bodies: BodyReader;
  /** Milliseconds since 1970; null: nothing is hidden. */
  readonly cutoff: number | null;
  /** Releases of a project, as `releaseKey` writes them, that are never hidden. */
  readonly exempt: (project: string) => ReadonlySet<string>;
}

export function createIndexPages(options: IndexPagesOptions): IndexPages {
  const { cutoff, bodies } = options;
  const stop = new AbortController();
  const pages = new Map<string, { readonly page: Promise<IndexPage>; bytes: number }>();
  let keptBytes = 0;

  async function ask(request: PageRequest): Promise<IndexPage> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(ASK_MILLISECONDS)]);
    let { path } = request;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const answer = await options.fetch(
        {
          method: 'GET',
          origin: request.origin,
          target: path,
          headers: headersOf(request),
          body: null,
          mayBePrivate: request.mayBePrivate,
          sha256: null,
        },
        signal,
      );
      if (answer.status === 200) return await readPage(answer, request, path);
      discard(answer);
      const address = `${request.origin.scheme}://${authorityOf(request.origin)}`;
      const to = redirectOf(answer, address + path);
      if (to === null) return refusal(answer.status);
      // On the same host it is followed here, so that its page is cut too; the door looks at where others lead.
      if (to.origin !== new URL(address).origin) {
        return { kind: 'status', status: answer.status, text: 'Moved', location: to.href };
      }
      path = to.pathname + to.search;
    }
    return {
      kind: 'status',
      status: 502,
      text: `Relock: no page of ${request.project}: it moved too often`,
      location: null,
    };
  }

  async function readPage(answer: Answer, request: PageRequest, path: string): Promise<IndexPage> {
    const address = `${request.origin.scheme}://${authorityOf(request.origin)}${path}`;
    const contentType = headerOf(answer.headers, 'content-type') ?? '';
    const common = { kind: 'page', address, contentType } as const;
    const isMoved = path !== request.path;
    return await bodies.read(answer, async (body) => {
      if (!/^application\/(?:vnd\.pypi\.simple\.[a-z0-9]+\+)?json\b/iu.test(contentType)) {
        const html = body.toString('utf8');
        const files = collectFiles(pageLinks(html, address));
        const content = await packPage(isMoved ? Buffer.from(withBase(html, address)) : body);
        return { ...common, form: 'html', content, files, isUndated: true };
      }
      checkDensity(body);
      const page = readSimplePage(body.toString('utf8'), request.project, address);
      if (page === null) throw new UnusablePageError('it is not what PEP 691 says');
      const isUndated = hasNoUploadTimes(page);
      const isCut = request.isCut && cutoff !== null && !isUndated;
      const shown = isCut ? hideYounger(page, cutoff, options.exempt(request.project)).page : page;
      // The files of a page that is as it came may be named relative to where it is.
      const content = await packPage(isCut || isMoved ? Buffer.from(simplePageJson(shown)) : body);
      return { ...common, form: 'json', content, files: filesOfPage(shown), isUndated };
    });
  }

  /** Asks again after a pause when the index is unreachable or has a fault of its own. */
  async function askAgain(request: PageRequest): Promise<IndexPage> {
    let fault = '';
    for (const pause of [...PAUSES_MILLISECONDS, null]) {
      try {
        const page = await ask(request);
        if (page.kind === 'page' || !isFault(page.status)) return page;
        fault = `the index answered ${page.status}`;
      } catch (error) {
        if (error instanceof PrivateAddressError) throw error;
        fault = messageOf(error);
        if (error instanceof UnusablePageError) break;
      }
      if (pause === null || stop.signal.aborted) break;
      await delay(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    return {
      kind: 'status',
      status: 502,
      text: `Relock: no page of ${request.project}: ${fault}`,
      location: null,
    };
  }

  function keep(key: string, page: IndexPage): void {
    const entry = pages.get(key);
    // A fault may pass; the locker's own next try asks again.
    if (page.kind === 'status' && page.status >= 500) pages.delete(key);
    if (entry === undefined || page.kind === 'status') return;
    entry.bytes = page.content.zipped.length;
    keptBytes += entry.bytes;
    for (const [oldest, { bytes }] of pages) {
      if (keptBytes <= MAX_KEPT_BYTES || oldest === key) return;
      pages.delete(oldest);
      keptBytes -= bytes;
    }
  }

  /** From the page that all share. */
  async function narrow(request: PageRequest, view: ProjectView): Promise<IndexPage> {
    const { project } = request;
    const whole = await read({ ...request, isCut: false, view: null });
    const age = request.isCut && cutoff !== null ? { cutoff, exempt: options.exempt(project) } : null;
    return await narrowPage(whole, { project, view, age }, bodies);
  }

  async function read(request: PageRequest): Promise<IndexPage> {
    const key = keyOf(request);
    const known = pages.get(key);
    if (known !== undefined) return await known.page;
    const page = request.view === null ? askAgain(request) : narrow(request, request.view);
    pages.set(key, { page, bytes: 0 });
    try {
      const read = await page;
      keep(key, read);
      return read;
    } catch (error) {
      pages.delete(key);
      throw error;
    }
  }

  return {
    read,
    close() {
      stop.abort();
      pages.clear();
    },
  };
}

/** Threat: a client is given the page as another one's credential, address check or view made it. */
function keyOf({ origin, path, isCut, mayBePrivate, view, authorization }: PageRequest): string {
  const parts = [origin.scheme, authorityOf(origin), path, isCut, mayBePrivate];
  return [...parts, view === null ? '-' : view.id, authorization ?? ''].join(' ');
}

function headersOf({ authorization }: PageRequest): readonly string[] {
  const headers = ['Accept', ACCEPT, 'Accept-Encoding', 'gzip', 'User-Agent', 'relock'];
  return authorization === null ? headers : [...headers, 'Authorization', authorization];
}

function isFault(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function refusal(status: number): IndexPage {
  return {
    kind: 'status',
    // What is neither a page nor a no is of no use to a locker.
    status: status >= 400 && status < 600 ? status : 502,
    text: `The index answered ${status}`,
    location: null,
  };
}

function redirectOf({ status, headers }: Answer, address: string): URL | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  const to = URL.parse(headerOf(headers, 'location') ?? '', address);
  return to?.protocol === 'https:' || to?.protocol === 'http:' ? to : null;
}

function discard(answer: Answer): void {
  answer.body.on('error', () => undefined).destroy();
  answer.done();
}
