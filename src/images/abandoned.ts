/** What a tag's own words tell: its distribution, whether anybody still rebuilds it; and wheels on musl. Pure. */
import { pythonOfImage } from './image-python.ts';
import { lifecycleNotes, type Lifecycles, type SystemRelease } from './lifecycles.ts';
import type { ImageReference } from './model.ts';
import type { TagSuggestions } from './tags.ts';

/** Images that are a distribution: the last part of the name, and its id in os-release. */
const DISTRIBUTIONS: ReadonlyMap<string, string> = new Map([
  ['debian', 'debian'],
  ['ubuntu', 'ubuntu'],
  ['alpine', 'alpine'],
  ['centos', 'centos'],
  ['rockylinux', 'rocky'],
  ['almalinux', 'almalinux'],
  ['amazonlinux', 'amzn'],
]);
const NUMBERED =
  /^(alpine|debian|ubuntu|centos|rocky|rockylinux|almalinux|amazonlinux)-?(\d{1,4}(?:\.\d{1,2})?)$/u;
/** Red Hat's `ubi9/python-312`, `ubi8-minimal`. */
const UBI = /(?:^|\/)ubi(\d{1,2})(?:$|[-/])/u;

/**
 * The distribution that a reference names by itself: `python:3.9-slim-buster`, `node:20-alpine3.18`, `ubuntu:22.04`.
 * @returns null when it does not tell.
 */
export function systemOfReference(lifecycles: Lifecycles, reference: ImageReference): SystemRelease | null {
  const { repository, tag } = reference;
  const ubi = UBI.exec(repository)?.[1];
  if (ubi !== undefined) return systemNamed(lifecycles, 'rhel', ubi);
  const words = (tag ?? '').split(/[-_]/u);
  const own = DISTRIBUTIONS.get(repository.slice(repository.lastIndexOf('/') + 1));
  const [first = ''] = words;
  if (own !== undefined && /^\d/u.test(first)) return systemNamed(lifecycles, own, first);
  for (const word of words) {
    const [, name = '', version = ''] = NUMBERED.exec(word) ?? [];
    const id = DISTRIBUTIONS.get(name) ?? name;
    if (id !== '') return systemNamed(lifecycles, id, version);
    for (const distribution of ['debian', 'ubuntu']) {
      for (const [release, { series }] of lifecycles.systems.get(distribution)?.releases ?? []) {
        if (series === word) return systemNamed(lifecycles, distribution, release);
      }
    }
  }
  return null;
}

function systemNamed(lifecycles: Lifecycles, id: string, version: string): SystemRelease | null {
  const lifecycle = lifecycles.systems.get(id);
  return lifecycle === undefined ? null : { id, version, name: lifecycle.name };
}

/**
 * Why nobody is likely to rebuild a tag any more, although its digest is current.
 * @param suggestions newer tags of the same pattern.
 * @returns a sentence; null: nothing tells that.
 */
export function whyAbandoned(
  lifecycles: Lifecycles,
  reference: ImageReference,
  suggestions: TagSuggestions,
  now: Date,
): string | null {
  const { tag } = reference;
  if (tag === null) return null;
  const lead = `The digest of \`${reference.text}\` is current, but its publisher seems to rebuild the tag no more:`;
  const system = systemOfReference(lifecycles, reference);
  const python = pythonOfImage(reference.text)?.version ?? null;
  const notes = lifecycleNotes(lifecycles, system, python === null ? [] : [python], now);
  const ended = notes.find((note) => note.kind === 'ended' || note.kind === 'discontinued');
  if (ended !== undefined) return `${lead} ${ended.text}`;
  if (suggestions.patch === null || !/^v?\d+\.\d+\.\d/u.test(tag)) return null;
  return `${lead} \`${suggestions.patch}\` has taken its place.`;
}

/** Whether a release has wheels for glibc, and nothing ready-made for musl (PEP 600, PEP 656). */
export function needsGlibc(fileNames: readonly string[]): boolean {
  const wheels = fileNames.filter((name) => name.endsWith('.whl'));
  return (
    wheels.some((name) => /-manylinux[^-]{0,200}\.whl$/u.test(name)) &&
    !wheels.some((name) => /[-.]musllinux_/u.test(name) || name.endsWith('-any.whl'))
  );
}

const MOST_NAMED = 5;

/**
 * A warning for an image with musl into which packages are installed that have wheels for glibc only.
 * @param packages names of those packages, `needsGlibc`.
 */
export function muslNote(system: SystemRelease | null, packages: readonly string[]): string | null {
  if (system?.id !== 'alpine' || packages.length === 0) return null;
  const shown = packages.slice(0, MOST_NAMED).map((name) => `\`${name}\``);
  const more = packages.length > MOST_NAMED ? ` and ${packages.length - MOST_NAMED} more` : '';
  return `Alpine has musl, for which there are no wheels of ${shown.join(', ')}${more}: each build compiles them.`;
}
