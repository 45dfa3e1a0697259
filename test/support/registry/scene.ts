/** Registries, token services and storage under their real names: one real server, over TLS, that stands for every host. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createRegistry, type RegistryOptions } from '../../../src/registry/create-registry.ts';
import { createRegistryPool, type RegistryPool } from '../../../src/registry/pool.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { RegistryError } from '../../../src/registry/registry-error.ts';
import { createAuthority } from '../../../src/run/network/certificate.ts';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Ends the connection after so many bytes of the body. */
  readonly cutAt?: number;
  /** Nothing is said at all. */
  readonly silent?: boolean;
  /** Said after so long. */
  readonly afterMs?: number;
}

export interface Seen {
  /** `HEAD https://ghcr.io/v2/a/manifests/1`, with the query. */
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** By `METHOD scheme://host/path`, without query. A list is answered in turn, its last entry for ever; others are 404. */
export type Routes = Readonly<Record<string, Reply | readonly Reply[] | ((seen: Seen) => Reply)>>;

export interface RegistryScene {
  readonly seen: readonly Seen[];
  readonly lines: () => readonly string[];
  /** `null` for those without. */
  readonly authorizations: () => readonly (string | null)[];
  readonly registry: Registry;
  readonly pool: RegistryPool;
  /** One more job in the same process. */
  readonly open: (more?: Partial<RegistryOptions>) => Registry;
  /** How long it waited, in milliseconds; the scene's clock goes by it alone. */
  readonly waits: readonly number[];
  /** Moves the clock on. */
  readonly pass: (milliseconds: number) => void;
  /** Requests that were on their way side by side. */
  readonly mostAtOnce: () => number;
  /** Where names are. */
  readonly resolve: (host: string, port: number) => { address: string; port: number } | null;
}

const servers = createAuthority(Date.now());

export interface SceneOptions extends Partial<Omit<RegistryOptions, 'pool'>> {
  readonly keepSeconds?: number;
  readonly timeoutSeconds?: number;
}

export async function startRegistries(routes: Routes, more: SceneOptions = {}): Promise<RegistryScene> {
  const { keepSeconds, timeoutSeconds, ...options } = more;
  const seen: Seen[] = [];
  const turns = new Map<string, number>();
  let atOnce = 0;
  let most = 0;
  const listener = (scheme: string) => (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const line = `${request.method} ${scheme}://${request.headers.host}${request.url}`;
      const asked = { line, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(asked);
      atOnce += 1;
      most = Math.max(most, atOnce);
      response.once('close', () => (atOnce -= 1));
      answer(response, replyTo(routes, turns, asked), request.method === 'HEAD');
    });
  };
  const secure = createHttps(
    {
      SNICallback: (name, done) => {
        const { certificate, key } = servers.issue(name);
        done(null, createSecureContext({ cert: certificate, key }));
      },
    },
    listener('https'),
  );
  const plain = createHttp(listener('http'));
  const ports = await Promise.all(
    [secure, plain].map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void (server.closeAllConnections(), server.close()));
      return (server.address() as AddressInfo).port;
    }),
  );
  const folder = mkdtempSync(join(tmpdir(), 'relock-registries-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, servers.certificate);

  // Addresses are left to the rules about them.
  const resolve: RegistryScene['resolve'] = (host, port) =>
    host === 'localhost' || isIP(host) !== 0
      ? null
      : { address: '127.0.0.1', port: (port === 80 || port === 5000 ? ports[1] : ports[0]) ?? 0 };
  const waits: number[] = [];
  let clock = Date.UTC(2026, 10, 24, 12);
  const pool = createRegistryPool({
    environment: { SSL_CERT_FILE: ca },
    userAgent: 'relock/test',
    keepSeconds: keepSeconds ?? null,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    now: () => clock,
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      clock += milliseconds;
      return Promise.resolve();
    },
    resolve,
  });
  onTestFinished(() => pool.close());
  const open = (own: Partial<RegistryOptions> = {}): Registry => openRegistry(pool, { ...options, ...own });
  return {
    seen,
    lines: () => seen.map(({ line }) => line),
    authorizations: () => seen.map(({ headers }) => headers.authorization ?? null),
    registry: open(),
    pool,
    open,
    waits,
    pass: (milliseconds) => void (clock += milliseconds),
    mostAtOnce: () => most,
    resolve,
  };
}

export function openRegistry(pool: RegistryPool, more: Partial<RegistryOptions> = {}): Registry {
  return createRegistry({
    pool,
    registries: [],
    credentials: [],
    allowHosts: [],
    dockerConfig: null,
    environment: {},
    cache: null,
    signal: new AbortController().signal,
    ...more,
  });
}

function replyTo(routes: Routes, turns: Map<string, number>, seen: Seen): Reply {
  const key = seen.line.split('?', 1)[0] ?? '';
  const route = routes[key];
  if (route === undefined) return { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' };
  if (typeof route === 'function') return route(seen);
  if (!isList(route)) return route;
  const turn = turns.get(key) ?? 0;
  turns.set(key, turn + 1);
  return route[Math.min(turn, route.length - 1)] ?? {};
}

function isList(route: Reply | readonly Reply[]): route is readonly Reply[] {
  return Array.isArray(route);
}

function answer(response: ServerResponse, reply: Reply, isHead: boolean): void {
  const { status = 200, headers = {}, body = '', cutAt, silent = false, afterMs = 0 } = reply;
  if (silent) return;
  const bytes = Buffer.from(body);
  const isChunked = headers['transfer-encoding'] !== undefined;
  const length = isChunked ? {} : { 'content-length': String(bytes.length) };
  setTimeout(() => {
    if (cutAt === 0) {
      response.destroy();
      return;
    }
    response.writeHead(status, { ...length, ...headers });
    if (isHead || cutAt === undefined) response.end(isHead ? undefined : bytes);
    else response.write(bytes.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 20));
  }, afterMs);
}

/** The error of what should have failed, checked to hold none of `secrets`. */
export async function failureOf(
  asked: Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<RegistryError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RegistryError)) throw new Error(`No RegistryError: ${String(error)}`);
  const told = `${error.message} ${error.fix}`;
  for (const secret of secrets) if (told.includes(secret)) throw new Error('An error tells a secret.');
  return error;
}
