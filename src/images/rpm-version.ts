/** The order of RPM's package versions (rpm-version(7)): `[epoch:]version-release`. Pure. */
import { compareDigits } from './digits.ts';
import { compareText } from './content.ts';

/** @returns negative when `a` is the older one, 0 when they are equal. */
export function compareRpmVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    compareDigits(left.epoch, right.epoch) ||
    compareSegments(left.version, right.version) ||
    compareSegments(left.release, right.release)
  );
}

interface Parts {
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
}

function split(text: string): Parts {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon === -1 ? '0' : text.slice(0, colon),
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

/** Segments of digits, of letters, `~` and `^`; everything else only separates. */
function compareSegments(a: string, b: string): number {
  const left = a.match(SEGMENT) ?? [];
  const right = b.match(SEGMENT) ?? [];
  const count = Math.max(left.length, right.length);
  for (let index = 0; index < count; index += 1) {
    const order = compareSegment(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

const SEGMENT = /\d+|[A-Za-z]+|[~^]/gu;

/** `~` is older than the end, `^` newer than the end but older than anything else; numbers are newer than letters. */
function compareSegment(a: string | undefined, b: string | undefined): number {
  const [one, other] = [rank(a), rank(b)];
  if (one !== other) return one - other;
  if (a === undefined || b === undefined) return 0;
  return one === NUMBER ? compareDigits(a, b) : compareText(a, b);
}

const NUMBER = 4;

function rank(segment: string | undefined): number {
  if (segment === '~') return 0;
  if (segment === undefined) return 1;
  if (segment === '^') return 2;
  return /^\d/u.test(segment) ? NUMBER : 3;
}
