/** What stands in the way of a fix, and what would free it: in a pull request that fixes other locks, and in an issue. Pure. */
import type { Blocked, Blocker } from '../fix/blocked.ts';
import { plural } from './count.ts';
import type { FixAdvisory } from './fix-advisory.ts';
import { advisoriesSection } from './fix-sections.ts';
import { advisoriesInWords, pathsInWords, plainName, titleSubject } from './fix-words.ts';
import { code, fenced, fold, sentence } from './markdown.ts';
import { fitSections, type Section } from './sections.ts';

export interface BlockedLock {
  /** Its path. */
  readonly lock: string;
  /** Affected versions that it has. */
  readonly versions: readonly string[];
  readonly blocked: Blocked;
}

const BODY_LIMIT = 60_000;
const MOST_LOCKS = 30;
const LONGEST_WORDS = 200;

/** Whom the title names: `no release has the fix`, `held back by flask 2.0`. */
function reasonInTitle(all: readonly BlockedLock[]): string {
  const codes = new Set(all.map(({ blocked }) => blocked.code));
  if (codes.size === 1 && codes.has('no-fix')) return 'no release has the fix yet';
  const holders = new Set(all.flatMap(({ blocked }) => blocked.by.slice(0, 1).map(holderInTitle)));
  const [one] = holders;
  if (one === undefined) return 'no way was found';
  return holders.size === 1 ? `held back by ${one}` : `held back by ${plural(holders.size, 'requirement')}`;
}

function holderInTitle(blocker: Blocker): string {
  switch (blocker.kind) {
    case 'package':
      return `${plainName(blocker.package)} ${plainName(blocker.version, 30)}`;
    case 'manifest':
      return plainName(blocker.at, 80);
    case 'python':
      return 'the Python of the lock';
  }
}

/** Sentences on one lock: what holds the package there, each after the one that it holds, and what would free it. */
function blockedInWords({ blocked }: BlockedLock): string {
  const { code: why, by, message, wouldFree } = blocked;
  const chain = by.map(
    (blocker, index) => `${index === 0 ? '' : 'and that is held: '}${holderInWords(blocker)}`,
  );
  const told =
    why === 'no-fix'
      ? 'No release has the fix yet. Relock looks again whenever the advisory changes.'
      : chain.length > 0
        ? `${chain.join('; ')}.`
        : sentence(short(message));
  return wouldFree === '' || why === 'no-fix'
    ? told
    : `${told} What would free it: ${sentence(short(wouldFree))}`;
}

function holderInWords(blocker: Blocker): string {
  switch (blocker.kind) {
    case 'package': {
      const newest =
        blocker.newest === null
          ? ''
          : `, and so does its newest release that is known, ${code(blocker.newest, 60)}`;
      return `${code(`${blocker.package} ${blocker.version}`)} wants ${code(blocker.wants)}${newest}`;
    }
    case 'manifest':
      return `${code(blocker.at)} wants ${code(blocker.wants)}`;
    case 'python':
      return `${code(`${blocker.package} ${blocker.version}`)} wants ${code(blocker.wants)}`;
  }
}

/** A line for each lock where the package stays as it is. */
export function blockedLines(all: readonly BlockedLock[]): string {
  const lines = all.slice(0, MOST_LOCKS).map((one) => {
    const versions = one.versions.map((version) => code(version, 60)).join(', ');
    return `- ${code(one.lock)}${versions === '' ? '' : ` (${versions})`}: ${blockedInWords(one)}`;
  });
  const more = all.length - lines.length;
  return [...lines, ...(more > 0 ? [`- and ${plural(more, 'more lock')}`] : [])].join('\n');
}

/** The lockers' own words, folded. */
export function blockedDetails(all: readonly BlockedLock[]): readonly Section[] {
  return all
    .filter(({ blocked }) => blocked.detail !== '')
    .map(({ lock, blocked }) => ({
      text: fold(`What the tool said of ${code(lock)}`, fenced(blocked.detail)),
      drop: 1,
      name: `the tool's words about ${lock}`,
    }));
}

/**
 * The issue on a package that cannot be fixed in some of its locks.
 * @param advisories that stay, worst first; not empty.
 * @param all not empty.
 */
export function blockedNotice(
  name: string,
  advisories: readonly FixAdvisory[],
  all: readonly BlockedLock[],
): { readonly title: string; readonly body: string } {
  const locks = pathsInWords(all.map(({ lock }) => lock));
  const sections: readonly Section[] = [
    {
      text: `**${advisoriesInWords(advisories)} in ${code(name)} cannot be fixed in ${locks} as things are.** No pull request was opened for ${all.length === 1 ? 'it' : 'these'}, since it would change nothing.`,
      drop: 9,
      name: 'the verdict',
    },
    { text: `## What stands in the way\n\n${blockedLines(all)}`, drop: 9, name: 'what stands in the way' },
    ...advisoriesSection(advisories, '## What stays'),
    ...blockedDetails(all),
    {
      text: '---\nRelock keeps this issue up to date: it is closed when nothing stands in the way any more, or the advisory is withdrawn. Close it to hear no more of the same.',
      drop: 9,
      name: 'the footer',
    },
  ];
  const body = fitSections(
    sections,
    BODY_LIMIT,
    (names) =>
      `> This was too long. Left out: ${names
        .slice(0, 10)
        .map((one) => sentence(short(one)))
        .join('; ')}.`,
  );
  return {
    title: `${titleSubject(advisories)} in ${plainName(name)} cannot be fixed: ${reasonInTitle(all)}`,
    body: `${body}\n`,
  };
}

function short(text: string): string {
  return text.length > LONGEST_WORDS * 2 ? `${text.slice(0, LONGEST_WORDS * 2 - 1)}…` : text;
}
