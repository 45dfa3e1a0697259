/** Where a remote that a lock names is, and what to ask it. Pure. */
import type { Remote } from '../../model.ts';
import type { Origin } from './lending.ts';

/** What a probe opens, and asks. */
export interface RemoteAddress {
  readonly origin: Origin | { readonly scheme: 'tcp'; readonly host: string; readonly port: number };
  /** Path and query to GET; null: an open connection is all that can be learned. */
  readonly target: string | null;
  /** User and password that the manifest itself carries, as in the URL; null when none, or a placeholder. */
  readonly userinfo: { readonly username: string; readonly password: string } | null;
}

const TCP_PORTS: ReadonlyMap<string, number> = new Map([
  ['ssh:', 22],
  ['git:', 9418],
  ['svn:', 3690],
]);

/**
 * @returns null for what cannot be probed: a local path, an address with a placeholder (`${HOST}`), an unknown scheme.
 */
export function remoteAddress(remote: Remote): RemoteAddress | null {
  const text = remote.url.trim().replace(/^(?:git|hg|svn|bzr)\+/iu, '');
  // Git's short form, `git@host:team/project.git`.
  const short = /^(?:[A-Za-z0-9._-]{1,64}@)?([A-Za-z0-9.-]{1,253}):(?!\/\/)[^:]/u.exec(text);
  if (remote.purpose === 'git' && short?.[1] !== undefined) {
    return {
      origin: { scheme: 'tcp', host: short[1].toLowerCase(), port: 22 },
      target: null,
      userinfo: null,
    };
  }
  const match = /^([a-z]+):\/\/(?:([^@/?#]*)@)?([^/?#]*)/iu.exec(text);
  const rest = match === null ? '' : text.slice(match[0].length);
  if (match === null || hasPlaceholder(match[3] ?? '') || hasPlaceholder(rest)) return null;
  const plain = `${match[1] ?? ''}://${match[3] ?? ''}${rest}`;
  if (!URL.canParse(plain)) return null;
  const url = new URL(plain);
  const host = url.hostname
    .replace(/^\[|\]$/gu, '')
    .replace(/\.$/u, '')
    .toLowerCase();
  if (host === '') return null;
  const tcp = TCP_PORTS.get(url.protocol);
  if (tcp !== undefined) {
    const port = url.port === '' ? tcp : Number(url.port);
    return { origin: { scheme: 'tcp', host, port }, target: null, userinfo: null };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return {
    origin: { scheme, host, port },
    target: targetOf(remote.purpose, url),
    userinfo: readUserinfo(match[2] ?? ''),
  };
}

function targetOf(purpose: Remote['purpose'], url: URL): string {
  switch (purpose) {
    case 'index':
    case 'extra-index':
      return `${url.pathname.replace(/\/$/u, '')}/${url.search}`;
    case 'git': {
      // The first thing that git itself asks. `@` begins the reference that pip and uv write behind the address.
      const repository = url.pathname.split('@', 1)[0] ?? '';
      return `${repository.replace(/\/$/u, '')}/info/refs?service=git-upload-pack`;
    }
    case 'channel':
      // What every conda channel has, and every solver reads.
      return `${url.pathname.replace(/\/$/u, '')}/noarch/repodata.json`;
    case 'url':
      return url.pathname + url.search;
    default:
      return purpose satisfies never;
  }
}

function readUserinfo(text: string): RemoteAddress['userinfo'] {
  if (text === '' || hasPlaceholder(text)) return null;
  const colon = text.includes(':') ? text.indexOf(':') : text.length;
  try {
    return {
      username: decodeURIComponent(text.slice(0, colon)),
      password: decodeURIComponent(text.slice(colon + 1)),
    };
  } catch {
    return null;
  }
}

/** Manifests write `${NAME}`, which the locker fills in, or leaves as it is. */
function hasPlaceholder(text: string): boolean {
  return /[${}]|%7B/iu.test(text);
}
