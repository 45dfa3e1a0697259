/** Which of the operator's credentials a request may borrow. Pure. */
import type { Credential } from '../../config/settings.ts';

export interface Origin {
  readonly scheme: 'https' | 'http';
  /** Lower case, without a trailing dot. */
  readonly host: string;
  readonly port: number;
}

/**
 * True when some credential is for this host and port. Without a port a credential is for https on 443 alone.
 * Threat: a manifest that spells a host with `http://` has the secret sent in the clear; an operator who wants that names
 * the port (`pypi.example.com:80`).
 */
export function hasCredential(credentials: readonly Credential[], origin: Origin): boolean {
  return credentials.some((credential) => isFor(credential, origin));
}

/**
 * The credential with the longest path that covers `path` (a request's path, with or without query) on that host, or null.
 */
export function credentialFor(
  credentials: readonly Credential[],
  origin: Origin,
  path: string,
): Credential | null {
  const wanted = path.split(/[?#]/u, 1)[0] ?? '';
  return credentials
    .filter((credential) => isFor(credential, origin) && covers(credential.path, wanted))
    .reduce<Credential | null>(
      (best, next) => (best === null || next.path.length > best.path.length ? next : best),
      null,
    );
}

/** Value of an Authorization header: RFC 7617, UTF-8. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * Reads `host:port`, as a CONNECT request or a Host header has it: lower case, no trailing dot.
 * @returns null when it is something else. IPv6 addresses are in brackets, and given without.
 */
export function readAuthority(
  text: string,
  defaultPort: number | null,
): { host: string; port: number } | null {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/u.exec(text);
  const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/u, '');
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  return host === '' || port === null || port < 1 || port > 65_535 ? null : { host, port };
}

function isFor(credential: Credential, origin: Origin): boolean {
  const named = readAuthority(credential.host, null);
  if (named !== null) return named.host === origin.host && named.port === origin.port;
  const bare = readAuthority(credential.host, 443);
  return bare?.host === origin.host && origin.scheme === 'https' && origin.port === 443;
}

/** Threat: `/simple/team/..%2f..%2fother/` starts with the right path, and a server may read another one. */
function covers(prefix: string, path: string): boolean {
  const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (folder === '/') return path.startsWith('/');
  return (path.startsWith(folder) || `${path}/` === folder) && !climbs(path);
}

function climbs(path: string): boolean {
  let text = path;
  // Servers behind servers decode more than once.
  for (let round = 0; round < 4; round += 1) {
    if (text.split(/[/\\;]/u).some((segment) => segment === '..' || segment === '.')) return true;
    const decoded = text.replace(/%(2[eEfF]|5[cC]|25|3[bB])/gu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}
