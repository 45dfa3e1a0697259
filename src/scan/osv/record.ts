/**
 * Advisories as OSV writes them (https://ossf.github.io/osv-schema/), read from JSON that anybody may have written.
 *
 * Strict where a mistake could hide a vulnerability (id, affected, ranges, versions): such a record is refused as a whole,
 * and the scanner says so. Lenient with what only describes it.
 */
import { field, isObject, listField, MALFORMED, readAll, strictList, textField } from './json.ts';
import type { Malformed } from './json.ts';

export interface OsvRecord {
  /** `PYSEC-2021-66`, `GHSA-…`, `DEBIAN-CVE-…`. */
  readonly id: string;
  /** Other names of the same vulnerability, without doubles and without `id`. */
  readonly aliases: readonly string[];
  /** The vulnerabilities that a distribution's record speaks of. */
  readonly upstream: readonly string[];
  readonly related: readonly string[];
  readonly withdrawn: boolean;
  /** One line; empty when there is none. */
  readonly summary: string;
  /** The start of the long description, one line. */
  readonly details: string;
  readonly severity: readonly OsvSeverity[];
  readonly affected: readonly OsvAffected[];
  /** `database_specific.severity`, a word; empty when there is none. */
  readonly rating: string;
}

export interface OsvSeverity {
  /** `CVSS_V3`, `Ubuntu`. */
  readonly type: string;
  /** A vector, or a word. */
  readonly score: string;
}

/** A package that has it, or had it. */
export interface OsvAffected {
  /** With release: `Debian:12`. */
  readonly ecosystem: string;
  readonly name: string;
  /** Of type ECOSYSTEM only; SEMVER and GIT say nothing of a lock's or a distribution's versions. */
  readonly ranges: readonly (readonly OsvEvent[])[];
  readonly versions: readonly string[];
  readonly severity: readonly OsvSeverity[];
  /** `ecosystem_specific.urgency` of Debian; empty when there is none. */
  readonly urgency: string;
}

export interface OsvEvent {
  readonly kind: 'introduced' | 'fixed' | 'last_affected' | 'limit';
  /** `0` of introduced: before all versions. */
  readonly version: string;
}

/** More than the largest true records have (a kernel's notice names some thousand vulnerabilities). */
const MOST = { names: 5000, affected: 20_000, ranges: 2000, events: 5000, versions: 50_000, severities: 20 };
const LONGEST = { version: 256, name: 256, text: 300, vector: 256, word: 40 };
const EVENT_KINDS = ['introduced', 'fixed', 'last_affected', 'limit'] as const;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}$/u;

/** Whether it is shaped like an advisory's name; anything else is never shown or asked for. */
export function isAdvisoryId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** @returns null when it is no record, or is malformed where that matters. Never throws. */
export function readRecord(value: unknown): OsvRecord | null {
  const id = field(value, 'id');
  const affected = readAll(strictList(value, 'affected', MOST.affected), readAffected);
  if (!isAdvisoryId(id) || affected === MALFORMED) return null;
  return {
    id,
    aliases: ids(value, 'aliases', id),
    upstream: ids(value, 'upstream', id),
    related: ids(value, 'related', id),
    withdrawn: textField(value, 'withdrawn', LONGEST.word) !== '',
    summary: oneLine(textField(value, 'summary', LONGEST.text * 4)),
    details: oneLine(textField(value, 'details', LONGEST.text * 4)),
    severity: severities(value),
    affected,
    rating: textField(field(value, 'database_specific'), 'severity', LONGEST.word),
  };
}

/** Stands for an advisory of which only the name is known. */
export function namedRecord(id: string): OsvRecord {
  return {
    id,
    aliases: [],
    upstream: [],
    related: [],
    withdrawn: false,
    summary: '',
    details: '',
    severity: [],
    affected: [],
    rating: '',
  };
}

function readAffected(value: unknown): OsvAffected | null | Malformed {
  if (!isObject(value)) return MALFORMED;
  const place = field(value, 'package');
  // The schema lets entries that name only a Git repository go without a package.
  if (place === undefined || place === null) return null;
  const ecosystem = shortText(field(place, 'ecosystem'), LONGEST.name);
  const name = shortText(field(place, 'name'), LONGEST.name);
  const ranges = readAll(strictList(value, 'ranges', MOST.ranges), readRange);
  const versions = readAll(strictList(value, 'versions', MOST.versions), version);
  if (ecosystem === MALFORMED || name === MALFORMED) return MALFORMED;
  if (ranges === MALFORMED || versions === MALFORMED) return MALFORMED;
  return {
    ecosystem,
    name,
    ranges,
    versions,
    severity: severities(value),
    urgency: textField(field(value, 'ecosystem_specific'), 'urgency', LONGEST.word),
  };
}

function readRange(value: unknown): readonly OsvEvent[] | null | Malformed {
  const type = field(value, 'type');
  if (typeof type !== 'string') return MALFORMED;
  return type === 'ECOSYSTEM' ? readAll(strictList(value, 'events', MOST.events), readEvent) : null;
}

function readEvent(value: unknown): OsvEvent | null | Malformed {
  if (!isObject(value)) return MALFORMED;
  for (const kind of EVENT_KINDS) {
    const text = field(value, kind);
    if (text === undefined) continue;
    const found = version(text);
    return found === MALFORMED ? MALFORMED : { kind, version: found };
  }
  return null;
}

/** Threat: it is shown as the one that fixes, and some orders of versions take any text. */
function version(value: unknown): string | Malformed {
  const text = shortText(value, LONGEST.version);
  return text !== MALFORMED && STEERING.test(text) ? MALFORMED : text;
}

function shortText(value: unknown, longest: number): string | Malformed {
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : MALFORMED;
}

function ids(value: unknown, key: string, own: string): readonly string[] {
  const found = new Set(listField(value, key, MOST.names).filter(isAdvisoryId));
  found.delete(own);
  return [...found];
}

function severities(value: unknown): readonly OsvSeverity[] {
  return listField(value, 'severity', MOST.severities).flatMap((item) => {
    const type = textField(item, 'type', LONGEST.word);
    const score = textField(item, 'score', LONGEST.vector);
    return type === '' || score === '' ? [] : [{ type, score }];
  });
}

/** Threat: control characters, and those that turn the direction of text, in a terminal or a log. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

function oneLine(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/gu, ' ')
    .trim();
  if (line.length <= LONGEST.text) return line;
  // The cut may go through a pair of surrogates.
  return `${line.slice(0, LONGEST.text - 1).replace(/\p{Cs}$/u, '')}…`;
}
