/** Found images boiled down to what tests compare. */
import type { ImageMention } from '../../src/images/model.ts';
import { formatReference } from '../../src/images/reference.ts';

export const A = `sha256:${'a'.repeat(64)}`;
export const B = `sha256:${'b'.repeat(64)}`;
export const C = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Line, place, image, and what of it can be edited: `D` a digest, `I` the word behind which one would be put, `T` a tag. */
export function shown(file: string, mention: ImageMention): string {
  const { line, where, reference, digestSpan, insertAt, tagSpan, platform, commentTag, left } = mention;
  const digest =
    digestSpan === null
      ? ''
      : ` D${String(file.slice(digestSpan.start, digestSpan.end) === reference.digest)}`;
  const before = insertAt === null ? '' : ` I${/[^\s"'={,]*$/u.exec(file.slice(0, insertAt))?.[0] ?? ''}`;
  const tag = tagSpan === null ? '' : ` T${file.slice(tagSpan.start, tagSpan.end)}`;
  const image = reference.registry === '' ? reference.text : short(formatReference(reference));
  const more = [
    platform,
    commentTag === null ? null : `#${commentTag}`,
    left === null ? null : `left: ${left.message}`,
  ];
  return `${line} ${where} ${image}${digest}${before}${tag}${more.map((one) => (one === null ? '' : ` ${one}`)).join('')}`;
}

/** Places that are not what they say. */
export function misplaced(file: string, mentions: readonly ImageMention[]): readonly ImageMention[] {
  return mentions.filter(
    ({ digestSpan, tagSpan, insertAt, reference, left }) =>
      (digestSpan !== null && file.slice(digestSpan.start, digestSpan.end) !== reference.digest) ||
      (tagSpan !== null && file.slice(tagSpan.start, tagSpan.end) !== reference.tag) ||
      (insertAt !== null && (left !== null || reference.digest !== null || insertAt > file.length)),
  );
}

/** Digests as the letter that they are made of. */
export function short(text: string): string {
  return text
    .replaceAll('docker.io/library/', '')
    .replaceAll('docker.io/', '')
    .replaceAll(/sha256:([0-9a-f])[0-9a-f]{63}/gu, '$1');
}
