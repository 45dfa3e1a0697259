/** The order of Debian's package versions (deb-version(7)). Pure. */
import { compareDigits } from './digits.ts';

/** @returns negative when `a` is the older one, 0 when they are equal. */
export function compareDebVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

interface Parts {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

function split(version: string): Parts {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? '0' : version.slice(0, colon),
    upstream: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

/** By turns a run of other characters and a run of digits; a missing run is empty, or zero. */
function comparePart(a: string, b: string): number {
  const left = runs(a);
  const right = runs(b);
  const count = Math.max(left.length, right.length);
  for (let index = 0; index < count; index += 1) {
    const one = left[index] ?? '';
    const other = right[index] ?? '';
    const order = index % 2 === 0 ? compareLetters(one, other) : compareDigits(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Even: not digits (may be empty); odd: digits. */
function runs(text: string): readonly string[] {
  return text.split(/(\d+)/u);
}

/** `~` before the end, the end before letters, letters before all others. */
function compareLetters(a: string, b: string): number {
  const count = Math.max(a.length, b.length);
  for (let index = 0; index < count; index += 1) {
    const order = weight(a, index) - weight(b, index);
    if (order !== 0) return order;
  }
  return 0;
}

function weight(text: string, index: number): number {
  const character = text[index];
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/u.test(character) ? code : code + 0x10000;
}
