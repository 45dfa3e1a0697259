import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseName } from '../../../src/locks/package-name.ts';
import type { Entry, Requirement } from '../../../src/locks/requirements/file.ts';
import { parseRequirements } from '../../../src/locks/requirements/parse.ts';

function entriesOf(text: string): readonly Entry[] {
  return parseRequirements(text).entries;
}

function only(text: string): Partial<Requirement> {
  const entries = entriesOf(text);
  expect(entries).toHaveLength(1);
  const [entry] = entries;
  expect(entry).toMatchObject({ kind: 'requirement' });
  return entry as Requirement;
}

describe('one requirement', () => {
  it.each<[string, Partial<Requirement>]>([
    ['Django', { name: 'django', writtenName: 'Django', specifier: '', marker: '', url: null }],
    ['zope.interface_x==1.0', { name: 'zope-interface-x', specifier: '==1.0' }],
    ['a >= 1 , < 2', { name: 'a', specifier: '>= 1 , < 2' }],
    ['a (>=1,<2)', { specifier: '>=1,<2' }],
    ['a>=1,', { specifier: '>=1,' }],
    ['a===1.0-custom', { specifier: '===1.0-custom' }],
    ['a==1.*', { specifier: '==1.*' }],
    ['a[x, y]==1', { name: 'a', extras: ['x', 'y'], specifier: '==1' }],
    ['a ; python_version < "3"', { name: 'a', marker: 'python_version < "3"' }],
    ['a==1;sys_platform=="win32"', { specifier: '==1', marker: 'sys_platform=="win32"' }],
    ['a @ https://h/a.whl', { name: 'a', url: 'https://h/a.whl' }],
    [
      'a[x]@ https://h/a;b.whl ; os_name=="nt"',
      { extras: ['x'], url: 'https://h/a;b.whl', marker: 'os_name=="nt"' },
    ],
    [
      'a @ git+ssh://git@h/o/r.git@v1#subdirectory=s',
      { name: 'a', url: 'git+ssh://git@h/o/r.git@v1#subdirectory=s' },
    ],
    ['a @ file:///${ROOT}/x', { name: 'a', url: 'file:///${ROOT}/x' }],
    [
      'git+https://h/o/r.git@abc#egg=My_Name[x]&subdirectory=s',
      { name: 'my-name', extras: ['x'], writtenName: 'My_Name' },
    ],
    ['git+https://h/o/r.git', { name: null, writtenName: '', url: 'git+https://h/o/r.git' }],
    [
      'https://h/My_pkg-1.0-py3-none-any.whl#sha256=00',
      { name: 'my-pkg', url: 'https://h/My_pkg-1.0-py3-none-any.whl#sha256=00' },
    ],
    ['https://h/pkg-1.0.tar.gz', { name: null, url: 'https://h/pkg-1.0.tar.gz' }],
    ['./pkgs/a', { name: null, url: './pkgs/a', editable: false }],
    ['./pkgs/a[x]', { url: './pkgs/a', extras: ['x'] }],
    ['pkgs/a.tar.gz', { name: null, url: 'pkgs/a.tar.gz' }],
    ['a-1.0.zip', { name: null, url: 'a-1.0.zip' }],
    [String.raw`C:\pkgs\a.zip`, { url: String.raw`C:\pkgs\a.zip` }],
    ['-e .', { editable: true, url: '.', name: null }],
    ['-e.', { editable: true, url: '.' }],
    ['--editable=.[dev]', { editable: true, url: '.', extras: ['dev'] }],
    ['--editable "./a b"', { editable: true, url: './a b' }],
    ['-e git+https://h/r#egg=a', { editable: true, name: 'a', url: 'git+https://h/r#egg=a' }],
    ['-e a @ git+https://h/r', { editable: true, name: 'a', url: 'git+https://h/r' }],
    ['a==1 --hash=sha256:bb --hash sha256:aa', { hashes: ['sha256:bb', 'sha256:aa'], options: [] }],
    [
      'a --no-binary :all: --config-settings=k=v -C "x=y z"',
      { name: 'a', options: ['--no-binary :all:', '--config-settings=k=v', '-C x=y z'] },
    ],
    ['a==1 # why # more', { specifier: '==1', comments: ['why # more'] }],
    ['https://h/a.zip#egg=a', { name: 'a', comments: [] }],
  ])('%s', (text, expected) => {
    expect(only(text)).toMatchObject(expected);
  });
});

describe('global options', () => {
  it.each<[string, object]>([
    ['-r base.txt', { kind: 'include', path: 'base.txt' }],
    ['-rbase.txt', { kind: 'include', path: 'base.txt' }],
    ['--requirement=../base.txt', { kind: 'include', path: '../base.txt' }],
    ['--requirem base.txt', { kind: 'include', path: 'base.txt' }],
    ['-c c.txt  # why', { kind: 'constraint', path: 'c.txt' }],
    ['--constraint "c d.txt"', { kind: 'constraint', path: 'c d.txt' }],
    ['-i https://i/simple', { kind: 'option', name: '--index-url', value: 'https://i/simple' }],
    ['--pypi-url=https://i', { kind: 'option', name: '--index-url', value: 'https://i' }],
    ['--extra-index-url=https://${U}:${P}@i', { name: '--extra-index-url', value: 'https://${U}:${P}@i' }],
    ['--no-binary a,b', { kind: 'option', name: '--no-binary', value: 'a,b' }],
    ['--pre', { kind: 'option', name: '--pre', value: null }],
    ['-f ./wheels', { name: '--find-links', value: './wheels' }],
  ])('%s', (text, expected) => {
    expect(entriesOf(text)).toEqual([expect.objectContaining(expected)]);
  });

  it('reads several on one line', () => {
    expect(entriesOf('-i https://i --pre --trusted-host i')).toMatchObject([
      { name: '--index-url', line: 1 },
      { name: '--pre', line: 1 },
      { name: '--trusted-host', value: 'i', line: 1 },
    ]);
  });
});

describe('what pip refuses', () => {
  it.each([
    ['<<<<<<< HEAD', 'no package name'],
    ['a b', 'specifier'],
    ['a==', 'specifier'],
    ['a=1', 'specifier'],
    ['a ;', 'marker'],
    ['a[x', 'name'],
    ['--output-file=/etc/passwd', 'unknown option --output-file'],
    ['a==1 --evil', 'unknown option --evil'],
    ['-r', 'lacks its value'],
    ['--pre=1', 'takes no value'],
    ['-e "x', 'quote'],
    ['--pre a', 'belongs to no option'],
  ])('%s', (text, why) => {
    const [entry, ...others] = entriesOf(text);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: 'unreadable', line: 1, endLine: 1 });
    expect(entry?.kind === 'unreadable' && entry.why).toContain(why);
  });
});

describe('lines', () => {
  it('joins continuations, gives indented comments to the pin above, keeps count', () => {
    const text = [
      '# head',
      '',
      'a==1 \\',
      '    --hash=sha256:11 \\',
      '    --hash=sha256:22',
      '    # via',
      '    #   b',
      '    #',
      '    #   -r requirements.in',
      '# section',
      '    # of nobody',
      'b==2  # via c',
    ].join('\n');
    expect(entriesOf(text)).toEqual([
      expect.objectContaining({
        name: 'a',
        hashes: ['sha256:11', 'sha256:22'],
        comments: ['via', 'b', '-r requirements.in'],
        line: 3,
        endLine: 5,
      }),
      expect.objectContaining({ name: 'b', comments: ['via c'], line: 12, endLine: 12 }),
    ]);
  });

  it('ends a continuation at a comment line, as pip does', () => {
    expect(entriesOf('a==1 \\\n  # no more \\\nb==2')).toMatchObject([
      { name: 'a', comments: ['no more \\'], line: 1, endLine: 2 },
      { name: 'b', line: 3 },
    ]);
  });

  it('reads a last line that ends in a backslash', () => {
    expect(entriesOf('a==1 \\')).toMatchObject([{ name: 'a', specifier: '==1' }]);
  });

  it('reads long white space before no comment quickly', () => {
    const text = `a${' '.repeat(200_000)}b`;
    const started = performance.now();
    expect(entriesOf(text)).toMatchObject([{ kind: 'unreadable' }]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('properties', () => {
  const fragment = fc.constantFrom(
    'a',
    'B_c',
    '==',
    '>=',
    '1.0',
    ' ',
    '\t',
    '\\',
    '\n',
    '\r\n',
    '#',
    ';',
    '@',
    '[x]',
    '[',
    '-r ',
    '-e ',
    '--hash=',
    '-',
    'git+https://h/r',
    '"',
    "'",
    '${X}',
    './p',
    ',',
    '(',
    ')',
    '\u2028',
    '\0',
    '__proto__',
    '.whl',
    '&egg=',
    '=',
  );
  const hostile = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
  );

  it('never throws, and spans go up within the file', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        let last = 0;
        for (const entry of entriesOf(text)) {
          expect(entry.line).toBeGreaterThanOrEqual(last);
          expect(entry.endLine).toBeGreaterThanOrEqual(entry.line);
          expect(entry.endLine).toBeLessThanOrEqual(text.split(/\r\n|\n|\r/u).length);
          last = entry.line;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('line ends and a BOM change nothing', () => {
    fc.assert(
      fc.property(
        hostile.map((text) => text.replaceAll('\r', '')),
        (text) => {
          expect(entriesOf(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(entriesOf(text));
        },
      ),
    );
  });

  it('reads back what it is made of', () => {
    const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,8}(?:[-_.][a-z0-9]{1,4}){0,2}$/u);
    const version = fc.stringMatching(/^[1-9][0-9]?(?:\.[0-9]{1,3}){0,3}(?:(?:a|b|rc|\.post|\.dev)[0-9])?$/u);
    const hash = fc.stringMatching(/^[0-9a-f]{64}$/u).map((hex) => `sha256:${hex}`);
    const pin = fc.record({
      name,
      version,
      extras: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/u), { maxLength: 3 }),
      marker: fc.constantFrom('', 'python_version < "3.9"', "sys_platform == 'win32' and extra == 'x'"),
      hashes: fc.array(hash, { maxLength: 3 }),
      comment: fc.constantFrom('', 'via x', 'pinned: see #12'),
    });
    fc.assert(
      fc.property(fc.array(pin, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (pins, newline) => {
        const text = pins
          .map(({ name: written, version: at, extras, marker, hashes, comment }) =>
            [
              `${written}${extras.length === 0 ? '' : `[${extras.join(',')}]`}==${at}`,
              marker === '' ? '' : ` ; ${marker}`,
              ...hashes.map((each) => ` \\${newline}    --hash=${each}`),
              comment === '' ? '' : `  # ${comment}`,
              newline,
            ].join(''),
          )
          .join('');
        expect(entriesOf(text)).toMatchObject(
          pins.map((each) => ({
            kind: 'requirement',
            name: normaliseName(each.name),
            writtenName: each.name,
            specifier: `==${each.version}`,
            extras: each.extras,
            marker: each.marker,
            hashes: each.hashes,
            comments: each.comment === '' ? [] : [each.comment],
          })),
        );
      }),
    );
  });
});

describe('normaliseName', () => {
  it.each([
    ['Django', 'django'],
    ['a.b_c--d', 'a-b-c-d'],
    ['ruamel.yaml', 'ruamel-yaml'],
  ])('%s', (name, normal) => {
    expect(normaliseName(name)).toBe(normal);
  });
});
