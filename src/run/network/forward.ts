/** One request through the credential proxy: out with the operator's credential, back as it comes. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Credential } from '../../config/settings.ts';
import { messageOf } from '../../errors.ts';
import type { Dialer } from './dial.ts';
import { basicAuthorization, credentialFor, hasCredential, type Origin } from './lending.ts';
import { forwardable } from './message-headers.ts';

const DIAL_MILLISECONDS = 20_000;
/** An index or git host that is silent for so long is gone. */
const SILENCE_MILLISECONDS = 300_000;
const CONNECTIONS = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16 };

export interface Forwarder {
  /**
   * Sends `request` on to `origin` and streams the answer back. `target` is the path with its query. Never throws: a fault
   * becomes a 502 whose reason phrase says it.
   */
  forward(origin: Origin, target: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): void;
}

export interface ForwarderOptions {
  readonly credentials: readonly Credential[];
  readonly dialer: Dialer;
  /** Trusts what the machine trusts. */
  readonly secureContext: SecureContext;
  readonly log: (message: string) => void;
}

export function createForwarder(options: ForwarderOptions): Forwarder {
  const { dialer } = options;

  async function openPlain(host: string, port: number): Promise<Duplex> {
    return await dialer.dial(host, port, AbortSignal.timeout(DIAL_MILLISECONDS));
  }

  async function openSecured(host: string, port: number): Promise<Duplex> {
    return connectTls({
      socket: await openPlain(host, port),
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      secureContext: options.secureContext,
      ALPNProtocols: ['http/1.1'],
    });
  }

  const http = new HttpAgent(CONNECTIONS);
  const https = new HttpsAgent(CONNECTIONS);
  http.createConnection = (wanted, callback) => {
    void deliver(openPlain(wanted.host ?? '', Number(wanted.port)), callback);
    return undefined;
  };
  https.createConnection = (wanted, callback) => {
    void deliver(openSecured(wanted.host ?? '', Number(wanted.port)), callback);
    return undefined;
  };

  function requestOptions(origin: Origin, target: string, request: IncomingMessage): RequestOptions {
    const lent = credentialFor(options.credentials, origin, target);
    const bare = origin.port === (origin.scheme === 'https' ? 443 : 80);
    const authority = bare ? origin.host : `${origin.host}:${origin.port}`;
    // Threat: another Host than the connection was asked for reaches another site of the same server with the secret.
    const drop = ['host'];
    // What the child sends for such a host is a placeholder at best, and another tenant's guess at worst.
    if (hasCredential(options.credentials, origin)) drop.push('authorization', 'cookie');
    if (!mayHaveBody(request)) drop.push('content-length');
    const headers = ['Host', authority, ...forwardable(request.rawHeaders, drop)];
    if (mayHaveBody(request) && request.headers['transfer-encoding'] !== undefined)
      headers.push('Transfer-Encoding', 'chunked');
    if (lent !== null) headers.push('Authorization', basicAuthorization(lent.username, lent.password));
    if (lent !== null) options.log(`${origin.host}: credential lent to ${request.method ?? ''}`);
    const common = {
      method: request.method ?? 'GET',
      headers,
      setHost: false,
      timeout: SILENCE_MILLISECONDS,
    };
    const parent = origin.scheme === 'http' ? dialer.httpProxy(origin.host, origin.port) : null;
    if (parent === null) {
      const agent = origin.scheme === 'https' ? https : http;
      return { ...common, agent, host: origin.host, port: origin.port, path: target };
    }
    if (parent.authorization !== null) headers.push('Proxy-Authorization', parent.authorization);
    return { ...common, host: parent.host, port: parent.port, path: `http://${authority}${target}` };
  }

  async function send(
    origin: Origin,
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
    isRetry: boolean,
  ): Promise<void> {
    const wanted = requestOptions(origin, target, request);
    const outgoing = origin.scheme === 'https' ? httpsRequest(wanted) : httpRequest(wanted);
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer for five minutes')));
    response.once('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    const hasBody = mayHaveBody(request);
    try {
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve);
        outgoing.once('error', reject);
      });
      if (hasBody) {
        // Its own failure shows in `answered`: a server may answer before it has read all.
        pipeline(request, outgoing).catch(() => undefined);
      } else {
        outgoing.end();
      }
      const answer = await answered;
      response.writeHead(
        answer.statusCode ?? 502,
        printable(answer.statusMessage ?? ''),
        forwardable(answer.rawHeaders),
      );
      await pipeline(answer, response);
    } catch (error) {
      // A kept connection that the server had just closed: the request never arrived.
      if (outgoing.reusedSocket && !isRetry && !hasBody && !response.headersSent) {
        await send(origin, target, request, response, true);
        return;
      }
      throw error;
    }
  }

  return {
    async forward(origin, target, request, response) {
      try {
        await send(origin, target, request, response, false);
      } catch (error) {
        options.log(`${origin.host}: ${messageOf(error)}`);
        if (response.headersSent) response.destroy();
        else sendRefusal(response, 502, `Relock: ${origin.host}: ${messageOf(error)}`);
      }
    },
    close() {
      https.destroy();
      http.destroy();
    },
  };
}

function mayHaveBody(request: IncomingMessage): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

/** Hands a connection, or why there is none, to an agent. */
async function deliver(
  opening: Promise<Duplex>,
  callback: ((error: Error | null, socket: Duplex) => void) | undefined,
): Promise<void> {
  let socket: Duplex;
  try {
    socket = await opening;
  } catch (error) {
    // Node's own type leaves out that a failure comes without a socket.
    callback?.(error instanceof Error ? error : new Error(messageOf(error)), undefined as never);
    return;
  }
  callback?.(null, socket);
}

/** A refusal of the proxy's own: the text is body and reason phrase, since most clients show only the latter. */
export function sendRefusal(response: ServerResponse, status: number, text: string): void {
  const line = printable(text);
  response.writeHead(status, line, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': line.length + 1,
  });
  response.end(`${line}\n`);
}

/** One line of ASCII. Threat: a line break in it would begin a header. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 500);
}
