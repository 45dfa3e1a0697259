/** Manifests from the registry, by way of the disk: what has a digest never changes, what has a tag has its ETag. */
import { Readable } from 'node:stream';
import { authorityOf } from '../run/network/reach.ts';
import type {
  CacheHeaders,
  CacheHit,
  CacheRequest,
  HttpCache,
  StoredAnswer,
} from '../run/network/http-cache.ts';
import { isDigest, type Wanted } from './endpoint.ts';
import { ACCEPT_MANIFESTS, MAX_MANIFEST_BYTES, readManifest } from './manifest.ts';
import type { RegistryManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';
import { refusedStatus, type Session } from './session.ts';

export interface ManifestSource {
  /**
   * @param reference a tag or a digest.
   * @returns null: it is not there.
   * @throws {RegistryError}
   */
  load(wanted: Wanted, reference: string): Promise<RegistryManifest | null>;
}

export interface ManifestSourceOptions {
  readonly session: Session;
  /** null: nothing is kept between runs. */
  readonly cache: HttpCache | null;
  /** Whose answers these are. */
  readonly spaceOf: (wanted: Wanted) => string;
}

export function createManifestSource({ session, cache, spaceOf }: ManifestSourceOptions): ManifestSource {
  async function ask(
    wanted: Wanted,
    reference: string,
    kept: CacheRequest,
    conditions: Readonly<Record<string, string>>,
  ): Promise<RegistryManifest | null> {
    const answer = await session.ask(wanted, {
      kind: 'manifest',
      target: manifestTarget(wanted, reference),
      headers: { accept: ACCEPT_MANIFESTS, ...conditions },
      maxBytes: MAX_MANIFEST_BYTES,
    });
    if (answer.status === 304 && conditions['if-none-match'] !== undefined) {
      const stored = (await cache?.refresh(kept, answer.headers)) ?? null;
      return stored === null
        ? await ask(wanted, reference, kept, {})
        : await fromStore(stored, wanted, reference);
    }
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status !== 200) throw refusedStatus(wanted, answer.status);
    const manifest = read(wanted, reference, answer.body, answer.headers);
    // Only what was found right is kept.
    if (cache !== null) await store(cache, kept, answer.headers, answer.body);
    return manifest;
  }

  return {
    async load(wanted, reference) {
      const { endpoint } = wanted;
      const kept: CacheRequest = {
        method: 'GET',
        url: `${endpoint.origin.scheme}://${authorityOf(endpoint.origin)}${manifestTarget(wanted, reference)}`,
        headers: { accept: ACCEPT_MANIFESTS, 'cache-control': 'no-cache' },
        space: spaceOf(wanted),
        sha256: reference.startsWith('sha256:') ? reference.slice('sha256:'.length) : null,
      };
      const hit = (await cache?.lookup(kept)) ?? null;
      if (hit?.kind === 'fresh') {
        const manifest = await fromStore(hit.answer, wanted, reference).catch(() => null);
        if (manifest !== null) return manifest;
      }
      return await ask(wanted, reference, kept, conditionsOf(hit));
    },
  };
}

/** Path of a manifest in distribution's API. */
export function manifestTarget({ repository }: Wanted, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

/** The digest that an answer claims to have; null when it has none that can be checked. */
export function toldDigest(headers: CacheHeaders): string | null {
  const value = headers['docker-content-digest'];
  const text = typeof value === 'string' ? value.trim() : '';
  return isDigest(text) ? text : null;
}

function read(wanted: Wanted, reference: string, bytes: Buffer, headers: CacheHeaders): RegistryManifest {
  const type = headers['content-type'];
  const told = toldDigest(headers);
  return readManifest({
    bytes,
    contentType: typeof type === 'string' ? type : null,
    expected: [...(isDigest(reference) ? [reference] : []), ...(told === null ? [] : [told])],
    image: wanted.image,
  });
}

async function fromStore(answer: StoredAnswer, wanted: Wanted, reference: string): Promise<RegistryManifest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_MANIFEST_BYTES) {
      throw new RegistryError('too-large', `The kept manifest of ${wanted.image} is too large.`);
    }
    chunks.push(chunk);
  }
  return read(wanted, reference, Buffer.concat(chunks), answer.headers);
}

/** The cache keeps what passes through the stream that it gives back. */
async function store(
  cache: HttpCache,
  kept: CacheRequest,
  headers: CacheHeaders,
  body: Buffer,
): Promise<void> {
  const passing = cache.store(kept, { status: 200, headers }, Readable.from([body]));
  try {
    for await (const chunk of passing) void chunk;
  } catch {
    // It is no cache's business to fail a look-up.
  }
}

function conditionsOf(hit: CacheHit | null): Readonly<Record<string, string>> {
  return hit?.kind === 'stale' ? hit.conditions : {};
}
