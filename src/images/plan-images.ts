/** Which images a job looks at, and where each is named. Pure. */
import { globMatcher } from '../config/glob.ts';
import { isIgnored } from '../config/lock-policy.ts';
import type { ImagesPolicy, Policy } from '../config/policy.ts';
import type { Job, Tree } from '../model.ts';
import type { Reason } from '../reason.ts';
import { findImages, namesImages } from './find-images.ts';
import { leftIgnoredFile, leftIgnoredImage, leftNotSelected, leftUnpinnable, leftUnpinned } from './left.ts';
import type { ImageMention, ImageReference } from './model.ts';
import { effectiveTag, formatReference } from './reference.ts';

/**
 * - `move`: pinned; its digest goes where the tag is now;
 * - `find-tag`: pinned without a tag, and no comment names one: the registry may;
 * - `pin`: not pinned, and `images.pin` says that it shall be;
 * - `look`: not pinned; looked at only for what is to be said of it.
 */
export type ImageAction = 'move' | 'find-tag' | 'pin' | 'look';

/** One image, whatever the number of places that name it. */
export interface PlannedImage {
  readonly reference: ImageReference;
  readonly action: ImageAction;
  /** The tag to ask the registry for: the reference's, a comment's, or `latest`; null for `find-tag`. */
  readonly tag: string | null;
  /** Sorted by path and line. All can be edited when the action is `move` or `pin`. */
  readonly mentions: readonly ImageMention[];
  /** The platforms that its mentions name, sorted; empty when one of them names none. */
  readonly platforms: readonly string[];
}

/** A mention that is left alone. */
export interface LeftImage {
  readonly mention: ImageMention;
  readonly reason: Reason;
}

export interface ImagePlan {
  /** Sorted by name, tag and digest. */
  readonly images: readonly PlannedImage[];
  /** Sorted by path and line. */
  readonly left: readonly LeftImage[];
}

/** Threat: a repository of ten thousand Dockerfiles. */
const MOST_FILES = 2000;

/** Decides which images a job works on. */
export function planImages(tree: Tree, policy: Policy, job: Job): ImagePlan {
  const left: LeftImage[] = [];
  const images = new Map<string, PlannedImage>();
  const selected = job.only.map((glob) => globMatcher(glob));
  const ignored = imageMatcher(policy.images);
  for (const mention of mentionsOf(tree)) {
    const reason = whyLeft(mention, policy, selected, ignored);
    if (reason !== null) {
      left.push({ mention, reason });
      continue;
    }
    const planned = planOf(mention, policy.images);
    if (planned.action === 'look') left.push({ mention, reason: unpinnedReason(mention, policy.images) });
    const key = JSON.stringify([formatReference(mention.reference), planned.action, planned.tag]);
    const before = images.get(key);
    images.set(key, before === undefined ? planned : { ...before, mentions: [...before.mentions, mention] });
  }
  return {
    images: [...images.values()]
      .map((image) => ({ ...image, platforms: platformsOf(image.mentions) }))
      .sort((a, b) => compare(formatReference(a.reference), formatReference(b.reference))),
    left,
  };
}

function mentionsOf(tree: Tree): readonly ImageMention[] {
  return tree.paths
    .filter(namesImages)
    .slice(0, MOST_FILES)
    .flatMap((path) => {
      const file = tree.files.get(path);
      return file?.kind === 'text' ? findImages(path, file.text) : [];
    });
}

function whyLeft(
  mention: ImageMention,
  policy: Policy,
  selected: readonly ((path: string) => boolean)[],
  ignored: (reference: ImageReference) => boolean,
): Reason | null {
  if (isIgnored(policy, mention.path)) return leftIgnoredFile();
  if (selected.length > 0 && !selected.some((matches) => matches(mention.path))) return leftNotSelected();
  if (mention.left !== null) return mention.left;
  return ignored(mention.reference) ? leftIgnoredImage() : null;
}

function planOf(mention: ImageMention, policy: ImagesPolicy): PlannedImage {
  const { reference, commentTag, insertAt } = mention;
  const tag = effectiveTag(reference) ?? commentTag;
  const image = { reference, tag, mentions: [mention], platforms: [] };
  if (reference.digest === null)
    return { ...image, action: policy.pin && insertAt !== null ? 'pin' : 'look' };
  return { ...image, action: tag === null ? 'find-tag' : 'move' };
}

function unpinnedReason(mention: ImageMention, policy: ImagesPolicy): Reason {
  return policy.pin ? leftUnpinnable(mention.reference.text) : leftUnpinned();
}

/** `images.ignore` holds globs of names, with or without a tag, as written or in full. */
function imageMatcher(policy: ImagesPolicy): (reference: ImageReference) => boolean {
  const matchers = policy.ignore.map((glob) => globMatcher(glob));
  return (reference) => {
    if (matchers.length === 0) return false;
    const { registry, repository, tag, text } = reference;
    const name = tag === null ? text : text.slice(0, -tag.length - 1);
    const full = `${registry}/${repository}`;
    const names = [name, text, full, ...(tag === null ? [] : [`${full}:${tag}`])];
    return matchers.some((matches) => names.some(matches));
  };
}

function platformsOf(mentions: readonly ImageMention[]): readonly string[] {
  const named = mentions.map(({ platform }) => platform);
  return named.includes(null) ? [] : [...new Set(named.filter((one) => one !== null))].sort();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
