/** Which packages inside an image are not as they were. Pure. */
import type { ImageComparison, ImagePackageDifference, ImagePackageMove } from '../images/compare.ts';
import type { ImagePackage } from '../images/content.ts';
import { listed, plural } from './count.ts';
import { code, fenced, fold } from './markdown.ts';

/** Of each list; `--json` holds all. */
const MOST_LINES = 400;
const LONGEST_LINE = 200;

/** `12 packages moved, 1 added, 2 downgraded`; empty when all is as it was. */
export function differenceInWords({ moved, added, removed }: ImagePackageDifference): string {
  const down = moved.filter(({ direction }) => direction === 'down').length;
  const up = moved.length - down;
  const counts: readonly (readonly [number, string])[] = [
    [up, 'moved'],
    [down, 'downgraded'],
    [added.length, 'added'],
    [removed.length, 'removed'],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word], index) =>
      index === 0 ? `${plural(count, 'package')} ${word}` : `${count.toLocaleString('en-US')} ${word}`,
    )
    .join(', ');
}

/** A folded list, once for the platforms that have it alike. Downgrades come first, since they need an eye most. */
export function packageFolds(comparisons: readonly ImageComparison[]): readonly string[] {
  const alike = new Map<string, ImageComparison[]>();
  for (const comparison of comparisons) {
    const text = comparison.packages === null ? '' : listOf(comparison.packages);
    if (text !== '') alike.set(text, [...(alike.get(text) ?? []), comparison]);
  }
  return [...alike].map(([text, same]) => {
    const [first] = same;
    const words = first?.packages === null || first === undefined ? '' : differenceInWords(first.packages);
    const where = comparisons.length === 1 ? '' : ` on ${listed(same.map(({ platform }) => code(platform)))}`;
    return fold(`${words}${where}`, text);
  });
}

interface Line {
  readonly kind: string;
  readonly name: string;
  /** What tells it from others of its name. */
  readonly detail: string;
  readonly versions: string;
}

function listOf({ moved, added, removed }: ImagePackageDifference): string {
  const topics: readonly (readonly [string, readonly Line[]])[] = [
    ['Downgraded', moved.filter(({ direction }) => direction === 'down').map(moveLine)],
    ['Added', added.map(heldLine)],
    ['Removed', removed.map(heldLine)],
    ['Moved', moved.filter(({ direction }) => direction !== 'down').map(moveLine)],
  ];
  const all = topics.flatMap(([, lines]) => lines);
  const several = new Set(all.map(({ kind }) => kind)).size > 1;
  return topics
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `**${title}**\n\n${fenced(linesOf(lines, several).join('\n'))}`)
    .join('\n\n');
}

function linesOf(lines: readonly Line[], several: boolean): readonly string[] {
  const names = Map.groupBy(lines, ({ kind, name }) => `${kind} ${name}`);
  const shown = lines.slice(0, MOST_LINES).map(({ kind, name, detail, versions }) => {
    const twice = (names.get(`${kind} ${name}`)?.length ?? 0) > 1 && detail !== '';
    const more = [...(several ? [kind] : []), ...(twice ? [detail] : [])];
    // Threat: a package database is foreign text, line breaks included.
    const text = `${name} ${versions}${more.length === 0 ? '' : ` (${more.join(', ')})`}`.replaceAll(
      /\s+/gu,
      ' ',
    );
    return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
  });
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest.toLocaleString('en-US')} more`] : shown;
}

function moveLine(move: ImagePackageMove): Line {
  return { ...placed(move), versions: `${move.from} → ${move.to}` };
}

function heldLine(held: ImagePackage): Line {
  return { ...placed(held), versions: held.version };
}

function placed({ kind, name, arch, location }: ImagePackage | ImagePackageMove): Omit<Line, 'versions'> {
  return { kind, name, detail: kind === 'python' ? location : arch };
}
