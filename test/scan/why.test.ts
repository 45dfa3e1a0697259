import { describe, expect, it } from 'vitest';
import type { RemainingWhy } from '../../src/scan/outcome.ts';
import { whyOfChange, whyRemains, type Knowledge, type RequiredPackage } from '../../src/scan/why.ts';
import type { ManifestBound } from '../../src/scan/why-manifests.ts';
import type { RelockedLock, RemainingQuestion } from '../../src/scan/why-questions.ts';
import type { IndexRelease } from '../../src/scan/why-releases.ts';
import { finding, imagePlace, lockPlace, remaining } from '../support/remaining.ts';
import { target } from '../support/locks.ts';

const OLD = '2022-01-01T00:00:00.000Z';
const YOUNG = '2026-11-20T00:00:00.000Z';
const CUTOFF = '2026-11-19T00:00:00Z';
const FOUND = finding('kombu', '5.2.1', { fixed: ['5.3.0'] });

function question(more: Partial<RemainingQuestion> = {}): RemainingQuestion {
  return {
    change: remaining(FOUND, lockPlace('a.txt')),
    lock: 'a.txt',
    name: 'kombu',
    version: '5.2.1',
    fixed: ['5.3.0'],
    askable: true,
    parents: [{ name: 'celery', version: '5.2.0' }],
    bounds: [],
    pythons: ['3.9'],
    universal: false,
    ...more,
  };
}

function release(
  version: string,
  uploaded: string | null = OLD,
  ...requires: readonly (string | null)[]
): IndexRelease {
  return { version, uploaded, requiresPython: requires, yanked: false };
}

function required(specifier: string, marker = '', name = 'kombu'): RequiredPackage {
  return { name, writtenName: name, specifier, marker };
}

function bound(wants: string, range: string, marker = ''): ManifestBound {
  return { at: 'a.in:3', wants, ranges: [range], marker };
}

function known(
  wants: readonly RequiredPackage[] | null,
  releases: readonly IndexRelease[] | null = [release('5.2.1'), release('5.3.0'), release('5.3.1')],
  cutoff: string | null = CUTOFF,
): Knowledge {
  return {
    requires: ({ name }) => (name === 'celery' ? wants : null),
    releases: (name) => (name === 'kombu' ? releases : null),
    cutoff,
  };
}

/** `by wants wants (fixed)`. */
function shown(why: RemainingWhy): string {
  switch (why.kind) {
    case 'held':
      return `${why.by} wants ${why.wants} (${why.fixed})`;
    case 'cool-down':
      return `cool-down ${why.fixed} ${why.released}`;
    case 'no-fix':
      return `no-fix ${why.note ?? ''}`;
    case 'failed':
      return `failed ${why.location}`;
    case 'image':
    case 'unknown':
      return `${why.kind} ${why.fixed}`;
    default:
      return why satisfies never;
  }
}

const HELD = 'celery 5.2.0 wants kombu<5.3 (5.3.0)';
const UNKNOWN = 'unknown 5.3.0';

describe('whyRemains, by packages that want it', () => {
  it.each([
    ['below the fix', [required('<5.3')], HELD],
    ['up to the fix', [required('<=5.3.0,>=5')], UNKNOWN],
    ['in two wishes, one too low', [required('>=5'), required('<5.3')], HELD],
    ['in a way that leaves the fix out but not what follows', [required('!=5.3.0')], 'unknown 5.3.1'],
    ['without a limit', [required('')], UNKNOWN],
    ['another package', [required('<5.3', '', 'vine')], UNKNOWN],
    ['in a way that nobody can read', [required('<banana')], UNKNOWN],
    ['as nobody knows', null, UNKNOWN],
    ['on an older Python', [required('<5.3', 'python_version < "3.8"')], UNKNOWN],
    ['on this Python', [required('<5.3', "python_version < '3.10'")], HELD],
    ['on another system', [required('<5.3', "sys_platform == 'win32'")], UNKNOWN],
    ['under a marker that nobody can read', [required('<5.3', 'banana')], HELD],
    ['for an extra', [required('<5.3', "extra == 'mq'")], HELD],
    [
      'for an extra on an older Python',
      [required('<5.3', "extra == 'mq' and python_version < '3'")],
      UNKNOWN,
    ],
    [
      'for an extra, and without one more freely',
      [required('<5.3', "extra == 'mq'"), required('>=5')],
      UNKNOWN,
    ],
  ])('%s', (_, wants, expected) => {
    expect(shown(whyRemains(question(), known(wants)))).toBe(expected);
  });

  it('holds a lock for all systems and Pythons against each of them', () => {
    const universal = question({ universal: true, pythons: ['3.8', '3.9', '3.10'] });
    const windows = known([required('<5.3', "sys_platform == 'win32'")]);
    const newest = known([required('<5.3', "python_version >= '3.10'")]);
    const older = known([required('<5.3', "python_version < '3.8'")]);
    expect([windows, newest, older].map((each) => shown(whyRemains(universal, each)))).toEqual([
      HELD,
      HELD,
      UNKNOWN,
    ]);
  });

  it('takes every marker for possible where no Python is known', () => {
    const wants = known([required('<5.3', "python_version < '3.8'")]);
    expect(shown(whyRemains(question({ pythons: [] }), wants))).toBe(HELD);
  });

  it('names the one that excludes most where none does alone', () => {
    const parents = ['celery', 'flower'].map((name) => ({ name, version: '1' }));
    const requires: Knowledge['requires'] = ({ name }) =>
      name === 'celery' ? [required('!=5.3.0')] : [required('!=5.3.1,!=5.3.2')];
    const releases = [release('5.3.0'), release('5.3.1'), release('5.3.2')];
    const why = whyRemains(question({ parents }), { ...known(null, releases), requires });
    expect(shown(why)).toBe('flower 1 wants kombu!=5.3.1,!=5.3.2 (5.3.0)');
  });

  it('knows that a fix of an older line would do', () => {
    const asked = question({ version: '3.2', fixed: ['3.2.14', '4.0.6'] });
    const releases = ['3.2.14', '4.0.1', '4.0.6'].map((version) => release(version));
    expect(shown(whyRemains(asked, known([required('<4')], releases)))).toBe('unknown 3.2.14');
    expect(shown(whyRemains(asked, known([required('<4.0.6,>=4')], releases)))).toBe(
      'celery 5.2.0 wants kombu<4.0.6,>=4 (3.2.14)',
    );
  });

  it('needs no list of releases to know an upper bound', () => {
    expect(shown(whyRemains(question(), known([required('<5.3')], null)))).toBe(HELD);
    expect(shown(whyRemains(question(), known([required('!=5.3.0')], null)))).toBe(UNKNOWN);
    const unasked = question({ askable: false });
    expect(shown(whyRemains(unasked, known([required('<5.3')], [])))).toBe(HELD);
  });
});

describe('whyRemains, by manifests', () => {
  it.each([
    ['its line', [bound('kombu<5.3', '<5.3')], 'a.in:3 wants kombu<5.3 (5.3.0)'],
    ["Poetry's caret", [bound('kombu ~5.2', '>=5.2,<5.3')], 'a.in:3 wants kombu ~5.2 (5.3.0)'],
    ['a line that lets it in', [bound('kombu<6', '<6')], UNKNOWN],
    ['a line for another Python', [bound('kombu<5.3', '<5.3', 'python_version < "3.8"')], UNKNOWN],
  ])('%s', (_, bounds, expected) => {
    expect(shown(whyRemains(question({ bounds }), known([])))).toBe(expected);
  });

  it('names a package before a manifest, since mending the manifest alone does not help', () => {
    const bounds = [bound('kombu<5.3', '<5.3')];
    expect(shown(whyRemains(question({ bounds }), known([required('<5.3')])))).toBe(HELD);
  });

  it('lets one of several ranges do', () => {
    const bounds = [{ ...bound('kombu ^4 || ^5.3', '<5'), ranges: ['>=4,<5', '>=5.3,<6'] }];
    expect(shown(whyRemains(question({ bounds }), known([])))).toBe(UNKNOWN);
  });
});

describe('whyRemains, by Python', () => {
  const newer = [release('5.3.0', OLD, '>=3.10'), release('5.3.1', OLD, '>= 3.10')];

  it('says which one the fix wants', () => {
    expect(shown(whyRemains(question(), known([], newer)))).toBe(
      'kombu 5.3.0 wants Python >=3.10 (the lock is for 3.9) (5.3.0)',
    );
  });

  it.each([
    ['nobody knows the Python', { pythons: [] }, newer],
    ['it runs on it', { pythons: ['3.10'] }, newer],
    ['one file runs on it', {}, [release('5.3.0', OLD, '>=3.10', '>=3.8')]],
    ['one file does not say', {}, [release('5.3.0', OLD, '>=3.10', null)]],
    ['no file says anything that can be read', {}, [release('5.3.0', OLD, 'banana')]],
  ])('but not when %s', (_, more, releases) => {
    expect(shown(whyRemains(question(more), known([], releases)))).toBe(UNKNOWN);
  });
});

describe('whyRemains, by age', () => {
  const young = [release('5.3.0', YOUNG), release('5.3.1', YOUNG)];

  it.each([
    ['all fixed ones are younger', young, CUTOFF, [], `cool-down 5.3.0 ${YOUNG}`],
    ['it came at the very instant', [release('5.3.0', YOUNG)], YOUNG, [], `cool-down 5.3.0 ${YOUNG}`],
    ['there is none', young, null, [], UNKNOWN],
    ['one is older', [release('5.3.0', YOUNG), release('5.4', OLD)], CUTOFF, [], UNKNOWN],
    [
      'the older one is not let in',
      [release('5.3.0', YOUNG), release('5.4', OLD)],
      CUTOFF,
      [required('<5.4')],
      `cool-down 5.3.0 ${YOUNG}`,
    ],
    ['the index tells no times', [release('5.3.0', null)], CUTOFF, [], UNKNOWN],
    ['it would be held all the same', young, CUTOFF, [required('<5.3')], HELD],
  ])('cool-down: %s', (_, releases, cutoff, wants, expected) => {
    expect(shown(whyRemains(question(), known(wants, releases, cutoff)))).toBe(expected);
  });

  it('says when the index has no such release', () => {
    const why = whyRemains(question(), known([], [release('5.2.1'), { ...release('5.3.0'), yanked: true }]));
    expect(shown(why)).toBe('no-fix the index has no 5.3.0 or later that was not withdrawn');
  });
});

describe('whyOfChange', () => {
  const lock = (path: string, failed: boolean): RelockedLock => ({
    target: target(path),
    failed,
    content: { packages: [] },
  });
  const locks = new Map(['a.txt', 'bad.txt'].map((path) => [path, lock(path, path === 'bad.txt')]));
  const held: RemainingWhy = { kind: 'held', by: 'celery 5.2.0', wants: 'kombu<5.3', fixed: '5.3.0' };
  const unknown: RemainingWhy = { kind: 'unknown', fixed: '5.3.0' };

  it.each([
    ['no fix', remaining({ ...FOUND, fixed: [], note: 'no-dsa' }, lockPlace('a.txt')), [], 'no-fix no-dsa'],
    ['no fix in an image', remaining({ ...FOUND, fixed: [] }, imagePlace('i')), [], 'no-fix '],
    ['an image', remaining(FOUND, imagePlace('i')), [], 'image 5.3.0'],
    ['an image and a lock', remaining(FOUND, imagePlace('i'), lockPlace('a.txt')), [held], HELD],
    ['nobody knows', remaining(FOUND, lockPlace('a.txt')), [], UNKNOWN],
    ['nobody found out', remaining(FOUND, lockPlace('a.txt')), [unknown], UNKNOWN],
    ['a lock that failed', remaining(FOUND, lockPlace('bad.txt')), [], 'failed bad.txt'],
    [
      'one that failed, one unknown',
      remaining(FOUND, lockPlace('a.txt'), lockPlace('bad.txt')),
      [unknown],
      'failed bad.txt',
    ],
    ['one that failed, one held', remaining(FOUND, lockPlace('bad.txt'), lockPlace('a.txt')), [held], HELD],
  ])('%s', (_, change, answers, expected) => {
    expect(shown(whyOfChange(change, answers, locks))).toBe(expected);
  });
});
