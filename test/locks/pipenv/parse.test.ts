import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockSyntaxError } from '../../../src/locks/ecosystem.ts';
import { parsePipfileLock } from '../../../src/locks/pipenv/parse.ts';

function parse(lock: unknown, direct: readonly string[] = []) {
  const text = typeof lock === 'string' ? lock : JSON.stringify(lock, null, 4);
  return parsePipfileLock('app/Pipfile.lock', text, new Set(direct)).packages;
}

function syntaxError(text: string): LockSyntaxError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof LockSyntaxError) return error;
    throw error;
  }
  throw new Error('It was read.');
}

const META = {
  hash: { sha256: '0' },
  'pipfile-spec': 6,
  requires: {},
  sources: [
    { name: 'pypi', url: 'https://pypi.org/simple' },
    { name: 'inside', url: 'https://pypi.example.com/simple' },
  ],
};

describe('packages', () => {
  it('takes names, versions, hashes, categories and what is direct', () => {
    const lock = {
      _meta: META,
      default: { Idna_X: { hashes: ['sha256:bb', 'sha256:aa'], index: 'pypi', version: '==3.4' } },
      develop: { 'idna-x': { hashes: ['sha256:cc'], version: '==3.4' }, six: { version: '==1.15' } },
      docs: { six: { version: '==1.16' } },
    };
    expect(parse(lock, ['six'])).toEqual([
      {
        name: 'idna-x',
        version: '3.4',
        source: null,
        hashes: ['sha256:aa', 'sha256:bb', 'sha256:cc'],
        direct: false,
        via: [],
        groups: ['default', 'develop'],
      },
      { name: 'six', version: '1.15', source: null, hashes: [], direct: true, via: [], groups: ['develop'] },
      { name: 'six', version: '1.16', source: null, hashes: [], direct: true, via: [], groups: ['docs'] },
    ]);
  });

  it.each([
    [{ path: './w/a_b-0.5.dev2-py3-none-any.whl' }, '0.5.dev2', 'w/a_b-0.5.dev2-py3-none-any.whl'],
    [
      { file: 'https://example.com/a-1.0%2Bx-1-py3-none-any.whl', version: '==1.0' },
      '1.0',
      'https://example.com/a-1.0%2Bx-1-py3-none-any.whl',
    ],
    [{ path: './a-whl' }, null, 'a-whl'],
    [{ path: './../a/', editable: true }, null, '../a'],
    [{ path: '.' }, null, '.'],
    [{ git: 'https://example.com/a.git', ref: '0123' }, null, 'git+https://example.com/a.git@0123'],
    [
      { git: 'git+https://example.com/a.git', ref: 'x', subdirectory: 'py' },
      null,
      'git+https://example.com/a.git@x#subdirectory=py',
    ],
    [{ path: '.', editable: true }, null, '.'],
    [{ file: 'https://example.com/a.whl', version: '==1.0' }, '1.0', 'https://example.com/a.whl'],
    [{ index: 'inside', version: '==1.0' }, '1.0', 'https://pypi.example.com/simple'],
    [{ index: 'pypi', version: '==1.0' }, '1.0', null],
    [{ index: 'unknown', version: '===1.0' }, '1.0', null],
    [{ version: '*' }, null, null],
    ['==1.0', '1.0', null],
    [7, null, null],
  ])('%j', (entry, version, source) => {
    expect(parse({ _meta: META, default: { a: entry } })).toMatchObject([{ name: 'a', version, source }]);
  });

  it('reads locks of 2018, a BOM and Windows line ends', () => {
    const old = {
      _meta: { 'host-environment-markers': { python_version: '3.6' } },
      default: { a: { version: '==1' } },
      develop: {},
    };
    const text = `\uFEFF${JSON.stringify(old, null, 4).replaceAll('\n', '\r\n')}`;
    expect(parse(text)).toMatchObject([{ name: 'a', version: '1' }]);
  });
});

describe('what is no lock', () => {
  it.each([
    ['a merge conflict', '{\n<<<<<<< HEAD\n}\n', 2, /merge conflict/u],
    ['a token that is none', '{\n  "_meta": {},\n  "default": oops\n}', 3, /not valid JSON/u],
    ['half a file', '{\n  "_meta": {},\n  "default":\n', 4, /not valid JSON/u],
    ['broken JSON', '{\n  "_meta": {},\n  "default": {"a" 1}\n}', 3, /not valid JSON/u],
    ['an array', '[]', 1, /not a JSON object/u],
    ['another JSON file', '{"default": {}}', null, /no Pipfile\.lock/u],
    ['a category that is text', '{"_meta": {}, "default": "x"}', null, /`default` is no table/u],
    [
      'a package twice',
      '{"_meta": {},\n"default": {\n"a": {"version": "==1"},\n"b": [{}, "}"],\n"a": {}}}',
      5,
      /"a" is there twice/u,
    ],
    ['a section twice', '{"_meta": {},\n"default": {},\n"default": {}}', 3, /"default" is there twice/u],
  ])('%s', (_what, text, line, message) => {
    const error = syntaxError(text);
    expect(error.line).toBe(line);
    expect(error.path).toBe('app/Pipfile.lock');
    expect(error.message).toMatch(message);
  });

  it('no false duplicate: any JSON object that JavaScript writes is read, or refused for another reason', () => {
    const property = fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
      const lock = { ...extra, _meta: META };
      try {
        parse(lock);
        return true;
      } catch (error) {
        return error instanceof LockSyntaxError && !error.message.includes('twice');
      }
    });
    expect(fc.check(property)).toMatchObject({ failed: false });
  });

  it('takes hostile keys as what they are', () => {
    const text =
      '{"_meta": {"sources": [{}, {"name": "__proto__", "url": "x"}]}, "default": {"__proto__": {"version": "==1"}, "constructor": {"version": "==2"}}}';
    expect(parse(text).map(({ version }) => version)).toEqual(['1', '2']);
  });
});
