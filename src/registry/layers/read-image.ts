/** What is inside images, read from a registry without any container engine. */
import type { ImageContent, ImageLayer, ImageWant } from '../../images/content.ts';
import { WANT_ALL } from '../../images/content.ts';
import type { ConfigParts, LayerDescriptor, ManifestParts } from '../../images/image-config.ts';
import { parseImageConfig } from '../../images/image-config.ts';
import type { ImageFiles, LayerFacts } from '../../images/layer-stack.ts';
import { createLayerStack } from '../../images/layer-stack.ts';
import type { ImageReference } from '../../images/model.ts';
import { normalisePlatform } from '../../images/platforms.ts';
import { readFiles } from '../../images/read-files.ts';
import { DPKG_STATUS, isStatusFile, sourceFile } from '../../images/wanted-files.ts';
import { platformManifest } from '../platform-manifest.ts';
import { RegistryError } from '../registry-error.ts';
import type { Registry } from '../registry.ts';
import { LayerError } from './layer-error.ts';
import type { LayerLimits } from './limits.ts';
import { LAYER_LIMITS, budgetOf } from './limits.ts';
import { readLayer } from './read-layer.ts';

const LARGEST_CONFIG = 4 * 1024 * 1024;

export interface ReadImagesOptions {
  readonly want?: ImageWant;
  readonly limits?: LayerLimits;
  /** Ends the reading; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** One image of one platform, its manifest and configuration read, its layers not. */
interface OpenImage {
  readonly reference: ImageReference;
  readonly manifestDigest: string;
  readonly manifest: ManifestParts;
  readonly config: ConfigParts;
  readonly notes: readonly string[];
}

/**
 * Reads images one after the other; a layer that several of them have is fetched and read once. Of each image the layers
 * are read from the newest down, until nothing that is wanted can come from below (`createLayerStack` has the rule).
 * A layer that cannot be read makes an image with `unread`, not an error.
 * @param references by digest (or tag); an index or a manifest.
 * @param platform `linux/amd64`: which manifest of an index.
 * @throws RegistryError when a manifest or configuration cannot be had, or there is none for the platform; the reason of
 *   the signal.
 */
export async function readImages(
  registry: Registry,
  references: readonly ImageReference[],
  platform: string,
  options: ReadImagesOptions = {},
): Promise<readonly ImageContent[]> {
  const images: OpenImage[] = [];
  for (const reference of references) images.push(await openImage(registry, reference, platform));
  const uses = new Map<string, number>();
  for (const digest of images.flatMap((image) => [
    ...new Set(image.manifest.layers.map((each) => each.digest)),
  ])) {
    uses.set(digest, (uses.get(digest) ?? 0) + 1);
  }
  const shared = new Map<string, LayerFacts>();
  const contents: ImageContent[] = [];
  for (const image of images) {
    const keep = (digest: string): boolean => (uses.get(digest) ?? 0) > 1;
    contents.push(await readContent(registry, image, platform, { shared, keep, options }));
  }
  return contents;
}

async function openImage(
  registry: Registry,
  reference: ImageReference,
  platform: string,
): Promise<OpenImage> {
  const { own, parts: manifest } = await platformManifest(registry, reference, platform);
  const bytes = await readBlob(registry, reference, manifest.config.digest);
  const config = parseImageConfig(bytes.toString('utf8'));
  if (config === null) {
    throw new RegistryError('manifest-invalid', `The configuration of ${reference.text} is no JSON object.`);
  }
  const other =
    config.platform !== null && normalisePlatform(config.platform) !== normalisePlatform(platform);
  const notes = other ? [`${reference.text} is for ${config.platform}, not for ${platform}.`] : [];
  return { reference, manifestDigest: own.digest, manifest, config, notes };
}

async function readBlob(registry: Registry, reference: ImageReference, digest: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await registry.blob(reference, digest, LARGEST_CONFIG)) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

interface Reading {
  /** What is known already of layers that several images have. */
  readonly shared: Map<string, LayerFacts>;
  /** Whether a layer's facts will be asked for again. */
  readonly keep: (digest: string) => boolean;
  readonly options: ReadImagesOptions;
}

async function readContent(
  registry: Registry,
  image: OpenImage,
  platform: string,
  reading: Reading,
): Promise<ImageContent> {
  const want = reading.options.want ?? WANT_ALL;
  const stack = createLayerStack(want);
  const sizes = new Map<string, number>();
  const failure = await readDown(registry, image, { ...reading, stack, want, sizes });
  const { env } = image.config.config;
  const files = readFiles(failure === null ? stack.files : new Map(), env);
  return {
    platform: image.config.platform ?? platform,
    manifestDigest: image.manifestDigest,
    os: files.os,
    pythons: files.pythons,
    created: image.config.created,
    packages: files.unread === null ? files.packages : [],
    config: image.config.config,
    annotations: image.manifest.annotations,
    layers: image.manifest.layers.map(({ digest, size }): ImageLayer => ({
      digest,
      compressed: size,
      uncompressed: sizes.get(digest) ?? null,
    })),
    unread: failure ?? files.unread,
    notes: [...image.notes, ...files.notes],
    ...(want.sources === true && failure === null && { sourceFiles: sourceFilesOf(stack.files) }),
  };
}

function sourceFilesOf(files: ImageFiles): ReadonlyMap<string, Buffer> {
  return new Map(
    [...files].flatMap(([path, { bytes }]) =>
      bytes !== null && (path === DPKG_STATUS || isStatusFile(path) || sourceFile(path) !== null)
        ? [[path, bytes] as const]
        : [],
    ),
  );
}

/** @returns why a layer could not be read, or null. */
async function readDown(
  registry: Registry,
  image: OpenImage,
  reading: Reading & {
    readonly stack: ReturnType<typeof createLayerStack>;
    readonly want: ImageWant;
    /** Is filled: bytes of each layer when unpacked. */
    readonly sizes: Map<string, number>;
  },
): Promise<string | null> {
  const limits = reading.options.limits ?? LAYER_LIMITS;
  const budget = budgetOf(limits);
  const total = image.manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
  if (total > limits.compressedBytes) {
    return `The layers are ${total} bytes large; at most ${limits.compressedBytes} are read.`;
  }
  const late = AbortSignal.timeout(limits.seconds * 1000);
  const outer = reading.options.signal;
  const signal = outer === undefined ? late : AbortSignal.any([outer, late]);
  for (const layer of image.manifest.layers.toReversed()) {
    if (reading.stack.isSettled()) break;
    // Below itself a layer shows nothing that it does not show already.
    if (reading.sizes.has(layer.digest)) continue;
    try {
      const facts =
        reading.shared.get(layer.digest) ??
        (await fetchLayer(registry, image.reference, layer, (source) =>
          readLayer(source, reading.want, budget, signal),
        ));
      if (reading.keep(layer.digest)) reading.shared.set(layer.digest, facts);
      reading.sizes.set(layer.digest, facts.uncompressed);
      reading.stack.add(facts);
    } catch (error) {
      outer?.throwIfAborted();
      return failureOf(layer, error, late.aborted ? limits.seconds : null);
    }
  }
  return null;
}

async function fetchLayer(
  registry: Registry,
  reference: ImageReference,
  layer: LayerDescriptor,
  read: (source: Awaited<ReturnType<Registry['blob']>>) => Promise<LayerFacts>,
): Promise<LayerFacts> {
  if (/foreign|nondistributable/u.test(layer.mediaType)) {
    throw new LayerError('its publisher keeps it outside of registries');
  }
  return read(await registry.blob(reference, layer.digest, layer.size));
}

/** @throws whatever is no fault of the layer or the registry. */
function failureOf(layer: LayerDescriptor, error: unknown, seconds: number | null): string {
  const start = `Layer ${layer.digest.slice(0, 19)} could not be read:`;
  if (seconds !== null) return `${start} the image took longer than ${seconds} seconds.`;
  if (error instanceof LayerError) return `${start} ${error.message}.`;
  if (error instanceof RegistryError) return `${start} ${error.message}`;
  throw error;
}
