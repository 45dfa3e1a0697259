/** Advisories from OSV's records. */
import { isOsvEcosystem } from '../scan/ecosystem-of.ts';
import { comparePythonVersions, isPython, lookUpName, orderOf } from '../scan/osv/ecosystems.ts';
import type { OsvAffected, OsvRecord } from '../scan/osv/record.ts';
import { severityOf } from '../scan/osv/severity.ts';
import type { AdvisoryPackage, Reading } from './model.ts';
import { asMalware, namesInOrder } from './names.ts';

/** @param record as `readRecord` gives it. */
export function advisoryOfRecord(record: OsvRecord): Reading {
  const known = record.affected.filter(
    ({ ecosystem }) => isOsvEcosystem(ecosystem) && orderOf(ecosystem) !== null,
  );
  const packages = known.map(packageOf).filter(({ ranges, versions }) => ranges.length + versions.length > 0);
  if (packages.length === 0 && !record.withdrawn) {
    return { read: 'nothing', why: 'it names no versions of a package that Relock can look up' };
  }
  const malicious = [record.id, ...record.aliases].some((name) => name.startsWith('MAL-'));
  const { severity } = severityOf(record, known);
  return {
    read: 'advisory',
    advisory: {
      id: record.id,
      ids: namesInOrder(record.id, aliasesOf(record)),
      source: 'osv',
      state: record.withdrawn ? 'withdrawn' : 'published',
      summary: record.summary === '' ? record.details : record.summary,
      severity: malicious ? asMalware(severity, record.id) : severity,
      malicious,
      packages,
      repository: null,
      installation: null,
      alert: null,
    },
    left: [],
  };
}

/** A distribution's record of one vulnerability has that as its only `upstream`; a notice of several is none of them. */
function aliasesOf({ aliases, upstream }: OsvRecord): readonly string[] {
  return upstream.length === 1 ? [...aliases, ...upstream] : aliases;
}

function packageOf({ ecosystem, name, ranges, versions }: OsvAffected): AdvisoryPackage {
  const fixed = ranges.flat().flatMap(({ kind, version }) => (kind === 'fixed' ? [version] : []));
  return {
    ecosystem,
    name: lookUpName(ecosystem, name),
    ranges,
    versions,
    firstPatched: isPython(ecosystem) ? (fixed.sort(byVersion)[0] ?? null) : (fixed[0] ?? null),
  };
}

function byVersion(a: string, b: string): number {
  return comparePythonVersions(a, b) ?? 0;
}
