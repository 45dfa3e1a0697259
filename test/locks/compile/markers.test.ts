import { assert, constantFrom, letrec, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpythonEnvironment, formatMarker, markerHolds } from '../../../src/locks/compile/markers.ts';

describe('formatMarker', () => {
  it.each([
    [`python_version>='3.8'`, 'python_version >= "3.8"'],
    [`(python_version >= "3.8")`, 'python_version >= "3.8"'],
    [
      `sys_platform == 'linux' and (python_version>="3.8")`,
      'sys_platform == "linux" and python_version >= "3.8"',
    ],
    [
      `os.name=='nt' and (python_version<'3' or sys_platform == 'win32')`,
      'os_name == "nt" and (python_version < "3" or sys_platform == "win32")',
    ],
    [`((os_name == 'nt' or os_name == 'posix'))`, 'os_name == "nt" or os_name == "posix"'],
    [`"linux" not  in sys_platform`, '"linux" not in sys_platform'],
    [`platform_version == 'a"b'`, `platform_version == 'a"b'`],
    [`extra == 'dev' and python_version < '4'`, 'python_version < "4"'],
    [`python_version < '4' and extra == 'dev'`, 'python_version < "4"'],
    [`(extra == 'a' or extra == 'b') and os_name == 'nt'`, 'os_name == "nt"'],
    [`extra == 'dev'`, ''],
  ])('%s', (text, expected) => {
    expect(formatMarker(text)).toBe(expected);
  });

  it.each([
    '',
    'python_version',
    'python_version >',
    `(os_name == 'nt'`,
    `os_name == 'nt')`,
    `a == b == c`,
    `'x`,
    '('.repeat(50),
  ])('is null for %j, which is no marker', (text) => {
    expect(formatMarker(text)).toBeNull();
  });

  it('gives the same when it reads what it wrote', () => {
    const test = constantFrom(`python_version >= '3.8'`, `os_name=="nt"`, `'x' in platform_machine`);
    const marker = letrec<{ marker: string }>((tie) => ({
      marker: oneof(
        { maxDepth: 4 },
        test,
        tuple(tie('marker'), constantFrom('and', 'or'), tie('marker')).map((parts) => parts.join(' ')),
        tie('marker').map((inner) => `(${inner})`),
      ),
    })).marker;
    assert(
      property(marker, (text) => {
        const once = formatMarker(text);
        expect(once).not.toBeNull();
        expect(formatMarker(once ?? '')).toBe(once);
      }),
    );
  });
});

describe('markerHolds', () => {
  const environment = cpythonEnvironment('3.11.7');
  it.each([
    [`python_version >= '3.8'`, true],
    [`python_version < '3.8'`, false],
    [`'3.8' <= python_version`, true],
    [`python_version >= '3.9' and python_version < '3.11'`, false],
    [`python_full_version < '3.11.3'`, false],
    [`python_version < '3' or sys_platform == 'linux'`, true],
    [`python_version < '3' or sys_platform == 'linux' and os_name == 'nt'`, false],
    [`python_version == '3.*'`, true],
    [`python_version in '3.10 3.11'`, true],
    [`'win' not in sys_platform`, true],
    [`platform_python_implementation != 'PyPy'`, true],
    [`extra == 'Dev_Tools'`, true],
    [`extra == 'docs'`, false],
    [`platform_release >= '5'`, null],
    [`platform_release >= '5' and python_version < '3'`, false],
    ['no marker', null],
  ])('%s: %s', (text, expected) => {
    expect(markerHolds(text, environment, ['dev-tools'])).toBe(expected);
  });
});
