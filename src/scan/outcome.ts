/** What a run knows of vulnerabilities, before and after: plain data that the report tells. Types only. */
import type { Reason } from '../reason.ts';
import type { Finding, ScannerIdentity, ScannerName, SecretFinding, SeverityLevel } from './model.ts';

/** Where a finding is on one side. */
export interface FindingPlace {
  readonly kind: 'lock' | 'image';
  readonly location: string;
  readonly platform: string | null;
}

/** Why a finding stays. */
export type RemainingWhy =
  /** No fixed version is known. */
  | { readonly kind: 'no-fix'; readonly note: string | null }
  /** The fix is younger than the cool-down. `released`: ISO 8601. */
  | { readonly kind: 'cool-down'; readonly fixed: string; readonly released: string }
  /** Another package, or a manifest, does not let the fix in: `celery 5.2.0 wants kombu<5.3`. */
  | { readonly kind: 'held'; readonly by: string; readonly wants: string; readonly fixed: string }
  /** The distribution's fix is not in this image, though there is one. */
  | { readonly kind: 'image'; readonly fixed: string }
  /** Its lock could not be made anew. */
  | { readonly kind: 'failed'; readonly location: string }
  | { readonly kind: 'unknown'; readonly fixed: string };

export interface FindingChange {
  readonly state: 'fixed' | 'added' | 'remaining';
  /** As it was before for a fixed one, else as it is after. */
  readonly finding: Finding;
  readonly before: readonly FindingPlace[];
  /** A remaining one that left some of its places has fewer here than before. */
  readonly after: readonly FindingPlace[];
  /** Fixed and added ones: what did it, for each place that changed: `requirements.txt: jinja2 2.10 → 3.1.6`. */
  readonly causes: readonly FindingCause[];
  /** Set for a remaining one. */
  readonly why: RemainingWhy | null;
}

export interface FindingCause {
  readonly place: FindingPlace;
  /** Version of the source package before and after; null: it was not there. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface FindingsDiff {
  /** Each list worst first, then by package and id. */
  readonly fixed: readonly FindingChange[];
  readonly added: readonly FindingChange[];
  readonly remaining: readonly FindingChange[];
}

/** A finding that the repository does not want to hear of. */
export interface IgnoredFinding {
  readonly finding: Finding;
  readonly places: readonly FindingPlace[];
  /** `.github/relock.toml`, `.trivyignore:3`. */
  readonly by: string;
  /** Foreign text; empty when none was written. */
  readonly reason: string;
  /** ISO date after which it is told again, or null. */
  readonly until: string | null;
}

export interface SecretsDiff {
  readonly fixed: readonly SecretFinding[];
  readonly added: readonly SecretFinding[];
  readonly remaining: readonly SecretFinding[];
}

export interface ScanOutcome {
  /** Those that gave a report. Empty: nothing was checked. */
  readonly by: readonly ScannerIdentity[];
  readonly diff: FindingsDiff;
  readonly secrets: SecretsDiff;
  readonly ignored: readonly IgnoredFinding[];
  readonly failed: readonly { readonly scanner: ScannerName; readonly reason: Reason }[];
  /** What was not checked although a scanner ran, as sentences without a full stop at the end. */
  readonly notChecked: readonly string[];
  /** What a reader should know although nothing was left out, as sentences without a full stop. */
  readonly notes: readonly string[];
  /** Findings of less than this are counted, not shown. */
  readonly severity: SeverityLevel;
  /** null: there was something to scan; else why nothing was scanned at all: `switched off`, `nothing changed`. */
  readonly skipped: string | null;
}

/** What `relock scan` found on a checkout as it is. */
export interface ScanListing {
  readonly by: readonly ScannerIdentity[];
  /** Worst first. */
  readonly findings: readonly { readonly finding: Finding; readonly places: readonly FindingPlace[] }[];
  readonly secrets: readonly SecretFinding[];
  readonly ignored: readonly IgnoredFinding[];
  readonly failed: ScanOutcome['failed'];
  readonly notChecked: readonly string[];
  readonly notes: readonly string[];
  readonly targets: readonly {
    readonly location: string;
    readonly kind: 'lock' | 'image';
    readonly platform: string | null;
    readonly packages: number;
  }[];
}

export const NO_SCAN: ScanOutcome = {
  by: [],
  diff: { fixed: [], added: [], remaining: [] },
  secrets: { fixed: [], added: [], remaining: [] },
  ignored: [],
  failed: [],
  notChecked: [],
  notes: [],
  severity: 'unknown',
  skipped: 'nothing changed',
};
