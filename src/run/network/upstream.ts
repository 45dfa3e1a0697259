/** Requests to the outside: with the operator's credential where there is one, to checked addresses only. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Credential } from '../../config/settings.ts';
import { messageOf } from '../../errors.ts';
import type { Dialer } from './dial.ts';
import type { GuardedDialer } from './guarded-dial.ts';
import { basicAuthorization, credentialFor, type Origin } from './lending.ts';
import { authorityOf } from './reach.ts';

const DIAL_MILLISECONDS = 20_000;
/** An index or git host that is silent for so long is gone. */
const SILENCE_MILLISECONDS = 300_000;
/** How many at once is limited for each client, so that one cannot hold up another. */
const CONNECTIONS = { keepAlive: true, maxFreeSockets: 64 };

export interface UpstreamRequest {
  readonly method: string;
  readonly origin: Origin;
  /** Path and query. */
  readonly target: string;
  /** Raw: name, value, name, value…; without Host, and without those of one hop. */
  readonly headers: readonly string[];
  /** null: none. */
  readonly body: Readable | null;
  /** The host may lie in a private range. */
  readonly mayBePrivate: boolean;
}

export interface Upstream {
  /**
   * Sends a request. A kept connection that the server had just closed is replaced once.
   * @param signal gives up, also while the answer is being read.
   * @throws {PrivateAddressError}
   * @throws {Error} whose message is for people and holds no secret.
   */
  ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /** The credential that a request borrows, or null. */
  lent(origin: Origin, target: string): Credential | null;
  close(): void;
}

export interface UpstreamOptions {
  readonly credentials: readonly Credential[];
  readonly dialer: Dialer;
  readonly guarded: GuardedDialer;
  /** Trusts what the machine trusts. */
  readonly secureContext: SecureContext;
  readonly log: (message: string) => void;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const { dialer, guarded } = options;

  async function openPlain(host: string, port: number, mayBePrivate: boolean): Promise<Duplex> {
    return await guarded.dial(host, port, mayBePrivate, AbortSignal.timeout(DIAL_MILLISECONDS));
  }

  async function openSecured(host: string, port: number, mayBePrivate: boolean): Promise<Duplex> {
    return connectTls({
      socket: await openPlain(host, port, mayBePrivate),
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      secureContext: options.secureContext,
      ALPNProtocols: ['http/1.1'],
    });
  }

  /** Threat: a client that may not reach private addresses is given a connection that another one opened to one. */
  function createAgents(mayBePrivate: boolean): { http: HttpAgent; https: HttpsAgent } {
    const http = new HttpAgent(CONNECTIONS);
    const https = new HttpsAgent(CONNECTIONS);
    http.createConnection = (wanted, callback) => {
      void deliver(openPlain(wanted.host ?? '', Number(wanted.port), mayBePrivate), callback);
      return undefined;
    };
    https.createConnection = (wanted, callback) => {
      void deliver(openSecured(wanted.host ?? '', Number(wanted.port), mayBePrivate), callback);
      return undefined;
    };
    return { http, https };
  }

  const publicAgents = createAgents(false);
  const anyAgents = createAgents(true);

  async function optionsOf(request: UpstreamRequest): Promise<RequestOptions> {
    const { method, origin, target, mayBePrivate } = request;
    const lent = credentialFor(options.credentials, origin, target);
    // Threat: another Host than the connection was asked for reaches another site of the same server with the secret.
    const headers = ['Host', authorityOf(origin), ...request.headers];
    if (lent !== null) {
      headers.push('Authorization', basicAuthorization(lent.username, lent.password));
      options.log(`${origin.host}: credential lent to ${method}`);
    }
    const common = { method, headers, setHost: false, timeout: SILENCE_MILLISECONDS };
    const parent = origin.scheme === 'http' ? dialer.httpProxy(origin.host, origin.port) : null;
    if (parent === null) {
      const agents = mayBePrivate ? anyAgents : publicAgents;
      const agent = origin.scheme === 'https' ? agents.https : agents.http;
      return { ...common, agent, host: origin.host, port: origin.port, path: target };
    }
    await guarded.check(origin.host, origin.port, mayBePrivate);
    if (parent.authorization !== null) headers.push('Proxy-Authorization', parent.authorization);
    return {
      ...common,
      host: parent.host,
      port: parent.port,
      path: `http://${authorityOf(origin)}${target}`,
    };
  }

  async function send(
    request: UpstreamRequest,
    signal: AbortSignal,
    isRetry: boolean,
  ): Promise<IncomingMessage> {
    const wanted = await optionsOf(request);
    signal.throwIfAborted();
    const outgoing = request.origin.scheme === 'https' ? httpsRequest(wanted) : httpRequest(wanted);
    const stop = (): void => void outgoing.destroy(new Error('cancelled'));
    signal.addEventListener('abort', stop, { once: true });
    outgoing.once('close', () => signal.removeEventListener('abort', stop));
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer for five minutes')));
    try {
      return await answerOf(outgoing, request.body);
    } catch (error) {
      // A kept connection that the server had just closed: the request never arrived.
      if (!outgoing.reusedSocket || isRetry || request.body !== null || signal.aborted) throw error;
      return await send(request, signal, true);
    }
  }

  return {
    ask: (request, signal) => send(request, signal, false),
    lent: (origin, target) => credentialFor(options.credentials, origin, target),
    close() {
      for (const { http, https } of [publicAgents, anyAgents]) {
        http.destroy();
        https.destroy();
      }
    },
  };
}

async function answerOf(outgoing: ClientRequest, body: Readable | null): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    // Stays: what fails later shows in the answer's body.
    outgoing.on('error', reject);
  });
  // Its own failure shows in `answered`: a server may answer before it has read all.
  if (body === null) outgoing.end();
  else pipeline(body, outgoing).catch(() => undefined);
  return await answered;
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
