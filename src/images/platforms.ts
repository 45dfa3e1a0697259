/** Platforms of an image index (OCI image-spec, image-index.md; Docker's manifest list). Pure. */
import type { ImageMention, ImagePlatformManifest } from './model.ts';

const DEFAULT_PLATFORM = 'linux/amd64';
const DIGEST = /^sha256:[0-9a-f]{64}$/u;
const WORD = /^[a-z0-9_.-]{1,32}$/u;
const MOST = 1000;

/**
 * The manifests of an index that are of a platform; attestations (`unknown/unknown`) and entries that cannot be used are
 * left out.
 * @param json an index, parsed, unchecked.
 */
export function platformManifests(json: Readonly<Record<string, unknown>>): readonly ImagePlatformManifest[] {
  const list: readonly unknown[] = Array.isArray(json['manifests']) ? json['manifests'].slice(0, MOST) : [];
  return list.flatMap((item) => {
    if (!isObject(item)) return [];
    const platform = isObject(item['platform']) ? platformName(item['platform']) : null;
    const { digest, size } = item;
    if (platform === null || typeof digest !== 'string' || !DIGEST.test(digest)) return [];
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return [];
    return [{ platform, digest, size }];
  });
}

/** `linux/arm64/v8` of `{os, architecture, variant}`; null when it names none. */
export function platformName(platform: Readonly<Record<string, unknown>>): string | null {
  const { os, architecture, variant } = platform;
  if (!isPart(os) || !isPart(architecture) || os === 'unknown' || architecture === 'unknown') return null;
  return isPart(variant) ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && WORD.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Other words for the same: `arm64` is `arm64/v8`, `arm` is `arm/v7`, `x86_64` is `amd64` (containerd's platforms). */
export function normalisePlatform(platform: string): string {
  const [os = '', architecture = '', variant = ''] = platform.trim().toLowerCase().split('/');
  const name = ARCHITECTURES.get(architecture) ?? architecture;
  const usual = USUAL_VARIANTS.get(name);
  const kept = variant === usual || (name === 'amd64' && variant === 'v1') ? '' : variant;
  return kept === '' ? `${os}/${name}` : `${os}/${name}/${kept}`;
}

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['i386', '386'],
]);
const USUAL_VARIANTS: ReadonlyMap<string, string> = new Map([
  ['arm64', 'v8'],
  ['arm', 'v7'],
]);

/** The manifest of one platform; of several (Windows' versions) the first. null: the index has none. */
export function pickPlatform(
  manifests: readonly ImagePlatformManifest[],
  platform: string,
): ImagePlatformManifest | null {
  const wanted = normalisePlatform(platform);
  return manifests.find((each) => normalisePlatform(each.platform) === wanted) ?? null;
}

/** The platforms that mentions of an image name, sorted; `linux/amd64` when none does. */
export function usedPlatforms(mentions: readonly Pick<ImageMention, 'platform'>[]): readonly string[] {
  const named = mentions.flatMap((mention) =>
    mention.platform === null || !isLiteral(mention.platform) ? [] : [normalisePlatform(mention.platform)],
  );
  return named.length === 0 ? [DEFAULT_PLATFORM] : [...new Set(named)].sort();
}

/** Not `$BUILDPLATFORM`. */
function isLiteral(platform: string): boolean {
  return /^[a-z0-9_.-]+\/[a-z0-9_.-]+(?:\/[a-z0-9_.-]+)?$/iu.test(platform);
}

/**
 * Whether moving from one index to another moves nothing for whoever uses it on `platforms`: each of these has the same
 * manifest in both. A platform that neither has does not count; when neither has any of them, they are not the same.
 */
export function sameForPlatforms(
  from: readonly ImagePlatformManifest[],
  to: readonly ImagePlatformManifest[],
  platforms: readonly string[],
): boolean {
  const pairs = platforms.map((each) => [pickPlatform(from, each), pickPlatform(to, each)] as const);
  return pairs.some(([old]) => old !== null) && pairs.every(([old, now]) => old?.digest === now?.digest);
}
