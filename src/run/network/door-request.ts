/** One request through the door: is it one that may be made, and who answers it. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../errors.ts';
import { printable, sendText } from './answers.ts';
import type { Answer, CachedFetch } from './cached-fetch.ts';
import type { ClientState, Permit } from './door-client.ts';
import { PrivateAddressError } from './guarded-dial.ts';
import type { Origin } from './lending.ts';
import { collectFiles } from './named-files.ts';
import { headerOf } from './read-body.ts';
import { authorityOf, readTarget } from './reach.ts';
import type { ServeIndex } from './serve-index.ts';

const UPLOAD_PACK = '/git-upload-pack';
/** Of what git says it has and wants. */
const MAX_SENT_BYTES = 32 * 1024 * 1024;

export interface DoorRequestOptions {
  readonly fetch: CachedFetch;
  readonly serveIndex: ServeIndex;
  readonly log: (message: string) => void;
}

/** `target` is the path with its query. Never rejects: a fault becomes a 502 whose reason phrase says it. */
export type HandleRequest = (
  client: ClientState,
  origin: Origin,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

export function createRequestHandler({ fetch, serveIndex, log }: DoorRequestOptions): HandleRequest {
  async function pass(
    client: ClientState,
    origin: Origin,
    target: string,
    permit: Permit,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = {
      method: request.method ?? 'GET',
      origin,
      target,
      headers: request.rawHeaders,
      body: request.method === 'POST' ? limited(request) : null,
      mayBePrivate: client.allow.mayBePrivate(origin),
      sha256: permit.sha256,
    };
    const answer = await fetch(wanted, signal);
    try {
      const reason = printable(answer.reason || (STATUS_CODES[answer.status] ?? ''));
      response.writeHead(answer.status, reason, [...answer.headers]);
      if (answer.status === 200 && request.method === 'GET') {
        client.fetched(target);
        const repository = repositoryOf(target);
        if (repository !== null && isAdvertisement(answer)) client.hasRepository(origin, repository);
      }
      if (permit.isNamed) follow(client, origin, target, permit, answer);
      await deliver(answer, response);
    } finally {
      answer.done();
    }
  }

  return async (client, origin, target, request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const host = readTarget(request.headers.host ?? '', origin.port);
    // Threat: another Host than the connection was opened for reaches another site of the same server.
    if (host?.host !== origin.host || host.port !== origin.port) {
      if (host !== null) client.refuse('not-allowed', host.host, host.port);
      const text = 'Relock: the Host header names another host than the connection';
      sendText(response, 421, text, { connection: 'close' });
      return;
    }
    const fault = faultOf(client, origin, target, request);
    if (fault !== null) {
      client.refuse('method', origin.host, origin.port, fault.detail);
      // What is still to come of its body is not read.
      sendText(response, fault.status, fault.text, { connection: 'close' });
      return;
    }
    const permit = client.permit(origin, target);
    if (permit === null || (request.method === 'POST' && !permit.isHost)) {
      const known = client.mayConnect(origin.host, origin.port);
      const detail = known ? `No page of an index names what was asked for at ${authorityOf(origin)}` : '';
      client.refuse('not-allowed', origin.host, origin.port, detail);
      sendText(response, 403, `Relock: ${client.name} may not reach this at ${authorityOf(origin)}`);
      return;
    }
    try {
      const wanted = request.method === 'POST' ? null : client.allow.indexRequest(origin, target);
      if (wanted === null) {
        await pass(client, origin, target, permit, request, response, gone.signal);
      } else {
        await serveIndex(wanted, { client, origin, target, request, response, signal: gone.signal });
      }
    } catch (error) {
      if (response.headersSent || response.destroyed) {
        response.destroy();
      } else if (error instanceof PrivateAddressError) {
        client.refuse('private-address', origin.host, origin.port, error.message);
        sendText(response, 403, `Relock: ${error.message}`);
      } else {
        log(`${origin.host}: ${messageOf(error)}`);
        sendText(response, 502, `Relock: ${origin.host}: ${messageOf(error)}`);
      }
    }
  };
}

/**
 * Many indexes keep their files in somebody's object storage and send clients there: who trusts the index for the file
 * trusts it for that address, and for nothing else of the host. Redirects of other addresses lead nowhere new.
 */
function follow(client: ClientState, origin: Origin, target: string, permit: Permit, answer: Answer): void {
  const location = headerOf(answer.headers, 'location');
  if (answer.status < 301 || answer.status > 308 || location === null) return;
  const url = URL.parse(location, `${origin.scheme}://${authorityOf(origin)}${target}`);
  if (url === null) return;
  client.learn(collectFiles([{ url: url.href, sha256: permit.sha256, metadataSha256: null }]));
}

interface Fault {
  readonly status: number;
  readonly text: string;
  /** How a report says what was tried. */
  readonly detail: string;
}

/** Why a request is refused whatever host it is for; null when it is one that reads. */
function faultOf(
  client: ClientState,
  origin: Origin,
  target: string,
  request: IncomingMessage,
): Fault | null {
  const { method = '', headers } = request;
  const [path = '', query = ''] = target.split('?', 2);
  const isRead = method === 'GET' || method === 'HEAD';
  const wantsToPush = new URLSearchParams(query).getAll('service').includes('git-receive-pack');
  // Threat: what is posted is read by whoever is there. Only a git host gets what git says, to fetch from it.
  const isFetch =
    method === 'POST' &&
    path.endsWith(UPLOAD_PACK) &&
    headers['content-type'] === 'application/x-git-upload-pack-request' &&
    client.mayFetchGit(origin, path.slice(0, -UPLOAD_PACK.length));
  if (wantsToPush || !(isRead || isFetch)) {
    const detail = wantsToPush ? 'git push' : printable(method).slice(0, 20);
    return { status: 405, text: `Relock: only reading is let through: ${detail}`, detail };
  }
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  if (isRead && hasBody) {
    const detail = `${method} with a body`;
    return { status: 400, text: `Relock: only reading is let through: ${detail}`, detail };
  }
  return null;
}

/** The path of the repository whose references a request asks for, before it fetches; null when it does not. */
function repositoryOf(target: string): string | null {
  const [path = '', query = ''] = target.split('?', 2);
  if (!path.endsWith('/info/refs')) return null;
  const isFetch = new URLSearchParams(query).get('service') === 'git-upload-pack';
  return isFetch ? path.slice(0, -'/info/refs'.length) : null;
}

function isAdvertisement({ headers }: Answer): boolean {
  return headerOf(headers, 'content-type') === 'application/x-git-upload-pack-advertisement';
}

async function deliver(answer: Answer, response: ServerResponse): Promise<void> {
  if (response.req.method === 'HEAD' || answer.status === 204 || answer.status === 304) {
    answer.body.on('error', () => undefined).resume();
    response.end();
    return;
  }
  await pipeline(answer.body, response);
}

function limited(body: Readable): Readable {
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, callback) {
      bytes += chunk.length;
      callback(bytes > MAX_SENT_BYTES ? new Error('the request is larger than 32 MiB') : null, chunk);
    },
  });
  pipeline(body, limit).catch(() => undefined);
  return limit;
}
