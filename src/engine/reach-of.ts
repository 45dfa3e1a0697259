/** Which hosts the locker of one lock may reach: what its manifests name, and what policy and operator add. Pure. */
import type { Credential } from '../config/settings.ts';
import type { Remote, Target } from '../model.ts';
import { readAuthority } from '../run/network/lending.ts';
import type { Reach } from '../run/network/reach.ts';
import { remoteAddress } from '../run/network/remote-address.ts';

export interface ReachSources {
  /** Base URL of the index that stands for the public one, no trailing slash. */
  readonly indexUrl: string;
  /** Whether the operator named that index. */
  readonly isMirror: boolean;
  /** `allow-hosts` of the repository's policy. */
  readonly policyHosts: readonly string[];
  /** `allow-hosts` of the operator's settings. */
  readonly operatorHosts: readonly string[];
  /** Those that the job's owner may use. */
  readonly credentials: readonly Credential[];
}

/** What the operator himself named, and may lie at a private address: never anything of a repository. */
export function operatorHosts(sources: ReachSources): readonly string[] {
  const { indexUrl, isMirror, credentials } = sources;
  return distinct([
    ...sources.operatorHosts,
    ...credentials.map(({ host }) => host.toLowerCase()),
    ...(isMirror ? authoritiesOf({ url: indexUrl, purpose: 'index', namedIn: '' }) : []),
  ]);
}

/** The index of the lock comes first: it is the one on which a cool-down must be kept. */
export function reachOf({ remotes }: Pick<Target, 'remotes'>, sources: ReachSources): Reach {
  const ownIndexes = remotes.filter(({ purpose }) => purpose === 'index').flatMap(baseOf);
  const extra = remotes.filter(({ purpose }) => purpose === 'extra-index').flatMap(baseOf);
  const others = remotes.filter(({ purpose }) => purpose !== 'index' && purpose !== 'extra-index');
  return {
    indexes: distinct([...ownIndexes, sources.indexUrl, ...extra]),
    hosts: distinct([...others.flatMap(authoritiesOf), ...sources.policyHosts, ...operatorHosts(sources)]),
    privateHosts: operatorHosts(sources),
  };
}

/** A base URL without user, password, trailing slash. */
function baseOf(remote: Remote): readonly string[] {
  const url = URL.parse(remote.url);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return [];
  return [`${url.origin}${url.pathname}`.replace(/\/+$/u, '')];
}

/** `host:port`, or the host alone where https has its usual port. Git over ssh is tried over https instead. */
function authoritiesOf(remote: Remote): readonly string[] {
  const origin = remoteAddress(remote)?.origin;
  if (origin === undefined) return [];
  if (origin.scheme === 'tcp') return [origin.host];
  const bare = origin.scheme === 'https' && origin.port === 443;
  const host = origin.host.includes(':') ? `[${origin.host}]` : origin.host;
  return readAuthority(host, 443) === null ? [] : [bare ? host : `${host}:${origin.port}`];
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
