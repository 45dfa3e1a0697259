/** Packages and advisories for tests of the built-in scanner. */
import type { ScanPackage } from '../../../src/scan/model.ts';
import { readRecord } from '../../../src/scan/osv/record.ts';
import type { OsvRecord } from '../../../src/scan/osv/record.ts';

export function python(name: string, version: string): ScanPackage {
  return { ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '' };
}

export function distribution(
  ecosystem: string,
  source: string,
  sourceVersion: string,
  name = source,
): ScanPackage {
  return { ecosystem, name, version: sourceVersion, source, sourceVersion, arch: 'amd64' };
}

type Events = readonly Readonly<Record<string, string>>[];

export interface MadeAdvisory {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly upstream?: readonly string[];
  readonly related?: readonly string[];
  readonly summary?: string;
  readonly details?: string;
  readonly withdrawn?: string;
  readonly severity?: readonly { readonly type: string; readonly score: string }[];
  readonly database_specific?: object;
  readonly ecosystem?: string;
  readonly name?: string;
  readonly ranges?: readonly Events[];
  readonly versions?: readonly string[];
  readonly ecosystem_specific?: object;
}

/** In OSV's form; of one package. */
export function advisory({
  ecosystem = 'PyPI',
  name = 'demo',
  ranges = [],
  versions = [],
  ecosystem_specific = {},
  ...rest
}: MadeAdvisory): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    affected: [
      {
        package: { ecosystem, name },
        ranges: ranges.map((events) => ({ type: 'ECOSYSTEM', events })),
        versions,
        ecosystem_specific,
      },
    ],
  };
}

/** From 0 up to below `fixed`. */
export function below(fixed: string): readonly Events[] {
  return [[{ introduced: '0' }, { fixed }]];
}

/** @throws when it cannot be read. */
export function read(made: MadeAdvisory | object): OsvRecord {
  const record = readRecord('affected' in made ? made : advisory(made as MadeAdvisory));
  if (record === null) throw new Error('the advisory of the test cannot be read');
  return record;
}
