/** Poetry's own notation of Python ranges (its documentation, "Dependency specification"). Pure. */
import { satisfies, validRange } from '@renovatebot/pep440';

/** Longer ranges are nobody's. */
const LONGEST = 500;

/**
 * Whether a range (`^3.9`, `~3.9`, `3.9.*`, `>=3.9,<4`, `>=3.9 <4`, alternatives by `||`) allows a Python. A range that
 * cannot be read allows all: Poetry itself then says what is wrong with it.
 * @param python full version: `3.11.7`
 */
export function allowsPython(range: string, python: string): boolean {
  if (range.length > LONGEST) return true;
  const alternatives = range.split(/\|\|?/u).map(toPep440);
  if (alternatives.some((specifiers) => specifiers === null)) return true;
  return alternatives.some((specifiers) => specifiers === '' || satisfies(python, specifiers ?? ''));
}

/** PEP 440 specifiers of one alternative; empty for any version, null when it is not understood. */
function toPep440(alternative: string): string | null {
  const specifiers: string[] = [];
  for (const part of alternative.replace(/([<>=!~^]=?=?)\s+/gu, '$1').split(/[\s,]+/u)) {
    if (part === '' || part === '*') continue;
    const specifier = partToPep440(part);
    if (specifier === null) return null;
    specifiers.push(specifier);
  }
  const joined = specifiers.join(',');
  return joined === '' || validRange(joined) ? joined : null;
}

function partToPep440(part: string): string | null {
  const match = /^(===?|~=|[<>!]=?|[\^~]|=)?v?(\d+(?:\.\d+){0,3})(\.\*)?$/u.exec(part);
  if (match === null) return null;
  const [, operator = '', version = '', star = ''] = match;
  const [major = 0, minor] = version.split('.').map(Number);
  switch (operator) {
    case '^':
      return `>=${version},<${major + 1}`;
    case '~':
      return `>=${version},<${minor === undefined ? major + 1 : `${major}.${minor + 1}`}`;
    case '':
    case '=':
      return `==${version}${star}`;
    default:
      return `${operator}${version}${star}`;
  }
}
