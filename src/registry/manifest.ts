/** Manifests and indexes: image-spec 1.1, Docker's schema 2. Pure. */
import { createHash } from 'node:crypto';
import type { ImagePlatformManifest } from '../images/model.ts';
import { isDigest } from './endpoint.ts';
import type { RegistryManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+';

/** Indexes first: a registry that finds none of several platforms acceptable gives one platform's manifest. */
export const ACCEPT_MANIFESTS = [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ');

/** What distribution-spec wants every registry to take; ours to take too. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Entries of an index that are looked at. */
const MAX_PLATFORMS = 1000;

interface ManifestInput {
  readonly bytes: Buffer;
  /** Of the answer, or null. */
  readonly contentType: string | null;
  /** What was asked for, or what the answer says it is; null: nothing did. */
  readonly expected: readonly string[];
  /** For messages. */
  readonly image: string;
}

/** @throws {RegistryError} `manifest-invalid`: tampered, cut off, of another kind, or of the old schema. */
export function readManifest({ bytes, contentType, expected, image }: ManifestInput): RegistryManifest {
  for (const digest of expected) {
    if (digestBytes(bytes, digest.startsWith('sha512:') ? 'sha512' : 'sha256') !== digest) {
      throw invalid(
        image,
        'what came is not what its digest says: it was changed or cut off on its way',
        'Run Relock again; if it stays so, the registry or a proxy before it is broken, or hostile.',
      );
    }
  }
  const json = parseObject(bytes);
  if (json === null) throw invalid(image, 'its manifest is not a JSON object');
  const type = typeOf(json, contentType, image);
  const isIndex = Array.isArray(json['manifests']);
  const isManifest = Array.isArray(json['layers']) || isRecord(json['config']);
  // Threat (CVE-2021-41190): one document that is an index to one reader, and an image to another.
  if (isIndex === isManifest || (type !== null && INDEX_TYPES.includes(type) !== isIndex)) {
    throw invalid(image, 'its manifest is neither plainly an index nor plainly an image');
  }
  const kind = isIndex ? 'index' : 'manifest';
  const usual = isIndex ? INDEX_TYPES[0] : MANIFEST_TYPES[0];
  return {
    digest: expected[0] ?? digestBytes(bytes, 'sha256'),
    mediaType: type ?? usual ?? '',
    kind,
    json,
    bytes,
  };
}

/** @throws {RegistryError} when an answer's Content-Type says that it is of the old schema. */
export function refuseSchema1(contentType: string | null, image: string): void {
  if (!(contentType ?? '').startsWith(SCHEMA_1)) return;
  throw invalid(
    image,
    "its manifest is of Docker's schema 1, which was withdrawn in 2017 and whose digests do not tell what is inside",
    'Push the image again with a current tool.',
  );
}

/**
 * The platforms of an index, in its order; of what is listed twice the first. Left out: attestations (`unknown/unknown`), and
 * entries that are not understood. Empty for a manifest, whose platform stands in its configuration.
 */
export function platformsOf(
  manifest: Pick<RegistryManifest, 'json' | 'kind'>,
): readonly ImagePlatformManifest[] {
  const entries = manifest.kind === 'index' ? manifest.json['manifests'] : [];
  const found = new Map<string, ImagePlatformManifest>();
  for (const entry of Array.isArray(entries) ? (entries as unknown[]).slice(0, MAX_PLATFORMS) : []) {
    if (!isRecord(entry) || !isRecord(entry['platform'])) continue;
    const { digest, size, platform: told } = entry;
    const { os, architecture, variant } = told;
    const parts = [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])];
    if (!parts.every((part) => typeof part === 'string' && /^[A-Za-z0-9._-]{1,64}$/u.test(part))) continue;
    if (typeof digest !== 'string' || !isDigest(digest) || typeof size !== 'number') continue;
    const platform = parts.join('/');
    if (os === 'unknown' || found.has(platform)) continue;
    found.set(platform, { platform, digest, size });
  }
  return [...found.values()];
}

function typeOf(
  json: Readonly<Record<string, unknown>>,
  contentType: string | null,
  image: string,
): string | null {
  const header = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  refuseSchema1(header, image);
  const own = typeof json['mediaType'] === 'string' ? json['mediaType'] : null;
  refuseSchema1(own, image);
  if (json['schemaVersion'] === 1) refuseSchema1(SCHEMA_1, image);
  const known = [...INDEX_TYPES, ...MANIFEST_TYPES];
  // Some registries say `application/json` or `text/plain` of all that they have.
  const told = known.includes(header) ? header : null;
  if (own !== null && !known.includes(own)) {
    throw invalid(image, 'it is of a kind that is no container image');
  }
  if (own !== null && told !== null && own !== told) {
    throw invalid(image, 'its manifest says that it is of another kind than the registry says');
  }
  return own ?? told;
}

function digestBytes(bytes: Buffer, algorithm: 'sha256' | 'sha512'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function parseObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(image: string, why: string, fix = ''): RegistryError {
  return new RegistryError('manifest-invalid', `${image} cannot be used: ${why}.`, fix);
}
