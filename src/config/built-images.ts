/** `[[image]]` of the policy as the pure code uses it. Pure. */
import { effectiveTag, formatReference, parseReference } from '../images/reference.ts';
import { resolveInside } from '../locks/tree.ts';
import type { BuiltImage } from '../rebuild/model.ts';
import type { KeyPath } from './key-lines.ts';
import { restDaysOf, sizeBudgetOf, type IMAGE_KEYS } from './image-keys.ts';
import type { Checked } from './schema.ts';

export type WrittenImage = Checked<typeof IMAGE_KEYS>;

/** What holds for an image where its table says nothing. */
const NOTHING_SAID: Omit<BuiltImage, 'ref' | 'dockerfile' | 'context' | 'workflow' | 'smoke'> = {
  platforms: ['linux/amd64'],
  rebuild: 'security',
  via: ['commit'],
  restDays: 7,
  sizeBudget: null,
};

/** Each is looked up in a registry and may be built. Threat: a policy of thousands. */
const MOST_IMAGES = 100;
const MOST_PLATFORMS = 16;

/** What needs more than one key: duplicates, and a workflow that is to be started and not named. */
export function checkImages(
  written: readonly WrittenImage[],
  report: (place: KeyPath, message: string, fix: string) => void,
): void {
  if (written.length > MOST_IMAGES) {
    report(['image', MOST_IMAGES], `There are more than ${MOST_IMAGES} \`[[image]]\`.`, 'Leave some out.');
    return;
  }
  const seen = new Set<string>();
  for (const [index, image] of written.entries()) {
    const place = (key: string): KeyPath => ['image', index, key];
    const name = fullName(image.ref);
    if (seen.has(name)) {
      report(place('ref'), `\`[[image]]\` names ${name} twice.`, 'Keep one table for each image.');
    }
    seen.add(name);
    for (const key of ['platforms', 'via'] as const) {
      if (image[key]?.length !== 0) continue;
      report(place(key), `\`image.${key}\` is empty.`, 'Name at least one, or leave the key out.');
    }
    if ((image.platforms?.length ?? 0) > MOST_PLATFORMS) {
      report(place('platforms'), `\`image.platforms\` has more than ${MOST_PLATFORMS}.`, 'Leave some out.');
    }
    if (image.via?.includes('workflow') === true && image.workflow === undefined) {
      report(
        place('via'),
        '`image.via` has "workflow", and no `workflow` is named.',
        'Add `workflow = "build.yml"`: the file in .github/workflows that builds the image.',
      );
    }
  }
}

/** With the defaults, paths normalised, and the tag that is meant. */
export function builtImageOf(written: WrittenImage): BuiltImage {
  const context = insideOf(written.context ?? '.');
  return {
    ref: withTag(written.ref),
    dockerfile: insideOf(written.dockerfile ?? `${context}/Dockerfile`),
    context,
    platforms: [...new Set(written.platforms ?? NOTHING_SAID.platforms)],
    rebuild: written.rebuild ?? NOTHING_SAID.rebuild,
    via: [...new Set(written.via ?? NOTHING_SAID.via)],
    workflow: written.workflow ?? null,
    smoke: written.smoke ?? [],
    restDays: (written.rest === undefined ? null : restDaysOf(written.rest)) ?? NOTHING_SAID.restDays,
    sizeBudget: written['size-budget'] === undefined ? null : sizeBudgetOf(written['size-budget']),
  };
}

/** As written, its tag said: `ghcr.io/acme/app` is `ghcr.io/acme/app:latest`. */
function withTag(ref: string): string {
  return parseReference(ref)?.tag === null ? `${ref}:latest` : ref;
}

/** In full, so that `acme/app` and `docker.io/acme/app:latest` are known as one. */
function fullName(ref: string): string {
  const reference = parseReference(ref);
  return reference === null ? ref : formatReference({ ...reference, tag: effectiveTag(reference) });
}

function insideOf(path: string): string {
  return resolveInside('.', path) ?? path;
}
