import { describe, expect, it } from 'vitest';
import { readPins } from '../../../src/locks/pinned/pins.ts';
import { demandsAbove, openedInput, universalInput } from '../../../src/locks/pinned/solver-input.ts';
import type { Relax } from '../../../src/locks/pinned/solver-input.ts';

describe('which pins stay', () => {
  it.each([
    ['a==1  # pinned: 2 breaks us', 'its comment'],
    ['a==1  # pin', 'its comment'],
    ['a==1  # Held until March', 'its comment'],
    ['a==1  # needed; please do not upgrade', 'its comment'],
    ["a==1  # don't bump", 'its comment'],
    ['a==1  # relock: keep', 'its comment'],
    ['a==1\n    # frozen', 'its comment'],
    ['# Do not update, see 12\n# really\na==1', 'the comment above'],
    ['# relock: keep\na==1', 'the comment above'],
    ['a==1+cpu', 'local version'],
    ['a==not-a-version', 'PEP 440'],
    ['a==1 ; python_version < "3.9"\na==2 ; python_version >= "3.9"', 'several lines'],
    ['a==1\nA==2', 'several lines'],
  ])('%j', (text, why) => {
    const { moving, held } = readPins(text);
    expect(moving).toEqual([]);
    expect(held[0]?.why).toContain(why);
  });

  it.each([
    'a==1  # upgrade me',
    'a==1  # pinning is fun',
    'a==1  # the keeper of things',
    '# pinned packages\na==1',
    '# do not upgrade\n\na==1',
    '    # do not upgrade\na==1',
    'a==1\na==1',
    'a[x]==1\na==1',
    'a==1 ; os_name == "nt"',
  ])('%j moves', (text) => {
    expect(readPins(text)).toMatchObject({ held: [] });
    expect(readPins(text).moving.length).toBeGreaterThan(0);
  });

  it.each(['a', 'a>=1', 'a===1', 'a==1.*', 'a==1,<2', 'a @ https://h/a', '-e .', '-r a==1'])(
    '%j is no pin',
    (text) => {
      expect(readPins(text)).toMatchObject({ moving: [], held: [] });
    },
  );
});

describe('what uv is given', () => {
  const text = [
    '-i https://pypi.org/simple',
    '--extra-index-url https://private/simple',
    '--trusted-host private',
    '--require-hashes',
    '-r other.txt',
    '-c limits.txt',
    'A[x]==1.0 --hash=sha256:aa ; os_name == "nt"',
    'b==2rc1  # next',
    'c==1.0  # pinned',
    'd>=1 --config-settings="k=v"',
    '-e git+https://h/e.git#egg=e[z]&subdirectory=s',
    '-e ./f[q]',
    'https://h/g.tar.gz',
    'h==1.*',
  ]
    .join('\n')
    .replace('--hash=sha256:aa ; os_name == "nt"', '; os_name == "nt" --hash=sha256:aa');
  const rest = [
    'c==1.0',
    'd>=1',
    'e[z] @ git+https://h/e.git#subdirectory=s',
    '-e ./f[q]',
    'https://h/g.tar.gz',
    'h==1.*',
  ];
  const head = ['--extra-index-url https://private/simple', '-r other.txt', '-c limits.txt'];
  const pinned = readPins(text);

  it.each([
    ['stable', ['A[x]>=1.0 ; os_name == "nt"', 'b>=2']],
    ['current', ['A[x]>=1.0 ; os_name == "nt"', 'b>=2rc1']],
    ['none', ['A[x] ; os_name == "nt"', 'b>=0.dev0']],
  ] as const)('%s', (bound, pins) => {
    const given = openedInput(pinned, { bound, constraints: null, relax: () => null });
    expect(given).toBe([...head, ...pins, ...rest, ''].join('\n'));
  });

  it('lets pins give way, and adds constraints', () => {
    const relax: Relax = ({ name }) =>
      name === 'a' ? { specifier: '<1.0' } : name === 'c' ? 'left-out' : null;
    const given = openedInput(pinned, { bound: 'current', constraints: '.c', relax });
    const left = rest.slice(1);
    expect(given).toBe([...head, 'A[x]<1.0 ; os_name == "nt"', 'b>=2rc1', ...left, '-c .c', ''].join('\n'));
  });

  it('holds what is found, for the second solve', () => {
    const given = universalInput(pinned, new Map([['b', { version: '3' }]]), {
      constraints: null,
      relax: () => null,
    });
    expect(given).toBe([...head, 'A[x]>=1.0 ; os_name == "nt"', 'b==3', ...rest, ''].join('\n'));
  });

  it('takes what files above demand, without their own pins', () => {
    const above = readPins('-r base.txt\nb<3 ; os_name == "nt"\na==1\nc==1 # pinned\nd\ne @ https://h/e');
    expect(demandsAbove([above, above], () => null)).toBe('b<3 ; os_name == "nt"\nc==1\n');
  });
});
