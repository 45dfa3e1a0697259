import { describe, expect, it } from 'vitest';
import type { LockedPackage, Target, Tree } from '../../src/model.ts';
import type { FindingChange } from '../../src/scan/outcome.ts';
import { questionsOf, type RelockedLock } from '../../src/scan/why-questions.ts';
import { diffOf, finding, imagePlace, lockedPackage, lockPlace, remaining } from '../support/remaining.ts';
import { target } from '../support/locks.ts';

const KOMBU = finding('kombu', '5.2.1', { fixed: ['5.3.0'] });
const PACKAGES = [
  lockedPackage('celery', '5.2.0', { direct: true }),
  lockedPackage('kombu', '5.2.1', { via: ['celery', 'ours'] }),
  lockedPackage('ours', '1.0', { source: 'https://ours.example/simple' }),
  lockedPackage('vine', '5.0', { via: ['kombu'] }),
];

function lock(
  path: string,
  packages: readonly LockedPackage[] | null = PACKAGES,
  more: Partial<Target> = {},
  failed = false,
): RelockedLock {
  return { target: target(path, more), failed, content: packages === null ? null : { packages } };
}

function treeOf(files: Readonly<Record<string, string>>): Tree {
  return {
    paths: Object.keys(files),
    files: new Map(Object.entries(files).map(([path, text]) => [path, { kind: 'text', text } as const])),
  };
}

function ask(
  change: FindingChange,
  locks: readonly RelockedLock[],
  files: Readonly<Record<string, string>> = {},
  hidesItsIndex: (target: Target) => boolean = () => false,
) {
  return questionsOf(diffOf(change), { locks, tree: treeOf(files), hidesItsIndex });
}

describe('questionsOf', () => {
  it('asks for the package, and for those that want it and are on the default index', () => {
    const change = remaining(KOMBU, lockPlace('a.txt'));
    expect(ask(change, [lock('a.txt', PACKAGES, { python: { version: '3.9', from: 'x' } })])).toEqual([
      {
        change,
        lock: 'a.txt',
        name: 'kombu',
        version: '5.2.1',
        fixed: ['5.3.0'],
        askable: true,
        parents: [{ name: 'celery', version: '5.2.0' }],
        bounds: [],
        pythons: ['3.9'],
        universal: false,
      },
    ]);
  });

  it('asks once for each lock that still has it', () => {
    const change = remaining(KOMBU, lockPlace('a.txt'), imagePlace('python:3.9'), lockPlace('b.txt'));
    expect(ask(change, [lock('a.txt'), lock('b.txt')]).map(({ lock }) => lock)).toEqual(['a.txt', 'b.txt']);
  });

  it.each([
    ['has no fix', remaining(finding('kombu', '5.2.1'), lockPlace('a.txt')), [lock('a.txt')]],
    [
      'has a fix below it only',
      remaining(finding('kombu', '5.2.1', { fixed: ['5.2', 'x'] }), lockPlace('a.txt')),
      [lock('a.txt')],
    ],
    ['is in an image only', remaining(KOMBU, imagePlace('python:3.9')), [lock('a.txt')]],
    [
      'is of another ecosystem',
      remaining({ ...KOMBU, ecosystem: 'Debian:12' }, lockPlace('a.txt')),
      [lock('a.txt')],
    ],
    ['is in a lock that failed', remaining(KOMBU, lockPlace('a.txt')), [lock('a.txt', PACKAGES, {}, true)]],
    ['is in a lock that cannot be read', remaining(KOMBU, lockPlace('a.txt')), [lock('a.txt', null)]],
    ['is in a lock that nobody knows', remaining(KOMBU, lockPlace('a.txt')), []],
    ['is not in the lock', remaining(KOMBU, lockPlace('a.txt')), [lock('a.txt', [])]],
    [
      "is conda's",
      remaining(KOMBU, lockPlace('a.txt')),
      [
        lock('a.txt', [
          lockedPackage('kombu', '5.2.1', {
            conda: { platform: 'linux-64', manager: 'conda', build: null, channel: 'conda-forge' },
          }),
        ]),
      ],
    ],
  ])('asks nothing of what %s', (_, change, locks) => {
    expect(ask(change, locks)).toEqual([]);
  });

  it('takes all packages for candidates where the lock does not tell who wants what', () => {
    const packages = PACKAGES.map((each) => ({ ...each, via: [] }));
    const [question] = ask(remaining(KOMBU, lockPlace('a.txt')), [lock('a.txt', packages)]);
    expect(question?.parents.map(({ name }) => name)).toEqual(['celery', 'vine']);
  });

  it('bounds those candidates', () => {
    const many = Array.from({ length: 3000 }, (_, at) => lockedPackage(`p${at}`, '1'));
    const locks = [lock('a.txt', [lockedPackage('kombu', '5.2.1'), ...many])];
    expect(ask(remaining(KOMBU, lockPlace('a.txt')), locks)[0]?.parents).toHaveLength(200);
  });

  it('sorts fixed versions, and takes the locked one that has it', () => {
    const found = finding('kombu', '4.0', { fixed: ['5.10', '4.2', '5.9', '3.9'] });
    const packages = [lockedPackage('kombu', '5.0'), lockedPackage('kombu', '4.0.0')];
    const [question] = ask(remaining(found, lockPlace('a.txt')), [lock('a.txt', packages)]);
    expect([question?.version, question?.fixed]).toEqual(['4.0.0', ['4.2', '5.9', '5.10']]);
  });

  it('reads what the lock was made from, but neither itself nor locks of the same run', () => {
    const inputs = ['a.in', 'a.txt', 'base.txt', 'old.txt', 'missing.in'];
    const locks = [
      lock('a.txt', PACKAGES, { manifests: ['a.in'], inputs }),
      lock('base.txt'),
      lock('old.txt', null, {}, true),
    ];
    const files = {
      'a.in': '\n kombu<5.3\n',
      'a.txt': 'kombu==5.2.1',
      'base.txt': 'kombu==5.2.1',
      'old.txt': 'kombu==5.2.1',
    };
    const [question] = ask(remaining(KOMBU, lockPlace('a.txt')), locks, files);
    expect(question?.bounds.map(({ at }) => at)).toEqual(['a.in:2', 'old.txt:1']);
  });

  it('asks no index for packages of one of their own', () => {
    const packages = [
      lockedPackage('kombu', '5.2.1', { source: 'https://ours.example/simple', via: ['celery'] }),
    ];
    const [question] = ask(remaining(KOMBU, lockPlace('a.txt')), [lock('a.txt', packages)]);
    expect(question?.askable).toBe(false);
  });

  it('asks no index for a lock whose index stands for the public one', () => {
    const files = { 'a.in': 'kombu<5.3' };
    const locks = [lock('a.txt', PACKAGES, { manifests: ['a.in'] })];
    const [question] = ask(
      remaining(KOMBU, lockPlace('a.txt')),
      locks,
      files,
      ({ path }) => path === 'a.txt',
    );
    expect([question?.askable, question?.parents, question?.bounds.length]).toEqual([false, [], 1]);
  });

  it('holds a universal lock against the oldest Python of its project', () => {
    const more = {
      kind: 'poetry',
      manifests: ['pyproject.toml'],
      python: { version: '3.11.4', from: 'Dockerfile:1' },
    } as const;
    const files = { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.8"\n' };
    const [question] = ask(remaining(KOMBU, lockPlace('a.lock')), [lock('a.lock', PACKAGES, more)], files);
    expect([question?.universal, question?.pythons.slice(0, 2)]).toEqual([true, ['3.8', '3.9']]);
    const [without] = ask(remaining(KOMBU, lockPlace('a.lock')), [lock('a.lock', PACKAGES, more)]);
    expect(without?.pythons[0]).toBe('3.11');
  });

  it('asks no more than can be answered', () => {
    const changes = Array.from({ length: 10_000 }, () => remaining(KOMBU, lockPlace('a.txt')));
    const input = { locks: [lock('a.txt')], tree: treeOf({}), hidesItsIndex: () => false };
    expect(questionsOf(diffOf(...changes), input)).toHaveLength(500);
  });
});
