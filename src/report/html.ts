/** The HTML report: one file that asks for nothing else. Pure: the same outcome gives the same bytes. */
import { createHash } from 'node:crypto';
import type { PackageLinks } from '../model.ts';
import type { JobOutcome } from '../outcome.ts';
import { scopeScan } from '../scan/scope.ts';
import { duration, plural } from './count.ts';
import { failureSections, skipSections } from './failures.ts';
import { addsSevere } from './findings-alarm.ts';
import { blocksHtml } from './html-blocks.ts';
import { findingsHtml, uncheckedHtml } from './html-findings.ts';
import { codeHtml, escapeHtml, inlineHtml } from './html-inline.ts';
import { locksHtml } from './html-locks.ts';
import { SCRIPT } from './html-script.ts';
import { STYLE } from './html-style.ts';
import { listHtml } from './html-table.ts';
import { imageFailures, imageSections, imagesToLookAt, leftImages } from './images.ts';
import { sentence } from './markdown.ts';
import { rebuildSections } from './rebuild.ts';
import { reproduceSections } from './reproduce.ts';
import type { Section } from './sections.ts';

export interface HtmlOptions {
  /** By `name@version` (see `linkKey`); empty: rows have no links. */
  readonly links: ReadonlyMap<string, PackageLinks>;
  /** null: the report says since when updates wait, and not for how long. */
  readonly now: Date | null;
  /** Relock's own. */
  readonly version: string;
}

const SCRIPT_HASH = createHash('sha256').update(SCRIPT).digest('base64');
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;

interface Part {
  readonly id: string;
  readonly title: string;
  /** Finished HTML; empty: left out. */
  readonly body: string;
}

/** The whole page. */
export function htmlReport(outcome: JobOutcome, { links, now, version }: HtmlOptions): string {
  const { job, pullRequest, seconds, notes } = outcome;
  const title = pullRequest?.title ?? 'Nothing to propose';
  const parts = partsOf(outcome, links, now).filter(({ body }) => body !== '');
  const bad = addsSevere(outcome.scan) || outcome.results.some(({ status }) => status === 'failed');
  const cutoff =
    job.cutoff === null ? '' : ` Cool-down: releases since ${codeHtml(job.cutoff)} were kept out.`;
  const nav = parts.map(({ id, title: name }) => `<a href="#${id}">${escapeHtml(name)}</a>`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${title} · ${job.repository}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header>
<p class="repo">${codeHtml(job.repository)}</p>
<h1>${escapeHtml(title)}</h1>
<div class="verdict${bad ? ' bad' : ''}" role="group" aria-label="Verdict">${verdictHtml(outcome)}</div>
</header>
<nav aria-label="Sections">${listHtml(nav)}</nav>
<main id="report">
${parts.map(sectionHtml).join('\n')}
</main>
<footer>
<p>Made by Relock ${escapeHtml(version)} in ${duration(seconds)}.${cutoff}</p>
${listHtml(notes.map((note) => inlineHtml(sentence(note))))}
</footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function sectionHtml({ id, title, body }: Part): string {
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(title)}</h2>\n${body}\n</section>`;
}

/** The first line of the pull request never falls out of it. */
function verdictHtml({ pullRequest, results }: JobOutcome): string {
  const first = pullRequest?.body.split('\n\n', 1)[0] ?? '';
  if (first !== '') return blocksHtml(first, 'Verdict');
  const all = results.length === 0 ? '' : `${plural(results.length, 'lock')} looked at. `;
  return `<p>${all}There is nothing to propose.</p>`;
}

function partsOf(
  outcome: JobOutcome,
  links: ReadonlyMap<string, PackageLinks>,
  now: Date | null,
): readonly Part[] {
  const { job, results, skips, images, rebuilds, scan } = outcome;
  const byPath = results.toSorted((a, b) => (a.target.path < b.target.path ? -1 : 1));
  const updated = byPath.filter(({ status }) => status === 'updated');
  const fresh = byPath.filter(({ status }) => status === 'unchanged');
  const body = outcome.pullRequest?.body ?? '';
  const scans = new Map(
    rebuilds.results
      .filter(({ proof }) => proof?.state === 'built' && scan.skipped === null)
      .map(({ image }) => [image.ref, scopeScan(scan, ({ location }) => location === image.ref)]),
  );
  const upToDate =
    fresh.length === 0
      ? ''
      : `<h3>Up to date already</h3>${listHtml(fresh.map(({ target }) => codeHtml(target.path)))}`;
  return [
    { id: 'review-first', title: 'Review first', body: partOf(body, 'Review first') },
    { id: 'vulnerabilities', title: 'Known vulnerabilities', body: findingsHtml(scan) },
    { id: 'locks', title: 'Locks', body: `${locksHtml(updated, links)}${upToDate}` },
    { id: 'images', title: 'Base images', body: sectionsHtml(imageSections(images), 'Base image') },
    {
      id: 'published-images',
      title: 'Published images',
      body: sectionsHtml(rebuildSections({ rebuilds, scans, now }), 'Published image', 0),
    },
    {
      id: 'not-done',
      title: 'Failures',
      body: sectionsHtml([...failureSections(byPath), ...imageFailures(images)], 'Failure'),
    },
    { id: 'release-notes', title: 'Release notes', body: partOf(body, 'Release notes') },
    {
      id: 'left-alone',
      title: 'Left alone, and images to look at',
      body: sectionsHtml(
        [...imagesToLookAt(images), ...skipSections(skips), ...leftImages(images)],
        'Left alone',
      ),
    },
    {
      id: 'reproduce',
      title: 'How to reproduce',
      body: sectionsHtml(reproduceSections(results, job), 'Commands'),
    },
    { id: 'not-checked', title: 'Not checked', body: uncheckedHtml(scan) },
  ];
}

/** @param demote see `blocksHtml`. */
function sectionsHtml(sections: readonly Section[], caption: string, demote = 1): string {
  const text = sections.map((section) => section.text).filter((part) => part !== '');
  // The page has this heading already.
  return blocksHtml(text.join('\n\n').replace(/^## Published images\n+/u, ''), caption, demote);
}

/** What stands under a heading of the pull request. Foreign text never begins a line with one. */
function partOf(body: string, heading: string): string {
  const [, after] = `\n${body}`.split(new RegExp(`\\n## ${heading}\\n`, 'u'), 2);
  return after === undefined ? '' : blocksHtml(after.split(/\n## |\n---\n/u, 1)[0] ?? '', heading);
}
