import { expect, it } from 'vitest';
import { onlyCommentsDiffer } from '../../src/diff/requirements-text.ts';

it.each([
  ['a==1\n    # via x\n', 'a==1\n    # via\n    #   x\n    #   y\n', true],
  ['# head\na==1\n', '\uFEFFa==1\r\n', true],
  ['a==1  # via x\n', 'a==1\n', true],
  ['a==1\n', 'a==2\n', false],
  ['a @ https://h/x#egg=a\n', 'a @ https://h/x#egg=b\n', false],
  ['--index-url https://a/\na==1\n', 'a==1\n', false],
  ['a==1 \\\n    --hash=sha256:1\n', 'a==1 \\\n    --hash=sha256:2\n', false],
])('%j and %j differ in comments only: %s', (before, after, same) => {
  expect(onlyCommentsDiffer(before, after)).toBe(same);
});
