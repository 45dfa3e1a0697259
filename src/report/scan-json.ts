/** Vulnerabilities for machines: part of config/schema/result.schema.json, and config/schema/scan.schema.json. Pure. */
import type { Reason } from '../reason.ts';
import type { Finding, FindingSeverity, ScannerIdentity, SecretFinding } from '../scan/model.ts';
import type {
  FindingCause,
  FindingChange,
  FindingPlace,
  IgnoredFinding,
  RemainingWhy,
  ScanListing,
  ScanOutcome,
} from '../scan/outcome.ts';

/** Raised with every change that a reader of the JSON could trip over. */
export const SCAN_SCHEMA_VERSION = 1;

/** Part of the result of `run`. */
export interface JsonScan {
  /** Why nothing was scanned; null: something was, or should have been. */
  readonly skipped: string | null;
  /** Findings of less than this are counted in the pull request, not shown; all are here. */
  readonly severity: ScanOutcome['severity'];
  readonly scanners: readonly ScannerIdentity[];
  readonly failed: readonly JsonFailed[];
  readonly notChecked: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly JsonFindingChange[];
  readonly secrets: readonly (JsonSecret & { readonly state: FindingChange['state'] })[];
  readonly ignored: readonly JsonIgnored[];
}

/** The result of `scan`. */
export interface JsonListing {
  readonly schemaVersion: typeof SCAN_SCHEMA_VERSION;
  readonly repository: string;
  readonly seconds: number;
  readonly scanners: readonly ScannerIdentity[];
  readonly failed: readonly JsonFailed[];
  readonly notChecked: readonly string[];
  readonly notes: readonly string[];
  readonly targets: ScanListing['targets'];
  readonly findings: readonly (JsonFinding & { readonly places: readonly FindingPlace[] })[];
  readonly secrets: readonly JsonSecret[];
  readonly ignored: readonly JsonIgnored[];
}

interface JsonFailed {
  readonly scanner: string;
  readonly reason: Reason;
}

type JsonFinding = Finding;

interface JsonFindingChange extends JsonFinding {
  readonly state: FindingChange['state'];
  readonly before: readonly FindingPlace[];
  readonly after: readonly FindingPlace[];
  readonly causes: readonly (FindingPlace & Pick<FindingCause, 'from' | 'to'>)[];
  readonly why: RemainingWhy | null;
}

type JsonSecret = SecretFinding;

interface JsonIgnored extends JsonFinding {
  readonly places: readonly FindingPlace[];
  readonly by: string;
  /** Why it is ignored. */
  readonly ignoredFor: string;
  readonly until: string | null;
}

/** Fixed, then added, then remaining, each worst first. */
export function scanJson(scan: ScanOutcome): JsonScan {
  const { skipped, severity, by, failed, notChecked, notes, diff, secrets, ignored } = scan;
  return {
    skipped,
    severity,
    scanners: by.map(scannerJson),
    failed: failed.map(failedJson),
    notChecked,
    notes,
    findings: [...diff.fixed, ...diff.added, ...diff.remaining].map(changeJson),
    secrets: (['fixed', 'added', 'remaining'] as const).flatMap((state) =>
      secrets[state].map((secret) => ({ state, ...secretJson(secret) })),
    ),
    ignored: ignored.map(ignoredJson),
  };
}

/** @param seconds wall time of the whole scan. */
export function scanListingJson(
  listing: ScanListing,
  { repository, seconds }: { readonly repository: string; readonly seconds: number },
): JsonListing {
  const { by, failed, notChecked, notes, targets, findings, secrets, ignored } = listing;
  return {
    schemaVersion: SCAN_SCHEMA_VERSION,
    repository,
    seconds: Math.round(seconds * 100) / 100,
    scanners: by.map(scannerJson),
    failed: failed.map(failedJson),
    notChecked,
    notes,
    targets: targets.map(({ kind, location, platform, packages }) => ({
      kind,
      location,
      platform,
      packages,
    })),
    findings: findings.map(({ finding, places }) => ({
      ...findingJson(finding),
      places: places.map(placeJson),
    })),
    secrets: secrets.map(secretJson),
    ignored: ignored.map(ignoredJson),
  };
}

function changeJson({ state, finding, before, after, causes, why }: FindingChange): JsonFindingChange {
  return {
    state,
    ...findingJson(finding),
    before: before.map(placeJson),
    after: after.map(placeJson),
    causes: causes.map(({ place, from, to }) => ({ ...placeJson(place), from, to })),
    why,
  };
}

function ignoredJson({ finding, places, by, reason, until }: IgnoredFinding): JsonIgnored {
  return { ...findingJson(finding), places: places.map(placeJson), by, ignoredFor: reason, until };
}

// Field by field: what a scanner's parser might carry along is no part of the schema.

function findingJson(finding: Finding): JsonFinding {
  const {
    id,
    ids,
    ecosystem,
    package: name,
    version,
    summary,
    severity,
    fixed,
    link,
    note,
    malicious,
  } = finding;
  return {
    id,
    ids,
    ecosystem,
    package: name,
    version,
    severity: severityJson(severity),
    summary,
    fixed,
    link,
    note,
    malicious,
  };
}

function severityJson({ level, score, source, vector }: FindingSeverity): FindingSeverity {
  return { level, score, source, vector };
}

function placeJson({ kind, location, platform }: FindingPlace): FindingPlace {
  return { kind, location, platform };
}

function scannerJson({ name, version, database, databaseDate }: ScannerIdentity): ScannerIdentity {
  return { name, version, database, databaseDate };
}

function failedJson({ scanner, reason }: ScanOutcome['failed'][number]): JsonFailed {
  return { scanner, reason };
}

/** Threat: a parser that carries along what it matched would print the secret. */
function secretJson(secret: SecretFinding): JsonSecret {
  const { location, platform, rule, title, severity, path, line, layer } = secret;
  return { location, platform, rule, title, severity, path, line, layer };
}
