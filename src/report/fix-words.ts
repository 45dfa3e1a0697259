/** What is said of a fix in few words: names, severities, moves. Pure. */
import type { Change, TargetResult } from '../model.ts';
import { SEVERITIES } from '../scan/model.ts';
import { comparePythonVersions } from '../scan/osv/ecosystems.ts';
import { listed, plural } from './count.ts';
import { severityInWords } from './findings-words.ts';
import type { FixAdvisory } from './fix-advisory.ts';
import { code, link } from './markdown.ts';
import { versions } from './review.ts';

const LONGEST_ID = 60;
const MOST_VERSIONS = 3;

/** The id, linked where there is a page. The address is of our making. */
export function advisoryName({ id, link: page }: FixAdvisory): string {
  const name = code(id, LONGEST_ID);
  return page === null ? name : link(name, page);
}

/** `CVE-2026-1 (9.8 critical)`, `3 known vulnerabilities (1 critical, 2 high)`. */
export function advisoriesInWords(advisories: readonly FixAdvisory[]): string {
  const [first] = advisories;
  if (advisories.length === 1 && first !== undefined) {
    return `${advisoryName(first)} (${first.malicious ? 'malicious' : severityInWords(first.severity)})`;
  }
  return `${plural(advisories.length, 'known vulnerability', 'known vulnerabilities')}${levelsInWords(advisories)}`;
}

function levelsInWords(advisories: readonly FixAdvisory[]): string {
  const malicious = advisories.filter((advisory) => advisory.malicious).length;
  const levels = SEVERITIES.flatMap((level) => {
    const count = advisories.filter((one) => !one.malicious && one.severity.level === level).length;
    return count === 0 ? [] : [`${count} ${level === 'unknown' ? 'not rated' : level}`];
  });
  const parts = [...(malicious === 0 ? [] : [`${malicious} malicious`]), ...levels];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** For a title. Threat: titles take mentions and references, and are the message of a commit, with which `Fix GH-1` closes. */
export function plainName(text: string, limit = 60): string {
  const plain = text
    .replaceAll(/[^\w./:+!-]/gu, '_')
    .replaceAll(/GH-(?=\d)/giu, 'GH_')
    .replaceAll('//', '/_');
  return plain.length > limit ? `${plain.slice(0, limit - 1)}…` : plain;
}

/** `CVE-2026-1`, `3 vulnerabilities`. */
export function titleSubject(advisories: readonly FixAdvisory[]): string {
  const [first] = advisories;
  return advisories.length === 1 && first !== undefined
    ? plainName(first.id)
    : plural(advisories.length, 'vulnerability', 'vulnerabilities');
}

/** Where a package moved alike. */
export interface PackageMove {
  readonly change: Change;
  readonly locks: readonly string[];
}

/** How one package moved, once for each way; without those whose files alone changed. */
export function movesOf(results: readonly TargetResult[], name: string): readonly PackageMove[] {
  const all = results
    .filter(({ status }) => status === 'updated')
    .flatMap(({ target, changes }) =>
      changes
        .filter((change) => change.name === name && change.kind !== 'hash' && change.kind !== 'build')
        .map((change) => ({ change, lock: target.path })),
    );
  const alike = Map.groupBy(all, ({ change: { from, to, source } }) => JSON.stringify([from, to, source]));
  return [...alike.values()].flatMap((same) =>
    same[0] === undefined
      ? []
      : [{ change: same[0].change, locks: [...new Set(same.map(({ lock }) => lock))] }],
  );
}

/** `3.1.2 → 3.1.4`, `2.11 and 3.1.2 → 3.1.4`, `3.1.2 removed`: for a title. */
export function movesInTitle(moves: readonly PackageMove[]): string {
  const unique = (texts: readonly (string | null)[]): readonly string[] => [
    ...new Set(texts.flatMap((text) => (text === null ? [] : [plainName(text, 30)]))),
  ];
  const lowestFirst = (a: string, b: string): number => comparePythonVersions(a, b) ?? 0;
  const from = unique(moves.map(({ change }) => change.from)).toSorted(lowestFirst);
  const to = unique(moves.map(({ change }) => change.to)).toSorted(lowestFirst);
  const few = (texts: readonly string[]): string =>
    texts.length > MOST_VERSIONS ? `${texts.length} versions` : listed(texts);
  if (to.length === 0) return from.length === 0 ? '' : `${few(from)} removed`;
  return from.length === 0 ? few(to) : `${few(from)} → ${few(to)}`;
}

/** `` `3.1.2` → `3.1.4` in `a.txt` and `b.txt` ``. */
export function movesInWords(moves: readonly PackageMove[]): string {
  return moves.map((move) => `${versions(move)} in ${pathsInWords(move.locks)}`).join('; ');
}

/** The first few, and how many more. */
export function pathsInWords(paths: readonly string[], most = 5): string {
  const more = paths.length - most;
  const shown = paths.slice(0, more > 0 ? most : undefined).map((path) => code(path));
  return listed(more > 0 ? [...shown, `${more.toLocaleString('en-US')} more`] : shown);
}
