/** What scans find, and what the report makes of it, for tests. */
import type {
  Finding,
  ScannerIdentity,
  ScanPackage,
  ScanTarget,
  SecretFinding,
  SeverityLevel,
} from '../../src/scan/model.ts';
import { NO_SCAN, type FindingChange, type FindingPlace, type ScanOutcome } from '../../src/scan/outcome.ts';

const SCORES: Readonly<Record<SeverityLevel, number | null>> = {
  critical: 9.8,
  high: 7.5,
  medium: 5.3,
  low: 3.1,
  none: 0,
  unknown: null,
};

/** `finding('CVE-2024-1', 'django 3.2', 'high')`. */
export function finding(
  id: string,
  named: string,
  level: SeverityLevel = 'high',
  more: Partial<Finding> = {},
): Finding {
  const [name = '', version = ''] = named.split(' ');
  const score = SCORES[level];
  return {
    id,
    ids: [id],
    ecosystem: 'PyPI',
    package: name,
    version,
    summary: `Trouble in ${name}`,
    severity: { level, score, source: score === null ? '' : 'CVSS 3.1', vector: null },
    fixed: [],
    link: `https://osv.dev/vulnerability/${id}`,
    note: null,
    malicious: false,
    ...more,
  };
}

/** `packaged('openssl 3.0.1', { ecosystem: 'Debian:12', name: 'libssl3' })`. */
export function packaged(named: string, more: Partial<ScanPackage> = {}): ScanPackage {
  const [name = '', version = ''] = named.split(' ');
  return { ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '', ...more };
}

export function lockOf(location: string, ...packages: readonly string[]): ScanTarget {
  return {
    kind: 'lock',
    location,
    platform: null,
    packages: packages.map((one) => packaged(one)),
    unread: null,
    notChecked: [],
  };
}

export function imageOfPackages(
  location: string,
  ecosystem: string,
  packages: readonly string[],
  platform = 'linux/amd64',
): ScanTarget {
  return {
    kind: 'image',
    location,
    platform,
    packages: packages.map((one) => packaged(one, { ecosystem, arch: 'amd64' })),
    unread: null,
    notChecked: [],
  };
}

export const lockPlace = (location: string): FindingPlace => ({ kind: 'lock', location, platform: null });
export const imagePlace = (location: string, platform = 'linux/amd64'): FindingPlace => ({
  kind: 'image',
  location,
  platform,
});

/** A fixed one that some locks had, all alike. */
export function fixedBy(found: Finding, to: string | null, ...locks: readonly string[]): FindingChange {
  const places = locks.map(lockPlace);
  const causes = places.map((place) => ({ place, from: found.version, to }));
  return { state: 'fixed', finding: found, before: places, after: [], causes, why: null };
}

export function fixedIn(image: string, found: Finding, to: string | null): FindingChange {
  const place = imagePlace(image);
  const causes = [{ place, from: found.version, to }];
  return { state: 'fixed', finding: found, before: [place], after: [], causes, why: null };
}

export function addedBy(found: Finding, from: string | null, ...locks: readonly string[]): FindingChange {
  const places = locks.map(lockPlace);
  const causes = places.map((place) => ({ place, from, to: found.version }));
  return { state: 'added', finding: found, before: [], after: places, causes, why: null };
}

export function stays(
  found: Finding,
  why: FindingChange['why'],
  ...places: readonly FindingPlace[]
): FindingChange {
  return { state: 'remaining', finding: found, before: places, after: places, causes: [], why };
}

export function secret(rule: string, path: string, more: Partial<SecretFinding> = {}): SecretFinding {
  return {
    location: 'python:3.12-slim',
    platform: 'linux/amd64',
    rule,
    title: `Title of ${rule}`,
    severity: 'critical',
    path,
    line: 3,
    layer: `sha256:${'ab'.repeat(32)}`,
    ...more,
  };
}

export const OSV: ScannerIdentity = {
  name: 'osv',
  version: null,
  database: 'api.osv.dev',
  databaseDate: null,
};
export const TRIVY: ScannerIdentity = {
  name: 'trivy',
  version: '0.74.0',
  database: 'its own database',
  databaseDate: '2026-11-20T06:12:00Z',
};

export function scanned(more: Partial<ScanOutcome> = {}): ScanOutcome {
  return { ...NO_SCAN, by: [OSV], skipped: null, ...more };
}
