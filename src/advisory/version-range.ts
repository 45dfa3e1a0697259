/**
 * GitHub's ranges of vulnerable versions (`>= 1.0, < 1.2.3`, `= 1.0`, `<= 2`; REST API, "Global security advisories",
 * `vulnerable_version_range`) as OSV's events, by PEP 440.
 */
import { explain, valid } from '@renovatebot/pep440';
import { comparePythonVersions } from '../scan/osv/ecosystems.ts';
import type { OsvEvent } from '../scan/osv/record.ts';

/** Threat: repositories' advisories hold whatever their writer typed. */
const LONGEST = 500;
const LONGEST_VERSION = 64;
const MOST_COMPARATORS = 20;

interface Comparator {
  readonly operator: '=' | '<' | '<=' | '>' | '>=';
  readonly version: string;
}

/** What lies between two bounds. */
export interface VersionSpan {
  /** `0` before all versions. */
  readonly from: string;
  readonly to: { readonly version: string; readonly inclusive: boolean } | null;
}

/**
 * Comparators between commas all have to hold; `||` stands between alternatives.
 * @returns a span for each alternative; or why it was not understood, to follow `its range `.
 */
export function readVersionRange(text: string): readonly VersionSpan[] | string {
  if (text.length > LONGEST) return `has more than ${LONGEST} characters`;
  const spans: VersionSpan[] = [];
  for (const alternative of text.split('||')) {
    const comparators = readComparators(alternative);
    if (typeof comparators === 'string') return comparators;
    const span = spanOf(comparators);
    if (span === null) return 'is one that no version can be in';
    spans.push(span);
  }
  return spans;
}

/**
 * A span as events of an OSV range.
 * @param patched the release that is said to be the first without it; null: none is told. What lies within the span, against
 *   its own advisory, is passed over, lest it hides the versions after it.
 */
export function eventsOf({ from, to }: VersionSpan, patched: string | null): readonly OsvEvent[] {
  const start: OsvEvent = { kind: 'introduced', version: from };
  if (to === null) return [start];
  const told = patched !== null && isAbove(patched, to) ? patched : null;
  if (to.inclusive) {
    const end: OsvEvent = { kind: 'last_affected', version: to.version };
    return told === null ? [start, end] : [start, end, { kind: 'fixed', version: told }];
  }
  if (told === null || comparePythonVersions(told, to.version) === 0) {
    return [start, { kind: 'fixed', version: to.version }];
  }
  // The end of the range may be a version that was never released, so it is not offered as the fix.
  return [start, { kind: 'limit', version: to.version }, { kind: 'fixed', version: told }];
}

/** Whether a version lies beyond a span. */
export function isAbove(version: string, to: VersionSpan['to']): boolean {
  const order = to === null ? null : comparePythonVersions(version, to.version);
  return order !== null && to !== null && (to.inclusive ? order > 0 : order >= 0);
}

/** @returns the versions named in a text like `1.2.3, >= 2.0.1`; none of one that is not understood. */
export function readPatchedVersions(text: string): readonly string[] {
  if (text.length > LONGEST) return [];
  const comparators = readComparators(text.replaceAll('||', ','));
  if (typeof comparators === 'string') return [];
  return comparators.flatMap(({ operator, version }) =>
    operator === '=' || operator === '>=' ? [version] : [],
  );
}

/** @returns its text as PEP 440 has it, or null. */
export function readVersion(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > LONGEST_VERSION) return null;
  const version = text.trim().replace(/^v/iu, '');
  // Numbers that JavaScript cannot hold have no order.
  return /\d{16}/u.test(version) || valid(version) === null ? null : version;
}

function readComparators(text: string): readonly Comparator[] | string {
  if (text.trim() === '*') return [{ operator: '>=', version: '0' }];
  const found: Comparator[] = [];
  for (const piece of text.split(',')) {
    const words = piece.replace(/([<>=]+)\s*/gu, ' $1').split(/\s+/u);
    const comparators = words.filter((word) => word !== '').map(readComparator);
    const known = comparators.filter((comparator) => comparator !== null);
    if (known.length === 0 || known.length !== comparators.length) {
      return 'is not made of comparisons with versions of PEP 440';
    }
    found.push(...known);
  }
  return found.length > MOST_COMPARATORS ? `has more than ${MOST_COMPARATORS} comparisons` : found;
}

const OPERATORS: ReadonlyMap<string, Comparator['operator']> = new Map([
  ['', '='],
  ['=', '='],
  ['==', '='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

function readComparator(word: string): Comparator | null {
  const sign = /^[<>=]*/u.exec(word)?.[0] ?? '';
  const operator = OPERATORS.get(sign);
  const version = readVersion(word.slice(sign.length));
  return operator === undefined || version === null ? null : { operator, version };
}

/** @returns null when nothing can be in it. */
function spanOf(comparators: readonly Comparator[]): VersionSpan | null {
  let from = '0';
  let isFrom = false;
  let to: VersionSpan['to'] = null;
  for (const { operator, version } of comparators) {
    const lower = lowerBound(operator, version);
    if (lower !== null && (!isFrom || isNewer(lower, from))) {
      from = lower;
      isFrom = true;
    }
    if (operator === '<' || operator === '<=' || operator === '=') {
      const bound = { version, inclusive: operator !== '<' };
      if (to === null || isAbove(to.version, bound) || isNewer(to.version, version)) to = bound;
    }
  }
  if (to === null) return { from, to };
  // `0` of OSV comes before all versions, also before `0`.
  return isFrom && from !== '0' && isAbove(from, to) ? null : { from, to };
}

/** OSV's ranges begin with a version that is within. `> 0` is meant to be all. */
function lowerBound(operator: Comparator['operator'], version: string): string | null {
  if (operator === '>') return version === '0' ? '0' : nextVersion(version);
  return operator === '>=' || operator === '=' ? version : null;
}

/** The very next version of PEP 440's order: `1.0.post0.dev0` after `1.0`. Builds (`1.0+cpu`) are their release. */
export function nextVersion(version: string): string {
  const parts = explain(version);
  if (parts === null) return version;
  const release = `${parts.epoch === 0 ? '' : `${parts.epoch}!`}${parts.release.join('.')}`;
  const base = `${release}${parts.pre === null ? '' : parts.pre.join('')}`;
  const post = numberOf(parts.post);
  const dev = numberOf(parts.dev);
  if (dev !== null) return `${base}${post === null ? '' : `.post${post}`}.dev${dev + 1}`;
  return `${base}.post${post === null ? 0 : post + 1}.dev0`;
}

/** The number of `['dev', 3]`, of which the types know nothing. */
function numberOf(part: unknown): number | null {
  const last: unknown = Array.isArray(part) ? part.at(-1) : part;
  return typeof last === 'number' ? last : null;
}

function isNewer(a: string, b: string): boolean {
  return (comparePythonVersions(a, b) ?? 0) > 0;
}
