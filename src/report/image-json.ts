/** Images for machines; their part of config/schema/result.schema.json. Pure. */
import type { ImageComparison, ImageConfigChange, ImageSide } from '../images/compare.ts';
import type { ImagePackage, ImagePackageKind } from '../images/content.ts';
import type { ImageMention } from '../images/model.ts';
import type { ImagePlan, LeftImage, PlannedImage } from '../images/plan-images.ts';
import { formatReference } from '../images/reference.ts';
import type { ImageOutcome, ImageResult } from '../images/result.ts';
import type { Reason } from '../reason.ts';

export interface JsonImage {
  /** Without the digest, as it is written: `python:3.12-slim`. */
  readonly reference: string;
  /** In full: `docker.io/library/python:3.12-slim`. */
  readonly name: string;
  readonly files: readonly JsonMention[];
  readonly status: 'planned' | ImageResult['status'];
  readonly reason: Reason | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly platforms: readonly JsonPlatform[];
  readonly suggestions: readonly string[];
  readonly notes: readonly string[];
}

type JsonMention = Pick<ImageMention, 'path' | 'line' | 'where'>;

/** What is different inside, on one platform. */
export interface JsonPlatform {
  readonly platform: string;
  readonly from: JsonSide;
  readonly to: JsonSide;
  /** null: one of the two could not be read. */
  readonly packages: JsonPackages | null;
  readonly config: readonly ImageConfigChange[];
  readonly sourceCompare: string | null;
  readonly notes: readonly string[];
}

interface JsonSide {
  readonly digest: string;
  readonly created: string | null;
  readonly os: string | null;
  readonly pythons: readonly string[];
  readonly counts: ImageSide['counts'];
  readonly layers: number;
  readonly compressed: number;
  readonly uncompressed: number | null;
  readonly unread: string | null;
  readonly source: string | null;
}

interface JsonPackages {
  readonly moved: readonly (JsonPackage & {
    readonly from: string;
    readonly to: string;
    readonly direction: string;
  })[];
  readonly added: readonly (JsonPackage & { readonly version: string })[];
  readonly removed: readonly (JsonPackage & { readonly version: string })[];
}

interface JsonPackage {
  readonly kind: ImagePackageKind;
  readonly name: string;
  readonly arch: string;
  readonly source: string;
}

/** Images of a run: those looked at, then what was left alone. */
export function imagesJson({ results, left }: ImageOutcome): readonly JsonImage[] {
  const looked = results.map((result): JsonImage => {
    const { image, comparisons, suggestions, notes } = result;
    const reason = result.reason ?? (result.status === 'updated' ? null : whyUnpinned(image, left));
    return {
      ...about(image, image.reference.digest),
      status: result.status === 'unchanged' && reason !== null ? 'skipped' : result.status,
      reason,
      from: result.from,
      to: result.to,
      platforms: comparisons.map(platformJson),
      suggestions,
      notes,
    };
  });
  return [
    ...looked,
    ...others(
      results.map(({ image }) => image),
      left,
    ),
  ];
}

/** Images of a plan: nobody asked a registry yet. */
export function plannedImagesJson({ images, left }: ImagePlan): readonly JsonImage[] {
  const planned = images.map((image): JsonImage => {
    const reason = whyUnpinned(image, left);
    return {
      ...about(image, image.reference.digest),
      status: reason === null ? 'planned' : 'skipped',
      reason,
    };
  });
  return [...planned, ...others(images, left)];
}

/** An image without a digest is looked at, and left alone: one entry says both. */
function whyUnpinned(image: PlannedImage, left: readonly LeftImage[]): Reason | null {
  if (image.action !== 'look') return null;
  return left.find(({ mention }) => image.mentions.includes(mention))?.reason ?? null;
}

function others(images: readonly PlannedImage[], left: readonly LeftImage[]): readonly JsonImage[] {
  const looked = new Set(images.flatMap(({ mentions }) => mentions));
  return left
    .filter(({ mention }) => !looked.has(mention))
    .map(({ mention, reason }) => ({
      ...about({ reference: mention.reference, mentions: [mention] }, mention.reference.digest),
      status: 'skipped',
      reason,
    }));
}

function about(
  { reference, mentions }: Pick<PlannedImage, 'reference' | 'mentions'>,
  from: string | null,
): Omit<JsonImage, 'status' | 'reason'> {
  return {
    reference: reference.text,
    name: formatReference({ ...reference, digest: null }),
    files: mentions.map(({ path, line, where }) => ({ path, line, where })),
    from,
    to: null,
    platforms: [],
    suggestions: [],
    notes: [],
  };
}

/** Both sides of one platform. */
export function platformJson(comparison: ImageComparison): JsonPlatform {
  const { platform, from, to, packages, config, sourceCompare, notes } = comparison;
  return {
    platform,
    from: sideJson(from),
    to: sideJson(to),
    packages:
      packages === null
        ? null
        : {
            moved: packages.moved.map((move) => ({
              ...packageJson(move),
              from: move.from,
              to: move.to,
              direction: move.direction,
            })),
            added: packages.added.map(heldJson),
            removed: packages.removed.map(heldJson),
          },
    config,
    sourceCompare,
    notes,
  };
}

function sideJson(side: ImageSide): JsonSide {
  const { manifestDigest, created, os, pythons, counts, layers, compressed, uncompressed, unread } = side;
  return {
    digest: manifestDigest,
    created,
    os: os?.name ?? null,
    pythons: pythons.map(({ version }) => version),
    counts,
    layers,
    compressed,
    uncompressed,
    unread,
    source: side.sourceRevision?.url ?? null,
  };
}

function heldJson(held: ImagePackage): JsonPackage & { readonly version: string } {
  return { ...packageJson(held), version: held.version };
}

function packageJson({ kind, name, arch, source }: JsonPackage): JsonPackage {
  return { kind, name, arch, source };
}
