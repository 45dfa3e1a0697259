/**
 * Connections to public addresses only. Threat: code of a package asks for the cloud's metadata, a service on loopback or
 * a machine of the operator's network, by address or by a name that leads there.
 */
import { lookup as lookUp } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { isPublicAddress } from './address-policy.ts';
import type { Dialer } from './dial.ts';

/** A locker opens many connections to one host at once, and look-ups share few threads. */
const KEEP_MILLISECONDS = 10_000;
const MAX_KEPT = 1000;

/** The host is at no public address. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
}

export interface GuardedDialer {
  /**
   * Opens a connection to the very address that was checked: DNS is asked once.
   * @param host canonical: as `canonicalHost` gives it.
   * @param mayBePrivate the operator himself named this host.
   * @throws {PrivateAddressError}
   * @throws {Error} whose message is for people.
   */
  dial(host: string, port: number, mayBePrivate: boolean, signal: AbortSignal): Promise<Socket>;
  /** Checks alone, for requests that go to a proxy in whole. */
  check(host: string, port: number, mayBePrivate: boolean): Promise<void>;
}

export interface GuardedDialerOptions {
  readonly dialer: Dialer;
  /** Addresses of a name; absent: as the machine's resolver says. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Hosts for which the dialer has an answer of its own. */
  readonly isKnown: (host: string, port: number) => boolean;
}

export function createGuardedDialer(options: GuardedDialerOptions): GuardedDialer {
  const { dialer } = options;
  const ask = options.lookup ?? askResolver;
  const kept = new Map<string, { readonly until: number; readonly addresses: Promise<readonly string[]> }>();

  async function addressesOf(host: string): Promise<readonly string[]> {
    const now = performance.now();
    const known = kept.get(host);
    if (known !== undefined && known.until > now) return await known.addresses;
    if (kept.size >= MAX_KEPT) kept.clear();
    const addresses = ask(host);
    kept.set(host, { until: now + KEEP_MILLISECONDS, addresses });
    try {
      return await addresses;
    } catch (error) {
      kept.delete(host);
      throw error;
    }
  }

  /** The addresses to connect to; null: as the dialer says. */
  async function allowed(
    host: string,
    port: number,
    mayBePrivate: boolean,
    isProxied: boolean,
  ): Promise<readonly string[] | null> {
    if (mayBePrivate || options.isKnown(host, port)) return null;
    if (isIP(host) !== 0) {
      if (isPublicAddress(host)) return null;
      throw new PrivateAddressError(`${host} is no public address`);
    }
    let found: readonly string[];
    try {
      found = await addressesOf(host);
    } catch (error) {
      // Behind a proxy the outside is often unknown to DNS: the proxy finds out.
      if (isProxied) return null;
      throw error;
    }
    const open = found.filter(isPublicAddress);
    if (open.length === 0) {
      throw new PrivateAddressError(
        `${host} is at ${found.join(', ').slice(0, 100)}, which is no public address`,
      );
    }
    return isProxied ? null : open;
  }

  return {
    async dial(host, port, mayBePrivate, signal) {
      const addresses = await allowed(host, port, mayBePrivate, dialer.isProxied(host, port));
      return await (addresses === null
        ? dialer.dial(host, port, signal)
        : dialer.dial(host, port, signal, addresses));
    },
    async check(host, port, mayBePrivate) {
      await allowed(host, port, mayBePrivate, true);
    },
  };
}

async function askResolver(host: string): Promise<readonly string[]> {
  const found = await lookUp(host, { all: true });
  return found.map(({ address }) => address);
}
