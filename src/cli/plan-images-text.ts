/** Images in `relock plan` for people. Pure. */
import type { ImageAction, ImagePlan, PlannedImage } from '../images/plan-images.ts';
import type { ImageMention } from '../images/model.ts';
import { shortDigest } from '../report/image-words.ts';
import { isNoImage } from '../report/images.ts';
import type { Style } from './style.ts';

/** Parts of the plan's text: images, and places that are left alone. */
export function imagesText({ images, left }: ImagePlan, style: Style): readonly string[] {
  const { bold, dim, safe } = style;
  const looked = new Set(images.flatMap(({ mentions }) => mentions));
  const lines = images.map((image) => {
    const { text, digest } = image.reference;
    const name = digest === null ? text : `${text}@${shortDigest(digest)}`;
    const places = image.mentions.map(
      (mention) => `    ${safe(placeOf(mention))} ${dim(`(${mention.where})`)}`,
    );
    return [`  ${safe(name)}: ${WHAT[image.action](image)}`, ...places].join('\n');
  });
  const alone = left
    .filter((one) => !looked.has(one.mention) && !isNoImage(one))
    .map(({ mention, reason }) => {
      const fix = reason.fix === '' ? '' : ` ${reason.fix}`;
      return `  ${safe(placeOf(mention))} ${dim(`(${mention.where}, ${reason.code})`)}\n    ${safe(reason.message + fix)}`;
    });
  return [
    ...(lines.length === 0 ? [] : [`${bold('Base images')}\n${lines.join('\n')}`]),
    ...(alone.length === 0 ? [] : [`${bold('Images left alone')}\n${alone.join('\n')}`]),
  ];
}

const WHAT: Readonly<Record<ImageAction, (image: PlannedImage) => string>> = {
  move: ({ tag }) => `its digest moves to where the tag ${tag ?? ''} is`,
  'find-tag': () => 'stays, since nothing says of which tag its digest is',
  pin: ({ tag }) => `is given the digest of the tag ${tag ?? ''}`,
  look: () => 'has no digest, and is only looked at',
};

function placeOf({ path, line }: ImageMention): string {
  return `${path}:${line}`;
}
