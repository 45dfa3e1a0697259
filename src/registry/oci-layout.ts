/**
 * An image of one platform as an OCI image layout (image-spec, image-layout.md), for programs that read layers themselves.
 * Threat: a scanner that fetches by itself needs the registry's credential; one that is given a folder needs none.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, link, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LayerDescriptor, ManifestParts } from '../images/image-config.ts';
import type { ImageReference } from '../images/model.ts';
import { platformManifest } from './platform-manifest.ts';
import type { Registry, RegistryManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';

export interface LayoutLimits {
  /** Bytes of an image as it is stored in the registry: manifest, configuration and layers. */
  readonly bytes: number;
}

const GIB = 1024 * 1024 * 1024;
const LAYOUT_LIMITS: LayoutLimits = { bytes: 4 * GIB };

export interface LayoutRequest {
  readonly registry: Registry;
  /** By digest (or tag); an index or a manifest. */
  readonly reference: ImageReference;
  /** `linux/amd64`: which manifest of an index. */
  readonly platform: string;
  /** Absolute; is made, and must not be there yet. */
  readonly folder: string;
  /**
   * Absolute folder on the same disk, made where it is missing, for blobs that several layouts of a run share: each is fetched
   * once and linked. Nobody else may write there. The layouts stay whole when it is removed.
   */
  readonly blobs: string;
  readonly limits?: LayoutLimits;
  readonly signal?: AbortSignal;
}

export interface WrittenLayout {
  readonly folder: string;
  /** Of the manifest in it, `sha256:…`. */
  readonly manifestDigest: string;
  /** Bytes of the whole image. */
  readonly bytes: number;
  /** Bytes that came from the registry; the others were there already. */
  readonly fetched: number;
}

/**
 * Writes the folder whole or not at all; every blob in it is what its digest says. Nothing is unpacked.
 * @throws {RegistryError} `too-large` before anything is fetched; whatever else the registry, its answers or the platform do
 *   not allow; the reason of the signal; errors of the disk as they are.
 */
export async function writeLayout(request: LayoutRequest): Promise<WrittenLayout> {
  const { registry, reference, platform, folder, signal } = request;
  signal?.throwIfAborted();
  const { own, parts } = await platformManifest(registry, reference, platform);
  const wanted = blobsOf(parts, reference);
  const bytes = wanted.reduce((sum, { size }) => sum + size, own.bytes.length);
  refuseLarge(bytes, request);
  const unfinished = `${folder}.unfinished-${randomUUID()}`;
  try {
    const own256 = join(unfinished, 'blobs', 'sha256');
    await mkdir(own256, { recursive: true });
    await mkdir(request.blobs, { recursive: true });
    let fetched = 0;
    for (const blob of wanted) {
      const kept = join(request.blobs, hexOf(blob.digest));
      if (!(await isThere(kept, blob.size))) {
        await fetchBlob(request, blob, kept);
        fetched += blob.size;
      }
      await linkOrCopy(kept, join(own256, hexOf(blob.digest)));
    }
    const manifestDigest = await writeHead(unfinished, own, platform);
    // A rename onto an empty folder would succeed.
    if ((await lstat(folder).catch(() => null)) !== null) throw new Error(`${folder} is there already.`);
    await rename(unfinished, folder);
    return { folder, manifestDigest, bytes, fetched };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    signal?.throwIfAborted();
    throw error;
  }
}

/** The configuration and the layers, each once. */
function blobsOf({ config, layers }: ManifestParts, { text }: ImageReference): readonly LayerDescriptor[] {
  const foreign = layers.find(({ mediaType }) => /foreign|nondistributable/u.test(mediaType));
  if (foreign !== undefined) {
    throw new RegistryError(
      'image-not-found',
      `${text} was not fetched: the publisher of its layer ${foreign.digest} keeps it outside of registries.`,
    );
  }
  const once = new Map<string, LayerDescriptor>();
  for (const blob of [config, ...layers]) {
    const had = once.get(blob.digest);
    if (had !== undefined && had.size !== blob.size) {
      throw new RegistryError(
        'manifest-invalid',
        `${text} cannot be used: its manifest names ${blob.digest} with two sizes.`,
      );
    }
    once.set(blob.digest, blob);
  }
  return [...once.values()];
}

function refuseLarge(bytes: number, { reference, limits = LAYOUT_LIMITS }: LayoutRequest): void {
  if (bytes <= limits.bytes) return;
  throw new RegistryError(
    'too-large',
    `${reference.text} was not fetched: it is ${bytes} bytes large, and at most ${limits.bytes} bytes of an image are.`,
    'A scanner that reads its packages alone needs no layers.',
  );
}

async function isThere(path: string, size: number): Promise<boolean> {
  const info = await lstat(path).catch(() => null);
  return info?.isFile() === true && info.size === size;
}

/** To its own name only when it was found right: whoever comes next takes it as it is. */
async function fetchBlob(
  { registry, reference, signal }: LayoutRequest,
  { digest, size }: LayerDescriptor,
  path: string,
): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    const stream = await registry.blob(reference, digest, size);
    await pipeline(
      stream,
      createWriteStream(beside, { flags: 'wx' }),
      ...(signal === undefined ? [] : [{ signal }]),
    );
    if (!(await isThere(beside, size))) {
      throw new RegistryError(
        'manifest-invalid',
        `${reference.text} cannot be used: its part ${digest} is not as large as its manifest says (${size} bytes).`,
      );
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Some file systems know no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EPERM' && code !== 'EXDEV' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error;
    await copyFile(from, to);
  });
}

/** @returns the manifest's digest in the layout: sha256, whatever the registry named it by. */
async function writeHead(folder: string, own: RegistryManifest, platform: string): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(own.bytes).digest('hex')}`;
  const [os, architecture, variant] = platform.split('/');
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: own.mediaType,
        digest,
        size: own.bytes.length,
        platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
      },
    ],
  };
  await writeFile(join(folder, 'blobs', 'sha256', hexOf(digest)), own.bytes);
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return digest;
}

/** @param digest `sha256:` and 64 hex digits, as `parseManifest` makes sure. */
function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
