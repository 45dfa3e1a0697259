/**
 * Whether a credential may go to the token service that a registry names. Pure.
 *
 * Threats. A hostile registry (any repository can name one) points to another registry's token service, to have that one's
 * credential used: so a credential is looked up by the registry of the reference alone, never by the realm. And an answer of
 * a registry that does have a credential (forged, redirected, or written by somebody who may configure it) points to a
 * stranger's host, to have it sent there: so it goes
 *
 * - over https only, unless the operator has the registry asked over plain http and the realm is on that very host;
 * - to the registry's own host, whatever the port, or to a host below it;
 * - to a host of the same site: `auth.docker.io` for `registry-1.docker.io`, `gitlab.com` for `registry.gitlab.com`. Names
 *   that strangers can rent side by side (`azurecr.io`, `co.uk`) make no site;
 * - to a host for which the operator gave the same secret: `sharesSecret`.
 *
 * Without a credential any https realm is asked: all that it learns is a repository's name.
 */
import { isIP } from 'node:net';
import type { Origin } from '../run/network/lending.ts';
import { canonicalHost } from '../run/network/reach.ts';

/** Below these every name is another customer. */
const SHARED_SUFFIXES: readonly string[] = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'azurecr.cn',
  'azurecr.io',
  'azurewebsites.net',
  'cloudfront.net',
  'fly.dev',
  'github.io',
  'herokuapp.com',
  'jfrog.io',
  'on.aws',
  'pages.dev',
  'pkg.dev',
  'run.app',
  'vercel.app',
  'workers.dev',
];

/** `co.uk`, `com.br`: second levels under which countries register names. */
const COUNTRY_SUFFIX = /^(?:ac|co|com|edu|gob|gov|gv|mil|ne|net|nom|or|org)\.[a-z]{2}$/u;

export interface Realm {
  readonly origin: Origin;
  readonly url: URL;
}

/**
 * @param registry where the challenge came from.
 * @returns null when it is no address that may be asked at all: https, or plain http where the registry is asked so too.
 */
export function readRealm(realm: string, registry: Origin): Realm | null {
  const url = realm.length > 2000 ? null : URL.parse(realm);
  if (url === null || url.username !== '' || url.password !== '') return null;
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : null;
  if (scheme === null || (scheme === 'http' && registry.scheme !== 'http')) return null;
  const host = canonicalHost(url.hostname.replace(/^\[|\]$/gu, ''));
  if (host === null) return null;
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { origin: { scheme, host, port }, url };
}

/**
 * Whether the registry's credential may go to this realm.
 * @param sharesSecret the operator gave the same user name and password for the realm's own host.
 */
export function mayHaveCredential(realm: Origin, registry: Origin, sharesSecret: boolean): boolean {
  if (realm.scheme === 'http') return registry.scheme === 'http' && realm.host === registry.host;
  return sharesSecret || isSameSite(realm.host, registry.host);
}

/** True for the same host, one below it, or one of the same site. */
export function isSameSite(host: string, registry: string): boolean {
  if (host === registry) return true;
  if (isIP(host) !== 0 || isIP(registry) !== 0) return false;
  if (host.endsWith(`.${registry}`)) return true;
  const site = registry.slice(registry.indexOf('.') + 1);
  if (!registry.includes('.') || !site.includes('.') || COUNTRY_SUFFIX.test(site)) return false;
  if (SHARED_SUFFIXES.some((suffix) => site === suffix || site.endsWith(`.${suffix}`))) return false;
  return host === site || host.endsWith(`.${site}`);
}
