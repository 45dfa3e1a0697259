/** The pull request that fixes one package at once: title and body. Pure. */
import type { Change, PackageLinks, PullRequest, TargetResult } from '../model.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import { duration, foldMoves, plural, type Move } from './count.ts';
import { failureSections } from './failures.ts';
import { alarmsOf } from './findings-alarm.ts';
import { scanSections } from './findings.ts';
import type { FixAdvisory } from './fix-advisory.ts';
import { blockedDetails, blockedLines, type BlockedLock } from './fix-blocked.ts';
import { advisoriesSection } from './fix-sections.ts';
import {
  advisoriesInWords,
  movesInTitle,
  movesInWords,
  movesOf,
  pathsInWords,
  plainName,
  titleSubject,
} from './fix-words.ts';
import { waysTable } from './fix-ways.ts';
import { lockSections } from './locks.ts';
import { code, sentence } from './markdown.ts';
import { linksOf, versions } from './review.ts';
import { fitSections, type Section } from './sections.ts';

/** Room is kept for a long marker, and for what a forge adds. */
const BODY_LIMIT = 62_000;
const MOST_MOVES = 20;
const LONGEST_NOTE = 400;

export interface FixReportInput {
  /** Its normalised name. */
  readonly package: string;
  /** What the change fixes, worst first; not empty. */
  readonly fixes: readonly FixAdvisory[];
  /** Advisories on the package that hold for its new version, too. */
  readonly open: readonly FixAdvisory[];
  /** Of the locks that have the package. */
  readonly results: readonly TargetResult[];
  /** Other packages that were freed and moved, since else no fix was let in. */
  readonly freed: readonly string[];
  /** It is known that no smaller change does. */
  readonly proven: boolean;
  /** Locks in which the package stays as it is. */
  readonly blocked: readonly BlockedLock[];
  readonly scan: ScanOutcome;
  /** By `name@version` (see `linkKey`). */
  readonly links: ReadonlyMap<string, PackageLinks>;
  /** Of the whole run: what was not checked, the index in use. Sentences. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** Writes it. Not for when nothing moved: see `blockedNotice`. */
export function writeFix(given: FixReportInput): PullRequest {
  const input = { ...given, results: given.results.toSorted(byPath) };
  const moves = movesOf(input.results, input.package);
  const versionsMoved = movesInTitle(moves);
  const title = `Fix ${titleSubject(input.fixes)} in ${plainName(input.package)}`;
  return { title: versionsMoved === '' ? title : `${title}: ${versionsMoved}`, body: bodyOf(input) };
}

function byPath(one: TargetResult, other: TargetResult): number {
  return one.target.path < other.target.path ? -1 : 1;
}

function bodyOf(input: FixReportInput): string {
  const { package: name, fixes, open, results, blocked, scan, links } = input;
  const updated = results.filter(({ status }) => status === 'updated');
  const ways = waysTable(results, name);
  const sections: readonly Section[] = [
    { text: verdict(input, updated), drop: 9, name: 'the verdict' },
    { text: changelogs(input), drop: 6, name: 'the links of the package' },
    ...advisoriesSection(fixes, '## What it fixes'),
    {
      text: ways === '' ? '' : `## How ${code(name)} comes in\n\n${ways}`,
      drop: 6,
      name: 'how the package comes in',
    },
    { text: alsoMoved(input, updated), drop: 7, name: 'what else moved' },
    ...advisoriesSection(open, '## What it does not fix'),
    {
      text: blocked.length === 0 ? '' : `## Where it stays\n\n${blockedLines(blocked)}`,
      drop: 8,
      name: 'where the package stays as it is',
    },
    ...scanSections(scan),
    ...updated.flatMap((result) => lockSections(result, links)),
    ...failureSections(results),
    ...blockedDetails(blocked),
    { text: footer(input), drop: 9, name: 'the footer' },
  ];
  return `${fitSections(sections, BODY_LIMIT, leftOut)}\n`;
}

/** The one paragraph for those who read nothing else. */
function verdict(input: FixReportInput, updated: readonly TargetResult[]): string {
  const { package: name, fixes, open, results, blocked, scan } = input;
  const moves = movesOf(updated, name);
  const others = othersOf(updated, name);
  const names = [...new Set(others.map(({ change }) => change.name))];
  const failed = results.filter(({ status }) => status === 'failed' || status === 'skipped');
  const told = [
    `**Fixes ${advisoriesInWords(fixes)} in ${code(name)}: ${movesInWords(moves)}.**`,
    names.length === 0
      ? 'Nothing else moved.'
      : `${plural(names.length, 'other package')} moved with it: ${pathsInWords(names)}. ${
          input.proven
            ? 'No smaller change fixes it.'
            : 'A smaller change may be possible: not all were tried.'
        }`,
    ...(open.length === 0 ? [] : [`It does not fix ${advisoriesInWords(open)}.`]),
    ...(blocked.length === 0
      ? []
      : [
          `It does not fix ${pathsInWords(blocked.map(({ lock }) => lock))}, where something stands in the way.`,
        ]),
    ...(failed.length === 0
      ? []
      : [`${pathsInWords(failed.map(({ target }) => target.path))} could not be made anew.`]),
    ...(scan.by.length === 0 ? ['Known vulnerabilities were not checked.'] : []),
  ];
  return [...alarmsOf(scan).map((alarm) => `**${alarm}**`), ...told].join(' ');
}

function othersOf(updated: readonly TargetResult[], name: string): readonly Move[] {
  return foldMoves(updated).filter(
    ({ change }) => change.name !== name && change.kind !== 'hash' && change.kind !== 'build',
  );
}

function changelogs({ package: name, results, links }: FixReportInput): string {
  const found = movesOf(results, name)
    .map((move) => ({ to: move.change.to, pages: linksOf(move, links) }))
    .filter(({ pages }) => pages !== '');
  const lines = new Set(found.map(({ to, pages }) => `What is new in ${code(to ?? 'it', 60)}: ${pages}`));
  return [...lines].join('  \n');
}

function alsoMoved(input: FixReportInput, updated: readonly TargetResult[]): string {
  const others = othersOf(updated, input.package);
  if (others.length === 0) return '';
  const lines = others
    .slice(0, MOST_MOVES)
    .map((move) => `- ${code(move.change.name)} ${versions(move)}: ${whyMoved(move.change, input)}`);
  const more = others.length - lines.length;
  return [
    '## What else moved\n',
    ...lines,
    ...(more > 0 ? [`- and ${more} more, in the tables below`] : []),
  ].join('\n');
}

function whyMoved({ name, kind, via }: Change, input: FixReportInput): string {
  const fixed = code(input.package);
  if (input.freed.includes(name)) return `as it was locked, it does not let the fixed ${fixed} in`;
  const parents = via.filter((parent) => parent === input.package || input.freed.includes(parent));
  if (parents.length > 0) {
    const who = pathsInWords(parents.toSorted());
    return kind === 'removed' ? `${who} no longer wants it` : `${who} wants it`;
  }
  return kind === 'removed' ? 'nothing wants it any more' : 'the locker moved it along';
}

function footer({ notes, seconds }: FixReportInput): string {
  const told = notes.map((note) => ` ${sentence(note.slice(0, LONGEST_NOTE))}`).join('');
  return (
    `---\nMade by Relock in ${duration(seconds)}, outside the schedule. A cool-down does not hold for it.${told} ` +
    'When its changes reach the default branch another way, as with the monthly pull request, or the advisory is ' +
    'withdrawn, it is closed by itself.'
  );
}

function leftOut(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => sentence(name.slice(0, 80)));
  const more = names.length - shown.length;
  return `> This report was too long for a pull request. Left out: ${shown.join('; ')}${more > 0 ? `; and ${plural(more, 'more part')}` : ''}.`;
}
