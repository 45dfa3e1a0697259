import { assert, constantFrom, property, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLocks } from '../../src/diff/packages.ts';
import type { Change, CondaPackage, LockedPackage } from '../../src/model.ts';

interface Entry extends Partial<Omit<LockedPackage, 'conda'>>, Partial<CondaPackage> {}

function entry(name: string, version: string | null, more: Entry = {}): LockedPackage {
  const { platform = 'linux-64', manager = 'conda', build, channel, ...rest } = more;
  const conda: CondaPackage =
    manager === 'pip'
      ? { platform, manager, build: null, channel: null }
      : { platform, manager, build: build ?? 'h0_0', channel: channel ?? 'conda-forge' };
  return { name, version, source: null, hashes: [], direct: false, via: [], groups: [], ...rest, conda };
}

function on(platforms: readonly string[], name: string, version: string, more: Entry = {}): LockedPackage[] {
  return platforms.map((platform) => entry(name, version, { ...more, platform }));
}

function diff(before: readonly LockedPackage[], after: readonly LockedPackage[]): readonly Change[] {
  return diffLocks({ packages: before }, { packages: after });
}

const ALL = ['linux-64', 'osx-arm64', 'win-64'];

describe('the platforms of a conda lock', () => {
  it('fold into one change where all moved alike, and take direct, parents and groups together', () => {
    const before = on(ALL, 'numpy', '1.26.4');
    const after = [
      entry('numpy', '2.1.0', { via: ['pandas'], groups: ['main'] }),
      entry('numpy', '2.1.0', { platform: 'osx-arm64', via: ['scipy', 'pandas'], groups: ['dev'] }),
      entry('numpy', '2.1.0', { platform: 'win-64', direct: true, groups: ['main'] }),
    ];
    expect(diff(before, after)).toEqual([
      {
        name: 'numpy',
        from: '1.26.4',
        to: '2.1.0',
        kind: 'major',
        direct: true,
        via: ['pandas', 'scipy'],
        groups: ['dev', 'main'],
        origin: 'conda:conda-forge',
        source: null,
        conda: { platforms: [], manager: 'conda', channel: 'conda-forge', build: null },
      },
    ]);
  });

  it('are named where not all of them moved alike', () => {
    const before = on(ALL, 'zlib', '1.2.13');
    const after = [
      ...on(['osx-arm64', 'linux-64'], 'zlib', '1.3.1'),
      ...on(['win-64'], 'zlib', '1.2.13'),
      ...on(['win-64'], 'ucrt', '10.0'),
    ];
    const told = diff(before, after).map(({ name, kind, conda }) => [name, kind, conda?.platforms]);
    expect(told).toEqual([
      ['ucrt', 'new', ['win-64']],
      ['zlib', 'minor', ['linux-64', 'osx-arm64']],
    ]);
  });

  it('are none where the lock has one only', () => {
    expect(diff([entry('a', '1')], [entry('a', '2')])[0]?.conda?.platforms).toEqual([]);
  });

  it('part where they go to versions of their own', () => {
    const after = [...on(['linux-64'], 'a', '2'), ...on(['osx-arm64', 'win-64'], 'a', '1.1')];
    const told = diff(on(ALL, 'a', '1'), after).map(({ to, conda }) => [to, conda?.platforms]);
    expect(told).toEqual([
      ['2', ['linux-64']],
      ['1.1', ['osx-arm64', 'win-64']],
    ]);
  });
});

describe('the build of a package', () => {
  type Builds = readonly (readonly [string, string, string])[];
  const builds = (rows: Builds, version = '1'): readonly Change[] =>
    diff(
      rows.map(([platform, build]) => entry('a', '1', { platform, build })),
      rows.map(([platform, , build]) => entry('a', version, { platform, build })),
    );
  const told = (changes: readonly Change[]): readonly unknown[] =>
    changes.map(({ kind, conda }) => [kind, conda?.build?.from, conda?.build?.to]);

  it.each<[string, Builds, readonly unknown[]]>([
    ['alone', [['linux-64', 'h0_0', 'h0_1']], [['build', 'h0_0', 'h0_1']]],
    [
      'alike on all platforms',
      [
        ['linux-64', 'pyhd8ed1ab_0', 'pyhd8ed1ab_1'],
        ['win-64', 'pyhd8ed1ab_0', 'pyhd8ed1ab_1'],
      ],
      [['build', 'pyhd8ed1ab_0', 'pyhd8ed1ab_1']],
    ],
    [
      'with another hash on each platform',
      [
        ['linux-64', 'py311h64a7726_0', 'py311h7db5c69_1'],
        ['win-64', 'py311hf62ec03_0', 'py311hcf9f919_1'],
      ],
      [['build', 'py311*_0', 'py311*_1']],
    ],
    [
      'of an interpreter',
      [
        ['linux-64', 'h64a7726_0_cpython', 'h7db5c69_1_cpython'],
        ['win-64', 'hf62ec03_0_cpython', 'hcf9f919_1_cpython'],
      ],
      [['build', '*_0_cpython', '*_1_cpython']],
    ],
    [
      'with nothing but another hash',
      [
        ['linux-64', 'h64a7726_0', 'h7db5c69_0'],
        ['win-64', 'hf62ec03_0', 'hcf9f919_0'],
      ],
      [
        ['build', 'h64a7726_0', 'h7db5c69_0'],
        ['build', 'hf62ec03_0', 'hcf9f919_0'],
      ],
    ],
    [
      'to other numbers',
      [
        ['linux-64', 'h64a7726_0', 'h7db5c69_1'],
        ['win-64', 'hf62ec03_0', 'hcf9f919_2'],
      ],
      [
        ['build', 'h64a7726_0', 'h7db5c69_1'],
        ['build', 'hf62ec03_0', 'hcf9f919_2'],
      ],
    ],
  ])('moves %s', (_, rows, expected) => {
    expect(told(builds(rows))).toEqual(expected);
  });

  it.each<[string, Builds, readonly unknown[]]>([
    ['the same', [['linux-64', 'h0_0', 'h0_0']], [['major', undefined, undefined]]],
    ['another', [['linux-64', 'h0_0', 'h0_1']], [['major', 'h0_0', 'h0_1']]],
    [
      'another for each platform',
      [
        ['linux-64', 'cpu_py311h64a7726_0', 'cpu_py311h7db5c69_0'],
        ['win-64', 'cuda_hf62ec03_0', 'cuda_hcf9f919_1'],
      ],
      [['major', undefined, undefined]],
    ],
  ])('does not part what moved to one version: %s', (_, rows, expected) => {
    expect(told(builds(rows, '2'))).toEqual(expected);
  });

  it('moves too where the version is spelled otherwise, and hashes count where it stays', () => {
    const old = entry('a', '1.0', { build: 'h0_0', hashes: ['sha256:a'] });
    const kind = (now: LockedPackage): unknown => diff([old], [now]).map((change) => change.kind);
    expect(kind(entry('a', '1.0.0', { build: 'h0_1' }))).toEqual(['build']);
    expect(kind(entry('a', '1.0', { build: 'h0_0', hashes: ['sha256:b'] }))).toEqual(['hash']);
    expect(kind(old)).toEqual([]);
  });

  it('is told of what came and went', () => {
    const told = diff([entry('a', '1')], [entry('b', '2')]).map(({ conda }) => conda?.build);
    expect(told).toEqual([
      { from: 'h0_0', to: null },
      { from: null, to: 'h0_0' },
    ]);
  });
});

describe('where a package comes from', () => {
  it.each<[string, LockedPackage, LockedPackage, Partial<Change>]>([
    [
      'another channel',
      entry('a', '1', { channel: 'defaults', build: 'x_0' }),
      entry('a', '1', { build: 'y_0' }),
      { kind: 'source', source: { from: 'conda:defaults', to: 'conda:conda-forge' } },
    ],
    [
      'another channel with another version',
      entry('a', '2', { channel: 'defaults' }),
      entry('a', '1'),
      { kind: 'source', from: '2', to: '1' },
    ],
    [
      'conda, then pip',
      entry('ruamel.yaml', '0.17'),
      entry('ruamel-yaml', '0.18', { manager: 'pip' }),
      {
        kind: 'source',
        name: 'ruamel-yaml',
        from: '0.17',
        to: '0.18',
        source: { from: 'conda:conda-forge', to: null },
        origin: null,
      },
    ],
    [
      'pip, then conda',
      entry('a', '1', { manager: 'pip', source: 'git+https://h/a@b' }),
      entry('a', '1'),
      {
        kind: 'source',
        source: { from: 'git+https://h/a@b', to: 'conda:conda-forge' },
        origin: 'conda:conda-forge',
      },
    ],
    [
      'pip from another index',
      entry('a', '1', { manager: 'pip' }),
      entry('a', '2', { manager: 'pip', source: 'https://i/simple' }),
      { kind: 'major', source: { from: null, to: 'https://i/simple' }, origin: 'https://i/simple' },
    ],
  ])('is told: %s', (_, old, now, expected) => {
    const changes = diff([old], [now]);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject(expected);
  });

  it('is not confused by conda names that pip takes for one', () => {
    const before = [entry('typing-extensions', '4.1'), entry('typing_extensions', '4.1')];
    const after = [
      entry('typing-extensions', '4.2'),
      entry('typing_extensions', '4.2', { build: 'other_0' }),
    ];
    expect(diff(before, after).map(({ name, kind }) => [name, kind])).toEqual([
      ['typing-extensions', 'minor'],
      ['typing_extensions', 'minor'],
    ]);
  });

  it('changes on one platform only, too', () => {
    const after = [entry('a', '1'), entry('a', '1', { platform: 'win-64', manager: 'pip' })];
    expect(diff(on(['linux-64', 'win-64'], 'a', '1'), after)).toMatchObject([
      { kind: 'source', conda: { platforms: ['win-64'], manager: 'pip', channel: null } },
    ]);
  });
});

it('versions of conda move as conda orders them, those of pip as PEP 440 does', () => {
  const move = (from: string, to: string, manager: 'conda' | 'pip'): unknown =>
    diff([entry('a', from, { manager })], [entry('a', to, { manager })])[0]?.kind;
  expect(move('1.1.1k', '1.1.1w', 'conda')).toBe('patch');
  expect(move('2024a', '2024b', 'conda')).toBe('patch');
  expect(move('2024.1.post1', '2024.1', 'pip')).toBe('downgrade');
});

describe('any two conda locks', () => {
  const lock = uniqueArray(
    record({
      name: constantFrom('a', 'b', 'b.c'),
      version: constantFrom('1', '1.1', '2a'),
      platform: constantFrom(...ALL),
      manager: constantFrom('conda' as const, 'pip' as const),
      build: constantFrom('h1234567_0', 'h7654321_0', 'py_1'),
      channel: constantFrom('conda-forge', 'defaults'),
    }),
    { selector: ({ name, platform, manager }) => `${name} ${platform} ${manager}`, maxLength: 20 },
  ).map((items) => items.map(({ name, version, ...more }) => entry(name, version, more)));

  it('differ in nothing from themselves, and in whatever order they stand', () => {
    assert(
      property(lock, lock, (a, b) => {
        expect(diff(a, [...a].reverse())).toEqual([]);
        const key = (change: Change): string => JSON.stringify(change);
        const there = diff(a, b).map(key).sort();
        expect(
          diff([...a].reverse(), b)
            .map(key)
            .sort(),
        ).toEqual(there);
      }),
    );
  });

  it('differ in every entry that came, went or moved, and on each platform in no more', () => {
    assert(
      property(lock, lock, (a, b) => {
        const all = [...new Set([...a, ...b].map(({ conda }) => conda?.platform))];
        const counted = diff(a, b).map(({ conda, from, to }) => {
          const platforms = conda?.platforms.length === 0 ? all.length : (conda?.platforms.length ?? 0);
          return (to === null ? 0 : platforms) - (from === null ? 0 : platforms);
        });
        expect(counted.reduce((sum, one) => sum + one, 0)).toBe(b.length - a.length);
      }),
    );
  });
});
