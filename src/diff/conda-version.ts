/**
 * The order of conda's versions (CEP 33, "Version literals and their ordering"), and what kind of move lies between two.
 * Pure.
 */

/**
 * A run of digits or of other characters. Words stand before numbers, and numbers before `post`; digits are kept as text
 * without leading zeros, since a date with a time is more than a double holds.
 */
interface Atom {
  readonly rank: 0 | 1 | 2;
  readonly text: string;
}
/** What stands between two dots or underscores: a number first, then words and numbers by turns. */
type Segment = readonly Atom[];

interface CondaVersion {
  /** Digits without leading zeros; empty: zero. */
  readonly epoch: string;
  readonly release: readonly Segment[];
  /** After the `+`. */
  readonly local: readonly Segment[];
}

const ZERO: Atom = { rank: 1, text: '' };
/** CEP 26 allows 64 characters; a text that is far longer is none. */
const MAX_LENGTH = 256;

/**
 * Compares two versions as conda's solver does: negative, zero or positive, for `sort`.
 * `1.1`, `1.1.0` and `1.1+0` are the same. What is no version stands before all versions, by its text.
 */
export function compareCondaVersions(a: string, b: string): number {
  if (a === b) return 0;
  const one = parse(a);
  const other = parse(b);
  if (one !== null && other !== null) return order(one, other);
  if (one !== null) return 1;
  return other !== null || a < b ? -1 : 1;
}

/**
 * Which part of a version moved; null when both mean the same. Beside the first, second and further numbers:
 * - a date in one number (`20240116`) counts as year, month and day, so that a year is its first number, as in `2024.1.16`;
 * - letters behind the same numbers (openssl `1.1.1k`, tzdata `2024a`, jpeg `9e`) are patches, and the first of them follows
 *   the bare number, although conda's own order takes it for a pre-release.
 */
export function condaMoveKind(from: string, to: string): 'major' | 'minor' | 'patch' | 'downgrade' | null {
  const a = parse(from);
  const b = parse(to);
  if (a === null || b === null) return from === to ? null : 'major';
  const move = letters(from, to) ?? order(b, a);
  if (move === 0) return null;
  if (move < 0) return 'downgrade';
  const [major, minor] = numbers(a);
  const [newMajor, newMinor] = numbers(b);
  if (a.epoch !== b.epoch || major !== newMajor) return 'major';
  return minor === newMinor ? 'patch' : 'minor';
}

function parse(text: string): CondaVersion | null {
  const lower = text.trim().toLowerCase();
  // Dashes are historical: they mean underscores where there are none.
  const version = lower.includes('_') ? lower : lower.replaceAll('-', '_');
  if (version === '' || version.length > MAX_LENGTH || !/^[\w.+!*]+$/u.test(version)) return null;
  const [first = '', ...afterEpoch] = version.split('!');
  const [epoch, rest] = afterEpoch.length === 0 ? ['0', first] : [first, afterEpoch[0] ?? ''];
  const [main = '', ...afterPlus] = rest.split('+');
  const local = afterPlus.length === 0 ? [] : segments(afterPlus[0] ?? '');
  const release = segments(main);
  if (afterEpoch.length > 1 || afterPlus.length > 1 || !/^\d+$/u.test(epoch)) return null;
  return release === null || local === null ? null : { epoch: withoutZeros(epoch), release, local };
}

/** null when one of them is empty. */
function segments(text: string): readonly Segment[] | null {
  // An underscore at the end is openssl's: it makes `1.0.1_` stand before `1.0.1a`.
  const trailing = text.endsWith('_') ? '_' : '';
  const parts = text.slice(0, text.length - trailing.length).split(/[._]/u);
  if (parts.includes('')) return null;
  return parts.map((part, index) => segment(index === parts.length - 1 ? part + trailing : part));
}

function segment(text: string): Segment {
  const atoms = (text.match(/\d+|\*+|[^\d*]+/gu) ?? []).map(atom);
  // Numbers and words keep in step: `1.a1` is `1.0a1`.
  return /^\d/u.test(text) ? atoms : [ZERO, ...atoms];
}

function atom(run: string): Atom {
  if (/^\d/u.test(run)) return { rank: 1, text: withoutZeros(run) };
  if (run === 'post') return { rank: 2, text: '' };
  // Capitals stand before all small letters and the underscore, as `dev` has to.
  return { rank: 0, text: run === 'dev' ? 'DEV' : run };
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/u, '');
}

function order(a: CondaVersion, b: CondaVersion): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareSegments(a.release, b.release) ||
    compareSegments(a.local, b.local)
  );
}

function compareSegments(a: readonly Segment[], b: readonly Segment[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const one = a[index] ?? [];
    const other = b[index] ?? [];
    for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
      const found = compareAtoms(one[at] ?? ZERO, other[at] ?? ZERO);
      if (found !== 0) return found;
    }
  }
  return 0;
}

function compareAtoms(a: Atom, b: Atom): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.rank === 1 ? compareDigits(a.text, b.text) : compareText(a.text, b.text);
}

function compareDigits(a: string, b: string): number {
  return a.length - b.length || compareText(a, b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The first number of each segment; a date in one number as three. */
function numbers({ release }: CondaVersion): readonly string[] {
  return release.flatMap((atoms) => {
    const [first = ZERO] = atoms;
    // `r40` has its number behind the letters.
    const number = first === ZERO ? atoms.find((one) => one.rank === 1 && one !== ZERO) : first;
    const text = number?.text ?? '';
    const date = /^(?<year>(?:19|20)\d\d)(?<month>0[1-9]|1[0-2])(?<day>0[1-9]|[12]\d|3[01])$/u.exec(text);
    return date === null ? [text] : date.slice(1).map(withoutZeros);
  });
}

/** The order of two versions that differ in a single letter at most; null when it is not that. */
function letters(from: string, to: string): number | null {
  const a = /^(?<numbers>\d[\d.]*)(?<letter>[a-z]?)_?$/iu.exec(from)?.groups;
  const b = /^(?<numbers>\d[\d.]*)(?<letter>[a-z]?)_?$/iu.exec(to)?.groups;
  if (a === undefined || b === undefined || a['numbers'] !== b['numbers']) return null;
  return compareText((b['letter'] ?? '').toLowerCase(), (a['letter'] ?? '').toLowerCase());
}
