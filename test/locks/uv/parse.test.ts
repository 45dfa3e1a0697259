import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockSyntaxError } from '../../../src/locks/ecosystem.ts';
import { parseUvLock } from '../../../src/locks/uv/parse.ts';

const LOCK = `version = 1
revision = 3
requires-python = ">=3.9"

[manifest]
members = [
    "app",
    "lib",
]

[manifest.dependency-groups]
lint = [{ name = "ruff" }]

[[package]]
name = "app"
version = "0"
source = { virtual = "app" }
dependencies = [
    { name = "lib", extra = ["fast"] },
    { name = "numpy", version = "1.26.4", source = { registry = "https://pypi.org/simple" }, marker = "python_full_version < '3.10'" },
    { name = "numpy", version = "2.2.0", source = { registry = "https://pypi.org/simple" }, marker = "python_full_version >= '3.10'" },
]

[package.dev-dependencies]
dev = [
    { name = "Pytest_Mock" },
]

[[package]]
name = "lib"
version = "0"
source = { editable = "lib" }

[package.optional-dependencies]
fast = [
    { name = "tool" },
]

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.example/numpy.tar.gz", hash = "sha256:bb" }
wheels = [
    { url = "https://files.example/a.whl", hash = "sha256:aa" },
    { url = "https://files.example/b.whl", hash = "sha256:bb" },
]

[[package]]
name = "numpy"
version = "2.2.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "pytest"
version = "8.0.0"
source = { url = "https://host.example/pytest.tar.gz", subdirectory = "src" }

[[package]]
name = "pytest-mock"
version = "3.0.0"
source = { git = "https://host.example/x?subdirectory=py&rev=main#0123abc" }
dependencies = [
    { name = "pytest" },
]

[[package]]
name = "ruff"
version = "0.5.0"
source = { registry = "https://pypi.org/simple/" }

[[package]]
name = "tool"
source = { directory = "vendor/tool" }
`;

describe('parseUvLock', () => {
  it('reads sources, forks, groups, parents and hashes, without the members', () => {
    const base = { hashes: [], via: [], source: null };
    expect(parseUvLock('uv.lock', LOCK).packages).toEqual([
      {
        ...base,
        name: 'numpy',
        version: '1.26.4',
        direct: true,
        groups: ['main'],
        hashes: ['sha256:aa', 'sha256:bb'],
      },
      {
        ...base,
        name: 'numpy',
        version: '2.2.0',
        direct: true,
        groups: ['main'],
        source: 'https://index.example/simple',
      },
      {
        ...base,
        name: 'pytest',
        version: '8.0.0',
        direct: false,
        via: ['pytest-mock'],
        groups: ['dev'],
        source: 'https://host.example/pytest.tar.gz#subdirectory=src',
      },
      {
        ...base,
        name: 'pytest-mock',
        version: '3.0.0',
        direct: true,
        groups: ['dev'],
        source: 'git+https://host.example/x@0123abc#subdirectory=py',
      },
      { ...base, name: 'ruff', version: '0.5.0', direct: true, groups: ['lint'] },
      { ...base, name: 'tool', version: null, direct: true, groups: ['fast', 'main'], source: 'vendor/tool' },
    ]);
  });

  it('reads a lone project and a script, whatever line ends and BOM', () => {
    const text = `\uFEFFversion = 1\n[manifest]\nrequirements = [{ name = "idna" }]\n[[package]]\nname = "idna"\nversion = "3.7"\n[[package]]\nname = "me"\nsource = { virtual = "." }\n`;
    expect(parseUvLock('x.py.lock', text.replaceAll('\n', '\r\n')).packages).toMatchObject([
      { name: 'idna', version: '3.7', direct: true, groups: ['main'] },
    ]);
  });

  it('ends on a cycle', () => {
    const one = (name: string, other: string): string =>
      `[[package]]\nname = "${name}"\nversion = "1"\ndependencies = [{ name = "${other}" }]\n`;
    const text = `version = 1\n[manifest]\nrequirements = [{ name = "a" }]\n${one('a', 'b')}${one('b', 'a')}`;
    expect(parseUvLock('uv.lock', text).packages.map(({ name, via }) => [name, via])).toEqual([
      ['a', ['b']],
      ['b', ['a']],
    ]);
  });

  it.each([
    ['', 'it is not a uv.lock of version 1'],
    ['version = 2\n', 'it is not a uv.lock of version 1'],
    ['version = 1\npackage = 3\n', 'it is not a uv.lock of version 1'],
    ['version = 1\nx = !\n', 'uv.lock:2'],
    ['version = 1\n<<<<<<< HEAD\n', 'merge conflict'],
  ])('refuses %j', (text, message) => {
    expect(() => parseUvLock('uv.lock', text)).toThrow(LockSyntaxError);
    expect(() => parseUvLock('uv.lock', text)).toThrow(message);
  });

  it('throws nothing but syntax errors', () => {
    const line = fc.constantFrom(
      'version = 1',
      '[[package]]',
      'name = "a"',
      'name = 3',
      '[__proto__]',
      'source = { git = "#?" }',
      'dependencies = [{ name = "a", extra = ["x"] }, 3]',
      '[package.optional-dependencies]',
      'x = [{ name = "constructor" }]',
      'wheels = [{}, { hash = "h" }]',
      'members = ["a"]',
      '[manifest]',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        expect(failureOf(`version = 1\n${lines.join('\n')}`)).toSatisfy(
          (error: unknown) => error === null || error instanceof LockSyntaxError,
        );
      }),
    );
  });
});

function failureOf(text: string): unknown {
  try {
    parseUvLock('uv.lock', text);
    return null;
  } catch (error) {
    return error;
  }
}
