/** What uv is given to solve: the hand-written file with its moving pins opened. */
import { explain } from '@renovatebot/pep440';
import { isPublicIndex } from '../public-index.ts';
import type { Entry, Requirement } from '../requirements/file.ts';
import type { ReadEntry } from './includes.ts';
import type { Pin, PinnedFile } from './pins.ts';

/**
 * How a moving pin `name==1.2rc1` is opened:
 * - `stable`: `>=1.2`, so that a pre-release gives way to its release;
 * - `current`: `>=1.2rc1`, which lets uv take pre-releases of this package;
 * - `none`: no lower bound (`>=0.dev0` for a pre-release, to keep them allowed).
 */
export type Bound = 'stable' | 'current' | 'none';

/** Options of the file that decide what is solved. The others are pip's own business, and uv refuses or ignores them. */
const KEPT_OPTIONS: ReadonlySet<string> = new Set([
  '--index-url',
  '--extra-index-url',
  '--no-index',
  '--find-links',
  '--no-binary',
  '--only-binary',
]);

export interface Opening {
  readonly bound: Bound;
  /** Name of a further file of constraints beside it, or null. */
  readonly constraints: string | null;
  readonly relax: Relax;
}

/** What stands for a pin that uv cannot see: another specifier, or nothing; null: the pin is not changed by this. */
export type Relax = (pin: Pin) => { readonly specifier: string } | 'left-out' | null;

/** The text for the first solve. */
export function openedInput(pinned: PinnedFile, { bound, constraints, relax }: Opening): string {
  return render(
    pinned.file.entries,
    constraints,
    specifiersOf(pinned, relax, (pin) => openedSpecifier(pin, bound)),
  );
}

/** The text for the second solve, of pins for other environments: what the first one gave is held. */
export function universalInput(
  pinned: PinnedFile,
  found: ReadonlyMap<string, { readonly version: string }>,
  { constraints, relax }: Pick<Opening, 'constraints' | 'relax'>,
): string {
  const specifiers = specifiersOf(pinned, relax, (pin) => {
    const version = found.get(pin.name)?.version;
    return version === undefined ? openedSpecifier(pin, 'current') : `==${version}`;
  });
  return render(pinned.file.entries, constraints, specifiers);
}

/** The text of a file that the one to be solved reads. */
export function relaxedFile(pinned: PinnedFile, relax: Relax): string {
  return render(
    pinned.file.entries,
    null,
    specifiersOf(pinned, relax, ({ requirement }) => requirement.specifier),
  );
}

/** The specifier of each requirement; null: it is left out. */
type Specifiers = (requirement: Requirement) => string | null;

/** @param open what stands for a pin that moves. */
function specifiersOf(
  { moving, held }: PinnedFile,
  relax: Relax,
  open: (pin: Pin) => string | null,
): Specifiers {
  const moves = new Map<Entry, Pin>(moving.map((pin) => [pin.requirement, pin]));
  const stays = new Map<Entry, Pin>(held.map((pin) => [pin.requirement, pin]));
  return (requirement) => {
    const pin = moves.get(requirement);
    const relaxed = relaxedBy(relax, pin ?? stays.get(requirement));
    if (relaxed !== null) return relaxed === 'left-out' ? null : relaxed.specifier;
    return pin === undefined ? requirement.specifier : open(pin);
  };
}

function relaxedBy(relax: Relax, pin: Pin | undefined): ReturnType<Relax> {
  return pin === undefined ? null : relax(pin);
}

/**
 * What the files above (those that read this one) demand beside their own pins: `django<5`. As constraints, so that this
 * file does not move out of their reach.
 */
export function demandsAbove(above: readonly PinnedFile[], relax: Relax): string {
  const lines = new Set<string>();
  for (const pinned of above) {
    const specifierOf = specifiersOf(pinned, relax, () => null);
    for (const entry of pinned.file.entries) {
      if (entry.kind !== 'requirement' || entry.url !== null || entry.specifier === '') continue;
      const specifier = specifierOf(entry);
      if (specifier !== null) lines.add(`${entry.writtenName}${specifier}${markerOf(entry)}`);
    }
  }
  return [...lines].map((line) => `${line}\n`).join('');
}

/** Whether any file allows pre-releases of everything (`--pre`), which uv does not read from a file. */
export function allowsPrereleases(entries: readonly ReadEntry[]): boolean {
  return entries.some(({ entry }) => entry.kind === 'option' && entry.name === '--pre');
}

/** Whether any file names an index of its own in place of the public one. */
export function namesOwnIndex(entries: readonly ReadEntry[]): boolean {
  return entries.some(
    ({ entry }) =>
      entry.kind === 'option' && entry.name === '--index-url' && !isPublicIndex(entry.value ?? ''),
  );
}

/** Whether `stable` and `current` differ for any pin. */
export function hasPrerelease(pins: readonly Pin[]): boolean {
  return pins.some((pin) => isPrerelease(pin.version));
}

function isPrerelease(version: string): boolean {
  return explain(version)?.is_prerelease === true;
}

function openedSpecifier({ version }: Pin, bound: Bound): string {
  const isPre = isPrerelease(version);
  if (bound === 'none') return isPre ? '>=0.dev0' : '';
  if (bound === 'stable' && isPre) return `>=${explain(version)?.base_version ?? version}`;
  return `>=${version}`;
}

function render(entries: readonly Entry[], constraints: string | null, specifierOf: Specifiers): string {
  const lines = entries.flatMap((entry) => renderEntry(entry, specifierOf));
  if (constraints !== null) lines.push(`-c ${constraints}`);
  return lines.map((line) => `${line}\n`).join('');
}

function renderEntry(entry: Entry, specifierOf: Specifiers): readonly string[] {
  switch (entry.kind) {
    case 'include':
      return [`-r ${entry.path}`];
    case 'constraint':
      return [`-c ${entry.path}`];
    case 'option': {
      const isPublic = /^--(?:extra-)?index-url$/u.test(entry.name) && isPublicIndex(entry.value ?? '');
      // The public index is the default one, which a mirror may stand for.
      if (!KEPT_OPTIONS.has(entry.name) || isPublic) return [];
      return [entry.value === null ? entry.name : `${entry.name} ${entry.value}`];
    }
    case 'requirement': {
      const specifier = specifierOf(entry);
      return specifier === null ? [] : [renderRequirement(entry, specifier)];
    }
    case 'unreadable':
      return [];
    default:
      return entry satisfies never;
  }
}

function renderRequirement(entry: Requirement, specifier: string): string {
  const extras = entry.extras.length === 0 ? '' : `[${entry.extras.join(',')}]`;
  const marker = markerOf(entry);
  const { name, writtenName } = entry;
  const url = entry.url === null ? null : withoutEgg(entry.url);
  if (url === null) return `${writtenName}${extras}${specifier}${marker}`;
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]+:/u.test(url);
  // uv takes local folders only as editable; for solving it is all one.
  if (isUrl && name !== null) return `${writtenName}${extras} @ ${url}${marker}`;
  return `${entry.editable && !isUrl ? '-e ' : ''}${url}${extras}${marker}`;
}

/** The name stands before the URL: uv warns of it in the fragment, and refuses extras there. */
function withoutEgg(url: string): string {
  const hash = url.indexOf('#');
  if (hash === -1) return url;
  const parts = url.slice(hash + 1).split('&');
  const fragment = parts.filter((part) => !part.startsWith('egg=')).join('&');
  return url.slice(0, hash) + (fragment === '' ? '' : `#${fragment}`);
}

function markerOf({ marker }: Requirement): string {
  return marker === '' ? '' : ` ; ${marker}`;
}
