/** An image before and after, side by side. Pure. */
import type { ImageComparison, ImageSide } from '../images/compare.ts';
import type { ImageSourceRevision } from '../images/source-revision.ts';
import type { ImageResult } from '../images/result.ts';
import { bytesInWords, dateInWords, growthInWords, shortDigest } from './image-words.ts';
import { safeUrl } from './links.ts';
import { code, link, sentence, table } from './markdown.ts';

const MOST_PYTHONS = 5;

/**
 * Tables of one image: one for each platform, or a small one when nothing was compared. Empty: there is no before.
 * @param sides how both are called.
 */
export function imageTables(
  { comparisons, from, to }: Pick<ImageResult, 'comparisons' | 'from' | 'to'>,
  sides: readonly [string, string] = ['Before', 'After'],
): string {
  if (from === null || to === null) return '';
  const digests = row('Digest', code(shortDigest(from)), code(shortDigest(to)));
  if (comparisons.length === 0) return table(['', ...sides], digests);
  return comparisons
    .map((comparison) => {
      const several = comparisons.length > 1;
      return table(
        [several ? code(comparison.platform) : '', ...sides],
        [...(several ? manifests(comparison) : digests), ...rowsOf(comparison)],
      );
    })
    .join('\n\n');
}

type Rows = readonly (readonly string[])[];

/** Each platform has a manifest of its own; the digest of the pin is the same for all. */
function manifests({ from, to }: ImageComparison): Rows {
  return row('Manifest', code(shortDigest(from.manifestDigest)), code(shortDigest(to.manifestDigest)));
}

function rowsOf({ from, to, shared, sourceCompare }: ImageComparison): Rows {
  const pythons = [pythonsOf(from), pythonsOf(to)] as const;
  return [
    ...row('Created', dateOf(from), dateOf(to)),
    ...row('OS', systemOf(from), systemOf(to)),
    ...(pythons.every((one) => one === '') ? [] : row('Python', pythons[0] || 'none', pythons[1] || 'none')),
    ...row('Packages', packagesOf(from), packagesOf(to)),
    ...row('Size, compressed', bytesInWords(from.compressed), grown(from.compressed, to.compressed)),
    ...uncompressed(from.uncompressed, to.uncompressed),
    ...row('Layers', `${from.layers}`, `${to.layers}${kept(shared)}`),
    ...sources(from.sourceRevision, to.sourceRevision, sourceCompare),
  ];
}

function row(name: string, before: string, after: string): Rows {
  return [[name, before, after]];
}

function dateOf({ created }: ImageSide): string {
  return dateInWords(created) ?? 'not recorded';
}

function systemOf({ os, unread }: ImageSide): string {
  if (os === null) return unread === null ? 'none' : 'not read';
  const name = os.name === '' ? os.id : os.name;
  // Debian's name has `12`, and its `VERSION_ID`, too: only what is new is added.
  const more = os.version === '' || name.includes(os.version) ? '' : ` (${code(os.version, 40)})`;
  // In a table a pipe ends the cell, also inside a code span.
  return `${sentence(name.slice(0, 80).replaceAll(/[`|]/gu, ' '))}${more}`;
}

function pythonsOf({ pythons }: ImageSide): string {
  const versions = [...new Set(pythons.map(({ version }) => version))];
  const more = versions.length > MOST_PYTHONS ? ` and ${versions.length - MOST_PYTHONS} more` : '';
  return `${versions
    .slice(0, MOST_PYTHONS)
    .map((version) => code(version, 40))
    .join(', ')}${more}`;
}

function packagesOf({ counts, unread }: ImageSide): string {
  if (unread !== null) return 'not read';
  return counts.length === 0 ? 'none' : counts.map(({ kind, count }) => `${count} ${kind}`).join(', ');
}

function grown(from: number, to: number): string {
  return `${bytesInWords(to)} (${growthInWords(from, to)})`;
}

function uncompressed(from: number | null, to: number | null): Rows {
  if (from === null && to === null) return [];
  const after = to === null ? 'not read' : from === null ? bytesInWords(to) : grown(from, to);
  return row('Size, uncompressed', from === null ? 'not read' : bytesInWords(from), after);
}

function kept({ layers, compressed }: ImageComparison['shared']): string {
  return layers === 0 ? '' : `, ${layers} as before (${bytesInWords(compressed)})`;
}

function sources(
  from: ImageSourceRevision | null,
  to: ImageSourceRevision | null,
  both: string | null,
): Rows {
  const before = sourceOf(from);
  const after = sourceOf(to);
  if (before === '' && after === '') return [];
  const compare = both === null ? null : safeUrl(both);
  const pages = [after, compare === null ? '' : link('compare', compare)].filter((page) => page !== '');
  return row('Source', before || 'not told', pages.join(', ') || 'not told');
}

/** Threat: the address is the publisher's free text, and a commit's own page tells GitHub of our pull request. */
function sourceOf(source: ImageSourceRevision | null): string {
  if (source === null) return '';
  const { hostname } = new URL(source.url);
  const tree = hostname === 'codeberg.org' ? '/src/commit/' : '/tree/';
  const url = safeUrl(source.url) ?? safeUrl(source.url.replace(/\/commit\/(?=[0-9a-f]+$)/u, tree));
  const name = source.revision === null ? 'repository' : source.revision.slice(0, 12);
  return url === null ? (source.revision === null ? '' : code(name)) : link(name, url);
}
