/** Amounts of bytes as people write them. Pure. */

const UNITS: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
]);

/**
 * `20 MB` (millions of bytes), `512 MiB` (of 1024), `1.5GB`.
 * @returns whole bytes, more than none; null when it is no amount.
 */
export function parseBytes(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmg]?i?b)$/iu.exec(text.trim());
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? '');
  if (match === null || unit === undefined) return null;
  const bytes = Math.round(Number(match[1]) * unit);
  return bytes > 0 ? bytes : null;
}

/** `10%`, `2.5 %`. @returns more than none, at most 1000; null when it is no share. */
export function parsePercent(text: string): number | null {
  const match = /^(\d{1,4}(?:\.\d{1,3})?) ?%$/u.exec(text.trim());
  const percent = match === null ? 0 : Number(match[1]);
  return percent > 0 && percent <= 1000 ? percent : null;
}
