/** Answers of the door about projects of an index: files that are too young are not in them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sendText } from './answers.ts';
import type { CachedFetch } from './cached-fetch.ts';
import type { ClientState } from './door-client.ts';
import type { IndexPage, IndexPages } from './index-pages.ts';
import { readLegacyPage } from './legacy-json.ts';
import { hasCredential, type Origin } from './lending.ts';
import type { Credential } from '../../config/settings.ts';
import { forwardable } from './message-headers.ts';
import { NO_UPLOAD_TIMES, NO_UPLOAD_TIMES_STATUS } from './missing-upload-times.ts';
import { acceptedForm } from './page-form.ts';
import type { IndexRequest } from './reach.ts';
import { packPage, sendPacked, type PackedPage } from './packed-page.ts';
import { checkDensity, headerOf, type BodyReader } from './read-body.ts';
import { readSimplePage, simplePageHtml } from './simple-page.ts';

const unzip = promisify(gunzip);

export interface IndexExchange {
  readonly client: ClientState;
  readonly origin: Origin;
  /** Path and query of the request. */
  readonly target: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

export interface ServeIndexOptions {
  readonly pages: IndexPages;
  readonly fetch: CachedFetch;
  readonly bodies: BodyReader;
  readonly credentials: readonly Credential[];
  /** Milliseconds since 1970; null: nothing is hidden. */
  readonly cutoff: number | null;
  readonly exempt: (project: string) => ReadonlySet<string>;
}

/** The function that it gives throws what `Upstream.ask` throws. */
export type ServeIndex = (wanted: IndexRequest, exchange: IndexExchange) => Promise<void>;

export function createServeIndex(options: ServeIndexOptions): ServeIndex {
  const { credentials, cutoff } = options;

  async function serveSimple(
    wanted: Extract<IndexRequest, { kind: 'simple' }>,
    { client, origin, request, response }: IndexExchange,
  ): Promise<void> {
    const { base, project } = wanted;
    // PEP 503: the normalised name, with a slash behind it, is the only address of a project.
    if (!wanted.isCanonical) {
      response.writeHead(301, { location: `${base}/${project}/`, 'content-length': 0 }).end();
      return;
    }
    const view = client.view(project);
    const page = await options.pages.read({
      origin,
      path: `${new URL(base).pathname.replace(/\/$/u, '')}/${project}/`,
      project,
      isCut: client.isCooled && cutoff !== null,
      authorization: hasCredential(credentials, origin) ? null : (request.headers.authorization ?? null),
      mayBePrivate: client.allow.mayBePrivate(origin),
      view,
    });
    if (page.kind === 'status') {
      sendText(response, page.status, page.text, page.location === null ? {} : { location: page.location });
    } else if (!isHeldBack(client, page.isUndated, wanted)) {
      client.learn(page.files);
      await sendPage(request, response, project, page);
    } else {
      sendText(response, NO_UPLOAD_TIMES_STATUS, NO_UPLOAD_TIMES);
    }
  }

  /** True when a page without upload times is refused. */
  function isHeldBack(client: ClientState, isUndated: boolean, { isFirst, project }: IndexRequest): boolean {
    if (!isUndated || !client.isCooled || cutoff === null) return false;
    // What a view names is shown whatever its age.
    if (client.view(project)?.shown) return false;
    client.undated(project, !isFirst);
    return isFirst;
  }

  async function serveLegacy(
    wanted: Extract<IndexRequest, { kind: 'legacy' }>,
    { client, origin, target, request, response, signal }: IndexExchange,
  ): Promise<void> {
    const { project, version } = wanted;
    const view = client.view(project);
    const drop = ['host', 'accept-encoding', 'range', 'if-none-match', 'if-modified-since', 'if-range'];
    const answer = await options.fetch(
      {
        method: 'GET',
        origin,
        target,
        headers: [...forwardable(request.rawHeaders, drop), 'Accept-Encoding', 'gzip'],
        body: null,
        mayBePrivate: client.allow.mayBePrivate(origin),
        sha256: null,
      },
      signal,
    );
    const location = headerOf(answer.headers, 'location');
    const contentType = headerOf(answer.headers, 'content-type') ?? 'application/json';
    if (answer.status !== 200) {
      answer.body.on('error', () => undefined).destroy();
      answer.done();
      const where: Record<string, string> = location === null ? {} : { location };
      sendText(response, answer.status, `The index answered ${answer.status}`, where);
      return;
    }
    const { page, body } = await options.bodies.read(answer, (body) => {
      checkDensity(body);
      const page = readLegacyPage(body.toString('utf8'), {
        cutoff: client.isCooled ? cutoff : null,
        exempt: options.exempt(project),
        project,
        version,
        view,
      });
      if (page.kind !== 'page' || !page.isChanged) return { page, body };
      return { page, body: Buffer.from(JSON.stringify(page.value)) };
    });
    if (page.kind === 'unreadable') {
      sendText(response, 502, `Relock: no page of ${project}: it is not the JSON of an index`);
    } else if (page.kind === 'hidden') {
      const why = view?.shown
        ? 'this lock is shown other releases'
        : 'all its files are younger than the cool-down allows';
      sendText(response, 404, `Relock: ${why}`);
    } else if (page.kind === 'undated' && isHeldBack(client, true, wanted)) {
      sendText(response, NO_UPLOAD_TIMES_STATUS, NO_UPLOAD_TIMES);
    } else {
      client.learn(page.files);
      options.bodies.hold(body.length, response);
      response.writeHead(200, {
        'content-type': contentType,
        'content-length': body.length,
        'cache-control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    }
  }

  return async (wanted, exchange) => {
    await (wanted.kind === 'simple' ? serveSimple(wanted, exchange) : serveLegacy(wanted, exchange));
  };
}

async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  project: string,
  page: Extract<IndexPage, { kind: 'page' }>,
): Promise<void> {
  const form = acceptedForm(request.headers.accept);
  if (page.form === 'html') {
    await sendPacked(request, response, page.contentType, page.content);
  } else if (form === null) {
    sendText(response, 406, 'Only the forms of PEP 691');
  } else {
    const content = form.html ? await asHtml(project, page) : page.content;
    await sendPacked(request, response, form.type, content);
  }
}

type JsonPage = Extract<IndexPage, { kind: 'page' }>;

/** Made once for each page. */
const converted = new WeakMap<JsonPage, Promise<PackedPage>>();

function asHtml(project: string, page: JsonPage): Promise<PackedPage> {
  const known = converted.get(page) ?? convert(project, page);
  converted.set(page, known);
  return known;
}

async function convert(project: string, page: JsonPage): Promise<PackedPage> {
  const json = await unzip(page.content.zipped, { maxOutputLength: page.content.bytes });
  const read = readSimplePage(json.toString('utf8'), project, page.address);
  if (read === null) throw new Error('The kept page is broken.');
  return await packPage(Buffer.from(simplePageHtml(read)));
}
