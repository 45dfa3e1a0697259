/** What comes through an opened tunnel: TLS with a certificate of this run's own, and HTTP inside it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { messageOf } from '../../errors.ts';
import type { Authority } from './certificate.ts';
import type { ClientState } from './door-client.ts';
import type { Origin } from './lending.ts';

export const MAX_HEADER_BYTES = 64 * 1024;
/** Lockers keep connections open while they solve. */
export const KEEP_ALIVE_MILLISECONDS = 300_000;
/** Nothing moves in either direction: longer than upstream may be silent. */
const IDLE_MILLISECONDS = 310_000;
const HELLO_MILLISECONDS = 20_000;
/** Kept at once. Threat: an index names files on hosts without end. */
const MAX_CONTEXTS = 200;
/** First octet of a TLS record with a handshake. */
const HANDSHAKE = 0x16;

export interface Tunnel {
  readonly client: ClientState;
  readonly host: string;
  readonly port: number;
  /** The connection as it came to the door. */
  readonly outer: Duplex;
}

export interface TunnelOptions {
  readonly authority: Authority;
  readonly handle: (
    tunnel: Tunnel,
    origin: Origin,
    request: IncomingMessage,
    response: ServerResponse,
  ) => void;
  readonly log: (message: string) => void;
}

export interface Tunnels {
  /** Answers a CONNECT request with yes, and serves what comes. */
  open(tunnel: Tunnel): void;
  close(): void;
}

export function createTunnels({ authority, handle, log }: TunnelOptions): Tunnels {
  const contexts = new Map<string, SecureContext>();
  const opened = new WeakMap<Duplex, Tunnel>();
  const secured = new Set<Duplex>();

  /** Speaks HTTP on the connections that were opened; it listens nowhere. */
  const inner = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const tunnel = opened.get(request.socket);
    if (tunnel === undefined) {
      response.destroy();
      return;
    }
    const { host, port } = tunnel;
    handle(tunnel, { scheme: 'https', host, port }, request, response);
  });
  inner.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  inner.timeout = IDLE_MILLISECONDS;
  inner.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const tunnel = opened.get(socket);
    // A parser's complaint: what was sent is no HTTP.
    if (tunnel !== undefined && error.code?.startsWith('HPE_') === true) notHttp(tunnel);
    socket.destroy();
  });

  function contextFor(host: string): SecureContext {
    const known = contexts.get(host);
    if (known !== undefined) return known;
    const { certificate, key } = authority.issue(host);
    const context = createSecureContext({ cert: certificate, key });
    if (contexts.size >= MAX_CONTEXTS) contexts.clear();
    contexts.set(host, context);
    return context;
  }

  function notHttp({ client, host, port, outer }: Tunnel): void {
    client.refuse('not-http', host, port);
    outer.destroy();
  }

  function secure(tunnel: Tunnel): void {
    const { host, outer } = tunnel;
    const socket = new TLSSocket(outer, {
      isServer: true,
      secureContext: contextFor(host),
      ALPNProtocols: ['http/1.1'],
    });
    const limit = setTimeout(() => outer.destroy(), HELLO_MILLISECONDS);
    socket.once('secure', () => clearTimeout(limit));
    socket.once('close', () => {
      clearTimeout(limit);
      secured.delete(socket);
      outer.destroy();
    });
    outer.once('close', () => socket.destroy());
    socket.on('error', (error) => {
      log(`${host}: a child's connection failed: ${messageOf(error)}`);
      socket.destroy();
    });
    opened.set(socket, tunnel);
    secured.add(socket);
    inner.emit('connection', socket);
  }

  return {
    open(tunnel) {
      const { outer } = tunnel;
      const limit = setTimeout(() => outer.destroy(), HELLO_MILLISECONDS);
      outer.once('close', () => clearTimeout(limit));
      outer.once('data', (first: Buffer) => {
        clearTimeout(limit);
        outer.pause();
        if (first[0] !== HANDSHAKE) {
          notHttp(tunnel);
          return;
        }
        outer.unshift(first);
        secure(tunnel);
      });
      outer.write('HTTP/1.1 200 Connection established\r\n\r\n');
    },
    close() {
      for (const socket of secured) socket.destroy();
    },
  };
}
