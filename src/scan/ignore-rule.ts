/** What one entry of an ignore file says, whatever the file's format. Pure. */
import { isDay } from '../config/scan-policy-keys.ts';

export interface IgnoreRule {
  /** What it speaks of. */
  readonly of: 'vulnerability' | 'secret' | 'both';
  /** Any name of a vulnerability, or the rule of a secret, lower case; null: all of the package. */
  readonly id: string | null;
  /** Empty: in every package, else in each of these. */
  readonly packages: readonly IgnoredPackage[];
  /** Globs of paths of locks, or of files that hold a secret, without a leading slash; empty: everywhere. */
  readonly paths: readonly string[];
  /** Folder of the locks that it speaks of; null: everywhere. */
  readonly folder: string | null;
  /** `.github/relock.toml`, `.trivyignore:3`. */
  readonly by: string;
  /** Foreign text, one line; empty when none was written. */
  readonly reason: string;
  /** The day as written, or null: for good. */
  readonly until: string | null;
  /** From when on it is told again: milliseconds since 1970; null: never. */
  readonly ends: number | null;
}

/** What is null is not looked at. */
export interface IgnoredPackage {
  /** As OSV names it, with or without the release. */
  readonly ecosystem: string | null;
  /** Of the source package. */
  readonly name: string | null;
  readonly version: string | null;
}

/** Rules, and what could not be understood, as sentences that name file and line. */
export interface ReadRules {
  readonly rules: readonly IgnoreRule[];
  readonly problems: readonly string[];
}

/** A file that has more is not read. Characters. */
export const MAX_CHARACTERS = 256 * 1024;
/** What one file may hold; the rest is told. */
const MAX_RULES = 2000;
const MAX_PROBLEMS = 20;
const MAX_REASON = 300;

/** Gathers what a file says. */
export interface RuleReader {
  /** @returns false when there are too many: then nothing more is to be read. */
  add(line: number, rule: Partial<Omit<IgnoreRule, 'by'>>): boolean;
  /** @param line 1-based; @param message begins small and has no full stop. */
  problem(line: number, message: string): void;
  done(): ReadRules;
}

/** @param path the file, for `by` and for problems; @param folder see `IgnoreRule`. */
export function createRuleReader(path: string, folder: string | null): RuleReader {
  const rules: IgnoreRule[] = [];
  const problems: string[] = [];
  let more = 0;
  let full = false;
  const problem = (line: number, message: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(`${path}:${line}: ${message}.`);
    else more += 1;
  };
  return {
    add(line, rule) {
      if (full) return false;
      if (rules.length === MAX_RULES) {
        full = true;
        problem(line, `more than ${MAX_RULES} entries are not read`);
        return false;
      }
      rules.push({
        of: 'vulnerability',
        id: null,
        packages: [],
        paths: [],
        folder,
        by: `${path}:${line}`,
        reason: '',
        until: null,
        ends: null,
        ...rule,
      });
      return true;
    },
    problem,
    done: () => ({
      rules,
      problems: more === 0 ? problems : [...problems, `${path}: ${more} more entries are not understood.`],
    }),
  };
}

/** An id as rules have it, or null when it is none. */
export function idOf(text: string): string | null {
  return /^[\w][\w.:/+-]{1,99}$/u.test(text) ? text.toLowerCase() : null;
}

/**
 * The end of an entry, at the beginning of its day unless it names a time, as trivy and osv-scanner have it. What has no
 * time zone is UTC.
 * @returns null when the text is neither a day nor an instant.
 */
export function endOf(text: string): Pick<IgnoreRule, 'until' | 'ends'> | null {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[tT ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?([zZ]|[+-]\d{2}:\d{2})?)?$/u.exec(text);
  const day = match?.[1] ?? '';
  if (!isDay(day)) return null;
  const ends = Date.parse(`${day}T${match?.[2] ?? '00:00:00'}${match?.[3]?.toUpperCase() ?? 'Z'}`);
  return Number.isNaN(ends) ? null : { until: day, ends };
}

/** Foreign text as a reason: one line, without control and direction characters, short. */
export function reasonOf(text: string): string {
  const line = text
    .slice(0, 10 * MAX_REASON)
    .replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1)}…` : line;
}

/** Foreign text in a message. */
export function shown(text: string): string {
  const line = text.slice(0, 200).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}`]/gu, '?');
  return `\`${line.length > 60 ? `${line.slice(0, 59)}…` : line}\``;
}
