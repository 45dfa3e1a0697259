/**
 * The proxy through which children reach private indexes without holding a credential. For a host that the operator has a
 * credential for, it opens the TLS connection with a certificate of its own and adds the credential to what goes to that
 * very host, port and path; connections to all other hosts pass through unread. No secret enters a child, its
 * environment, the checkout or a lock.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { Credential } from '../../config/settings.ts';
import { messageOf, UsageError } from '../../errors.ts';
import { readCaBundle } from './ca-bundle.ts';
import { createAuthority } from './certificate.ts';
import { createDialer, type DialerOptions, type Variables } from './dial.ts';
import { createForwarder, printable, sendRefusal } from './forward.ts';
import { basicAuthorization, hasCredential, readAuthority, type Origin } from './lending.ts';
import { closeServer, listenOnLoopback } from './loopback.ts';

const USER = 'relock';
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 2048;
const DIAL_MILLISECONDS = 20_000;
/** Lockers keep connections open while they solve. */
const KEEP_ALIVE_MILLISECONDS = 300_000;

export interface CredentialProxyOptions {
  /** Only those that the job's owner may use: the proxy lends them to whatever its children ask. */
  readonly credentials: readonly Credential[];
  /** The operator's environment: proxies (HTTPS_PROXY…) and certificate files (SSL_CERT_FILE…) are taken from it. */
  readonly environment: Variables;
  /** Hosts (`pypi.example.com`, `pypi.example.com:8443`) that may be reached besides those with a credential; absent: all. */
  readonly allowHosts?: readonly string[];
  /** PEM of further authorities that private hosts are vouched by. */
  readonly upstreamCa?: string;
  /** Where names really are, over DNS. */
  readonly resolve?: NonNullable<DialerOptions['resolve']>;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Lines for a debug log; free of secrets, paths and queries. */
  readonly log?: (message: string) => void;
}

export interface CredentialProxy {
  /** For the environment of every child, over everything else. */
  readonly environment: Readonly<Record<string, string>>;
  /** With the user and password that the proxy wants: no credential of the user's, worthless after the run. */
  readonly url: string;
  /** What should not show in a log although it is worth nothing later. */
  readonly secrets: readonly string[];
  /** Ends all connections and removes the certificate file. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts the proxy.
 * @throws {UsageError} when a credential's host or username cannot be used.
 * @throws {EnvironmentError} when the environment names a proxy of another kind than http.
 */
export async function startCredentialProxy(options: CredentialProxyOptions): Promise<CredentialProxy> {
  const { credentials, environment } = options;
  const log = options.log ?? (() => undefined);
  checkCredentials(credentials);
  const dialer = createDialer(
    options.resolve === undefined ? { environment } : { environment, resolve: options.resolve },
  );
  const trusted = await readCaBundle(environment);
  const forwarder = createForwarder({
    credentials,
    dialer,
    secureContext: createSecureContext({
      ca: [trusted, ...(options.upstreamCa === undefined ? [] : [options.upstreamCa])],
    }),
    log,
  });
  const authority = createAuthority(options.now ?? Date.now());
  const contexts = new Map<string, SecureContext>();
  const sockets = new Set<Duplex>();
  const origins = new WeakMap<Duplex, Origin>();
  // Threat: another user of this machine finds the open port and borrows the credentials.
  const token = randomBytes(24).toString('hex');
  const expected = Buffer.from(basicAuthorization(USER, token));

  function isOurs(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers['proxy-authorization'] ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  function mayReach(origin: Origin): boolean {
    if (options.allowHosts === undefined || hasCredential(credentials, origin)) return true;
    return options.allowHosts.some((entry) => {
      const allowed = readAuthority(entry, origin.port);
      return allowed?.host === origin.host && allowed.port === origin.port;
    });
  }

  async function passOn(origin: Origin, target: string, request: IncomingMessage, response: ServerResponse) {
    if (hasCredential(credentials, origin) && !isReading(request, target)) {
      sendRefusal(response, 405, `Relock lends credentials only for reading: ${request.method ?? ''}`);
      return;
    }
    await forwarder.forward(origin, target, request, response);
  }

  /** Speaks HTTP on the connections that were opened; it listens nowhere. */
  const inner = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const origin = origins.get(request.socket);
    const target = request.url ?? '';
    if (origin === undefined || !target.startsWith('/')) sendRefusal(response, 400, 'Relock: not a path');
    else void passOn(origin, target, request, response);
  });
  inner.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : null;
    const origin = url === null ? null : readAuthority(url.host, 80);
    if (!isOurs(request)) {
      response.setHeader('proxy-authenticate', 'Basic realm="relock"');
      sendRefusal(response, 407, 'Relock: this proxy is for its own children');
    } else if (url?.protocol !== 'http:' || origin === null) {
      sendRefusal(response, 400, 'Relock: only http:// URLs and CONNECT');
    } else if (!mayReach({ scheme: 'http', ...origin })) {
      sendRefusal(response, 403, `Relock: this run may not reach ${origin.host}`);
    } else {
      void passOn({ scheme: 'http', ...origin }, url.pathname + url.search, request, response);
    }
  });
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    keepTrack(socket);
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    if (head.length > 0) client.unshift(head);
    const address = readAuthority(request.url ?? '', null);
    if (!isOurs(request)) {
      refuse(client, '407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="relock"\r\n');
    } else if (address === null) {
      refuse(client, '400 Relock: not a host and port');
    } else if (!mayReach({ scheme: 'https', ...address })) {
      refuse(client, `403 Relock: this run may not reach ${address.host}`);
    } else if (hasCredential(credentials, { scheme: 'https', ...address })) {
      open(client, { scheme: 'https', ...address });
    } else {
      void tunnel(client, address.host, address.port);
    }
  });

  function keepTrack(socket: Duplex): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  function open(client: Duplex, origin: Origin): void {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const secured = new TLSSocket(client, {
      isServer: true,
      secureContext: contextFor(origin.host),
      ALPNProtocols: ['http/1.1'],
    });
    secured.on('error', (error) => {
      log(`${origin.host}: a child's connection failed: ${messageOf(error)}`);
      secured.destroy();
    });
    origins.set(secured, origin);
    keepTrack(secured);
    inner.emit('connection', secured);
  }

  function contextFor(host: string): SecureContext {
    const known = contexts.get(host);
    if (known !== undefined) return known;
    const { certificate, key } = authority.issue(host);
    const context = createSecureContext({ cert: certificate, key });
    contexts.set(host, context);
    return context;
  }

  async function tunnel(client: Duplex, host: string, port: number): Promise<void> {
    try {
      const outside = await dialer.dial(host, port, AbortSignal.timeout(DIAL_MILLISECONDS));
      keepTrack(outside);
      if (client.destroyed) {
        outside.destroy();
        return;
      }
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      pour(client, outside);
      pour(outside, client);
    } catch (error) {
      log(`${host}: ${messageOf(error)}`);
      refuse(client, `502 Relock: ${host}: ${messageOf(error)}`);
    }
  }

  const folder = await mkdtemp(join(tmpdir(), 'relock-ca-'));
  await chmod(folder, 0o700);
  const bundle = join(folder, 'certificates.pem');
  await writeFile(bundle, `${trusted.trimEnd()}\n${authority.certificate}`, { mode: 0o600 });
  const port = await listenOnLoopback(server);
  const url = `http://${USER}:${token}@127.0.0.1:${port}`;

  return {
    environment: childEnvironment(url, bundle),
    url,
    secrets: [token],
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      forwarder.close();
      await closeServer(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Git over https posts what it wants to fetch; everything else that posts, publishes. */
function isReading(request: IncomingMessage, target: string): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  return request.method === 'POST' && (target.split('?', 1)[0] ?? '').endsWith('/git-upload-pack');
}

function checkCredentials(credentials: readonly Credential[]): void {
  for (const { host, username } of credentials) {
    if (readAuthority(host, 443) === null || host.startsWith('[')) {
      throw new UsageError(
        'credential-host',
        `The credential for "${printable(host)}" names no host that Relock can use.`,
        'Name a host, or a host and port: pypi.example.com:8443.',
      );
    }
    if (username.includes(':')) {
      throw new UsageError(
        'credential-username',
        `The username of the credential for ${host} has a colon, which HTTP Basic authentication cannot carry.`,
        'Use a username without a colon.',
      );
    }
  }
}

function childEnvironment(url: string, bundle: string): Record<string, string> {
  const direct = '127.0.0.1,localhost,::1';
  return {
    HTTPS_PROXY: url,
    https_proxy: url,
    HTTP_PROXY: url,
    http_proxy: url,
    // Also hides the operator's own, whose password is nobody's business.
    ALL_PROXY: url,
    all_proxy: url,
    NO_PROXY: direct,
    no_proxy: direct,
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    PIP_CERT: bundle,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
  };
}

/** Passes all bytes on, and the end, and a failure. */
function pour(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.once('error', () => to.destroy());
  // Not before what was written is on its way.
  from.once('close', () => to.end(() => to.destroy()));
}

/** Answers a CONNECT request with a refusal and ends the connection. */
function refuse(client: Duplex, statusLine: string, header = ''): void {
  client.end(`HTTP/1.1 ${printable(statusLine)}\r\n${header}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}
