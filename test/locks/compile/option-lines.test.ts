import { describe, expect, it } from 'vitest';
import { finderState, optionLines } from '../../../src/locks/compile/option-lines.ts';
import { readWishes } from '../../../src/locks/compile/wishes.ts';
import { optionsOf, specOf } from '../../support/compile-spec.ts';
import { treeOf } from '../../support/drive-lock.ts';

function linesOf(input: string, options = '', pipArgs: string | null = null): readonly string[] {
  const given = [
    ...optionsOf(options),
    ...(pipArgs === null ? [] : [{ name: '--pip-args' as const, value: pipArgs }]),
  ];
  const spec = specOf({ options: given });
  const { globals } = readWishes(
    spec,
    treeOf({ 'requirements.in': input, 'more.in': '--extra-index-url https://m.test\n' }),
  );
  return optionLines(given, finderState(given, globals));
}

describe('the lines above the pins', () => {
  it.each([
    ['six\n', '', []],
    ['--index-url https://pypi.org/simple/\n', '', []],
    ['-i https://a.test/simple\n', '', ['--index-url https://a.test/simple', '']],
    ['-r more.in\n', '', ['--extra-index-url https://m.test', '']],
    [
      '-i https://a.test\n',
      '--index-url=https://b.test --extra-index-url=https://c.test',
      ['--index-url https://a.test', ''],
    ],
    [
      'six\n',
      '--extra-index-url=https://c.test --index-url=https://b.test',
      ['--index-url https://b.test', '--extra-index-url https://c.test', ''],
    ],
    ['--extra-index-url https://${TOKEN}@a.test\n', '', ['--extra-index-url https://${TOKEN}@a.test', '']],
    ['-f ./wheels\n--trusted-host a.test\n', '', ['--find-links ./wheels', '--trusted-host a.test', '']],
    [
      '-f ./wheels\n--trusted-host a.test\n-i https://a.test\n',
      '--no-emit-find-links --no-emit-trusted-host --no-emit-index-url',
      [],
    ],
    ['-i https://a.test\n', '--no-emit-options', []],
    ['--no-index\n--extra-index-url https://a.test\n-f w\n', '', ['--find-links w', '']],
    ['--no-binary b,A_a\n--only-binary :all:\n', '', ['--only-binary :all:', '']],
    [
      '--only-binary six\n--no-binary idna\n--no-binary six\n',
      '',
      ['--no-binary idna', '--no-binary six', ''],
    ],
  ])('%j %s', (input, options, expected) => {
    expect(linesOf(input, options)).toEqual(expected);
  });

  it('come from --pip-args as well', () => {
    expect(linesOf('six\n', '', `--no-binary=:all: -i 'https://a.test' --retries 3`)).toEqual([
      '--index-url https://a.test',
      '--no-binary :all:',
      '',
    ]);
  });
});
