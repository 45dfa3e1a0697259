/** What core metadata says of a licence, and whether two statements mean the same one. Pure. */

/** More headers than any package has; descriptions come after them. Characters. */
const MAX_HEADER = 200_000;
/** Longer than any name of a licence: it is the text of one. */
const LONGEST_NAME = 120;
/** Threat: each statement is compared with each of the other side. */
const MOST_PARTS = 20;

/** Each null where the metadata has none. */
export interface Licence {
  /** `License-Expression`: SPDX (PEP 639). */
  readonly expression: string | null;
  /** `License`: free text, often the name of one. */
  readonly field: string | null;
  /** The last parts of the `License ::` classifiers, joined. */
  readonly classifiers: string | null;
}

/** Reads the headers of core metadata ("Core metadata specifications"); null: they name no licence. */
export function licenceIn(metadata: string): Licence | null {
  const head = metadata.slice(0, MAX_HEADER).replaceAll('\r\n', '\n').split('\n\n', 1)[0] ?? '';
  const lines = head.split('\n');
  let expression: string | null = null;
  let field: string | null = null;
  const classifiers: string[] = [];
  for (const [at, line] of lines.entries()) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, Math.max(0, colon)).toLowerCase()) {
      case 'license-expression':
        expression ??= named(value);
        break;
      case 'license':
        // One that goes on is the text of a licence.
        if (!/^[\t ]/u.test(lines[at + 1] ?? '')) field ??= named(value);
        break;
      case 'classifier': {
        const of = value.startsWith('License ::') ? named(value.slice(value.lastIndexOf('::') + 2)) : null;
        // The root of a branch, which names no licence.
        if (of !== null && of !== 'OSI Approved') classifiers.push(of);
        break;
      }
      default:
    }
  }
  if (expression === null && field === null && classifiers.length === 0) return null;
  const joined = [...new Set(classifiers)].sort().slice(0, MOST_PARTS).join(', ');
  return { expression, field, classifiers: joined === '' ? null : joined };
}

function named(value: string): string | null {
  const name = value.trim();
  return name === '' || name.length > LONGEST_NAME || name.toUpperCase() === 'UNKNOWN' ? null : name;
}

/** How a licence is named to people: the expression, else the field, else the classifiers. */
export function licenceName({ expression, field, classifiers }: Licence): string {
  return expression ?? field ?? classifiers ?? '';
}

/**
 * Whether both sides name the same licence: `MIT License` and `MIT` are, and what names a family alone (`BSD`) is taken for
 * any of it. Like is compared with like first, so that a classifier that was forgotten hides no other licence.
 */
export function sameLicence(one: Licence, other: Licence): boolean {
  if (one.expression !== null && other.expression !== null)
    return plain(one.expression) === plain(other.expression);
  if (one.field !== null && other.field !== null && one.expression === null && other.expression === null)
    return sameParts(partsOf(one.field), partsOf(other.field));
  const left = readings(one);
  const right = readings(other);
  return left.some((parts) => right.some((others) => sameParts(parts, others)));
}

function readings({ expression, field, classifiers }: Licence): readonly (readonly string[])[] {
  const texts = expression === null ? [field, classifiers] : [expression];
  return texts.flatMap((text) => (text === null ? [] : [partsOf(text)]));
}

function plain(expression: string): string {
  return expression.toLowerCase().replaceAll(/\s+/gu, ' ').trim();
}

function partsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .slice(0, 2000)
    .replaceAll(/,\s{0,3}version\b/gu, ' version')
    .replaceAll(/\b(?:or|and)[\s-]{1,3}(?:any[\s-]{1,3})?(?:later|newer)(?:[\s-]{1,3}version)?/gu, '+')
    .split(/\s(?:and|or|with)\s|[,;|/]/u)
    .map(canonical)
    .filter((part) => part !== '')
    .slice(0, MOST_PARTS);
}

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^0bsd\b/u, '0bsd'],
  [/\bbsd\b.*\b3\b|\b(?:new|modified|3-clause) bsd\b/u, 'bsd-3'],
  [/\bbsd\b.*\b2\b|\b(?:simplified|2-clause) bsd\b/u, 'bsd-2'],
  [/\bbsd\b/u, 'bsd'],
  [/\bapache\b.*\b1\b/u, 'apache-1'],
  [/\bapache\b|\basl ?2/u, 'apache'],
  [/\bmit\b(?! ?-?(?:0|cmu))|\bexpat\b/u, 'mit'],
  [/\bisc\b/u, 'isc'],
  [/\bmpl|\bmozilla\b/u, 'mpl'],
  [/\bpsf|\bpython software foundation\b/u, 'psf'],
  [/\bunlicense\b/u, 'unlicense'],
  [/\bzpl|\bzope\b/u, 'zpl'],
];
const GPL: readonly (readonly [RegExp, string])[] = [
  [/\bagpl|\baffero\b/u, 'agpl'],
  [/\blgpl|\b(?:lesser|library) general public\b/u, 'lgpl'],
  [/\bgpl|\bgeneral public\b/u, 'gpl'],
];

/** A name by which the notations of a licence are one; families end where their version begins, at a dash. */
function canonical(part: string): string {
  const text = part.trim();
  const gnu = GPL.find(([pattern]) => pattern.test(text));
  if (gnu !== undefined) {
    const version = /\d(?:\.\d)?/u.exec(text)?.[0].replace(/\.0$/u, '');
    const later = /\+|or-later/u.test(text) ? '-or-later' : /-only/u.test(text) ? '-only' : '';
    return version === undefined ? gnu[1] : `${gnu[1]}-${version}${later}`;
  }
  const family = FAMILIES.find(([pattern]) => pattern.test(text));
  return family?.[1] ?? text.replaceAll(/\b(?:the|licen[cs]e|licensed)\b|[\s().]+/gu, '');
}

function sameParts(one: readonly string[], other: readonly string[]): boolean {
  const covered = (part: string, by: readonly string[]): boolean =>
    by.some((item) => item === part || item.startsWith(`${part}-`) || part.startsWith(`${item}-`));
  return one.every((part) => covered(part, other)) && other.every((part) => covered(part, one));
}
