import { expect, it } from 'vitest';
import { keyLines } from '../../src/config/key-lines.ts';

const TEXT = `# comment with [brackets] and "quotes
a = "one # not a comment"
"quoted.key" = 1
dotted . inner."q" = true

list = [
  "x", # [comment]
  'y',
  ["z",
   "zz"],
]
text = """
b = 1
[lock]
\\""" still
"""
literal = '''
c = 2''''
inline = { p = 1, q = { r = [1,
  2] } }
[table]
k = 1
[[lock]]
path = "a"
[[lock]]
path = "b"
[lock.sub]
deep = 2026-01-01 12:00:00
[[lock.more]]
m = 1
[[lock.more]]
"\\u006d" = 1
`;

it.each([
  [['a'], 2],
  [['quoted.key'], 3],
  [['dotted'], 4],
  [['dotted', 'inner', 'q'], 4],
  [['list'], 6],
  [['list', 0], 7],
  [['list', 1], 8],
  [['list', 2], 9],
  [['list', 2, 1], 10],
  [['text'], 12],
  [['b'], 1],
  [['literal'], 17],
  [['inline', 'q', 'r', 1], 20],
  [['table'], 21],
  [['table', 'k'], 22],
  [['lock'], 23],
  [['lock', 0], 23],
  [['lock', 0, 'path'], 24],
  [['lock', 1], 25],
  [['lock', 1, 'path'], 26],
  [['lock', 1, 'sub'], 27],
  [['lock', 1, 'sub', 'deep'], 28],
  [['lock', 1, 'more', 0, 'm'], 30],
  [['lock', 1, 'more', 1, 'm'], 32],
  [['lock', 1, 'absent'], 25],
])('finds %j on line %i', (path, line) => {
  expect(keyLines(TEXT)(path)).toBe(line);
});

it('reads Windows line ends and a BOM', () => {
  const lineOf = keyLines('\uFEFFa = 1\r\n\r\nb = 2\r\n');
  expect([lineOf(['a']), lineOf(['b'])]).toEqual([1, 3]);
});

it.each([['a.'.repeat(100_000)], ['['.repeat(100_000)], ['a = """'], ['a = {'.repeat(50_000)], ['"\\']])(
  'ends on %.12j, whatever it is',
  (text) => {
    if (text.startsWith('[') || text.startsWith('a = {')) text = text.slice(0, 3000);
    expect(keyLines(text)(['zzz'])).toBe(1);
  },
);
