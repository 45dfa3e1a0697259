/** Moves digests and tags in the text of a file. Pure. */
import type { Reason } from '../reason.ts';
import { findImages } from './find-images.ts';
import type { ImageMention } from './model.ts';
import { formatReference, isDigest, isTag } from './reference.ts';

/** What one mention is to name. */
export interface ImageEdit {
  /** As `findImages` gave it for this very text. */
  readonly mention: ImageMention;
  /**
   * The digest to stand there. A mention without one is given it, where `insertAt` says that it can be. null: a mention
   * without a digest stays without.
   */
  readonly digest: string | null;
  /** The tag to stand there; null: the tag stays. */
  readonly tag: string | null;
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Edits a file: no byte but the digests and tags that move. The result is read anew, and must name what was meant and
 * nothing else; otherwise nothing is edited.
 * @param file the text as it is.
 * @returns the new text (the same text when all is as it should be), or why it was not edited.
 */
export function editImages(
  path: string,
  file: string,
  edits: readonly ImageEdit[],
): { readonly text: string } | { readonly problem: Reason } {
  const replacements = new Map<string, Replacement>();
  for (const edit of edits) {
    const made = replacementsFor(edit);
    if (typeof made === 'string') return { problem: problem(path, edit.mention, made) };
    for (const one of made) replacements.set(JSON.stringify(one), one);
  }
  const sorted = [...replacements.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of sorted) {
    const [first] = edits;
    if (start < at || end > file.length) {
      return first === undefined
        ? { text: file }
        : { problem: problem(path, first.mention, 'two edits want the same place') };
    }
    parts.push(file.slice(at, start), text);
    at = end;
  }
  const text = parts.join('') + file.slice(at);
  const unmet = text === file ? null : firstUnmet(path, file, text, edits);
  return unmet === null ? { text } : { problem: problem(path, unmet, 'what came out names other images') };
}

/** @returns why there are none, as the end of a sentence. */
function replacementsFor({ mention, digest, tag }: ImageEdit): readonly Replacement[] | string {
  // Threat: both come from a registry's answer.
  if (digest !== null && !isDigest(digest)) return 'the new digest is none';
  if (tag !== null && !isTag(tag)) return 'the new tag is none';
  if (mention.left !== null) return 'it is left alone';
  const found: Replacement[] = [];
  if (tag !== null && tag !== mention.reference.tag) {
    if (mention.tagSpan === null) return 'its tag does not stand in one place of its own';
    found.push({ ...mention.tagSpan, text: tag });
  }
  if (digest === null)
    return mention.reference.digest === null ? found : 'its digest would be that of another tag';
  if (mention.digestSpan !== null) found.push({ ...mention.digestSpan, text: digest });
  else if (mention.insertAt === null) return 'there is no place for a digest';
  else found.push({ start: mention.insertAt, end: mention.insertAt, text: `@${digest}` });
  return found;
}

/** Reads both texts with the same finder and compares mention by mention. */
function firstUnmet(
  path: string,
  before: string,
  after: string,
  edits: readonly ImageEdit[],
): ImageMention | null {
  const wanted = new Map(edits.map((edit) => [keyOf(edit.mention), edit]));
  const was = findImages(path, before);
  const is = findImages(path, after);
  for (const [index, mention] of was.entries()) {
    const edit = wanted.get(keyOf(mention));
    const now = is[index];
    if (now === undefined) return mention;
    const { reference } = mention;
    const meant =
      edit === undefined ? reference : { ...reference, digest: edit.digest, tag: edit.tag ?? reference.tag };
    if (formatReference(now.reference) !== formatReference(meant)) return mention;
    if (now.where !== mention.where || now.left?.message !== mention.left?.message) return mention;
  }
  return is.length === was.length ? null : (was[0] ?? null);
}

/** Mentions are told apart by their places: a variable that two FROM share is edited for both, or not at all. */
function keyOf({ line, where, reference, digestSpan, insertAt }: ImageMention): string {
  return JSON.stringify([line, where, reference.text, digestSpan?.start, insertAt]);
}

function problem(path: string, mention: ImageMention, why: string): Reason {
  return {
    code: 'internal',
    message: `${path}:${mention.line}: \`${mention.reference.text}\` was not moved, since ${why}.`,
    fix: 'Move it by hand, and report the line to the makers of Relock.',
    detail: '',
  };
}
