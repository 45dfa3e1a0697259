/** The section "Release notes": what the packages' own people wrote, a fold for each package. Pure. */
import { noteKey } from '../notes/note-key.ts';
import type { ReleaseNotes } from '../notes/model.ts';
import { listed, plural, type Move } from './count.ts';
import { code, fold, link, sentence } from './markdown.ts';
import { versions } from './review.ts';
import type { Section } from './sections.ts';
import { shareOut, type SharedNotes, type SharedVersion } from './share-out.ts';

/** First to go when the body is too long: it is all on the packages' own pages too. */
const DROP = 1;

/**
 * @param moves folded over all locks.
 * @param notes by `noteKey`.
 * @param budget characters for the texts.
 */
export function notesSections(
  moves: readonly Move[],
  notes: ReadonlyMap<string, ReleaseNotes>,
  budget: number,
): readonly Section[] {
  const known = new Map<string, { readonly move: Move; readonly found: ReleaseNotes }>();
  for (const move of moves) {
    const key = noteKey(move.change);
    const found = key === null ? undefined : notes.get(key);
    if (key !== null && found !== undefined && !known.has(key)) known.set(key, { move, found });
  }
  const told = [...known.values()].filter(({ found }) => found.versions.length > 0);
  const silent = [...known.values()].filter(({ found }) => found.versions.length === 0);
  if (known.size === 0) return [];
  const shared = shareOut(
    told.map(({ found }) => found),
    budget,
  );
  const breaking = told.filter(({ found }) => found.versions.some((version) => version.breaking));
  const head = [
    '## Release notes',
    told.length === 0
      ? 'None of the direct moves has notes that could be read.'
      : `What their own people wrote of ${plural(told.length, 'direct move')}; links, mentions and pictures in it were taken apart.`,
    breaking.length === 0
      ? ''
      : `May break, in their own words: ${listed(breaking.map(({ move }) => code(move.change.name)))}.`,
  ];
  return [
    {
      text: head.filter((line) => line !== '').join('\n\n'),
      drop: DROP + 1,
      name: 'the head of the release notes',
    },
    ...shared.flatMap((one, index) => {
      const move = told[index]?.move;
      return move === undefined ? [] : [packageSection(move, one)];
    }),
    { text: silentOnes(silent), drop: DROP, name: 'which packages have no release notes' },
  ];
}

function packageSection(move: Move, shared: SharedNotes): Section {
  const { notes } = shared;
  const breaks = notes.versions.filter(({ breaking }) => breaking).length;
  const of = notes.versions.length;
  const summary = `${code(move.change.name)} ${versions(move)}: ${plural(of, 'version')}${breaks === 0 ? '' : `, ${breaks === of && of > 1 ? 'all' : breaks} with something that may break`}`;
  const broken = shared.versions.filter(({ breaking }) => breaking !== '');
  const parts = [
    ...broken.map((one) => `**May break** in ${nameOf(one)}:\n\n${one.breaking}`),
    ...shared.versions.filter(({ text }) => text !== '').map((one) => `${nameOf(one)}\n\n${one.text}`),
    ending(shared),
  ];
  return {
    text: fold(summary, parts.filter((part) => part !== '').join('\n\n')),
    drop: DROP,
    name: `the release notes of ${move.change.name}`,
  };
}

function nameOf({ version }: SharedVersion): string {
  const name = code(version.version);
  const bold = version.url === null ? `**${name}**` : `**${link(name, version.url)}**`;
  return `${bold}${version.date === null ? '' : ` (${version.date})`}`;
}

/** What is not here, and where all of it is. */
function ending({ notes, versions: shown, left }: SharedNotes): string {
  const cut = shown.filter((one) => one.cut).length;
  const missing = [
    ...(left > 0 ? [plural(left, 'older version')] : []),
    ...(cut > 0 ? [`parts of ${plural(cut, 'version')}`] : []),
    ...(notes.truncated ? ['what is older than the forge lists'] : []),
  ];
  const pages = [
    ...(notes.url === null
      ? []
      : [link(notes.source === 'changelog' ? 'the changelog' : 'all releases', notes.url)]),
    ...(notes.compare === null ? [] : [link('the changes themselves', notes.compare)]),
  ];
  const lacks = missing.length === 0 ? '' : `Not shown here: ${listed(missing)}. `;
  const problem = notes.problem === null ? '' : `${sentence(notes.problem)} `;
  return `${lacks}${problem}${pages.length === 0 ? '' : `See ${listed(pages)}.`}`.trim();
}

/** Those of which nothing is known, in one line for each reason. */
function silentOnes(silent: readonly { readonly move: Move; readonly found: ReleaseNotes }[]): string {
  const reasons = new Map<string, string[]>();
  for (const { move, found } of silent) {
    const page = found.compare ?? found.url;
    const name = page === null ? code(move.change.name) : link(code(move.change.name), page);
    const reason = found.problem ?? 'Nothing was found.';
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return [...reasons]
    .map(([reason, names]) => `- No notes for ${listed(names)}: ${sentence(reason)}`)
    .join('\n');
}
