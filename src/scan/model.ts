/** The nouns of scanning for known vulnerabilities. Plain data, pure. */
import type { Reason } from '../reason.ts';

/** From the worst to the least; `unknown`: nobody rated it. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none', 'unknown'] as const;
export type SeverityLevel = (typeof SEVERITIES)[number];

/** A package as advisories speak of it. Python packages have themselves as source. */
export interface ScanPackage {
  /** As OSV names it, with the release where that matters: `PyPI`, `Debian:12`, `Ubuntu:22.04:LTS`, `Alpine:v3.20`, `AlmaLinux:9`. */
  readonly ecosystem: string;
  /** PEP 503 for Python, else the binary package. */
  readonly name: string;
  readonly version: string;
  /** Source package (apk: origin), by which distributions' advisories go; Python: the name. */
  readonly source: string;
  /** Version of the source package; Python: the version. */
  readonly sourceVersion: string;
  /** `amd64`; empty for Python. */
  readonly arch: string;
}

/** One thing to scan: a lock, or an image on one platform, as it is on one side of a change. */
export interface ScanTarget {
  readonly kind: 'lock' | 'image';
  /** The lock's path, or the image as written (`python:3.12-slim`). Both sides of a change have the same. */
  readonly location: string;
  /** `linux/amd64`; null for a lock. */
  readonly platform: string | null;
  readonly packages: readonly ScanPackage[];
  /** Why its packages could not be told: it is then not checked. null: they could. */
  readonly unread: string | null;
  /** Packages that no scanner can look up, for people: `2 packages without a version (a, b)`. */
  readonly notChecked: readonly string[];
}

export interface FindingSeverity {
  readonly level: SeverityLevel;
  /** CVSS base score, 0 to 10; null when only a word is known. */
  readonly score: number | null;
  /** Who says so: `GHSA-…`, `CVSS 3.1`, `trivy: nvd`, `debian`. Empty when nobody does. */
  readonly source: string;
  /** CVSS vector, or null. */
  readonly vector: string | null;
}

/** One known vulnerability of one version of one package, all its names folded. */
export interface Finding {
  /** The name to show: a CVE if it has one, else GHSA, else PYSEC or the scanner's own. */
  readonly id: string;
  /** All names, the shown one among them, sorted. */
  readonly ids: readonly string[];
  readonly ecosystem: string;
  /** The source package, by which it is counted. */
  readonly package: string;
  /** The source package's version that has it. */
  readonly version: string;
  /** Foreign text, one line; empty when none. */
  readonly summary: string;
  readonly severity: FindingSeverity;
  /** Versions that do not have it any more, lowest first, those above `version`; empty: none yet. */
  readonly fixed: readonly string[];
  /** https page that tells more, or null. */
  readonly link: string | null;
  /** Told by distributions: why there is no fix (`no-dsa`, `will not fix`), or null. */
  readonly note: string | null;
  /** A malicious package (OSV `MAL-…`), not a mistake in one. */
  readonly malicious: boolean;
}

/** A secret found in a file of an image's layers. Never holds the secret itself. */
export interface SecretFinding {
  /** Image as written. */
  readonly location: string;
  readonly platform: string;
  /** The scanner's rule: `aws-access-key-id`. */
  readonly rule: string;
  readonly title: string;
  readonly severity: SeverityLevel;
  /** Path inside the image. */
  readonly path: string;
  /** 1-based; null when not told. */
  readonly line: number | null;
  /** `sha256:…` of the layer that holds it, or null. */
  readonly layer: string | null;
}

export type ScannerName = 'osv' | 'trivy' | 'grype' | 'osv-scanner';

/** Which scanner and data gave a report. */
export interface ScannerIdentity {
  readonly name: ScannerName;
  /** `0.74.0`; null for the built-in one. */
  readonly version: string | null;
  /** Where its data came from, for people: `api.osv.dev`, `database of 2026-11-20`. */
  readonly database: string;
  /** ISO 8601 instant of the data, or null when it is live or not told. */
  readonly databaseDate: string | null;
}

/** What one scanner says of all packages at once (both sides of the change together, so that both have the same data). */
export type ScanReport =
  | {
      readonly state: 'clean' | 'found';
      readonly by: ScannerIdentity;
      readonly findings: readonly Finding[];
      readonly secrets: readonly SecretFinding[];
      /** What it could not check although the rest was, as sentences. */
      readonly notChecked: readonly string[];
    }
  | { readonly state: 'failed'; readonly scanner: ScannerName; readonly reason: Reason };

/** By what a package is looked up. */
export function packageKey(ecosystem: string, source: string, version: string): string {
  return `${ecosystem}\u0000${source}\u0000${version}`;
}

/** Worst first. */
export function compareSeverity(a: SeverityLevel, b: SeverityLevel): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

/** Whether `level` is at or above `floor`; `unknown` is at or above every floor but is never called worse than `low`. */
export function atLeast(level: SeverityLevel, floor: SeverityLevel): boolean {
  return level === 'unknown'
    ? floor !== 'critical' && floor !== 'high' && floor !== 'medium'
    : SEVERITIES.indexOf(level) <= SEVERITIES.indexOf(floor);
}
