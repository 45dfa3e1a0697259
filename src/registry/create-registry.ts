/** The registry client of one job. */
import type { Credential, RegistrySetting } from '../config/settings.ts';
import type { ImageReference } from '../images/model.ts';
import type { Variables } from '../run/network/dial.ts';
import type { HttpCache } from '../run/network/http-cache.ts';
import { createAccounts } from './account.ts';
import { checkedBlob } from './checked-blob.ts';
import { endpointOf, hostKey, isDigest, wantedOf, type Wanted } from './endpoint.ts';
import { ACCEPT_MANIFESTS, refuseSchema1 } from './manifest.ts';
import { createManifestSource, manifestTarget, toldDigest } from './manifest-source.ts';
import type { RegistryPool } from './pool.ts';
import type { Registry, RegistryManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';
import { createSession, refusedStatus } from './session.ts';
import { readTags } from './tag-pages.ts';

const BLOB_SECONDS = 15 * 60;

export interface RegistryOptions {
  readonly pool: RegistryPool;
  /** As the operator's settings have them. */
  readonly registries: readonly RegistrySetting[];
  /** Those that the job's owner may use (`usableCredentials`). */
  readonly credentials: readonly Credential[];
  /** `allow-hosts` of the operator's settings: may have a private address. */
  readonly allowHosts: readonly string[];
  /** Absolute path of the user's own Docker configuration; null anywhere but at his terminal. */
  readonly dockerConfig: string | null;
  /** For credential helpers: the user's own. */
  readonly environment: Variables;
  /** null: nothing is kept between runs. */
  readonly cache: HttpCache | null;
  /** For one blob, from its first byte to its last; 15 minutes unless told. */
  readonly blobSeconds?: number;
  readonly signal: AbortSignal;
}

/** Asks nothing yet. */
export function createRegistry(options: RegistryOptions): Registry {
  const { pool, registries, signal } = options;
  const accounts = createAccounts({
    credentials: options.credentials,
    namedHosts: [...options.allowHosts, ...registries.flatMap(({ host }) => askedAt(host, registries))],
    dockerConfig: options.dockerConfig,
    environment: options.environment,
  });
  const { exchange, tokens, challenges } = pool;
  const session = createSession({ exchange, tokens, challenges, accounts, signal });
  const source = createManifestSource({
    session,
    cache: options.cache,
    spaceOf: (wanted) => accounts.spaceOf(wanted),
  });

  function keyOf(wanted: Wanted, what: string): string {
    return `${accounts.spaceOf(wanted)} ${hostKey(wanted.endpoint.origin)} ${wanted.repository} ${what}`;
  }

  async function manifestOf(wanted: Wanted, reference: string): Promise<RegistryManifest> {
    return await pool.manifests.get(
      keyOf(wanted, reference),
      async () => {
        const manifest = await source.load(wanted, reference);
        if (manifest === null) throw notFound(wanted);
        // What a tag leads to is the same by its digest.
        if (!isDigest(reference)) pool.manifests.put(keyOf(wanted, manifest.digest), manifest);
        return manifest;
      },
      signal,
    );
  }

  async function lookUp(wanted: Wanted, reference: string): Promise<string | null> {
    const answer = await session.ask(wanted, {
      kind: 'head',
      target: manifestTarget(wanted, reference),
      headers: { accept: ACCEPT_MANIFESTS },
      maxBytes: 0,
    });
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status === 200) {
      refuseSchema1(answer.headers['content-type'] ?? null, wanted.image);
      const told = toldDigest(answer.headers);
      // Of a digest nothing else than itself is right: a GET finds out what it is.
      if (told !== null && (!isDigest(reference) || told === reference)) return told;
    }
    // Some registries know no HEAD, or leave the digest out of it.
    if (![200, 400, 405, 406, 415, 501].includes(answer.status)) throw refusedStatus(wanted, answer.status);
    return (await manifestOf(wanted, reference)).digest;
  }

  return {
    async digestOf(reference) {
      const wanted = wantedOf(reference, registries);
      const what = reference.tag === null && reference.digest !== null ? reference.digest : wanted.tag;
      return await pool.digests.get(
        keyOf(wanted, what),
        async () => {
          try {
            return await lookUp(wanted, what);
          } catch (error) {
            if (error instanceof RegistryError && error.code === 'image-not-found') return null;
            throw error;
          }
        },
        signal,
      );
    },

    async manifest(reference) {
      const wanted = wantedOf(reference, registries);
      return await manifestOf(wanted, wanted.digest ?? wanted.tag);
    },

    async blob(reference, digest, limitBytes) {
      const wanted = wantedOf(reference, registries);
      if (!isDigest(digest)) {
        throw new RegistryError(
          'manifest-invalid',
          `${wanted.image} cannot be read: its manifest names a part by a digest that cannot be checked (sha256 and sha512 can).`,
        );
      }
      const answer = await session.ask(wanted, {
        kind: 'blob',
        target: `/v2/${wanted.repository}/blobs/${digest}`,
        headers: { accept: '*/*' },
        maxBytes: 0,
      });
      const { status, stream } = answer;
      if (stream === null) {
        if (status === 404 || status === 410) throw notFound(wanted, ` has no part ${digest} there`);
        throw refusedStatus(wanted, status);
      }
      return checkedBlob({
        source: stream,
        digest,
        limitBytes,
        timeoutSeconds: options.blobSeconds ?? BLOB_SECONDS,
        image: wanted.image,
        from: wanted.endpoint.name,
        signal,
      });
    },

    async tags(reference) {
      const wanted = wantedOf(withoutDigest(reference), registries);
      return await pool.tags.get(keyOf(wanted, 'tags'), () => readTags(session, wanted), signal);
    },
  };
}

/** `host:port` where a configured registry or its mirror is; nothing for one that no reference can name anyway. */
function askedAt(host: string, registries: readonly RegistrySetting[]): readonly string[] {
  try {
    return [hostKey(endpointOf(host, registries).origin)];
  } catch {
    return [];
  }
}

function withoutDigest(reference: ImageReference): ImageReference {
  return { ...reference, digest: null };
}

function notFound({ endpoint, image }: Wanted, what = ' is not there'): RegistryError {
  return new RegistryError(
    'image-not-found',
    `${image}${what} (${endpoint.name}).`,
    'Look whether its name and tag are right; registries also say so of images that only an account can see.',
  );
}
