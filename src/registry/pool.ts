/** What all registries of a process share: connections, limits, tokens, and answers that everybody may see. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { readCaBundle } from '../run/network/ca-bundle.ts';
import { createDialer, type Variables } from '../run/network/dial.ts';
import { createGuardedDialer } from '../run/network/guarded-dial.ts';
import { createUpstream, type Upstream } from '../run/network/upstream.ts';
import { once } from '../run/once.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { createMemo, type Memo } from './memo.ts';
import type { RegistryCounts, RegistryManifest } from './registry.ts';
import type { KnownChallenges } from './session.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** Of manifests that stay in memory, with `MAX_MANIFESTS` of them. */
const MAX_KEPT_BYTES = 256 * 1024;
const MAX_MANIFESTS = 128;
const MAX_DIGESTS = 20_000;
const MAX_TAG_LISTS = 200;

export interface RegistryPoolOptions {
  /** The operator's: HTTPS_PROXY and its kin, SSL_CERT_FILE. */
  readonly environment: Variables;
  readonly userAgent: string;
  /** How long an answer about a tag stands; null: as long as the pool, as for one run. */
  readonly keepSeconds: number | null;
  /** Until an answer's head; 30 unless told. */
  readonly timeoutSeconds?: number;
  /** Before a second try; 500 unless told. */
  readonly retryDelayMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Where a name really is, whatever its address; null: as DNS says, at a public address. For tests. */
  readonly resolve?: (host: string, port: number) => { address: string; port: number } | null;
}

/** Keys of the memos begin with the space (whose answers they are). */
export interface RegistryPool {
  readonly exchange: Exchange;
  readonly tokens: Tokens;
  readonly challenges: KnownChallenges;
  readonly digests: Memo<string | null>;
  readonly manifests: Memo<RegistryManifest>;
  readonly tags: Memo<readonly string[]>;
  counts(): RegistryCounts;
  close(): Promise<void>;
}

/** Opens nothing before something is asked. */
export function createRegistryPool(options: RegistryPoolOptions): RegistryPool {
  const now = options.now ?? Date.now;
  const upstream = once(() => openUpstream(options));
  let isOpen = false;
  const exchange = createExchange({
    upstream: () => {
      isOpen = true;
      return upstream();
    },
    userAgent: options.userAgent,
    timeoutSeconds: options.timeoutSeconds ?? 30,
    retryDelayMs: options.retryDelayMs ?? 500,
    now,
    sleep: options.sleep ?? sleep,
  });
  const keepMs = options.keepSeconds === null ? null : options.keepSeconds * 1000;
  const memo = { now, keepMs, mayKeep: () => true };
  return {
    exchange,
    tokens: createTokens(exchange, now),
    challenges: new Map(),
    digests: createMemo<string | null>({ ...memo, maxEntries: MAX_DIGESTS }),
    manifests: createMemo<RegistryManifest>({
      ...memo,
      maxEntries: MAX_MANIFESTS,
      mayKeep: ({ bytes }) => bytes.length <= MAX_KEPT_BYTES,
    }),
    tags: createMemo<readonly string[]>({ ...memo, maxEntries: MAX_TAG_LISTS }),
    counts: () => exchange.counts(),
    async close() {
      if (isOpen) (await upstream().catch(() => null))?.close();
    },
  };
}

/** Credentials are the session's business: none is lent here. */
async function openUpstream({ environment, resolve }: RegistryPoolOptions): Promise<Upstream> {
  const dialer = createDialer({ environment, ...(resolve === undefined ? {} : { resolve }) });
  const isKnown = (host: string, port: number): boolean => (resolve?.(host, port) ?? null) !== null;
  return createUpstream({
    credentials: [],
    dialer,
    guarded: createGuardedDialer({ dialer, isKnown }),
    secureContext: createSecureContext({ ca: await readCaBundle(environment) }),
    log: () => undefined,
  });
}

/** Ends early, without an error, when the signal fires: whoever waits looks at it next. */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
