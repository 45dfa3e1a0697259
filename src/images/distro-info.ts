/** Reads the tables of distro-info-data (Debian's `/usr/share/distro-info/*.csv`). Pure. */
import type { Release } from './lifecycles.ts';

const DATE = /^\d{4}-\d\d-\d\d$/u;

/**
 * @param table the CSV, with its header; fields have no quotes.
 * @param column the header of the further support's end: `eol-lts`, `eol-esm`.
 * @param extendedBy what that support is called.
 * @returns by version, those that have an end.
 */
export function releasesOf(
  table: string,
  column: string,
  extendedBy: string,
): Readonly<Record<string, Release>> {
  const [header = '', ...rows] = table.split(/\r?\n/u);
  const names = header.split(',');
  const releases: [string, Release][] = [];
  for (const row of rows) {
    const fields = new Map(
      row.split(',').map((field, index): [string, string] => [names[index] ?? '', field]),
    );
    const [version = ''] = (fields.get('version') ?? '').split(' ');
    const end = fields.get('eol') ?? '';
    const series = fields.get('series');
    const extended = fields.get(column) ?? '';
    if (!/^\d+(?:\.\d+)?$/u.test(version) || !DATE.test(end)) continue;
    releases.push([
      version,
      {
        ...(series === undefined ? {} : { series }),
        end,
        ...(DATE.test(extended) && extended > end ? { extended, extendedBy } : {}),
      },
    ]);
  }
  return Object.fromEntries(releases);
}
