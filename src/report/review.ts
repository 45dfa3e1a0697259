/** What needs a reviewer's eye, before any table. */
import type { Change, ChangeKind, PackageLinks } from '../model.ts';
import type { Move } from './count.ts';
import { code, link } from './markdown.ts';
import { alarmingTopics, unknownInWords, weighedTopics } from './review-facts.ts';
import type { FactTopic, ReviewFacts } from './review-facts.ts';

interface Topic {
  readonly kind: ChangeKind;
  readonly title: string;
}

const TOPICS: readonly Topic[] = [
  { kind: 'downgrade', title: 'Downgrades' },
  { kind: 'source', title: 'Other sources' },
  { kind: 'major', title: 'Major versions' },
  { kind: 'new', title: 'New packages' },
  { kind: 'removed', title: 'Removed packages' },
];

/** Longer lists are cut; the tables hold them whole. */
const MAX_ITEMS = 40;

/**
 * @param given what is known of the releases themselves; left out: nothing.
 * @returns Markdown, what matters most first; empty when nothing needs an eye.
 */
export function reviewFirst(
  moves: readonly Move[],
  links: ReadonlyMap<string, PackageLinks>,
  lockCount: number,
  given?: ReviewFacts,
): string {
  const line = (move: Move): string => item(move, links, lockCount);
  const told = ({ title, items }: FactTopic): string =>
    listOf(title, items, ({ move, reason }) => `${bare(move, lockCount)}: ${reason}`);
  const parts = [
    ...(given === undefined ? [] : alarmingTopics(moves, given).map(told)),
    ...TOPICS.map(({ kind, title }) => {
      const found = moves.filter(({ change }) => change.kind === kind);
      return listOf(
        title,
        found.sort((a, b) => Number(b.direct) - Number(a.direct)),
        line,
      );
    }),
    ...(given === undefined ? [] : weighedTopics(moves, given).map(told)),
    given === undefined ? '' : unknownInWords(moves, given),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `## Review first\n\n${parts.join('\n\n')}`;
}

function listOf<One>(title: string, items: readonly One[], inWords: (one: One) => string): string {
  if (items.length === 0) return '';
  const lines = items.slice(0, MAX_ITEMS).map((one) => `- ${inWords(one)}`);
  if (items.length > MAX_ITEMS) lines.push(`- and ${items.length - MAX_ITEMS} more, in the tables below`);
  return `**${title}**\n${lines.join('\n')}`;
}

function item(move: Move, links: ReadonlyMap<string, PackageLinks>, lockCount: number): string {
  const pages = linksOf(move, links);
  return `${bare(move, lockCount)}${pages === '' ? '' : ` (${pages})`}`;
}

/** What moved, why it is there, and where. */
function bare(move: Move, lockCount: number): string {
  const where = lockCount > 1 ? ` in ${locksInWords(move.locks, lockCount)}` : '';
  const on = platformsOf(move.change);
  const platforms = on === '' ? '' : ` on ${on}`;
  return `${code(move.change.name)} ${versions(move)}, ${why(move)}${where}${platforms}`;
}

/** `all 4 locks`, or the paths, the first few. */
function locksInWords(locks: readonly string[], lockCount: number): string {
  if (locks.length === lockCount) return lockCount === 2 ? 'both locks' : `all ${lockCount} locks`;
  const shown = locks.slice(0, 3).map((path) => code(path));
  const more = locks.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/**
 * `1.2 → 2.0`, `2.0` for a new package, `was 1.2` for a removed one, both addresses for another source, both builds where
 * only the build moved.
 */
export function versions({ change }: Pick<Move, 'change'>): string {
  const { from, to, source } = change;
  if (change.kind === 'new') return code(to ?? 'no version');
  if (change.kind === 'removed') return `was ${code(from ?? 'no version')}`;
  const moved = from === to ? '' : arrow(from ?? 'no version', to ?? 'no version');
  const build = change.kind === 'build' ? builds(change) : '';
  if (source === null) return `${moved === '' ? code(to ?? 'no version') : moved}${build}`;
  return moved === '' ? sources(change, source) : `${moved}, ${sources(change, source)}`;
}

function arrow(from: string, to: string): string {
  return `${code(from)} → ${code(to)}`;
}

function builds({ conda }: Change): string {
  const build = conda?.build ?? null;
  return build === null ? '' : ` build ${arrow(build.from ?? 'none', build.to ?? 'none')}`;
}

function sources({ conda }: Change, { from, to }: NonNullable<Change['source']>): string {
  const left = channelOf(from);
  const right = channelOf(to);
  if (conda !== undefined && left !== null && right !== null)
    return `from channel ${code(left)} to ${code(right)}`;
  const place = (address: string | null): string => {
    if (conda === undefined) return address === null ? 'the index' : code(address);
    const channel = channelOf(address);
    if (channel !== null) return `conda (${code(channel)})`;
    return address === null ? 'pip' : `pip (${code(address)})`;
  };
  return `from ${place(from)} to ${place(to)}`;
}

/** As `src/diff/conda-packages.ts` writes it. */
function channelOf(address: string | null): string | null {
  return address?.startsWith('conda:') === true ? address.slice('conda:'.length) : null;
}

/** Where a package of a conda lock moved; empty: everywhere. */
export function platformsOf({ conda }: Change): string {
  return (conda?.platforms ?? []).map((platform) => code(platform)).join(', ');
}

/** `direct`, `through a, b and 3 more`, or `indirect` where the lock tells no more. */
export function why({ direct, via }: Pick<Move, 'direct' | 'via'>): string {
  if (direct) return 'direct';
  if (via.length === 0) return 'indirect';
  const shown = via.slice(0, 3).map((name) => code(name));
  const more = via.length - shown.length;
  return `through ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Links in one line, empty when nothing is known.
 * Threat: a conda package's name may be a stranger's on the index, whose links another lock asked for.
 */
export function linksOf({ change }: Pick<Move, 'change'>, links: ReadonlyMap<string, PackageLinks>): string {
  const known = change.conda?.manager === 'conda' ? undefined : links.get(linkKey(change));
  if (known === undefined) return '';
  const pages: readonly (readonly [string, string | null])[] = [
    ['changelog', known.changelog],
    ['releases', known.releases === known.changelog ? null : known.releases],
    ['compare', known.compare],
  ];
  const shown = pages.flatMap(([text, url]) => (url === null ? [] : [link(text, url)]));
  if (shown.length === 0 && known.home !== null) shown.push(link('home', known.home));
  return shown.join(', ');
}

/** Key of the links of a change: the version that it moved to, or had. */
export function linkKey(change: Pick<Move['change'], 'name' | 'from' | 'to'>): string {
  return `${change.name}@${change.to ?? change.from ?? ''}`;
}
