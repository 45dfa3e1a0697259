/** What is to be said of an image without looking inside: newer tags, ends of support. */
import { systemOfReference, whyAbandoned } from '../images/abandoned.ts';
import { pythonOfImage } from '../images/image-python.ts';
import { lifecycleNotes } from '../images/lifecycles.ts';
import type { PlannedImage } from '../images/plan-images.ts';
import { suggestTags, type TagSuggestions } from '../images/tags.ts';
import { CancelledError, messageOf } from '../errors.ts';
import type { ImagePorts } from './images.ts';

export interface Suggestions {
  readonly suggested: TagSuggestions;
  /** As sentences. */
  readonly suggestions: readonly string[];
  /** Why its publisher seems to rebuild the tag no more, if its digest is current. */
  readonly abandoned: readonly string[];
  /** Ends of support, and tags that could not be listed. */
  readonly ended: readonly string[];
}

/** Never throws but for a cancelled run: that tags cannot be listed is a note. */
export async function suggestionsFor(
  image: PlannedImage,
  { registry, lifecycles, now }: Pick<ImagePorts, 'registry' | 'lifecycles' | 'now'>,
): Promise<Suggestions> {
  const reference = { ...image.reference, tag: image.tag };
  const system = systemOfReference(lifecycles, reference);
  const python = pythonOfImage(reference.text)?.version ?? null;
  const ended = lifecycleNotes(lifecycles, system, python === null ? [] : [python], now()).map(
    ({ text }) => text,
  );
  let tags: readonly string[] = [];
  let unlisted: readonly string[] = [];
  // A tag without numbers has nothing newer beside it.
  if (/\d/u.test(image.tag ?? '')) {
    try {
      tags = await registry.tags(reference);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      unlisted = [`Newer tags could not be looked up: ${messageOf(error)}`];
    }
  }
  const suggested = suggestTags(reference, tags);
  const abandoned = whyAbandoned(lifecycles, reference, suggested, now());
  return {
    suggested,
    suggestions: [
      ...(suggested.patch === null
        ? []
        : [`\`${reference.text}\` could be \`${suggested.patch}\` (a patch).`]),
      ...(suggested.minor === null
        ? []
        : [`\`${reference.text}\` could be \`${suggested.minor}\` (a newer minor version).`]),
    ],
    abandoned: abandoned === null ? [] : [abandoned],
    ended: [...ended, ...unlisted],
  };
}
