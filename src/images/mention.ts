/** Makes a mention of an image out of what was read, with the places that can be edited. Pure. */
import type { Expanded, VariableUse } from './expand.ts';
import { leftExpression, leftScattered, leftUnread, leftVariable } from './left.ts';
import { spanOf, type LocatedText } from './located-text.ts';
import type { ImageMention, ImageReference, MentionPlace } from './model.ts';
import { isTag, referenceParts } from './reference.ts';

export interface Named {
  readonly path: string;
  readonly line: number;
  readonly where: MentionPlace;
  /** The word as it is written. */
  readonly written: string;
  /** The word with its variables replaced. */
  readonly expanded: Expanded;
  readonly platform: string | null;
  /** Comments beside it, the nearest first, without their `#`. */
  readonly comments: readonly string[];
  /** Whether all that uses the variable names this image and ends with the variable: then its text may be changed. */
  readonly owns: (use: VariableUse) => boolean;
}

/** A text without variables. */
export function plainText(text: LocatedText): Expanded {
  return { ...text, uses: [], missing: null };
}

/** Stands where no reference could be read. */
function unreadReference(written: string): ImageReference {
  return { registry: '', repository: '', tag: null, digest: null, text: written };
}

/** A mention that is left alone. */
export function leftMention(
  named: Pick<Named, 'path' | 'line' | 'where' | 'written' | 'platform'>,
  left: ImageMention['left'],
): ImageMention {
  const { path, line, where, written, platform } = named;
  return {
    path,
    line,
    where,
    reference: referenceParts(written)?.reference ?? unreadReference(written),
    digestSpan: null,
    insertAt: null,
    tagSpan: null,
    platform,
    commentTag: null,
    left,
  };
}

export function mentionOf(named: Named): ImageMention {
  const { expanded, written } = named;
  if (written.includes('${{')) return leftMention(named, leftExpression(written));
  if (expanded.missing !== null) return leftMention(named, leftVariable(written, expanded.missing));
  const parts = referenceParts(expanded.text);
  if (parts === null) return leftMention(named, leftUnread(written));
  const { reference, digest, tag, nameEnd } = parts;
  const digestSpan = digest === null ? null : spanOf(expanded, digest.start, digest.end);
  const ends = tag?.end ?? nameEnd;
  return {
    path: named.path,
    line: named.line,
    where: named.where,
    reference,
    digestSpan,
    insertAt: digest === null && isEditable(named, 0, ends) ? placeAfter(expanded, ends) : null,
    tagSpan:
      tag !== null && isEditable(named, tag.start, tag.end) ? spanOf(expanded, tag.start, tag.end) : null,
    platform: named.platform,
    commentTag: digest !== null && tag === null ? firstTag(named.comments, reference) : null,
    left: digest !== null && digestSpan === null ? leftScattered(written) : null,
  };
}

/**
 * Whether text may change or grow at the end of a range. A variable in it must be the only one, reach to its end, and
 * belong to this image: a digest behind `python:${TAG}-slim` would make TAG mean nothing, and one inside a TAG that other
 * things read would break those.
 */
function isEditable({ expanded, owns }: Named, start: number, end: number): boolean {
  const inside = expanded.uses.filter((use) => use.start < end && use.end > start);
  const [use] = inside;
  if (use === undefined) return true;
  const reaches = use.end === end || use.end === expanded.text.length;
  return inside.length === 1 && reaches && (use.inline || owns(use));
}

function firstTag(comments: readonly string[], reference: ImageReference): string | null {
  for (const comment of comments) {
    const tag = tagInComment(comment, reference);
    if (tag !== null) return tag;
  }
  return null;
}

function placeAfter(expanded: Expanded, end: number): number | null {
  const last = expanded.at[end - 1];
  return last === undefined ? null : last + 1;
}

/** `tag: 3.12-slim`, `tag=3.12-slim`. */
const LABEL = /^(?:tag|version|image)\s{0,3}[:=]\s{0,3}/iu;
/** A lone word is taken for a tag only when it looks like one. */
const TAG_LIKE = /^v?\d|^(?:latest|stable|edge|lts|nightly|main|master)$/u;

/**
 * The tag that a comment names beside a digest: `# 3.12-slim`, `# tag: 3.12-slim`, `# python:3.12-slim`.
 * @param comment without its `#`.
 * @param reference the image that it stands beside.
 */
function tagInComment(comment: string, reference: ImageReference): string | null {
  if (comment.length > 300) return null;
  const labelled = comment.trim();
  const text = labelled.replace(LABEL, '');
  const bare = text.split('@', 1)[0] ?? '';
  if (/\s/u.test(text) || bare === '') return null;
  if (isTag(bare)) return TAG_LIKE.test(bare) || (text !== labelled && bare !== '') ? bare : null;
  const other = referenceParts(bare)?.reference;
  const isSame = other?.registry === reference.registry && other.repository === reference.repository;
  return isSame ? other.tag : null;
}
