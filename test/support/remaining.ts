/** Findings and changes of them for tests. */
import type { LockedPackage } from '../../src/model.ts';
import type { Finding } from '../../src/scan/model.ts';
import type { FindingChange, FindingPlace, FindingsDiff } from '../../src/scan/outcome.ts';

export function finding(name: string, version: string, more: Partial<Finding> = {}): Finding {
  return {
    id: 'CVE-2026-1',
    ids: ['CVE-2026-1'],
    ecosystem: 'PyPI',
    package: name,
    version,
    summary: '',
    severity: { level: 'high', score: null, source: '', vector: null },
    fixed: [],
    link: null,
    note: null,
    malicious: false,
    ...more,
  };
}

export function lockPlace(location: string): FindingPlace {
  return { kind: 'lock', location, platform: null };
}

export function imagePlace(location: string): FindingPlace {
  return { kind: 'image', location, platform: 'linux/amd64' };
}

export function remaining(found: Finding, ...after: readonly FindingPlace[]): FindingChange {
  return { state: 'remaining', finding: found, before: after, after, causes: [], why: null };
}

export function diffOf(...changes: readonly FindingChange[]): FindingsDiff {
  return { fixed: [], added: [], remaining: changes };
}

export function lockedPackage(
  name: string,
  version: string | null,
  more: Partial<LockedPackage> = {},
): LockedPackage {
  return { name, version, source: null, hashes: [], direct: false, via: [], groups: [], ...more };
}
