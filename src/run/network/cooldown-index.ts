/**
 * The cool-down for lockers that have no option for it: a simple index on loopback, in front of the real one, that hides
 * every file uploaded at or after an instant. Lockers take it as their mirror.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { normaliseName } from '../../locks/package-name.ts';
import { messageOf } from '../../errors.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';
import { acceptedForm } from './page-form.ts';
import {
  hasNoUploadTimes,
  hideYounger,
  readSimplePage,
  simplePageHtml,
  simplePageJson,
  type HiddenFile,
} from './simple-page.ts';
import { readUpstreamPage } from './upstream-page.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Of all pages kept for the run, compressed; the oldest go first. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;
/** A cut-off years ago hides most of the index: the list is for a report, which needs no more. */
const MAX_HIDDEN = 10_000;

const NO_UPLOAD_TIMES = 'Relock: the index tells no upload times';
/**
 * No client tries again after 424 (it does after most 5xx), and none asks for a password: the locker fails at once.
 */
const NO_UPLOAD_TIMES_STATUS = 424;

export interface CooldownIndexOptions {
  /** Base URL of the real simple index, without a trailing slash. */
  readonly upstream: string;
  /** ISO 8601 instant, UTC. */
  readonly cutoff: string;
  readonly fetch: typeof fetch;
  /** Ends the index when it fires. */
  readonly signal?: AbortSignal;
}

export interface CooldownIndex {
  /** Base URL of this simple index, without a trailing slash; for this run only, and unguessable. */
  readonly url: string;
  /** The files hidden so far (at most 10,000), in the order in which lockers asked. */
  hidden(): readonly HiddenFile[];
  /**
   * Projects that were refused since the real index gives no upload time for any of their files, so that nothing can be
   * said of their age. Not empty: the cool-down cannot be kept on that index.
   */
  withoutUploadTimes(): readonly string[];
  /** Stops listening and ends all connections. May be called twice. */
  close(): Promise<void>;
}

/** True when a locker's output quotes this index's refusal of a project without upload times (pip alone hides it). */
export function quotesMissingUploadTimes(output: string): boolean {
  return output.includes(NO_UPLOAD_TIMES);
}

type Answer =
  | { readonly kind: 'page'; readonly json: Buffer }
  | { readonly kind: 'status'; readonly status: number; readonly text: string };

/**
 * Starts the index. A project's page is asked for once a run.
 * @throws {RangeError} when `cutoff` is not an instant.
 */
export async function startCooldownIndex(options: CooldownIndexOptions): Promise<CooldownIndex> {
  const cutoff = Date.parse(options.cutoff);
  if (Number.isNaN(cutoff)) throw new RangeError(`The cut-off ${options.cutoff} is not an instant.`);
  // Threat: another user of this machine reads which packages a private repository wants.
  const prefix = `/${randomBytes(16).toString('hex')}/simple`;
  const answers = new Map<string, Promise<Answer>>();
  const sizes = new Map<string, number>();
  const hidden: HiddenFile[] = [];
  const withoutTimes = new Set<string>();
  const stop = new AbortController();

  async function ask(name: string): Promise<Answer> {
    const upstream = await readUpstreamPage(options.upstream, name, options.fetch, stop.signal);
    if (upstream.kind === 'refused') {
      return { kind: 'status', status: upstream.status, text: `The index answered ${upstream.status}` };
    }
    if (upstream.kind === 'failed') {
      return { kind: 'status', status: 502, text: `Relock: no page of ${name}: ${upstream.message}` };
    }
    if (upstream.kind === 'no-json' || hasNoUploadTimes(upstream.page)) {
      withoutTimes.add(name);
      return { kind: 'status', status: NO_UPLOAD_TIMES_STATUS, text: NO_UPLOAD_TIMES };
    }
    const cut = hideYounger(upstream.page, cutoff);
    hidden.push(...cut.hidden.slice(0, MAX_HIDDEN - hidden.length));
    const json = await zip(simplePageJson(cut.page), { level: constants.Z_BEST_SPEED });
    keep(name, json.length);
    return { kind: 'page', json };
  }

  function keep(name: string, bytes: number): void {
    sizes.set(name, bytes);
    let all = sizes.values().reduce((sum, size) => sum + size, 0);
    for (const [oldest, size] of sizes) {
      if (all <= MAX_KEPT_BYTES || oldest === name) return;
      sizes.delete(oldest);
      answers.delete(oldest);
      all -= size;
    }
  }

  /** Requests for one project that come together share one request to the real index. */
  async function answerFor(name: string): Promise<Answer> {
    const known = answers.get(name);
    if (known !== undefined) return await known;
    const asked = ask(name);
    answers.set(name, asked);
    const answer = await asked;
    // A fault may pass; the locker's own next try asks again.
    if (answer.kind === 'status' && answer.status === 502) answers.delete(name);
    return answer;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, 405, 'Only GET and HEAD');
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const wanted = path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : '';
    const name = projectName(wanted);
    if (name === null) {
      sendText(response, 404, 'Not here');
      return;
    }
    // PEP 503: the normalised name, with a slash behind it, is the only address of a project.
    if (wanted !== `${name}/`) {
      response.writeHead(301, { location: `${prefix}/${name}/`, 'content-length': 0 }).end();
      return;
    }
    const answer = await answerFor(name);
    if (answer.kind === 'status') sendText(response, answer.status, answer.text);
    else await sendPage(request, response, name, answer.json);
  }

  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, messageOf(error));
    });
  });
  const port = await listenOnLoopback(server);

  async function close(): Promise<void> {
    stop.abort();
    server.closeAllConnections();
    await closeServer(server);
  }
  options.signal?.addEventListener('abort', () => void close(), { once: true });
  if (options.signal?.aborted === true) await close();

  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    hidden: () => hidden,
    withoutUploadTimes: () => [...withoutTimes],
    close,
  };
}

/** The normalised name that a path below the index asks for; null when it is no project's. */
function projectName(path: string): string | null {
  const name = path.endsWith('/') ? path.slice(0, -1) : path;
  return name.length <= 200 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u.test(name)
    ? normaliseName(name)
    : null;
}

async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  json: Buffer,
): Promise<void> {
  const form = acceptedForm(request.headers.accept);
  if (form === null) {
    sendText(response, 406, 'Only the forms of PEP 691');
    return;
  }
  let body: Buffer = json;
  let zipped = true;
  if (form.html || !/\bgzip\b/u.test(request.headers['accept-encoding'] ?? '')) {
    zipped = false;
    body = await unzip(json);
    if (form.html) {
      // All its URLs are absolute by now: the base is never used.
      const page = readSimplePage(body.toString('utf8'), name, 'http://127.0.0.1');
      if (page === null) throw new Error('The kept page is broken.');
      body = Buffer.from(simplePageHtml(page));
    }
  }
  response.writeHead(200, {
    'content-type': form.type,
    'content-length': body.length,
    vary: 'accept, accept-encoding',
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    // Threat: a locker's own cache would show the cut page to a later run.
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Requests' own messages show the reason phrase, not the body: the text goes into both. */
function sendText(response: ServerResponse, status: number, text: string): void {
  const line = text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 500);
  response.writeHead(status, line, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': line.length + 1,
    'cache-control': 'no-store',
  });
  response.end(`${line}\n`);
}
