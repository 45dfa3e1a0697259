/** Versions in tags, and which of them lie between two others (PEP 440). Pure. */
import { compare, explain, valid } from '@renovatebot/pep440';
import { normaliseName } from '../locks/package-name.ts';
import type { NotesWanted } from './model.ts';

/** Long texts are no versions; and parsing them costs time. */
const MAX_VERSION = 64;

export function isVersion(text: string): boolean {
  return text.length <= MAX_VERSION && valid(text) !== null;
}

/** `from < version <= to`; pre-releases (and those in development) only when `to` is one. */
export function isBetween(version: string, { from, to }: Pick<NotesWanted, 'from' | 'to'>): boolean {
  if (![version, from, to].every(isVersion)) return false;
  if (isPrerelease(version) && !isPrerelease(to)) return false;
  return compare(version, from) > 0 && compare(version, to) <= 0;
}

function isPrerelease(version: string): boolean {
  const parts = explain(version);
  return parts !== null && parts.is_prerelease;
}

/** For sorting: newest first. Both must be versions. */
export function newestFirst(one: string, other: string): number {
  return compare(other, one);
}

export interface TagVersion {
  readonly version: string;
  /** What stands before the version. */
  readonly prefix: string;
  /** `own`: the package's own name; `plain`: nothing, `v`, `release-`; `repository`: the repository's name. */
  readonly kind: 'own' | 'plain' | 'repository';
}

/**
 * Reads a tag: `v1.2.3`, `1.2.3`, `release-1.2.3`, `rel_1_2_3`, `pkg-1.2.3`, `pkg==1.2.3`, `pkg/v1.2.3`, `pkg@1.2.3`.
 * @param names the package's name and the repository's, normalised.
 * @returns null for what is no version, or of another package of the same repository.
 */
export function readTag(
  tag: string,
  names: { readonly package: string; readonly repository: string },
): TagVersion | null {
  if (tag.length > 200) return null;
  const found = /^(?<prefix>(?:.{0,100}[^\d.])?)(?<version>\d[\w.+!-]{0,63})$/u.exec(spread(tag));
  if (found?.groups === undefined) return null;
  for (const at of starts(spread(tag))) {
    const version = spread(tag).slice(at);
    const prefix = tag.slice(0, at);
    const kind = kindOf(prefix, names);
    if (kind !== null && isVersion(version)) return { version, prefix, kind };
  }
  return null;
}

/** `rel_1_2_3` as `rel_1.2.3`. */
function spread(tag: string): string {
  return tag.replace(/(?<=\d)_(?=\d)/gu, '.');
}

/** Where a version may begin: at each number that no other number or dot precedes. */
function starts(tag: string): readonly number[] {
  return [...tag.matchAll(/(?<![\d.])\d/gu)].map(({ index }) => index);
}

function kindOf(
  prefix: string,
  names: { readonly package: string; readonly repository: string },
): TagVersion['kind'] | null {
  const bare = prefix
    .replace(/v\.?$/iu, '')
    .replace(/[-_./@=:+ ]+$/u, '')
    .replace(/^(?:refs\/tags\/)/u, '');
  if (bare === '' || /^(?:v|ver|version|r|rel|release|releases|stable|tag)$/iu.test(bare)) return 'plain';
  const name = normaliseName(bare.replace(/^.{0,80}\//u, ''));
  if (name === names.package) return 'own';
  return name === names.repository ? 'repository' : null;
}
