/** The pull request: title and body from all that a run gave. Pure. */
import type { Outcome, PackageLinks, PullRequest, TargetResult } from '../model.ts';
import { duration, foldMoves, kindsInWords, listed, plural, type Move } from './count.ts';
import { failureSections, skipSections } from './failures.ts';
import { lockSections } from './locks.ts';
import { code, sentence } from './markdown.ts';
import { reproduceSections } from './reproduce.ts';
import { reviewFirst } from './review.ts';
import { fitSections, type Section } from './sections.ts';

/** GitHub refuses a body of more characters than 65,536; a few are kept for what a forge adds. */
const BODY_LIMIT = 65_000;

export interface ReportInput extends Omit<Outcome, 'pullRequest'> {
  /** By `name@version` (see `linkKey`). */
  readonly links: ReadonlyMap<string, PackageLinks>;
}

/** Writes the pull request. @param given with its results in an order in which every lock follows those that it reads. */
export function writePullRequest(given: ReportInput): PullRequest {
  const input = { ...given, results: given.results.toSorted(byPath) };
  const updated = input.results.filter(({ status }) => status === 'updated');
  const moves = foldMoves(updated);
  return { title: titleOf(updated, moves, input), body: bodyOf(input, updated, moves, given.results) };
}

function byPath(one: TargetResult, other: TargetResult): number {
  return one.target.path < other.target.path ? -1 : 1;
}

function titleOf(updated: readonly TargetResult[], moves: readonly Move[], input: ReportInput): string {
  const failed = input.results.filter(({ status }) => status === 'failed').length;
  if (updated.length === 0) return `Re-lock: ${plural(failed, 'lock')} could not be made`;
  const [only] = updated;
  const what =
    updated.length === 1 && only !== undefined ? shortPath(only.target.path) : plural(updated.length, 'lock');
  const majors = moves.filter(({ change }) => change.kind === 'major').length;
  const notes = [majors > 0 ? `${majors} major` : '', failed > 0 ? `${failed} failed` : ''].filter(
    (note) => note !== '',
  );
  const moved = plural(new Set(moves.map(({ change }) => change.name)).size, 'package');
  return `Re-lock ${what}: ${moved} moved${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

/** Threat: a path is foreign text, and a title takes mentions. */
function shortPath(path: string): string {
  const plain = path.replace(/[^\w./+-]/gu, '_');
  return plain.length > 60 ? `…${plain.slice(-59)}` : plain;
}

function bodyOf(
  input: ReportInput,
  updated: readonly TargetResult[],
  moves: readonly Move[],
  asMade: readonly TargetResult[],
): string {
  const unchanged = input.results.filter(({ status }) => status === 'unchanged');
  const sections: Section[] = [
    { text: verdict(input, updated, moves), drop: 9, name: 'the verdict' },
    { text: reviewFirst(moves, input.links, updated.length), drop: 7, name: 'what to review first' },
    ...updated.flatMap((result) => lockSections(result, input.links)),
    ...failureSections(input.results),
    { text: upToDate(unchanged), drop: 5, name: 'the locks that are up to date' },
    ...skipSections(input.skips),
    ...reproduceSections(asMade, input.job),
    { text: footer(input), drop: 9, name: 'the footer' },
  ];
  return `${fitSections(sections, BODY_LIMIT, leftOut)}\n`;
}

/** The one line for those who read nothing else. */
function verdict(input: ReportInput, updated: readonly TargetResult[], moves: readonly Move[]): string {
  const names = new Set(moves.map(({ change }) => change.name)).size;
  const total = input.results.length;
  const parts: string[] = [];
  if (updated.length > 0) {
    const locks =
      updated.length === total ? plural(total, 'lock') : `${updated.length} of ${plural(total, 'lock')}`;
    parts.push(
      names === 0
        ? `${locks} rewritten, no package moved`
        : `${plural(names, 'package')} moved in ${locks}: ${kindsInWords(moves)}`,
    );
  }
  const failed = input.results
    .filter(({ status }) => status === 'failed')
    .map(({ target }) => code(target.path));
  if (failed.length > 0)
    parts.push(
      `${listed(failed.slice(0, 5))}${failed.length > 5 ? ` and ${failed.length - 5} more` : ''} failed`,
    );
  const held = input.results.filter(({ status }) => status === 'skipped').length;
  if (held > 0) parts.push(`${plural(held, 'lock')} held back with ${failed.length === 1 ? 'it' : 'them'}`);
  parts.push('known vulnerabilities and base images were not checked');
  return `**${parts.join('; ')}.**`;
}

function upToDate(unchanged: readonly TargetResult[]): string {
  if (unchanged.length === 0) return '';
  const paths = unchanged.map(({ target }) => code(target.path));
  return `Up to date already: ${paths.slice(0, 30).join(', ')}${paths.length > 30 ? ` and ${paths.length - 30} more` : ''}.`;
}

function footer({ job, seconds, notes }: ReportInput): string {
  const cutoff =
    job.cutoff === null
      ? ''
      : ` Cool-down: releases uploaded at or after ${code(job.cutoff)} were kept out, but where a note above says otherwise.`;
  const told = notes.map((note) => ` ${sentence(note)}`).join('');
  return `---\nMade by Relock in ${duration(seconds)}.${cutoff}${told}`;
}

function leftOut(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => sentence(name.slice(0, 80)));
  const more = names.length - shown.length;
  return `> This report was too long for a pull request. Left out: ${shown.join('; ')}${more > 0 ? `; and ${plural(more, 'more part')}` : ''}. \`relock run --json\` gives all of it.`;
}
