/** Shell patterns as apt uses them: fnmatch(3) without flags but for case, which does not count. Pure. */

/** `*`, `?`, `[abc]`, `[!a-z]`, `\x`. Takes at most pattern times text steps, whatever the pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = readGlob(pattern.toLowerCase());
  const subject = text.toLowerCase();
  let part = 0;
  let at = 0;
  let star = -1;
  let mark = 0;
  while (at < subject.length) {
    const wanted = parts[part];
    if (wanted === '*') {
      star = part;
      mark = at;
      part += 1;
    } else if (wanted !== undefined && isOne(wanted, subject[at] ?? '')) {
      part += 1;
      at += 1;
    } else if (star !== -1) {
      part = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  while (parts[part] === '*') part += 1;
  return part === parts.length;
}

type Part =
  | '*'
  | '?'
  | { readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

function isOne(part: Part, character: string): boolean {
  if (part === '?') return true;
  if (part === '*') return false;
  return part.negated !== part.ranges.some(([low, high]) => character >= low && character <= high);
}

function readGlob(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    if (character === '*' || character === '?') parts.push(character);
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end === -1) parts.push(literal(character));
      else {
        parts.push(readSet(pattern.slice(at + 1, end)));
        at = end;
      }
    } else if (character === '\\' && at + 1 < pattern.length) {
      at += 1;
      parts.push(literal(pattern[at] ?? ''));
    } else parts.push(literal(character));
  }
  return parts;
}

function literal(character: string): Part {
  return { negated: false, ranges: [[character, character]] };
}

function readSet(text: string): Part {
  const negated = text.startsWith('!') || text.startsWith('^');
  const inside = negated ? text.slice(1) : text;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < inside.length; at += 1) {
    const low = inside[at] ?? '';
    const high = inside[at + 1] === '-' ? inside[at + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) at += 2;
  }
  return { negated, ranges };
}
