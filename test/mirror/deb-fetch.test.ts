import { createSecureContext } from 'node:tls';
import { onTestFinished, describe, expect, it } from 'vitest';
import { createMirrorFetch, MirrorError, type MirrorFetch } from '../../src/mirror/deb-fetch.ts';
import { createCachedFetch } from '../../src/run/network/cached-fetch.ts';
import { createDialer } from '../../src/run/network/dial.ts';
import { createGuardedDialer } from '../../src/run/network/guarded-dial.ts';
import { createUpstream } from '../../src/run/network/upstream.ts';
import { CancelledError } from '../../src/errors.ts';
import { startServer, type Handler } from '../support/loopback-server.ts';

/** Names lead to the server of the test; addresses are left to the rules about them. */
async function open(handler: Handler, named: readonly string[] = ['deb.example.org']) {
  const server = await startServer(handler);
  const resolve = (host: string): { address: string; port: number } | null =>
    named.includes(host) ? { address: '127.0.0.1', port: server.port } : null;
  const dialer = createDialer({ environment: {}, resolve });
  const isKnown = (host: string): boolean => resolve(host) !== null;
  const upstream = createUpstream({
    credentials: [],
    dialer,
    guarded: createGuardedDialer({ dialer, isKnown, lookup: () => Promise.resolve(['10.0.0.1']) }),
    secureContext: createSecureContext({}),
    log: () => undefined,
  });
  onTestFinished(() => upstream.close());
  const fetch = createMirrorFetch({
    fetch: createCachedFetch({ upstream, cache: null, credentials: [] }),
    mayBePrivate: ({ host }) => host === 'mine.example.org',
    userAgent: 'relock/test',
    timeoutSeconds: 1,
    retryDelayMs: 1,
  });
  return { fetch, server };
}

const URL_A = 'http://deb.example.org/dists/a/InRelease';

async function get(
  fetch: MirrorFetch,
  url = URL_A,
  signal = new AbortController().signal,
): Promise<string | null> {
  const body = await fetch({ url, maxBytes: 1000, sha256: null, signal });
  return body?.toString() ?? null;
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MirrorError)) throw new Error(`No MirrorError: ${String(error)}`);
  return `${error.code}: ${error.message}`;
}

describe('a file of a repository', () => {
  it('is read, by way of redirects', async () => {
    const { fetch, server } = await open((request, response) => {
      if (request.url === '/dists/a/InRelease') response.writeHead(302, { location: '/b' }).end();
      else response.end('text');
    });
    expect(await get(fetch)).toBe('text');
    expect(server.seen.map(({ url }) => url)).toEqual(['/dists/a/InRelease', '/b']);
  });

  it.each([403, 404, 410])('is not there: %i', async (status) => {
    const { fetch, server } = await open((_, response) => response.writeHead(status).end());
    expect(await get(fetch)).toBe(null);
    expect(server.seen).toHaveLength(1);
  });

  it('is asked for a second time where the server stumbles', async () => {
    let count = 0;
    const { fetch } = await open((_, response) => {
      count += 1;
      response.writeHead(count === 1 ? 503 : 200).end('text');
    });
    expect(await get(fetch)).toBe('text');
  });

  it.each<[string, Handler, string]>([
    ['the server is broken', (_, response) => response.writeHead(500).end(), 'index-unreachable: '],
    ['it wants credentials', (_, response) => response.writeHead(401).end(), 'authentication-required: '],
    ['it is too large', (_, response) => response.end('x'.repeat(1001)), 'too-large: '],
    ['it is silent', () => undefined, 'not done within 1 s'],
    ['it drips', (_, response) => response.writeHead(200).write('x'), 'not done within 1 s'],
    [
      'it breaks off',
      (_, response) =>
        response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy()),
      'index-unreachable: ',
    ],
    [
      'it leads in circles',
      (request, response) => response.writeHead(302, { location: request.url }).end(),
      'without end',
    ],
    [
      'it leads to another kind of address',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'is no address',
    ],
    [
      'it leads to the metadata of the cloud',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
      'network-refused: ',
    ],
  ])('is not had where %s', async (_, handler, expected) => {
    const { fetch } = await open(handler);
    expect(await codeOf(get(fetch))).toContain(expected);
  });

  it('is never asked for at a private address', async () => {
    const { fetch, server } = await open((_, response) => response.end('secret'));
    const addresses = [
      `http://127.0.0.1:${server.port}/`,
      'http://inside.example.org/',
      `http://0x7f000001:${server.port}/`,
      `http://[::1]:${server.port}/`,
    ];
    for (const url of addresses) expect(await codeOf(get(fetch, url))).toContain('network-refused: ');
    expect(server.seen).toEqual([]);
  });

  it('ends with the run', async () => {
    const stop = new AbortController();
    const { fetch } = await open(() => stop.abort());
    await expect(get(fetch, URL_A, stop.signal)).rejects.toBeInstanceOf(CancelledError);
  });
});
