/** The pull request: title and body from all that a run gave. Pure. */
import type { ReleaseFacts } from '../diff/release-facts.ts';
import type { PackageLinks, PullRequest, TargetResult } from '../model.ts';
import type { ReleaseNotes } from '../notes/model.ts';
import type { JobOutcome } from '../outcome.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import { duration, foldMoves, kindsInWords, listed, plural, type Move } from './count.ts';
import { failureSections, skipSections } from './failures.ts';
import { alarmsOf } from './findings-alarm.ts';
import { scanInWords } from './findings-words.ts';
import { scanSections } from './findings.ts';
import { imageFailures, imageSections, imagesToLookAt, imagesToReview, leftImages } from './images.ts';
import {
  failedImages,
  imageName,
  imagesInWords,
  movedInside,
  onlyPinned,
  updatedImages,
} from './image-words.ts';
import { lockSections } from './locks.ts';
import { code, sentence } from './markdown.ts';
import { notesSections } from './notes.ts';
import { rebuildSections, rebuildsToReview } from './rebuild.ts';
import {
  failedRebuilds,
  lacksInWords,
  rebuildsInWords,
  rebuiltImages,
  wantedLacks,
} from './rebuild-words.ts';
import { reproduceSections } from './reproduce.ts';
import { scopeScan } from '../scan/scope.ts';
import { reviewFirst } from './review.ts';
import { fitSections, type Section } from './sections.ts';

/** GitHub refuses a body of more characters than 65,536; a few are kept for what a forge adds. */
const BODY_LIMIT = 65_000;
/** More of release notes than this nobody reads. */
const NOTES_LIMIT = 30_000;
/** Of the body, for what stands around the texts of release notes. */
const NOTES_MARGIN = 8000;

export interface ReportInput extends Omit<JobOutcome, 'pullRequest'> {
  /** By `name@version` (see `linkKey`). */
  readonly links: ReadonlyMap<string, PackageLinks>;
  /** What the people of the moved packages wrote, by `noteKey`; left out: nobody looked. */
  readonly releaseNotes?: ReadonlyMap<string, ReleaseNotes>;
  /** What the index says of the releases that were moved to, by `factsKey`; left out: nobody asked. */
  readonly facts?: ReadonlyMap<string, ReleaseFacts>;
  /** With it the report says how long updates have been waiting; left out: since when. */
  readonly now?: Date;
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
  const images = updatedImages(input.images);
  const locksFailed = input.results.filter(({ status }) => status === 'failed').length;
  const imagesFailed = failedImages(input.images).length;
  const rebuildsFailed = failedRebuilds(input.rebuilds).length;
  const rebuild = rebuildOf(rebuiltImages(input.rebuilds));
  if (updated.length === 0 && images.length === 0 && rebuild === '') {
    const failed = [
      ...(locksFailed > 0 ? [`${plural(locksFailed, 'lock')} could not be made`] : []),
      ...(imagesFailed > 0 ? [`${plural(imagesFailed, 'image')} could not be moved`] : []),
      ...(rebuildsFailed > 0 ? [`${plural(rebuildsFailed, 'image')} could not be rebuilt`] : []),
    ];
    return failed.length === 0 ? 'Published images to look at' : `Re-lock: ${listed(failed)}`;
  }
  const verb = updated.length === 0 && onlyPinned(images) ? 'Pin' : 'Re-lock';
  const majors = moves.filter(({ change }) => change.kind === 'major').length;
  const failed = locksFailed + imagesFailed + rebuildsFailed;
  const notes = [majors > 0 ? `${majors} major` : '', failed > 0 ? `${failed} failed` : ''].filter(
    (note) => note !== '',
  );
  const moved = updated.length > 0 ? namesOf(moves) : movedInside(images);
  const what = updated.length > 0 ? `: ${plural(moved, 'package')} moved` : '';
  const inside = updated.length === 0 && moved > 0 ? `: ${plural(moved, 'package')} moved inside` : '';
  const told = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (updated.length === 0 && images.length === 0) {
    const lacks = rebuiltImages(input.rebuilds).flatMap(wantedLacks);
    return `Rebuild ${rebuild}${lacks.length === 0 ? '' : `: ${lacksInWords(lacks)}`}${told}`;
  }
  const also = rebuild === '' ? '' : `, rebuild ${rebuild}`;
  return `${verb} ${subjectOf(updated, images)}${also}${what}${inside}${told}`;
}

/** `ghcr.io/acme/app:latest`, `2 images`; empty: none. */
function rebuildOf(rebuilt: ReturnType<typeof rebuiltImages>): string {
  const [one] = rebuilt;
  if (one === undefined) return '';
  return rebuilt.length === 1 ? shortPath(one.image.ref) : plural(rebuilt.length, 'image');
}

/** `3 locks and 2 images`; what is alone is named. */
function subjectOf(updated: readonly TargetResult[], images: ReturnType<typeof updatedImages>): string {
  const [lock] = updated;
  const [image] = images;
  const locks =
    updated.length === 1 && lock !== undefined ? shortPath(lock.target.path) : plural(updated.length, 'lock');
  const alone = images.length === 1 && updated.length === 0 && image !== undefined;
  return listed([
    ...(updated.length > 0 ? [locks] : []),
    ...(images.length > 0
      ? [alone ? shortPath(image.image.reference.text) : plural(images.length, 'image')]
      : []),
  ]);
}

function namesOf(moves: readonly Move[]): number {
  return new Set(moves.map(({ change }) => change.name)).size;
}

/** Threat: a path is foreign text, and a title takes mentions. */
function shortPath(path: string): string {
  const plain = path.replace(/[^\w./:+-]/gu, '_');
  return plain.length > 60 ? `…${plain.slice(-59)}` : plain;
}

function bodyOf(
  input: ReportInput,
  updated: readonly TargetResult[],
  moves: readonly Move[],
  asMade: readonly TargetResult[],
): string {
  const unchanged = input.results.filter(({ status }) => status === 'unchanged');
  const before: readonly Section[] = [
    { text: verdict(input, updated, moves), drop: 9, name: 'the verdict' },
    { text: toReview(input, updated, moves), drop: 7, name: 'what to review first' },
    ...scanSections(input.scan),
    ...updated.flatMap((result) => lockSections(result, input.links)),
    ...imageSections(input.images),
    ...rebuildSections({
      rebuilds: input.rebuilds,
      scans: scansOf(input),
      now: input.now ?? null,
    }),
    ...failureSections(input.results),
    ...imageFailures(input.images),
    ...imagesToLookAt(input.images),
  ];
  const after: readonly Section[] = [
    { text: upToDate(unchanged), drop: 5, name: 'the locks that are up to date' },
    { text: imagesUpToDate(input), drop: 5, name: 'the images that are up to date' },
    ...skipSections(input.skips),
    ...leftImages(input.images),
    ...reproduceSections(asMade, input.job),
    { text: footer(input), drop: 9, name: 'the footer' },
  ];
  // What is left, since everything else is of this very change, and this is on pages of its own too.
  const taken = [...before, ...after].reduce((sum, { text }) => sum + text.length + 2, 0);
  const room = Math.min(NOTES_LIMIT, BODY_LIMIT - NOTES_MARGIN - taken);
  const notes = notesSections(moves, input.releaseNotes ?? new Map(), room);
  return `${fitSections([...before, ...notes, ...after], BODY_LIMIT, leftOut)}\n`;
}

function toReview(input: ReportInput, updated: readonly TargetResult[], moves: readonly Move[]): string {
  const packages = reviewFirst(moves, input.links, updated.length, {
    facts: input.facts ?? null,
    now: input.now ?? null,
    scan: input.scan,
    results: updated,
  });
  const lists = [
    { title: 'Base images', lines: imagesToReview(input.images) },
    { title: 'Published images', lines: rebuildsToReview(input.rebuilds) },
  ].filter(({ lines }) => lines.length > 0);
  if (lists.length === 0) return packages;
  const texts = lists.map(({ title, lines }) => `**${title}**\n${lines.join('\n')}`);
  return [packages === '' ? '## Review first' : packages, ...texts].join('\n\n');
}

/** The one line for those who read nothing else. */
function verdict(input: ReportInput, updated: readonly TargetResult[], moves: readonly Move[]): string {
  const names = namesOf(moves);
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
  parts.push(...imagesInWords(updatedImages(input.images)));
  parts.push(...rebuildsInWords(input.rebuilds, input.now ?? null));
  const failedLocks = input.results.filter(({ status }) => status === 'failed');
  const failed = [
    ...failedLocks.map(({ target }) => code(target.path)),
    ...failedImages(input.images).map(({ image }) => imageName(image)),
  ];
  if (failed.length > 0)
    parts.push(
      `${listed(failed.slice(0, 5))}${failed.length > 5 ? ` and ${failed.length - 5} more` : ''} failed`,
    );
  const held = input.results.filter(({ status }) => status === 'skipped').length;
  if (held > 0)
    parts.push(`${plural(held, 'lock')} held back with ${failedLocks.length === 1 ? 'it' : 'them'}`);
  parts.push(...scanInWords(input.scan));
  const alarms = alarmsOf(input.scan);
  // What is loud everywhere is loud nowhere.
  return alarms.length === 0
    ? `**${parts.join('; ')}.**`
    : `${alarms.map((alarm) => `**${alarm}**`).join(' ')} ${parts.join('; ')}.`;
}

/** What each published image's clean build does to vulnerabilities, by its reference. */
function scansOf({ rebuilds, scan }: ReportInput): ReadonlyMap<string, ScanOutcome> {
  const built = rebuilds.results.filter(({ proof }) => proof?.state === 'built' && scan.skipped === null);
  return new Map(
    built.map(({ image }) => [image.ref, scopeScan(scan, ({ location }) => location === image.ref)]),
  );
}

function upToDate(unchanged: readonly TargetResult[]): string {
  if (unchanged.length === 0) return '';
  const paths = unchanged.map(({ target }) => code(target.path));
  return `Up to date already: ${paths.slice(0, 30).join(', ')}${paths.length > 30 ? ` and ${paths.length - 30} more` : ''}.`;
}

/** Those with a digest; what is said of one of them stands under "Images to look at". */
function imagesUpToDate({ images }: ReportInput): string {
  const fresh = images.results.filter(({ status, to }) => status === 'unchanged' && to !== null);
  if (fresh.length === 0) return '';
  const names = [...new Set(fresh.map(({ image }) => imageName(image)))];
  return `Images up to date already: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ` and ${names.length - 30} more` : ''}.`;
}

function footer({ job, seconds, notes, images, rebuilds }: ReportInput): string {
  const cutoff =
    job.cutoff === null
      ? ''
      : ` Cool-down: releases uploaded at or after ${code(job.cutoff)} were kept out, but where a note above says otherwise.`;
  const noCutoff =
    job.cutoff !== null && updatedImages(images).length > 0
      ? ' Images know no cool-down: a digest is what its tag names now.'
      : '';
  const noBuildCutoff =
    job.cutoff !== null && rebuiltImages(rebuilds).length > 0
      ? ' Clean builds know no cool-down: they install what is offered now.'
      : '';
  const told = notes.map((note) => ` ${sentence(note)}`).join('');
  return `---\nMade by Relock in ${duration(seconds)}.${cutoff}${noCutoff}${noBuildCutoff}${told}`;
}

function leftOut(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => sentence(name.slice(0, 80)));
  const more = names.length - shown.length;
  return `> This report was too long for a pull request. Left out: ${shown.join('; ')}${more > 0 ? `; and ${plural(more, 'more part')}` : ''}. \`relock run --json\` gives all of it.`;
}
