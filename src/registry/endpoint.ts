/** Where a registry is asked: Docker Hub's names, mirrors, plain http where the operator wants it. Pure. */
import { isIP } from 'node:net';
import type { RegistrySetting } from '../config/settings.ts';
import type { ImageReference } from '../images/model.ts';
import type { Origin } from '../run/network/lending.ts';
import { authorityOf, readTarget } from '../run/network/reach.ts';
import { RegistryError } from './registry-error.ts';

export interface Endpoint {
  /** As messages name it: `docker.io`, or `docker.io (mirror harbor.example.com)`. */
  readonly name: string;
  readonly origin: Origin;
  /** What a mirror wants before the repository's name: `''` or `dockerhub/`. */
  readonly prefix: string;
  /** Origins under which its credential may be filed, in settings and in Docker's configuration. */
  readonly accounts: readonly Origin[];
}

/** What is asked for, checked to be fit for a path of a URL. */
export interface Wanted {
  readonly endpoint: Endpoint;
  /** With the mirror's prefix. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | null;
  /** For messages. */
  readonly image: string;
}

const DOCKER_HUB = 'docker.io';
/** The registry's own address, and the one that `docker login` files its credential under. */
const DOCKER_HUB_HOSTS: readonly string[] = ['registry-1.docker.io', 'index.docker.io'];

const MAX_NAME = 255;

/** @throws {RegistryError} when the registry's name is none. */
export function endpointOf(registry: string, settings: readonly RegistrySetting[]): Endpoint {
  const name = canonicalName(registry);
  const setting = settings.find(({ host }) => canonicalName(host) === name) ?? null;
  if (setting !== null && setting.mirror !== null) return mirrorOf(name, setting.mirror);
  const scheme = setting?.insecure === true ? 'http' : 'https';
  const isHub = name === DOCKER_HUB;
  const origin = originOf(isHub ? (DOCKER_HUB_HOSTS[0] ?? '') : name, scheme);
  if (origin === null) {
    throw new RegistryError('image-not-found', `"${shown(registry)}" is not the name of a registry.`);
  }
  const accounts = isHub ? [DOCKER_HUB, ...DOCKER_HUB_HOSTS].map((host) => ({ ...origin, host })) : [origin];
  return { name, origin, prefix: '', accounts };
}

/** Threat: the registry's credential is sent to its mirror; a mirror has its own, under its own host. */
function mirrorOf(name: string, mirror: string): Endpoint {
  const url = URL.parse(mirror);
  const scheme = url?.protocol === 'http:' ? 'http' : 'https';
  const origin = url === null ? null : originOf(url.host, scheme);
  if (url === null || origin === null) {
    throw new RegistryError('registry-unreachable', `The mirror of ${name} has no address that can be used.`);
  }
  const path = url.pathname.replace(/^\/+|\/+$/gu, '');
  return {
    name: `${name} (mirror ${authorityOf(origin)})`,
    origin,
    prefix: path === '' ? '' : `${path}/`,
    accounts: [origin],
  };
}

/**
 * Threat: a reference's parts go into the path of a URL; `..`, `?` or a line end would ask for something else.
 * @throws {RegistryError} when a part is not what the grammar of distribution allows.
 */
export function wantedOf(reference: ImageReference, settings: readonly RegistrySetting[]): Wanted {
  const { repository, tag, digest } = reference;
  const endpoint = endpointOf(reference.registry, settings);
  const isRight =
    repository.length <= MAX_NAME &&
    repository.split('/').every((part) => /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/u.test(part)) &&
    (tag === null || /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u.test(tag)) &&
    (digest === null || isDigest(digest));
  if (!isRight) {
    throw new RegistryError('image-not-found', `"${shown(reference.text)}" is not the name of an image.`);
  }
  const end = digest === null ? '' : `@${digest}`;
  return {
    endpoint,
    repository: `${endpoint.prefix}${repository}`,
    tag: tag ?? 'latest',
    digest,
    image: `${canonicalName(reference.registry)}/${repository}${tag === null && digest !== null ? '' : `:${tag ?? 'latest'}`}${end}`,
  };
}

/** True for a digest of an algorithm that can be checked: sha256, sha512. */
export function isDigest(text: string): boolean {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/u.test(text);
}

/** Hosts as a set of `host:port`, for "did the operator name it?". */
export function hostKey({ host, port }: Pick<Origin, 'host' | 'port'>): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** @param defaultPort where the entry has none. */
export function hostKeysOf(entries: readonly string[], defaultPort: number): readonly string[] {
  return entries.flatMap((entry) => {
    const target = readTarget(entry, defaultPort);
    return target === null ? [] : [hostKey(target)];
  });
}

function canonicalName(registry: string): string {
  const lower = registry.toLowerCase();
  return DOCKER_HUB_HOSTS.includes(lower) ? DOCKER_HUB : lower;
}

function originOf(authority: string, scheme: Origin['scheme']): Origin | null {
  const target = readTarget(authority, scheme === 'https' ? 443 : 80);
  return target === null ? null : { scheme, ...target };
}

function shown(text: string): string {
  return text.replace(/[^\x20-\x7E]/gu, '?').slice(0, 200);
}
