/** TCP connections to the outside: direct, or as a tunnel through the proxy that the operator's environment names. */
import { request as httpRequest } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { EnvironmentError } from '../../errors.ts';
import { basicAuthorization, readAuthority } from './lending.ts';

/** Environment variables, as of `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

interface ParentProxy {
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization; null when the proxy wants none. */
  readonly authorization: string | null;
}

export interface Dialer {
  /**
   * Opens a connection.
   * @param addresses where the host is; absent: as DNS says, or the proxy. The first that answers is taken.
   * @throws {Error} whose message is for people, naming the host and why; nothing of it is secret.
   */
  dial(host: string, port: number, signal: AbortSignal, addresses?: readonly string[]): Promise<Socket>;
  /** True when connections to this host go through a proxy, which looks the name up itself. */
  isProxied(host: string, port: number): boolean;
  /** The proxy to which plain http requests for this host go in whole; null: to the host itself. */
  httpProxy(host: string, port: number): ParentProxy | null;
}

export interface DialerOptions {
  /** The operator's environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in lower case first. */
  readonly environment: Variables;
  /** Where a name really is; null: as DNS says. For tests, and for hosts that DNS does not know. */
  readonly resolve?: (host: string, port: number) => { address: string; port: number } | null;
}

/**
 * @throws {EnvironmentError} when the environment names a proxy that is neither `http://host:port` nor `host:port`.
 */
export function createDialer(options: DialerOptions): Dialer {
  const { environment } = options;
  const forHttps = readProxy(environment, ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']);
  const forHttp = readProxy(environment, ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']);
  const exceptions = (environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')
    .split(/[\s,]+/u)
    .filter((entry) => entry !== '');

  function isDirect(host: string, port: number): boolean {
    if (host === 'localhost' || host.startsWith('127.') || host === '::1') return true;
    return exceptions.some((entry) => isException(entry, host, port));
  }

  function isProxied(host: string, port: number): boolean {
    return forHttps !== null && (options.resolve?.(host, port) ?? null) === null && !isDirect(host, port);
  }

  return {
    async dial(host, port, signal, addresses) {
      const known = options.resolve?.(host, port) ?? null;
      if (known !== null) return await connectTo(known.address, known.port, signal);
      if (forHttps !== null && isProxied(host, port)) return await tunnel(forHttps, host, port, signal);
      return await connectTo(host, port, signal, addresses);
    },
    isProxied,
    httpProxy(host, port) {
      return (options.resolve?.(host, port) ?? null) !== null || isDirect(host, port) ? null : forHttp;
    },
  };
}

async function connectTo(
  host: string,
  port: number,
  signal: AbortSignal,
  addresses?: readonly string[],
): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const lookup = addresses === undefined ? {} : { lookup: answering(addresses) };
    const socket = connect({ host, port, autoSelectFamily: true, noDelay: true, ...lookup });
    // Only until it is open: the signal is often a time limit.
    const stopWaiting = untilAborted(signal, (reason) => socket.destroy(reason));
    socket.once('error', reject);
    socket.once('close', stopWaiting);
    socket.once('connect', () => {
      stopWaiting();
      resolve(guarded(socket));
    });
  });
}

/** A look-up that knows its answer. */
function answering(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_, __, callback) => {
    callback(null, found);
  };
}

/** An HTTP CONNECT tunnel, RFC 9110 section 9.3.6. */
async function tunnel(proxy: ParentProxy, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const authority = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const outside = `the proxy ${proxy.host}:${proxy.port}`;
  return await new Promise((resolve, reject) => {
    const request = httpRequest({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: {
        host: authority,
        ...(proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization }),
      },
    });
    const stopWaiting = untilAborted(signal, (reason) => request.destroy(reason));
    request.once('close', stopWaiting);
    request.once('connect', (response, socket: Socket, head) => {
      stopWaiting();
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`${outside} refused a connection to ${authority}: ${response.statusCode ?? 0}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(guarded(socket));
    });
    request.once('response', (response) => {
      response.destroy();
      reject(new Error(`${outside} refused a connection to ${authority}: ${response.statusCode ?? 0}`));
    });
    request.once('error', (cause) => {
      reject(new Error(`${outside} cannot be reached: ${cause.message}`, { cause }));
    });
    request.end();
  });
}

/** A socket that fails while nobody listens would end the process. */
function guarded(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}

/** Calls `stop` once when the signal fires (or has fired), until the function that it gives back is called. */
function untilAborted(signal: AbortSignal, stop: (reason: Error) => void): () => void {
  function onAbort(): void {
    stop(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
  }
  if (signal.aborted) queueMicrotask(onAbort);
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal.removeEventListener('abort', onAbort);
  };
}

function readProxy(environment: Variables, names: readonly string[]): ParentProxy | null {
  const name = names.find((candidate) => (environment[candidate] ?? '') !== '');
  const value = name === undefined ? '' : (environment[name] ?? '');
  if (name === undefined || value === '') return null;
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || url.hostname === '') {
    throw new EnvironmentError(
      'proxy-unsupported',
      `The environment variable ${name} names a proxy of a kind that Relock cannot use.`,
      'Name an HTTP proxy: http://proxy.example.com:3128.',
    );
  }
  const authorization =
    url.username === ''
      ? null
      : basicAuthorization(percentDecoded(url.username), percentDecoded(url.password));
  return {
    host: url.hostname.replace(/^\[|\]$/gu, ''),
    port: url.port === '' ? 80 : Number(url.port),
    authorization,
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** NO_PROXY as curl and requests read it: `*`, a name and all below it, with or without a port. */
function isException(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const named = readAuthority(entry.replace(/^\*?\./u, ''), port);
  if (named?.port !== port) return false;
  return host === named.host || (isIP(host) === 0 && host.endsWith(`.${named.host}`));
}
