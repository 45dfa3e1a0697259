/** The order of Alpine's package versions (apk-package(5)): `1.2.3a_rc1~hash-r0`. Pure. */
import { compareDigits } from './digits.ts';
import { compareText } from './content.ts';

/** What comes before no suffix at all is negative. */
const SUFFIXES: ReadonlyMap<string, number> = new Map([
  ['alpha', -4],
  ['beta', -3],
  ['pre', -2],
  ['rc', -1],
  ['cvs', 1],
  ['svn', 2],
  ['git', 3],
  ['hg', 4],
  ['p', 5],
]);

interface Token {
  /** In the order of rank: where two versions go on differently, the lower rank is the newer one. */
  readonly type: 'first' | 'digits' | 'letter' | 'suffix' | 'suffix-number' | 'hash' | 'revision' | 'end';
  readonly text: string;
}

const RANK: readonly Token['type'][] = [
  'first',
  'digits',
  'letter',
  'suffix',
  'suffix-number',
  'hash',
  'revision',
  'end',
];

/** @returns negative when `a` is the older one, 0 when they are equal, null when one of them is no such version. */
export function compareApkVersions(a: string, b: string): number | null {
  const left = tokens(a);
  const right = tokens(b);
  if (left === null || right === null) return null;
  const count = Math.min(left.length, right.length);
  for (let index = 0; index < count; index += 1) {
    const one = left[index];
    const other = right[index];
    if (one === undefined || other === undefined) break;
    const order = one.type === other.type ? compareSame(one, other) : compareOther(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

const LONGEST = 512;
const WHOLE =
  /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~([0-9a-f]+))?(?:-r(\d+))?$/u;

function tokens(version: string): readonly Token[] | null {
  if (version.length > LONGEST) return null;
  const match = WHOLE.exec(version);
  if (match === null) return null;
  const [, numbers = '', letter = '', suffixes = '', hash, revision] = match;
  const list: Token[] = numbers
    .split('.')
    .map((text, index) => ({ type: index === 0 ? ('first' as const) : ('digits' as const), text }));
  if (letter !== '') list.push({ type: 'letter', text: letter });
  for (const suffix of suffixes.split('_').slice(1)) {
    const name = suffix.replace(/\d+$/u, '');
    list.push({ type: 'suffix', text: name });
    if (name !== suffix) list.push({ type: 'suffix-number', text: suffix.slice(name.length) });
  }
  if (hash !== undefined) list.push({ type: 'hash', text: hash });
  if (revision !== undefined) list.push({ type: 'revision', text: revision });
  return [...list, { type: 'end', text: '' }];
}

function compareSame(a: Token, b: Token): number {
  switch (a.type) {
    case 'first':
    case 'suffix-number':
    case 'revision':
      return compareDigits(a.text, b.text);
    case 'digits':
      // A leading zero makes it a fraction: 1.05 is older than 1.1.
      return a.text.startsWith('0') || b.text.startsWith('0')
        ? compareText(a.text, b.text)
        : compareDigits(a.text, b.text);
    case 'suffix':
      return (SUFFIXES.get(a.text) ?? 0) - (SUFFIXES.get(b.text) ?? 0);
    case 'letter':
    case 'hash':
      return compareText(a.text, b.text);
    case 'end':
      return 0;
  }
}

function compareOther(a: Token, b: Token): number {
  if (a.type === 'suffix' && (SUFFIXES.get(a.text) ?? 0) < 0) return -1;
  if (b.type === 'suffix' && (SUFFIXES.get(b.text) ?? 0) < 0) return 1;
  return RANK.indexOf(b.type) - RANK.indexOf(a.type);
}
