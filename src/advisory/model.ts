/** The nouns of security advisories that arrive one by one. Plain data, pure, fit for JSON. */
import type { FindingSeverity } from '../scan/model.ts';
import { namedRecord } from '../scan/osv/record.ts';
import type { OsvEvent, OsvRecord } from '../scan/osv/record.ts';

export type AdvisorySource = 'security_advisory' | 'dependabot_alert' | 'repository_advisory' | 'osv';

/**
 * One advisory as one source tells of it. There are none of drafts and private reports: the readers never make one, so that
 * nothing of those can reach a queue, a log or a pull request.
 */
export interface Advisory {
  /** The name by which the source knows it. */
  readonly id: string;
  /** All its names (GHSA, CVE, PYSEC), `id` first, the others sorted. */
  readonly ids: readonly string[];
  readonly source: AdvisorySource;
  /** OSV does not tell `updated` from `published`: there it is the latter. */
  readonly state: 'published' | 'updated' | 'withdrawn';
  /** Foreign text, one line, at most 300 characters; may be empty. */
  readonly summary: string;
  readonly severity: FindingSeverity;
  /** The package itself is an attack, not a mistake in one. */
  readonly malicious: boolean;
  /** One package can have several, a line of releases each; a version is affected when one of them says so. */
  readonly packages: readonly AdvisoryPackage[];
  /** Of an alert: the only one it is about. Of a repository's advisory: the one whose code has the mistake. Else null. */
  readonly repository: AdvisoryRepository | null;
  /** In whose name the webhook came; null when it names none, or there was no webhook. */
  readonly installation: number | null;
  /** Number of the Dependabot alert, or null. */
  readonly alert: number | null;
}

export interface AdvisoryRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
}

export interface AdvisoryPackage {
  /** As OSV names it: `PyPI`, `Debian:12`. */
  readonly ecosystem: string;
  /** PEP 503 for Python; a distribution's source package. */
  readonly name: string;
  /** As in an OSV record's ranges of type ECOSYSTEM. */
  readonly ranges: readonly (readonly OsvEvent[])[];
  readonly versions: readonly string[];
  /** The release of this line that the source says does not have it; null: none, or it tells none. */
  readonly firstPatched: string | null;
}

/** What came of a notice. */
export type Reading =
  | {
      readonly read: 'advisory';
      readonly advisory: Advisory;
      /** Parts that could not be taken, as sentences without a full stop; safe to show. */
      readonly left: readonly string[];
    }
  /** Understood, and there is nothing to do. `why` is a sentence without a full stop. */
  | { readonly read: 'nothing'; readonly why: string }
  /** Not what it should be. */
  | { readonly read: 'unreadable'; readonly why: string };

/** Under which an advisory's digest is remembered. Sources word one and the same advisory differently. */
export function advisoryKey({ source, id }: Pick<Advisory, 'source' | 'id'>): string {
  return `${source}:${id}`;
}

/** For the code that judges by OSV records. @param packages only these of its packages. */
export function recordOf(advisory: Advisory, packages: readonly AdvisoryPackage[]): OsvRecord {
  return {
    ...namedRecord(advisory.id),
    aliases: advisory.ids.slice(1),
    summary: advisory.summary,
    withdrawn: advisory.state === 'withdrawn',
    affected: packages.map(({ ecosystem, name, ranges, versions }) => ({
      ecosystem,
      name,
      ranges,
      versions,
      severity: [],
      urgency: '',
    })),
  };
}
