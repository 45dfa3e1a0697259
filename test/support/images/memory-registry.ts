/** A registry in memory, with images made by hand. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ImageReference } from '../../../src/images/model.ts';
import { RegistryError } from '../../../src/registry/registry-error.ts';
import type { Registry, RegistryManifest } from '../../../src/registry/registry.ts';
import type { MadeEntry } from './make-tar.ts';
import { makeTar } from './make-tar.ts';

export interface MemoryRegistry extends Registry {
  /** Digests of the blobs that were asked for, in order. */
  readonly asked: string[];
  readonly put: (bytes: Buffer) => string;
  /** Takes what a blob has and gives what is sent in its place. */
  readonly spoil: (digest: string, change: (bytes: Buffer) => Buffer) => void;
}

export interface MadeImage {
  /** Oldest first; made layers as bytes, or entries that become a gzip layer. */
  readonly layers: readonly (Buffer | readonly MadeEntry[])[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mediaType?: string;
}

const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CHUNK = 10_000;

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function memoryRegistry(): MemoryRegistry {
  const blobs = new Map<string, Buffer>();
  const spoiled = new Map<string, (bytes: Buffer) => Buffer>();
  const asked: string[] = [];
  return {
    asked,
    put(bytes) {
      blobs.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
    spoil: (digest, change) => void spoiled.set(digest, change),
    digestOf: async (reference) => reference.digest,
    tags: async () => [],
    async manifest(reference): Promise<RegistryManifest> {
      const digest = reference.digest ?? '';
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new RegistryError('image-not-found', `There is no ${digest}.`);
      const json = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      const mediaType = String(json['mediaType']);
      return { digest, mediaType, kind: mediaType === INDEX ? 'index' : 'manifest', json, bytes };
    },
    async blob(_reference, digest, limitBytes) {
      asked.push(digest);
      const stored = blobs.get(digest);
      if (stored === undefined) throw new RegistryError('image-not-found', `There is no blob ${digest}.`);
      return Readable.from(send(spoiled.get(digest)?.(stored) ?? stored, digest, limitBytes));
    },
  };
}

function* send(bytes: Buffer, digest: string, limitBytes: number): Generator<Buffer> {
  if (bytes.length > limitBytes) throw new RegistryError('too-large', 'It is longer than announced.');
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
  if (digestOf(bytes) !== digest) throw new RegistryError('manifest-invalid', 'The blob has another digest.');
}

/** @returns a reference to the image's manifest. */
export function putImage(registry: MemoryRegistry, image: MadeImage): ImageReference {
  const config = json({
    architecture: image.architecture ?? 'amd64',
    os: 'linux',
    created: image.created ?? '2025-11-01T00:00:00Z',
    config: image.config ?? {},
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const layers = image.layers.map((layer) => {
    const bytes = Buffer.isBuffer(layer) ? layer : gzipSync(makeTar(layer));
    const mediaType = image.mediaType ?? 'application/vnd.oci.image.layer.v1.tar+gzip';
    return { mediaType, digest: registry.put(bytes), size: bytes.length };
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: IMAGE,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: registry.put(config),
      size: config.length,
    },
    layers,
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  };
  return referenceTo(registry.put(json(manifest)));
}

/** @returns a reference to an index of several images. */
export function putIndex(
  registry: MemoryRegistry,
  images: readonly { readonly reference: ImageReference; readonly architecture: string }[],
): ImageReference {
  const manifests = images.map(({ reference, architecture }) => ({
    mediaType: IMAGE,
    digest: reference.digest,
    size: 1,
    platform: { os: 'linux', architecture },
  }));
  return referenceTo(registry.put(json({ schemaVersion: 2, mediaType: INDEX, manifests })));
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function referenceTo(digest: string): ImageReference {
  return {
    registry: 'registry.test',
    repository: 'library/image',
    tag: null,
    digest,
    text: 'registry.test/library/image',
  };
}
