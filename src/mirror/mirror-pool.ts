/** What all look-ups of distributions' indexes in a process share: connections, and indexes that were read. */
import { createSecureContext } from 'node:tls';
import type { Origin } from '../run/network/lending.ts';
import { readCaBundle } from '../run/network/ca-bundle.ts';
import { createCachedFetch } from '../run/network/cached-fetch.ts';
import { createDialer, type Variables } from '../run/network/dial.ts';
import { createGuardedDialer } from '../run/network/guarded-dial.ts';
import { createUpstream, type Upstream } from '../run/network/upstream.ts';
import { once } from '../run/once.ts';
import { createAptPool } from './apt-pool.ts';
import { createMirrorFetch } from './deb-fetch.ts';
import { createRepoPool } from './repo-pool.ts';
import type { SystemLookup } from './system-updates.ts';

/** Alpine's own list of which versions fix what. */
const ALPINE_SECURITY = 'https://secdb.alpinelinux.org';
const TIMEOUT_SECONDS = 120;
const RETRY_MS = 500;

export interface MirrorPoolOptions {
  /** The operator's: HTTPS_PROXY and its kin, SSL_CERT_FILE. */
  readonly environment: Variables;
  readonly userAgent: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface MirrorPool {
  /** @param hosts `host` or `host:port` that the operator named: they may lie at a private address. */
  lookup(hosts: readonly string[], signal: AbortSignal): Promise<SystemLookup>;
  close(): Promise<void>;
}

/** Opens nothing before something is looked up. */
export function createMirrorPool({ environment, userAgent, now }: MirrorPoolOptions): MirrorPool {
  const aptPool = createAptPool({ now });
  const pool = createRepoPool({ now });
  let isOpen = false;
  const upstream = once(() => openUpstream(environment));
  return {
    async lookup(hosts, signal) {
      isOpen = true;
      const fetch = createMirrorFetch({
        // Threat: an image names these hosts; none of the operator's credentials is for them.
        fetch: createCachedFetch({ upstream: await upstream(), cache: null, credentials: [] }),
        mayBePrivate: (origin) => hosts.includes(nameOf(origin)),
        userAgent,
        timeoutSeconds: TIMEOUT_SECONDS,
        retryDelayMs: RETRY_MS,
      });
      return { fetch, aptPool, pool, secdbUrl: ALPINE_SECURITY, now, signal };
    },
    async close() {
      if (isOpen) (await upstream()).close();
    },
  };
}

async function openUpstream(environment: Variables): Promise<Upstream> {
  const dialer = createDialer({ environment });
  return createUpstream({
    credentials: [],
    dialer,
    guarded: createGuardedDialer({ dialer, isKnown: () => false }),
    secureContext: createSecureContext({ ca: await readCaBundle(environment) }),
    log: () => undefined,
  });
}

/** As `allow-hosts` of the settings have it. */
function nameOf({ scheme, host, port }: Origin): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
