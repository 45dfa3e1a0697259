/** The manifest of an image for one platform, straight or by way of its index. */
import { parseManifest, type ManifestParts } from '../images/image-config.ts';
import type { ImageReference } from '../images/model.ts';
import { pickPlatform, platformManifests } from '../images/platforms.ts';
import type { Registry, RegistryManifest } from './registry.ts';
import { RegistryError } from './registry-error.ts';

export interface PlatformManifest {
  /** Of the image, never of an index. */
  readonly own: RegistryManifest;
  readonly parts: ManifestParts;
}

/**
 * @param reference by digest (or tag), of an index or a manifest. @param platform `linux/amd64`: which manifest of an index.
 * @throws {RegistryError} when it cannot be had, is of no image, or there is none for the platform.
 */
export async function platformManifest(
  registry: Registry,
  reference: ImageReference,
  platform: string,
): Promise<PlatformManifest> {
  const top = await registry.manifest(reference);
  const own = top.kind === 'index' ? await ofIndex(registry, reference, platform, top.json) : top;
  const parts = parseManifest(own.json);
  if (parts === null) {
    throw new RegistryError(
      'manifest-invalid',
      `The manifest ${own.digest} of ${reference.text} is of no image.`,
    );
  }
  return { own, parts };
}

async function ofIndex(
  registry: Registry,
  reference: ImageReference,
  platform: string,
  index: Readonly<Record<string, unknown>>,
): Promise<RegistryManifest> {
  const manifests = platformManifests(index);
  const one = pickPlatform(manifests, platform);
  if (one === null) {
    const others = [...new Set(manifests.map((each) => each.platform))].slice(0, 10).join(', ');
    throw new RegistryError(
      'image-not-found',
      `${reference.text} has no image for ${platform}${others === '' ? '' : `; it has ${others}`}.`,
    );
  }
  return registry.manifest({ ...reference, digest: one.digest });
}
