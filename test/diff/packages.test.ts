import { assert, constantFrom, property, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLocks } from '../../src/diff/packages.ts';
import { moveKind } from '../../src/diff/python-version.ts';
import type { LockedPackage } from '../../src/model.ts';

function locked(name: string, version: string | null, more: Partial<LockedPackage> = {}): LockedPackage {
  return { name, version, source: null, hashes: [], direct: false, via: [], groups: [], ...more };
}

describe('the kind of a move', () => {
  it.each([
    ['1.2.3', '2.0', 'major'],
    ['1.2.3', '1.3.0', 'minor'],
    ['1.2.3', '1.2.4', 'patch'],
    ['1.2', '1.2.1', 'patch'],
    ['1.2.3', '1.2.3.post1', 'patch'],
    ['2.0rc1', '2.0', 'patch'],
    ['1.9', '1.10', 'minor'],
    ['0.4.2', '0.5.0', 'minor'],
    ['2024.1.4', '2025.1.1', 'major'],
    ['1.0', '1!0.5', 'major'],
    ['2.0', '1.9', 'downgrade'],
    ['1.0', '1.0rc1', 'downgrade'],
    ['1!1.0', '2.0', 'downgrade'],
    ['1.0', '1.0.0', null],
    ['1.0+cpu', '1.0+cu121', 'patch'],
    ['not-a-version', '1.0', 'major'],
  ])('%s to %s is %s', (from, to, kind) => {
    expect(moveKind(from, to)).toBe(kind);
  });
});

describe('a diff', () => {
  it('tells new, removed and moved packages apart, sorted by name', () => {
    const before = { packages: [locked('gone', '1'), locked('moved', '1.0'), locked('same', '1')] };
    const after = {
      packages: [
        locked('same', '1'),
        locked('moved', '2.0', { direct: true, groups: ['main'] }),
        locked('added', '3', { via: ['moved'] }),
      ],
    };
    expect(diffLocks(before, after)).toEqual([
      {
        name: 'added',
        from: null,
        to: '3',
        kind: 'new',
        direct: false,
        via: ['moved'],
        groups: [],
        origin: null,
        source: null,
      },
      {
        name: 'gone',
        from: '1',
        to: null,
        kind: 'removed',
        direct: false,
        via: [],
        groups: [],
        origin: null,
        source: null,
      },
      {
        name: 'moved',
        from: '1.0',
        to: '2.0',
        kind: 'major',
        direct: true,
        via: [],
        groups: ['main'],
        origin: null,
        source: null,
      },
    ]);
  });

  it.each([
    ['a version and a source', locked('p', '1'), locked('p', '2', { source: 'git+https://h/p@a' }), 'major'],
    ['a source alone', locked('p', '1'), locked('p', '1', { source: 'https://other/simple' }), 'source'],
    [
      'a commit',
      locked('p', null, { source: 'git+https://h/p@a' }),
      locked('p', null, { source: 'git+https://h/p@b' }),
      'source',
    ],
    [
      'hashes alone',
      locked('p', '1', { hashes: ['sha256:a'] }),
      locked('p', '1', { hashes: ['sha256:a', 'sha256:b'] }),
      'hash',
    ],
    [
      'the spelling of a version, and hashes',
      locked('p', '1.0', { hashes: ['sha256:a'] }),
      locked('p', '1.0.0'),
      'hash',
    ],
  ])('sees that %s changed', (_, old, now, kind) => {
    const [change, ...more] = diffLocks({ packages: [old] }, { packages: [now] });
    expect(more).toEqual([]);
    expect(change?.kind).toBe(kind);
    expect(change?.source).toEqual(old.source === now.source ? null : { from: old.source, to: now.source });
  });

  it('pairs the forks of a package by version first, then newest with newest', () => {
    const before = { packages: [locked('np', '1.24'), locked('np', '1.26'), locked('np', '2.0')] };
    const after = { packages: [locked('np', '1.26'), locked('np', '2.1')] };
    expect(diffLocks(before, after).map(({ from, to, kind }) => [from, to, kind])).toEqual([
      ['2.0', '2.1', 'minor'],
      ['1.24', null, 'removed'],
    ]);
  });

  const packages = uniqueArray(
    record({ name: constantFrom('a', 'b', 'c'), version: constantFrom('1', '1.1', '2', '3rc1') }),
    { selector: ({ name, version }) => `${name} ${version}` },
  );

  it('of a lock with itself is empty, and turns round into its inverse', () => {
    assert(
      property(packages, packages, (left, right) => {
        const a = { packages: left.map(({ name, version }) => locked(name, version)) };
        const b = { packages: right.map(({ name, version }) => locked(name, version)) };
        expect(diffLocks(a, a)).toEqual([]);
        const there = diffLocks(a, b).map(({ name, from, to }) => `${name} ${from} ${to}`);
        const back = diffLocks(b, a).map(({ name, from, to }) => `${name} ${to} ${from}`);
        expect(back.sort()).toEqual(there.sort());
      }),
    );
  });
});
