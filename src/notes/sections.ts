/** Cuts the sections of versions out of a changelog. Pure. */
import { headingsOf, type Heading, type TextFormat } from './outline.ts';
import { versionOfHeading, type HeadingNames, type HeadingVersion } from './headings.ts';

export interface ChangelogSection extends Omit<HeadingVersion, 'strict'> {
  /** The heading's text. */
  readonly title: string;
  /** What stands under it: a part of the text as it is. */
  readonly text: string;
}

interface Found extends Heading, HeadingVersion {}

/** @returns in the text's order; empty when no heading names a version. */
export function cutSections(
  text: string,
  format: TextFormat,
  names: HeadingNames,
): readonly ChangelogSection[] {
  const lines = text.split('\n');
  const headings = headingsOf(lines, format);
  const read = headings.flatMap((heading): readonly Found[] => {
    const version = versionOfHeading(heading.text, names);
    return version === null ? [] : [{ ...heading, ...version }];
  });
  const versions = new Map(chosen(read, format).map((found) => [found.start, found]));
  return headings.flatMap((heading, index) => {
    const found = versions.get(heading.start);
    if (found === undefined) return [];
    // A title above all versions ("Old releases") ends a section too.
    const next = headings
      .slice(index + 1)
      .find(({ start, level }) => versions.has(start) || (format !== 'plain' && level < found.level));
    return [
      {
        version: found.version,
        date: found.date ?? dateUnder(lines, found.end),
        title: found.text,
        text: lines.slice(found.end, next?.start ?? lines.length).join('\n'),
      },
    ];
  });
}

/**
 * Headings that are about nothing but a version count at any level, since many projects give minor releases a larger
 * heading; `2.0 migration guide` only at the level on which most versions stand.
 */
function chosen(read: readonly Found[], format: TextFormat): readonly Found[] {
  if (format === 'plain') return read.filter(({ strict }) => strict);
  const counts = new Map<number, number>();
  for (const { level, strict } of read) if (strict) counts.set(level, (counts.get(level) ?? 0) + 1);
  const [usual] = [...counts].sort(([one, a], [other, b]) => b - a || one - other)[0] ?? [
    read[0]?.level ?? 1,
  ];
  return read.filter(({ level, strict }) => strict || level === usual);
}

/** `_2024-01-31_`, `Released: 2024-01-31`, `:Date: 2024-01-31` on the line under a heading. */
function dateUnder(lines: readonly string[], from: number): string | null {
  const line = lines.slice(from, from + 3).find((text) => text.trim() !== '') ?? '';
  return (
    /^[\s*_:(-]{0,5}(?:(?:release[ds]?|date)[\w ]{0,10}[:*_ ]{0,5})?(?<date>(?:19|20)\d{2}-\d{2}-\d{2})[\s*_).]{0,5}$/iu.exec(
      line,
    )?.groups?.['date'] ?? null
  );
}
