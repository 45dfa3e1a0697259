/** What an index says of a release that a lock moved to, as far as a reviewer should know it. Pure. */
import { valid } from '@renovatebot/pep440';
import type { Change } from '../model.ts';
import { licenceName, sameLicence, type Licence } from './licences.ts';
import { requiresPythonAdmits } from './specifiers.ts';

export interface ReleaseFacts {
  /** When its first file came, ISO 8601 UTC; null: the index does not tell (PEP 700). */
  readonly uploaded: string | null;
  /** The reason why all of it was yanked (PEP 592), empty when none was given; null: it was not. Foreign text. */
  readonly yanked: string | null;
  /** null: it did not change, or is not known on both sides. Foreign text. */
  readonly licence: { readonly from: string; readonly to: string } | null;
  /** Specifier sets, null for any Python; null as a whole: it did not change. Foreign text. */
  readonly requiresPython: { readonly from: string | null; readonly to: string | null } | null;
  /** It has no wheel: whoever installs it runs its build. */
  readonly sdistOnly: boolean;
}

/** A file of one release, as an index lists it. */
export interface ReleaseFile {
  readonly filename: string;
  readonly requiresPython: string | null;
  readonly uploadTime: string | null;
  readonly yanked: string | false;
}

export interface FactsWanted {
  readonly name: string;
  /** null: there is nothing to compare with. */
  readonly from: string | null;
  readonly to: string;
}

/**
 * Of which changes facts are wanted: what came from the default index, and is a version there.
 * Threat: what conda manages, or comes from elsewhere, may have a stranger's namesake on the index.
 */
export function factsWanted(change: Change): FactsWanted | null {
  const { name, from, to, kind, origin, source, conda } = change;
  if (origin !== null || kind === 'hash' || conda?.manager === 'conda') return null;
  if (to === null || valid(to) === null) return null;
  const comparable = source === null && from !== null && valid(from) !== null;
  return { name, from: comparable ? from : null, to };
}

/** `name@from..to`, since one release may be moved to from several; null: no facts are wanted. */
export function factsKey(change: Change): string | null {
  const wanted = factsWanted(change);
  return wanted === null ? null : `${wanted.name}@${wanted.from ?? ''}..${wanted.to}`;
}

/** What is known of both sides; a list of files is empty when the index has none of that version. */
export interface BothReleases {
  readonly before: readonly ReleaseFile[];
  readonly after: readonly ReleaseFile[];
  readonly licenceBefore: Licence | null;
  readonly licenceAfter: Licence | null;
}

/** null: the index has no file of the release. */
export function releaseFacts(given: BothReleases): ReleaseFacts | null {
  const { before, after } = given;
  if (after.length === 0) return null;
  const reasons = after.flatMap(({ yanked }) => (yanked === false ? [] : [yanked]));
  const from = requirementOf(before);
  const to = requirementOf(after);
  return {
    uploaded: after.flatMap(({ uploadTime }) => uploadTime ?? []).sort()[0] ?? null,
    yanked: reasons.length < after.length ? null : (reasons.find((reason) => reason !== '') ?? ''),
    licence: licenceChange(given.licenceBefore, given.licenceAfter),
    requiresPython: before.length === 0 || normal(from) === normal(to) ? null : { from, to },
    sdistOnly: !after.some(({ filename }) => filename.toLowerCase().endsWith('.whl')),
  };
}

function licenceChange(from: Licence | null, to: Licence | null): ReleaseFacts['licence'] {
  if (from === null || to === null || sameLicence(from, to)) return null;
  return { from: licenceName(from), to: licenceName(to) };
}

/** All files of a release are of the same metadata, but for those that were made by hand. */
function requirementOf(files: readonly ReleaseFile[]): string | null {
  const written = files.find(({ requiresPython }) => requiresPython !== null && requiresPython.trim() !== '');
  return written?.requiresPython ?? null;
}

/** The order of clauses means nothing. */
function normal(specifiers: string | null): string {
  return (specifiers ?? '')
    .replaceAll(/\s+/gu, '')
    .split(',')
    .filter((clause) => clause !== '')
    .sort()
    .join(',');
}

/** Those that anybody may still run. */
const PYTHONS: readonly string[] = ['2.7', ...Array.from({ length: 15 }, (_, at) => `3.${at + 5}`)];

/** Whether a requirement shuts out some Python that the one before let in. */
export function isStricter({ from, to }: NonNullable<ReleaseFacts['requiresPython']>): boolean {
  return PYTHONS.some((python) => letsIn(from, python) && !letsIn(to, python));
}

/** Whether a release that requires this runs on a Python. @param requires null: any. */
export function letsIn(requires: string | null, python: string): boolean {
  return requires === null || requiresPythonAdmits(requires, python);
}
