/** Locks in the HTML report: every row of every lock. Pure. */
import type { Change, PackageLinks, TargetResult } from '../model.ts';
import { duration, foldMoves, kindsInWords, packagesIn } from './count.ts';
import { codeHtml, escapeHtml, inlineHtml } from './html-inline.ts';
import { badgeHtml, listHtml, tableHtml } from './html-table.ts';
import { code, sentence, withoutPath } from './markdown.ts';
import { linksOf, platformsOf, versions } from './review.ts';

/** In the order of their paths. Empty: none was made anew. */
export function locksHtml(
  results: readonly TargetResult[],
  links: ReadonlyMap<string, PackageLinks>,
): string {
  return results.map((result) => lockHtml(result, links)).join('\n');
}

function lockHtml(result: TargetResult, links: ReadonlyMap<string, PackageLinks>): string {
  const { target, changes, solver, seconds } = result;
  const { version, from } = target.python;
  const facts = [
    ...(solver === null ? [] : [`solved by ${code(solver)}`]),
    ...(version === null ? [] : [`for Python ${code(version)} (${sentence(from)})`]),
    `in ${duration(seconds)}`,
  ];
  const summary =
    changes.length === 0
      ? 'The text of the lock changed.'
      : `${packagesIn(changes)}: ${kindsInWords(foldMoves([result]))}.`;
  const notes = [...target.notes, ...result.notes].map((note) =>
    inlineHtml(sentence(withoutPath(note, target.path))),
  );
  return [
    `<h3>${codeHtml(target.path)}</h3>`,
    `<p>${inlineHtml(`${summary} It was ${facts.join(' ')}.`)}</p>`,
    listHtml(notes),
    changes.length === 0 ? '' : rowsHtml(target.path, changes, links),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function rowsHtml(
  path: string,
  changes: readonly Change[],
  links: ReadonlyMap<string, PackageLinks>,
): string {
  const anyGroups = changes.some(({ groups }) => groups.length > 0);
  const anyConda = changes.some(({ conda }) => conda !== undefined);
  const anyLinks = changes.some((change) => linksOf({ change }, links) !== '');
  const head = [
    'Package',
    'Change',
    'Kind',
    'Why',
    ...(anyConda ? ['Manager', 'Platforms'] : []),
    ...(anyGroups ? ['Groups'] : []),
    ...(anyLinks ? ['Links'] : []),
  ];
  const rows = changes.map((change) => [
    codeHtml(change.name),
    inlineHtml(versions({ change })),
    badgeHtml(change.kind, change.kind),
    whyHtml(change),
    ...(anyConda ? [escapeHtml(change.conda?.manager ?? ''), inlineHtml(platformsOf(change) || 'all')] : []),
    ...(anyGroups ? [change.groups.map(codeHtml).join(', ')] : []),
    ...(anyLinks ? [inlineHtml(linksOf({ change }, links))] : []),
  ]);
  return tableHtml(`What moved in ${path}`, head, rows);
}

function whyHtml({ direct, via }: Change): string {
  if (direct) return 'direct';
  return via.length === 0 ? 'indirect' : `through ${via.map(codeHtml).join(', ')}`;
}
