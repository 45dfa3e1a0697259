import { describe, expect, it } from 'vitest';
import { heldBy, holderOf } from '../../src/fix/blocked.ts';
import { releasesAbove } from '../../src/fix/candidates.ts';
import { smallestHittingSets } from '../../src/fix/hitting-sets.ts';
import { kinOf } from '../../src/fix/kin.ts';
import { questionAbout } from '../../src/fix/question.ts';
import type { IndexRelease } from '../../src/scan/why-releases.ts';
import { treeOf } from '../support/drive-lock.ts';
import { target } from '../support/locks.ts';
import { lockedPackage } from '../support/remaining.ts';

function release(version: string, more: Partial<IndexRelease> = {}): IndexRelease {
  return { version, uploaded: null, requiresPython: [], yanked: false, ...more };
}

describe('releasesAbove', () => {
  const choice = { locked: ['1.0'], python: null, isAffected: (version: string) => version < '1.2' };
  it.each([
    [
      'what is above and not affected, lowest first',
      ['1.10', '1.3', '1.1', '0.9', '1.2'],
      ['1.2', '1.3', '1.10'],
    ],
    ['no pre-releases', ['1.2rc1', '1.2', '2.0.dev1'], ['1.2']],
    ['no nonsense', ['banana', '1.2'], ['1.2']],
  ])('gives %s', (_, given, versions) => {
    expect(
      releasesAbove(
        given.map((version) => release(version)),
        { ...choice, isAffected: (version) => version === '1.1' },
      ),
    ).toEqual({ versions, yanked: false });
  });

  it('gives pre-releases where one is locked', () => {
    const given = { ...choice, locked: ['1.0rc1'] };
    expect(releasesAbove([release('1.2rc1')], given).versions).toEqual(['1.2rc1']);
  });

  it('gives withdrawn ones only where there is nothing else', () => {
    const yanked = release('1.2', { yanked: true });
    expect(releasesAbove([yanked, release('1.3')], choice)).toEqual({ versions: ['1.3'], yanked: false });
    expect(releasesAbove([yanked], choice)).toEqual({ versions: ['1.2'], yanked: true });
  });

  it('leaves out what does not run on the Python of the lock', () => {
    const given = [
      release('1.2', { requiresPython: ['>=3.10'] }),
      release('1.3', { requiresPython: ['>=3.8', null] }),
    ];
    expect(releasesAbove(given, { ...choice, python: '3.8' }).versions).toEqual(['1.3']);
    expect(releasesAbove(given, choice).versions).toEqual(['1.2', '1.3']);
  });
});

describe('kinOf', () => {
  it('gives those above first, the nearest first, then what they want', () => {
    const packages = [
      lockedPackage('idna', '3.6', { via: ['requests'] }),
      lockedPackage('urllib3', '2.0', { via: ['requests'] }),
      lockedPackage('requests', '2.0', { via: ['app', 'demo'] }),
      lockedPackage('app', '1.0'),
      lockedPackage('stranger', '1.0'),
      lockedPackage('h2', '1.0', { via: ['urllib3'] }),
    ];
    // demo is the project itself.
    expect(kinOf([{ packages }], ['idna'])).toEqual(['requests', 'app', 'urllib3', 'h2']);
  });

  it('gives all of a lock that does not tell who wants what', () => {
    const packages = ['b', 'a', 'c'].map((name) => lockedPackage(name, '1'));
    expect(kinOf([{ packages }], ['a'])).toEqual(['b', 'c']);
  });
});

describe('smallestHittingSets', () => {
  it.each([
    ['nothing to hit', [], [[]]],
    ['one conflict', [[2, 0]], [[0], [2]]],
    [
      'one that hits all',
      [
        [0, 1],
        [1, 2],
      ],
      [[1]],
    ],
    [
      'two at least',
      [
        [0, 3],
        [1, 2],
      ],
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ],
    ],
    ['an empty conflict', [[0], []], null],
  ])('%s', (_, conflicts, sets) => {
    expect(smallestHittingSets(conflicts.map((conflict) => new Set(conflict)))).toEqual(sets);
  });
});

describe('holderOf', () => {
  const lock = {
    target: target('a.txt', { manifests: ['a.in'] }),
    failed: false,
    content: {
      packages: [lockedPackage('idna', '2.1', { via: ['requests'] }), lockedPackage('requests', '2.0')],
    },
  };
  const input = { locks: [lock], tree: treeOf({ 'a.in': 'requests\nidna<3\n' }), hidesItsIndex: () => false };
  const question = questionAbout({ lock: 'a.txt', name: 'idna', version: '2.1', wanted: ['3.7'] }, input)!;

  it.each([
    [
      { by: 'requests 2.0', wants: 'idna<3' },
      { kind: 'package', package: 'requests', version: '2.0', wants: 'idna<3', newest: null },
    ],
    [
      { by: 'a.in:2', wants: 'idna<3' },
      { kind: 'manifest', at: 'a.in:2', wants: 'idna<3' },
    ],
    [
      { by: 'idna 3.7', wants: 'Python >=3.10 (the lock is for 3.8)' },
      { kind: 'python', package: 'idna', version: '3.7', wants: 'Python >=3.10 (the lock is for 3.8)' },
    ],
  ])('%o', (why, holder) => {
    expect(holderOf(question, { kind: 'held', fixed: '3.7', ...why })).toEqual(holder);
  });

  it('is nobody where it is not known', () => {
    expect(holderOf(question, { kind: 'unknown', fixed: '3.7' })).toBeNull();
  });

  it('asks of the lines of the manifests', () => {
    expect(question.bounds).toMatchObject([{ at: 'a.in:2', wants: 'idna<3' }]);
    expect(questionAbout({ lock: 'a.txt', name: 'gone', version: '1', wanted: ['2'] }, input)).toBeNull();
  });
});

it('says the whole chain', () => {
  const blocked = heldBy(
    [
      { kind: 'package', package: 'requests', version: '2.0', wants: 'idna<3', newest: null },
      { kind: 'package', package: 'app', version: '1.0', wants: 'requests<2.1', newest: '1.4' },
    ],
    'idna 3.7',
    'words',
  );
  expect(blocked).toMatchObject({
    code: 'held',
    message: 'idna 3.7 is not let in: requests 2.0 wants `idna<3`; app 1.0 wants `requests<2.1`.',
    wouldFree: 'A release of app that lets a newer requests in; its newest, 1.4, does not.',
    detail: 'words',
  });
});
