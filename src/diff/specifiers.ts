/** Whether a range of versions lets a version in: PEP 440 ("Version specifiers"), and Poetry's own notation. Pure. */
import { satisfies, valid, validRange } from '@renovatebot/pep440';

/** Longer ranges are nobody's. Threat: each clause is a regex on a stranger's text. */
const LONGEST = 500;

/** PEP 440 specifier sets, one of which has to admit; empty: anything goes. */
export type Alternatives = readonly string[];

/**
 * Whether a PEP 440 specifier set (`>=1,<2`) admits a version. Pre-releases count like others: whoever asks has chosen
 * the versions.
 * @returns null when one of both cannot be read, as with `>=3.6.*`.
 */
export function admits(specifiers: string, version: string): boolean | null {
  if (specifiers.length > LONGEST || valid(version) === null) return null;
  const clauses = clausesOf(specifiers);
  if (!clauses.every((clause) => validRange(clause))) return null;
  return clauses.every((clause) =>
    satisfies(/\.\*$|^~=/u.test(clause) ? padded(version) : version, clause, { prereleases: true }),
  );
}

/** Whether one of several ranges admits a version; null when that hangs on one that cannot be read. */
export function anyAdmits(ranges: Alternatives, version: string): boolean | null {
  if (ranges.length === 0) return true;
  const answers = ranges.map((range) => admits(range, version));
  if (answers.includes(true)) return true;
  return answers.includes(null) ? null : false;
}

/** Keeps the clauses that limit from above or to one version, which also speak of versions that nobody can list. */
export function upperBounds(specifiers: string): string {
  return clausesOf(specifiers)
    .filter((clause) => /^(?:<|==|~=)/u.test(clause))
    .join(',');
}

/**
 * Whether a Requires-Python admits a Python. Read as leniently as pip does: `>=3.6.*` is `>=3.6`, and what is no specifier
 * set admits all.
 * @param python `3.9` stands for its newest patch; or `3.9.18`.
 */
export function requiresPythonAdmits(requires: string, python: string): boolean {
  const version = /^\d+\.\d+$/u.test(python) ? `${python}.99` : python;
  const range = clausesOf(requires.slice(0, LONGEST))
    .map((clause) => clause.replace(/^([<>]=?|~=)(.*)\.\*$/u, '$1$2'))
    .join(',');
  return admits(range, version) ?? true;
}

/**
 * A range in Poetry's notation (its documentation, "Dependency specification"): `^1.2`, `~1.2`, `1.2.*`, `>=1.2,<2`,
 * `>=1.2 <2`, alternatives by `||`.
 * @returns null when it is not understood.
 */
export function poetryRange(range: string): Alternatives | null {
  if (range.length > LONGEST) return null;
  const found: string[] = [];
  for (const alternative of range.split(/\|\|?/u)) {
    const clauses: string[] = [];
    for (const part of alternative.replace(/([<>=!~^])\s+/gu, '$1').split(/[\s,]+/u)) {
      if (part === '' || part === '*') continue;
      const clause = poetryClause(part);
      if (clause === null || !clausesOf(clause).every((one) => validRange(one))) return null;
      clauses.push(clause);
    }
    // One that takes anything makes the others idle.
    if (clauses.length === 0) return [];
    found.push(clauses.join(','));
  }
  return found;
}

function poetryClause(part: string): string | null {
  const match = /^(===|~=|[<>=!]=|[<>^~=])?v?(\d.*)$/u.exec(part);
  if (match === null) return null;
  const [, operator = '', version = ''] = match;
  const release = /^\d+(?:\.\d+)*/u.exec(version)?.[0].split('.').map(Number) ?? [];
  switch (operator) {
    case '^':
      return `>=${version},<${caretEnd(release)}`;
    case '~':
      return `>=${version},<${release.length === 1 ? next(release, 0) : next(release, 1)}`;
    case '':
    case '=':
      return `==${version}`;
    default:
      return `${operator}${version}`;
  }
}

/** Up to where the leftmost part that is not zero stays: `^1.2` below 2, `^0.2` below 0.3, `^0.0` below 0.1. */
function caretEnd(release: readonly number[]): string {
  const first = release.findIndex((part) => part !== 0);
  return next(release, first === -1 ? release.length - 1 : first);
}

function next(release: readonly number[], at: number): string {
  return [...release.slice(0, at), (release[at] ?? 0) + 1].join('.');
}

function clausesOf(specifiers: string): readonly string[] {
  return specifiers
    .split(',')
    .map((clause) => clause.replaceAll(/\s+/gu, ''))
    .filter((clause) => clause !== '');
}

/** `5` as `5.0.0.0.0.0`: PEP 440 pads with zeros before it holds a version against `==5.0.*`, the library does not. */
function padded(version: string): string {
  return version.replace(/^(\s*v?(?:\d+!)?)(\d+(?:\.\d+)*)/iu, (_, before: string, release: string) => {
    const missing = Math.max(0, 6 - release.split('.').length);
    return before + release + '.0'.repeat(missing);
  });
}
