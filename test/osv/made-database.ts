/** Records and zips as OSV makes them, small. */
import { strToU8, zipSync } from 'fflate';

export interface MadeRecord {
  readonly id: string;
  readonly modified?: string;
  readonly affected?: readonly { readonly package: { readonly ecosystem: string; readonly name: string } }[];
  readonly [more: string]: unknown;
}

/** A record on these packages of one ecosystem. */
export function record(
  id: string,
  names: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): MadeRecord {
  const { ecosystem = 'PyPI', ...rest } = more as { readonly ecosystem?: string };
  return {
    id,
    modified: '2024-05-01T00:00:00Z',
    affected: names.map((name) => ({
      package: { ecosystem, name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.0' }] }],
    })),
    ...rest,
  };
}

/** One file for each record, named by its id unless named otherwise. */
export function zipOf(
  records: readonly MadeRecord[],
  more: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (const each of records) files[`${each.id}.json`] = strToU8(JSON.stringify(each));
  for (const [name, content] of Object.entries(more))
    files[name] = typeof content === 'string' ? strToU8(content) : content;
  return zipSync(files, { level: 6, mtime: '2024-05-02T00:00:00Z' });
}

export function idsOf(records: readonly unknown[]): readonly string[] {
  return records.map((each) => (each as MadeRecord).id).sort();
}
