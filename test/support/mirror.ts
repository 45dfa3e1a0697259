/** What looks up mirrors, over real HTTP to servers of the test: public names lead there, or loopback is allowed. */
import { createSecureContext } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createMirrorFetch, type MirrorFetch } from '../../src/mirror/deb-fetch.ts';
import type { RepoLookup } from '../../src/mirror/repo-lookup.ts';
import { createRepoPool } from '../../src/mirror/repo-pool.ts';
import { createCachedFetch } from '../../src/run/network/cached-fetch.ts';
import { createDialer } from '../../src/run/network/dial.ts';
import { createGuardedDialer } from '../../src/run/network/guarded-dial.ts';
import { createUpstream } from '../../src/run/network/upstream.ts';
import { startServer, type TestServer } from './loopback-server.ts';

/** Serves files by path; null: 403. What is not there is 404. */
export async function serveFiles(files: ReadonlyMap<string, Buffer | null>): Promise<TestServer> {
  return await startServer((request, response) => {
    const file = files.get(decodeURIComponent((request.url ?? '').replace(/^\//u, '')));
    if (file === undefined) response.writeHead(404).end();
    else if (file === null) response.writeHead(403).end();
    else response.writeHead(200, { 'content-length': file.length }).end(file);
  });
}

/** @param names hosts that lead to `port` of loopback; loopback itself is asked only where `ownHosts` has it. */
export function mirrorFetch(
  port: number,
  names: readonly string[],
  ownHosts: readonly string[] = [],
): MirrorFetch {
  const resolve = (host: string): { address: string; port: number } | null =>
    names.includes(host) ? { address: '127.0.0.1', port } : null;
  const dialer = createDialer({ environment: {}, resolve });
  const upstream = createUpstream({
    credentials: [],
    dialer,
    guarded: createGuardedDialer({ dialer, isKnown: (host) => resolve(host) !== null }),
    secureContext: createSecureContext({}),
    log: () => undefined,
  });
  onTestFinished(() => upstream.close());
  return createMirrorFetch({
    fetch: createCachedFetch({ upstream, cache: null, credentials: [] }),
    mayBePrivate: ({ host }) => ownHosts.includes(host),
    userAgent: 'relock/test',
    timeoutSeconds: 5,
    retryDelayMs: 1,
  });
}

export const NOW = Date.parse('2026-11-01T00:00:00Z');

export function repoLookup(fetch: MirrorFetch, more: Partial<RepoLookup> = {}): RepoLookup {
  const now = (): number => NOW;
  return {
    fetch,
    pool: createRepoPool({ now }),
    secdbUrl: null,
    now,
    signal: new AbortController().signal,
    ...more,
  };
}
