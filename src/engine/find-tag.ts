/** The tag of an image that is pinned to a digest alone, as far as its registry tells. */
import type { ImageReference } from '../images/model.ts';
import type { Registry } from '../registry/registry.ts';

/** Each costs a request. */
const MOST_TAGS = 40;

/**
 * Asks where the registry's tags are now, the newest versions first.
 * @returns a tag that has the reference's digest now; null: none of those that were asked.
 * @throws {RegistryError}
 */
export async function findTag(reference: ImageReference, registry: Registry): Promise<string | null> {
  const tags = [...(await registry.tags({ ...reference, digest: null }))]
    .sort(newestFirst)
    .slice(0, MOST_TAGS);
  for (const tag of tags) {
    if ((await registry.digestOf({ ...reference, tag, digest: null })) === reference.digest) return tag;
  }
  return null;
}

/** `latest`, then by the numbers in it; of two with the same numbers the longer says more. */
function newestFirst(a: string, b: string): number {
  if (a === 'latest' || b === 'latest') return a === 'latest' ? -1 : 1;
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (right[at] ?? -1) - (left[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return b.length - a.length || (a < b ? -1 : 1);
}

function numbersOf(tag: string): readonly number[] {
  return (tag.match(/\d{1,12}/gu) ?? []).slice(0, 6).map(Number);
}
