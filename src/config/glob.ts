/**
 * Globs over repository paths: `*` and `?` within a folder, `**` over folders, `[a-c]`, `[!a]`, `{a,b}`; a leading dot
 * is nothing special, and a backslash takes the next character as it is.
 *
 * Threat: policy and paths both come from a stranger's repository. Matchers that turn a glob into a backtracking regular
 * expression take minutes for `*a*a*a*a*b` on a long name, so this one matches in steps bounded by glob times path.
 */

/** Globs longer than this match nothing; `whyNotGlob` says so to whoever wrote it. */
const MAX_LENGTH = 300;
/** How many globs braces may stand for. */
const MAX_ALTERNATIVES = 64;

type Piece =
  | { readonly any: 'one' | 'run' }
  | {
      readonly any: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    }
  | { readonly any: 'no'; readonly text: string };

/** A path segment's pattern, or `**`. */
type Segment = readonly Piece[] | '**';

/** Why a text cannot be used as a glob, as the end of a sentence; null when it can. */
export function whyNotGlob(glob: string): string | null {
  if (glob === '') return 'it is empty';
  if (glob.length > MAX_LENGTH) return `it has more than ${MAX_LENGTH} characters`;
  if (/\p{Cc}/u.test(glob)) return 'it has control characters';
  if (glob.startsWith('/')) return 'paths are relative to the root of the repository and start without `/`';
  if (glob.split('/').includes('..')) return 'it leaves the repository';
  if (expandBraces(glob) === null) return 'its braces are nested, or stand for too many alternatives';
  return null;
}

/** A matcher for repository-relative paths; a glob that `whyNotGlob` refuses matches nothing. */
export function globMatcher(glob: string): (path: string) => boolean {
  if (whyNotGlob(glob) !== null) return () => false;
  const alternatives = (expandBraces(glob) ?? []).map((text) =>
    text
      .replace(/^(?:\.\/)+/u, '')
      .split('/')
      .map((segment): Segment => (segment === '**' ? '**' : pieces(segment))),
  );
  return (path) => {
    const names = path.split('/');
    return alternatives.some((segments) => matchSegments(segments, names));
  };
}

/** Replaces each `{a,b}` by its alternatives; null when they nest or are too many. */
function expandBraces(glob: string): readonly string[] | null {
  const open = indexOfPlain(glob, '{');
  if (open === -1) return [glob];
  const close = glob.indexOf('}', open);
  if (close === -1) return [glob];
  const inner = glob.slice(open + 1, close);
  if (inner.includes('{')) return null;
  const rest = expandBraces(glob.slice(close + 1));
  const choices = inner.split(',');
  if (rest === null || rest.length * choices.length > MAX_ALTERNATIVES) return null;
  return choices.flatMap((choice) => rest.map((end) => glob.slice(0, open) + choice + end));
}

/** Where a character stands that no backslash precedes. */
function indexOfPlain(text: string, wanted: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === wanted) return at;
  }
  return -1;
}

function pieces(segment: string): readonly Piece[] {
  const found: Piece[] = [];
  const characters = Array.from(segment);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (found.at(-1)?.any !== 'run') found.push({ any: 'run' });
    } else if (character === '?') {
      found.push({ any: 'one' });
    } else if (character === '[' && characters.indexOf(']', at + 2) !== -1) {
      const end = characters.indexOf(']', at + 2);
      found.push(characterClass(characters.slice(at + 1, end)));
      at = end;
    } else if (character === '\\' && at + 1 < characters.length) {
      at += 1;
      found.push({ any: 'no', text: characters[at] ?? '' });
    } else {
      found.push({ any: 'no', text: character });
    }
  }
  return found;
}

function characterClass(inner: readonly string[]): Piece {
  const negated = inner[0] === '!' || inner[0] === '^';
  const body = negated ? inner.slice(1) : inner;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < body.length; at += 1) {
    const from = body[at] ?? '';
    const to = body[at + 1] === '-' ? body[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  return { any: 'class', negated, ranges };
}

/** Which of `names` each segment can reach, segment by segment: no backtracking. */
function matchSegments(segments: readonly Segment[], names: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const segment of segments) {
    const next = new Set<number>();
    if (segment === '**') {
      const first = Math.min(...reached);
      for (let at = first; at <= names.length; at += 1) next.add(at);
    } else {
      for (const at of reached) {
        const name = names[at];
        if (name !== undefined && matchName(segment, Array.from(name))) next.add(at + 1);
      }
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(names.length);
}

/** One star to go back to is enough: a later star takes over from an earlier one. */
function matchName(segment: readonly Piece[], name: readonly string[]): boolean {
  let at = 0;
  let piece = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const wanted = segment[piece];
    if (wanted?.any === 'run') {
      star = piece;
      starAt = at;
      piece += 1;
    } else if (wanted !== undefined && matchOne(wanted, name[at] ?? '')) {
      piece += 1;
      at += 1;
    } else if (star === -1) {
      return false;
    } else {
      starAt += 1;
      at = starAt;
      piece = star + 1;
    }
  }
  return segment.slice(piece).every((rest) => rest.any === 'run');
}

function matchOne(piece: Piece, character: string): boolean {
  switch (piece.any) {
    case 'no':
      return piece.text === character;
    case 'class':
      return piece.negated !== piece.ranges.some(([from, to]) => from <= character && character <= to);
    case 'one':
    case 'run':
      return true;
    default:
      return piece satisfies never;
  }
}
