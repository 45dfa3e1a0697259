/** A section per lock: how it was made, and what moved in it. */
import type { Change, PackageLinks, TargetResult } from '../model.ts';
import { duration, foldMoves, kindsInWords, packagesIn, plural } from './count.ts';
import { code, fold, sentence, table, withoutPath } from './markdown.ts';
import { linksOf, platformsOf, versions, why } from './review.ts';
import type { Section } from './sections.ts';

/** Tables up to this many rows stand open; longer ones fold what is not direct. */
const OPEN_ROWS = 12;

/** The sections of one re-locked file, in reading order. */
export function lockSections(
  result: TargetResult,
  links: ReadonlyMap<string, PackageLinks>,
): readonly Section[] {
  const { target, changes } = result;
  const moves = foldMoves([result]);
  const hashOnly = changes.filter(({ kind }) => kind === 'hash');
  const rebuilt = changes.filter(({ kind }) => kind === 'build');
  const moved = changes.filter(({ kind }) => kind !== 'hash' && kind !== 'build');
  const direct = moved.filter((change) => change.direct);
  const others = moved.filter((change) => !change.direct);
  const facts = [
    result.solver === null ? '' : `solved by ${code(result.solver)}`,
    target.python.version === null
      ? ''
      : `for Python ${code(target.python.version)} (${sentence(target.python.from)})`,
    `in ${duration(result.seconds)}`,
  ].filter((fact) => fact !== '');
  const told = [...target.notes, ...result.notes].map(
    (note) => `> ${sentence(withoutPath(note, target.path))}`,
  );
  const summary =
    changes.length > 0 ? `${packagesIn(changes)}: ${kindsInWords(moves)}.` : 'The text of the lock changed.';
  const head = [`## ${code(target.path)}`, `${summary} It was ${facts.join(' ')}.`, told.join('  \n')];
  const open = moved.length <= OPEN_ROWS ? moved : direct;
  if (open.length > 0) head.push(rows(open, links));
  const sections: Section[] = [
    { text: head.filter((part) => part !== '').join('\n\n'), drop: 5, name: `the table of ${target.path}` },
  ];
  if (open !== moved && others.length > 0) {
    sections.push({
      text: fold(`${packagesIn(others)} that no manifest names`, rows(others, links)),
      drop: 4,
      name: `${plural(others.length, 'indirect move')} of ${target.path}`,
    });
  }
  if (rebuilt.length > 0) {
    sections.push({
      text: fold(`${packagesIn(rebuilt)} rebuilt: the same version, another build`, rows(rebuilt, links)),
      drop: 3,
      name: `packages of ${target.path} that were rebuilt`,
    });
  }
  if (hashOnly.length > 0) {
    const names = [...new Set(hashOnly.map(({ name }) => code(name)))].join(', ');
    sections.push({
      text: fold(
        `${packagesIn(hashOnly)} with other hashes of the same version (files were added or removed on the index)`,
        names,
      ),
      drop: 3,
      name: `packages of ${target.path} of which only hashes changed`,
    });
  }
  return sections;
}

function rows(changes: readonly Change[], links: ReadonlyMap<string, PackageLinks>): string {
  const anyLinks = changes.some((change) => linksOf({ change }, links) !== '');
  const anyGroups = changes.some(({ groups }) =>
    groups.some((group) => group !== 'main' && group !== 'default'),
  );
  const anyPlatforms = changes.some((change) => platformsOf(change) !== '');
  // Conda alone goes without saying.
  const anyPip = changes.some(({ conda }) => conda?.manager === 'pip');
  const head = [
    'Package',
    'Change',
    'Kind',
    'Why',
    ...(anyPip ? ['Manager'] : []),
    ...(anyPlatforms ? ['Platforms'] : []),
    ...(anyGroups ? ['Groups'] : []),
    ...(anyLinks ? ['Links'] : []),
  ];
  const body = changes.map((change) => [
    code(change.name),
    versions({ change }),
    change.kind,
    why(change),
    ...(anyPip ? [change.conda?.manager ?? ''] : []),
    ...(anyPlatforms ? [platformsOf(change) || 'all'] : []),
    ...(anyGroups ? [change.groups.map((group) => code(group)).join(', ')] : []),
    ...(anyLinks ? [linksOf({ change }, links)] : []),
  ]);
  return table(head, body);
}
