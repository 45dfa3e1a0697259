/**
 * The one way of children to the network: a proxy that opens every TLS connection with an authority of the run's own, and
 * lets through what each client may reach. Credentials are added here, files that are too young are hidden here, and what
 * was downloaded once comes from the cache. No secret enters a child, its environment, the checkout or a lock.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createSecureContext } from 'node:tls';
import type { Credential } from '../../config/settings.ts';
import { normaliseName } from '../../locks/package-name.ts';
import { RELAY_PORT } from '../sandbox/argv.ts';
import { refuseConnect, sendText } from './answers.ts';
import { readCaBundle } from './ca-bundle.ts';
import { createCachedFetch } from './cached-fetch.ts';
import { createAuthority } from './certificate.ts';
import { checkCredentials } from './check-credentials.ts';
import { createDialer, type DialerOptions, type Variables } from './dial.ts';
import { createClientState, type ClientState } from './door-client.ts';
import { createTunnels, KEEP_ALIVE_MILLISECONDS, MAX_HEADER_BYTES } from './door-connection.ts';
import { DOOR_USER, doorEnvironment } from './door-environment.ts';
import { createRequestHandler } from './door-request.ts';
import { createDoorSockets } from './door-sockets.ts';
import { createGuardedDialer } from './guarded-dial.ts';
import type { HttpCache } from './http-cache.ts';
import { createIndexPages } from './index-pages.ts';
import type { Origin } from './lending.ts';
import { closeServer, listenOnLoopback, listenOnSocket } from './loopback.ts';
import { createBodyReader } from './read-body.ts';
import { readTarget, type Reach } from './reach.ts';
import type { Refusal } from './refusals.ts';
import { createServeIndex } from './serve-index.ts';
import { releaseKey } from './release-of-file.ts';
import { createUpstream } from './upstream.ts';

export type { Refusal } from './refusals.ts';

const HEADERS_MILLISECONDS = 15_000;
const CHECK_MILLISECONDS = 5000;

export interface DoorOptions {
  /** `folder`: where a folder of the door's own with its socket is made; paths of sockets are short (about 100 octets). */
  readonly listen: { readonly kind: 'socket'; readonly folder: string } | { readonly kind: 'loopback' };
  /** Only those that the job's owner may use: the door lends them to whatever its clients ask. */
  readonly credentials: readonly Credential[];
  /** The operator's environment: proxies (HTTPS_PROXY…) and certificate files (SSL_CERT_FILE…) are taken from it. */
  readonly environment: Variables;
  readonly cooldown: {
    /** ISO 8601 instant, UTC: files uploaded at or after it are hidden. */
    readonly cutoff: string;
    /** Releases that are never hidden: security fixes. */
    readonly exempt: readonly { readonly name: string; readonly version: string }[];
  } | null;
  readonly cache: HttpCache | null;
  /** PEM of further authorities that private hosts are vouched by. */
  readonly upstreamCa?: string;
  /** Where a name really is, over DNS and past the check of addresses. */
  readonly resolve?: NonNullable<DialerOptions['resolve']>;
  /** Addresses of a name, in place of the machine's resolver. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Lines for a debug log; free of secrets, paths and queries. */
  readonly log?: (message: string) => void;
}

export interface Door {
  /** Path of the socket; null when it listens on loopback. */
  readonly socket: string | null;
  /** PEM file with the authorities that clients trust: must be readable to them. */
  readonly bundle: string;
  /** @param name for messages: `poetry.lock`, `the tools`. */
  client(name: string, reach: Reach): DoorClient;
  /** Ends all connections and removes socket and bundle. May be called twice. */
  close(): Promise<void>;
}

export interface DoorClient {
  /** For the environment of each child of this client, over everything else. */
  readonly environment: Readonly<Record<string, string>>;
  /** What should not show in a log although it is worth nothing later. */
  readonly secrets: readonly string[];
  refusals(): readonly Refusal[];
  /**
   * Projects of which an index told no upload times although there is a cool-down: refused ones (of the client's first
   * index) and those that were passed on (of further indexes).
   */
  withoutUploadTimes(): { readonly refused: readonly string[]; readonly passed: readonly string[] };
}

/**
 * Opens the door.
 * @throws {UsageError} when a credential's host or username cannot be used.
 * @throws {EnvironmentError} when the environment names a proxy of another kind than http, or the socket's path is too
 * long.
 * @throws {RangeError} when the cut-off is no instant.
 */
export async function startDoor(options: DoorOptions): Promise<Door> {
  const { credentials, environment, cooldown } = options;
  const log = options.log ?? (() => undefined);
  checkCredentials(credentials);
  const cutoff = cooldown === null ? null : Date.parse(cooldown.cutoff);
  if (Number.isNaN(cutoff)) throw new RangeError(`The cut-off ${cooldown?.cutoff ?? ''} is not an instant.`);
  const exempt = exemptions(cooldown?.exempt ?? []);
  const { resolve, lookup } = options;
  const dialer = createDialer({ environment, ...(resolve === undefined ? {} : { resolve }) });
  const guarded = createGuardedDialer({
    dialer,
    isKnown: (host, port) => (resolve?.(host, port) ?? null) !== null,
    ...(lookup === undefined ? {} : { lookup }),
  });
  const trusted = await readCaBundle(environment);
  const ca = [trusted, ...(options.upstreamCa === undefined ? [] : [options.upstreamCa])];
  const upstream = createUpstream({
    credentials,
    dialer,
    guarded,
    secureContext: createSecureContext({ ca }),
    log,
  });
  const fetch = createCachedFetch({ upstream, cache: options.cache, credentials });
  const bodies = createBodyReader();
  const pages = createIndexPages({ fetch, bodies, cutoff, exempt });
  const serveIndex = createServeIndex({ pages, fetch, bodies, credentials, cutoff, exempt });
  const handle = createRequestHandler({ fetch, serveIndex, log });
  const authority = createAuthority(options.now ?? Date.now());
  const sockets = createDoorSockets();
  /** By the digest of what they send, so that a comparison's time tells nothing. */
  const clients = new Map<string, ClientState>();

  function clientOf(request: IncomingMessage): ClientState | null {
    return clients.get(digestOf(request.headers['proxy-authorization'] ?? '')) ?? null;
  }

  function serve(
    client: ClientState,
    outer: Duplex,
    origin: Origin,
    target: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const end = sockets.begin(outer);
    if (end === null) {
      client.refuse('too-many', origin.host, origin.port);
      sendText(response, 503, 'Relock: too many requests at once', { connection: 'close' });
      return;
    }
    response.once('close', end);
    if (target.startsWith('/')) void handle(client, origin, target, request, response);
    else sendText(response, 400, 'Relock: not a path');
  }

  const tunnels = createTunnels({
    authority,
    log,
    handle: ({ client, outer }, origin, request, response) =>
      serve(client, outer, origin, request.url ?? '', request, response),
  });

  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MILLISECONDS,
    connectionsCheckingInterval: CHECK_MILLISECONDS,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if ((request.url ?? '').startsWith('/')) {
      sendText(response, 404, 'Relock: this is a proxy', { connection: 'close' });
      return;
    }
    const client = clientOf(request);
    const url = URL.parse(request.url ?? '');
    const address = url === null ? null : readTarget(url.host, 80);
    if (client === null) {
      const wants = { 'proxy-authenticate': 'Basic realm="relock"', connection: 'close' };
      sendText(response, 407, 'Relock: this proxy is for its own children', wants);
    } else if (url?.protocol !== 'http:' || address === null) {
      sendText(response, 400, 'Relock: only http:// URLs and CONNECT');
    } else if (!sockets.seat(request.socket, client)) {
      client.refuse('too-many', address.host, address.port);
      sendText(response, 503, 'Relock: too many connections at once', { connection: 'close' });
    } else {
      serve(
        client,
        request.socket,
        { scheme: 'http', ...address },
        url.pathname + url.search,
        request,
        response,
      );
    }
  });
  server.on('connect', (request: IncomingMessage, outer: Duplex, head: Buffer) => {
    const client = clientOf(request);
    const address = readTarget(request.url ?? '', null);
    if (client === null) {
      refuseConnect(
        outer,
        '407 Proxy Authentication Required',
        'Proxy-Authenticate: Basic realm="relock"\r\n',
      );
    } else if (address === null) {
      refuseConnect(outer, '400 Relock: not a host and port');
    } else if (!client.mayConnect(address.host, address.port)) {
      client.refuse('not-allowed', address.host, address.port);
      refuseConnect(outer, `403 Relock: ${client.name} may not reach ${address.host}`);
    } else if (!sockets.seat(outer, client)) {
      client.refuse('too-many', address.host, address.port);
      refuseConnect(outer, '503 Relock: too many connections at once');
    } else {
      if (head.length > 0) outer.unshift(head);
      tunnels.open({ client, ...address, outer });
    }
  });

  const folder = await mkdtemp(join(tmpdir(), `relock-${process.pid}-ca-`));
  await chmod(folder, 0o700);
  const bundle = join(folder, 'certificates.pem');
  await writeFile(bundle, `${trusted.trimEnd()}\n${authority.certificate}`, { mode: 0o600 });
  let socketFolder: string | null = null;
  let socket: string | null = null;
  let port = RELAY_PORT;
  if (options.listen.kind === 'loopback') {
    port = await listenOnLoopback(server);
  } else {
    await mkdir(options.listen.folder, { recursive: true, mode: 0o700 });
    socketFolder = await mkdtemp(join(options.listen.folder, 'd-'));
    socket = await listenOnSocket(server, join(socketFolder, 's'));
  }

  return {
    socket,
    bundle,
    client(name, reach) {
      const state = createClientState(name, reach);
      const authorization = Buffer.from(`${DOOR_USER}:${state.token}`).toString('base64');
      clients.set(digestOf(`Basic ${authorization}`), state);
      const url = `http://${DOOR_USER}:${state.token}@127.0.0.1:${port}`;
      return {
        environment: doorEnvironment(url, bundle),
        secrets: [state.token],
        refusals: () => state.refusals(),
        withoutUploadTimes: () => state.withoutUploadTimes(),
      };
    },
    async close() {
      pages.close();
      sockets.closeAll();
      tunnels.close();
      upstream.close();
      server.closeAllConnections();
      await closeServer(server);
      for (const one of [folder, socketFolder]) {
        if (one !== null) await rm(one, { recursive: true, force: true });
      }
    },
  };
}

function exemptions(
  releases: readonly { readonly name: string; readonly version: string }[],
): (project: string) => ReadonlySet<string> {
  const byProject = Map.groupBy(releases, ({ name }) => normaliseName(name));
  return (project) => new Set((byProject.get(project) ?? []).map(({ version }) => releaseKey(version)));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
