import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MULTI_OPTIONS, PIP_COMPILE_OPTIONS, UV_OPTIONS } from '../../../src/locks/compile/option-tables.ts';
import { readArguments } from '../../../src/locks/compile/read-options.ts';
import type { ReadArguments } from '../../../src/locks/compile/read-options.ts';

function read(table: typeof UV_OPTIONS, line: string): ReadArguments {
  const result = readArguments(table, line === '' ? [] : line.split(' '), 'r.txt:5');
  if ('code' in result) throw new Error(result.message);
  return result;
}

function kept(table: typeof UV_OPTIONS, line: string): string {
  return read(table, line)
    .options.map(({ name, value }) => (value === null ? name : `${name}=${value}`))
    .join(' ');
}

describe('options of pip-compile', () => {
  it.each([
    ['--generate-hashes --allow-unsafe', '--generate-hashes --allow-unsafe'],
    ['-U -q -v -qvv -P django --rebuild -n --cache-dir /x --max-rounds 5 --reuse-hashes', ''],
    ['--extra dev --extra=test', '--extra=dev --extra=test'],
    ['-i https://h/simple -f ./wheels', '--index-url=https://h/simple --find-links=./wheels'],
    ['-c base.txt -cother.txt', '--constraint=base.txt --constraint=other.txt'],
    ['--annotate --header --emit-options --build-isolation --no-allow-unsafe', ''],
    ['--no-annotate --no-header', '--no-annotate --no-header'],
    ['--no-annotate --annotate', ''],
    ['--strip-extras --no-strip-extras', '--no-strip-extras'],
    ['--no-index --find-links x --index-url=None', '--find-links=x'],
    ['--cert=None --client-cert=None --pip-args=None', ''],
    ['--pre -p', '--pre'],
    ['--generate-hash', '--generate-hashes'],
    ['--index', ''],
    ['--no-emit-index-url', '--no-emit-index-url'],
    ['--pip-args --retries=5', ''],
    ['--pip-args=--use-deprecated=legacy-resolver', '--pip-args=--use-deprecated=legacy-resolver'],
    ['--index-url https://bob:****@h/simple', '--index-url=https://h/simple'],
  ])('%s', (line, expected) => {
    expect(kept(PIP_COMPILE_OPTIONS, line)).toBe(expected);
  });

  it('tells inputs and output apart from options', () => {
    expect(read(PIP_COMPILE_OPTIONS, '-o out.txt a.in --extra dev - -- -b.in')).toMatchObject({
      inputs: ['a.in', '-', '-b.in'],
      output: 'out.txt',
    });
    expect(read(PIP_COMPILE_OPTIONS, '-oout.txt a.in').output).toBe('out.txt');
  });

  it.each([
    ['--client-cert=key.pem', 'option-refused', '--client-cert'],
    ['--pip-args=--log=/etc/x', 'option-refused', '--log'],
    ['--pip-args=--python=/tmp/evil', 'option-refused', '--python'],
    ['--pip-args=--proxy=http://h', 'option-refused', '--proxy'],
    ['--pip-args=--client-cert=k', 'option-refused', '--client-cert'],
    ['--pip-args=x;rm', 'option-refused', 'x'],
    ['--genrate-hashes', 'header-not-understood', '`--generate-hashes`'],
    ['--exec=rm', 'header-not-understood', '--exec'],
    ['--output-file', 'header-not-understood', 'lacks its value'],
    ['--generate-hashes=yes', 'header-not-understood', 'takes no value'],
    ['-x', 'header-not-understood', '-x'],
  ])('refuses %s', (line, code, words) => {
    const result = readArguments(PIP_COMPILE_OPTIONS, line.split(' '), 'r.txt:5');
    expect(result).toMatchObject({ code });
    expect('code' in result && result.message).toContain(words);
    expect('code' in result && result.message).toContain('r.txt:5');
  });

  it('says what it left out', () => {
    expect(read(PIP_COMPILE_OPTIONS, '--cert /etc/ca.pem').notes.join(' ')).toContain('--cert');
    expect(read(PIP_COMPILE_OPTIONS, '--cert=None').notes.join(' ')).toContain('junk');
    expect(read(PIP_COMPILE_OPTIONS, '-q -U').notes).toEqual([]);
  });
});

describe('options of uv pip compile', () => {
  it.each([
    ['-o=out.txt a.in --universal', '--universal'],
    ['--upgrade --no-cache --quiet --system -n --refresh', ''],
    ['--constraints a --constraint b -c c', '--constraint=a --constraint=b --constraint=c'],
    ['--no-strip-extras --strip-markers --no-deps', '--no-strip-extras --no-deps'],
    ['--unsafe-package pip --no-emit-package wheel', '--no-emit-package=pip --no-emit-package=wheel'],
    [
      '--keyring-provider subprocess --index-strategy unsafe-best-match',
      '--index-strategy=unsafe-best-match',
    ],
    ['--allow-unsafe --resolver=backtracking --emit-trusted-host --no-emit-options', ''],
    ['--exclude-newer 30d --resolution lowest-direct', '--exclude-newer=30d --resolution=lowest-direct'],
    ['--format requirements.txt', ''],
  ])('%s', (line, expected) => {
    expect(kept(UV_OPTIONS, line)).toBe(expected);
  });

  it.each([
    ['--python-version 3.12', '3.12'],
    ['-p 3.11.4', '3.11.4'],
    ['--python=python3.10', '3.10'],
    ['-p cpython@3.9', '3.9'],
    ['--python /usr/bin/python3', null],
    ['--python-version 3.12 --python 3.9', '3.12'],
  ])('learns the Python of %s', (line, python) => {
    expect(read(UV_OPTIONS, line).python).toBe(python);
  });

  it('does not shorten, as clap does not', () => {
    expect(readArguments(UV_OPTIONS, ['--generate-hash'], 'r.txt:2')).toMatchObject({
      code: 'header-not-understood',
    });
  });

  it('refuses another format', () => {
    expect(readArguments(UV_OPTIONS, ['--format', 'pylock.toml'], 'r.txt:2')).toMatchObject({
      code: 'option-refused',
    });
  });
});

it('knows the options of pip-compile-multi', () => {
  expect(kept(MULTI_OPTIONS, '-d reqs -g base -g test --no-upgrade -s')).toBe(
    '--directory=reqs --generate-hashes=base --generate-hashes=test --allow-unsafe',
  );
});

it('never throws', () => {
  const word = oneof(
    constantFrom('--', '-', '-o', '--extra', '--pip-args', '=', 'None', '-qx', '--no-index'),
    constantFrom(...PIP_COMPILE_OPTIONS.bySpelling.keys()),
    string({ unit: 'binary' }),
  );
  assert(
    property(array(word), (words) => {
      for (const table of [PIP_COMPILE_OPTIONS, UV_OPTIONS, MULTI_OPTIONS]) {
        const result = readArguments(table, words, 'x');
        expect(
          'code' in result ? result.message.startsWith('x: ') : result.inputs.length <= words.length,
        ).toBe(true);
      }
    }),
  );
});
