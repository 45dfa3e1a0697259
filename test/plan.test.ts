import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeEcosystem, fakeLock } from './support/locks.ts';
import { NO_POLICY } from '../src/config/defaults.ts';
import type { Policy } from '../src/config/policy.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../src/locks/ecosystem.ts';
import type { Job, Skip, Target, Tree, TreeFile } from '../src/model.ts';
import { planTargets } from '../src/plan.ts';

const JOB: Job = { repository: 'o/r', trigger: 'terminal', only: [], cutoff: null };

function lock(path: string, inputs: readonly string[] = [], over: Partial<Target> = {}): PlannedLock {
  const target: Target = {
    path,
    kind: 'pip-compile',
    manifests: [],
    inputs,
    writes: [path],
    tool: { name: 'pip-compile', version: null, from: '' },
    python: { version: null, from: '' },
    cwd: '.',
    command: [],
    remotes: [],
    notes: [],
    ...over,
  };
  return {
    target,
    next: () => ({ do: 'done', solver: 'none', notes: [] }),
    parse: () => ({ packages: [] }),
  };
}

function skip(path: string, message = 'no'): Skip {
  return { path, kind: 'unknown', reason: { code: 'nothing-pinned', message, fix: '', detail: '' } };
}

function ecosystem(locks: readonly PlannedLock[], skips: readonly Skip[] = []): LockEcosystem {
  return { name: 'test', kinds: [], detect: (): Detection => ({ locks, skips }) };
}

function tree(files: Readonly<Record<string, TreeFile>> = {}): Tree {
  return { paths: Object.keys(files).toSorted(), files: new Map(Object.entries(files)) };
}

function plan(
  ecosystems: readonly LockEcosystem[],
  over: { policy?: Partial<Policy>; job?: Partial<Job>; tree?: Tree } = {},
) {
  const planned = planTargets(
    over.tree ?? tree(),
    { ...NO_POLICY, ...over.policy },
    { ...JOB, ...over.job },
    ecosystems,
  );
  return {
    locks: planned.locks.map(({ target }) => target.path),
    groups: planned.groups.map((group) => group.map(({ target }) => target.path)),
    skips: planned.skips.map(({ path, reason }) => `${path}: ${reason.code}`),
    planned,
  };
}

it('plans nothing for an empty tree', () => {
  expect(plan([])).toMatchObject({ locks: [], groups: [], skips: [] });
});

it('sorts locks and skips by path', () => {
  const { locks, skips } = plan([ecosystem([lock('b'), lock('a')], [skip('d'), skip('c')])]);
  expect(locks).toEqual(['a', 'b']);
  expect(skips).toEqual(['c: nothing-pinned', 'd: nothing-pinned']);
});

describe('groups', () => {
  it.each<[string, PlannedLock[], string[][]]>([
    ['independent locks are groups of their own', [lock('a'), lock('b')], [['a'], ['b']]],
    ['a lock follows the lock it reads', [lock('a', ['b']), lock('b')], [['b', 'a']]],
    [
      'layers across folders, deepest first',
      [
        lock('a/dev', ['a/base', 'z/test']),
        lock('a/base', ['c/pip']),
        lock('z/test', ['a/base']),
        lock('c/pip'),
      ],
      [['c/pip', 'a/base', 'z/test', 'a/dev']],
    ],
    [
      'two that share a layer are one group, a third is not',
      [lock('a', ['z']), lock('b', ['z']), lock('c'), lock('z')],
      [['z', 'a', 'b'], ['c']],
    ],
    [
      'a cycle is cut, and each lock comes once',
      [lock('a', ['b']), lock('b', ['c']), lock('c', ['a'])],
      [['c', 'b', 'a']],
    ],
    ['a lock that reads itself', [lock('a', ['a', 'in'])], [['a']]],
    ['inputs that are no locks connect nothing', [lock('a', ['x.in']), lock('b', ['x.in'])], [['a'], ['b']]],
    [
      'a further file that another lock writes counts as that lock',
      [lock('a', ['z.extra']), lock('z', [], { writes: ['z', 'z.extra'] })],
      [['z', 'a']],
    ],
    [
      'locks that write the same file are never apart',
      [lock('a', [], { writes: ['a', 'uv.lock'] }), lock('b'), lock('uv.lock')],
      [['a', 'uv.lock'], ['b']],
    ],
    [
      'groups go by their first path',
      [lock('b', ['c']), lock('a', ['z']), lock('c'), lock('z')],
      [
        ['z', 'a'],
        ['c', 'b'],
      ],
    ],
  ])('%s', (_what, locks, groups) => {
    expect(plan([ecosystem(locks)]).groups).toEqual(groups);
  });

  it('holds every lock exactly once, after all it reads where there is no cycle', () => {
    const graph = fc.array(fc.array(fc.nat(19), { maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(graph, (edges) => {
        const name = (at: number): string => `f${String(at).padStart(2, '0')}`;
        // Only to lower numbers: no cycle. Names run against the numbers so that the order of paths does not help.
        const locks = edges.map((to, at) =>
          lock(
            name(99 - at),
            to.filter((one) => one < at).map((one) => name(99 - one)),
          ),
        );
        const { groups } = plan([ecosystem(locks)]);
        const flat = groups.flat();
        expect(flat.toSorted()).toEqual(locks.map(({ target }) => target.path).toSorted());
        for (const { target } of locks) {
          const group = groups.find((one) => one.includes(target.path)) ?? [];
          for (const input of target.inputs) {
            expect(group.indexOf(input)).toBeGreaterThanOrEqual(0);
            expect(group.indexOf(input)).toBeLessThan(group.indexOf(target.path));
          }
        }
      }),
    );
  });

  it('takes a chain of 20,000 locks without a deep stack or a long wait', () => {
    const name = (at: number): string => `f${String(at).padStart(5, '0')}.txt`;
    const locks = Array.from({ length: 20_000 }, (_, at) => lock(name(at), [name(at + 1)]));
    const start = performance.now();
    const { groups } = plan([ecosystem(locks)]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.[0]).toBe(name(19_999));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('precedence', () => {
  it('the first ecosystem that claims a path has it', () => {
    const first = lock('a', [], { kind: 'uv-pip-compile' });
    const { planned } = plan([ecosystem([first]), ecosystem([lock('a')], [skip('a')])]);
    expect(planned.locks).toEqual([first]);
    expect(planned.skips).toEqual([]);
  });

  it('a skip is a claim too', () => {
    const { locks, planned } = plan([
      ecosystem([], [skip('a', 'first')]),
      ecosystem([lock('a')], [skip('a', 'second')]),
    ]);
    expect(locks).toEqual([]);
    expect(planned.skips.map(({ reason }) => reason.message)).toEqual(['first']);
  });
});

describe('files that are not read', () => {
  it.each<[string, TreeFile, string]>([
    ['a/poetry.lock', { kind: 'symlink' }, 'a/poetry.lock: symlink'],
    ['uv.lock', { kind: 'too-large', bytes: 50_000_000 }, 'uv.lock: too-large'],
    ['Pipfile.lock', { kind: 'not-utf8' }, 'Pipfile.lock: not-utf8'],
    ['pylock.dev.toml', { kind: 'symlink' }, 'pylock.dev.toml: symlink'],
    ['requirements/base.txt', { kind: 'symlink' }, 'requirements/base.txt: symlink'],
    ['dev-requirements.txt', { kind: 'not-utf8' }, 'dev-requirements.txt: not-utf8'],
  ])('%s is skipped with its reason, whatever an ecosystem makes of it', (path, file, skipped) => {
    const { locks, skips } = plan([ecosystem([lock(path)])], { tree: tree({ [path]: file }) });
    expect(locks).toEqual([]);
    expect(skips).toEqual([skipped]);
  });

  it.each(['README.md', 'my-poetry.lock.bak', 'notes.txt'])('%s is no lock', (path) => {
    expect(plan([], { tree: tree({ [path]: { kind: 'symlink' } }) }).skips).toEqual([]);
  });

  it('says nothing of a readable one: that is for the ecosystems', () => {
    expect(plan([], { tree: tree({ 'uv.lock': { kind: 'text', text: '' } }) }).skips).toEqual([]);
  });
});

describe('policy and selection', () => {
  const locks = [lock('a/base.txt'), lock('a/dev.txt', ['a/base.txt']), lock('b/poetry.lock')];

  it.each<[string, Partial<Policy>, Partial<Job>, string[], string[]]>([
    [
      'ignore',
      { ignore: ['a'] },
      {},
      ['b/poetry.lock'],
      ['a/base.txt: excluded-by-config', 'a/dev.txt: excluded-by-config'],
    ],
    [
      'enabled = false, and true again',
      {
        locks: [
          { path: 'a/**', enabled: false },
          { path: 'a/dev.txt', enabled: true },
        ],
      },
      {},
      ['a/dev.txt', 'b/poetry.lock'],
      ['a/base.txt: excluded-by-config'],
    ],
    [
      'only',
      {},
      { only: ['b/*'] },
      ['b/poetry.lock'],
      ['a/base.txt: not-selected', 'a/dev.txt: not-selected'],
    ],
    [
      'several globs of only',
      {},
      { only: ['b/*', '**/dev.txt'] },
      ['a/dev.txt', 'b/poetry.lock'],
      ['a/base.txt: not-selected'],
    ],
    [
      'only by path',
      {},
      { only: ['./a/dev.txt'] },
      ['a/dev.txt'],
      ['a/base.txt: not-selected', 'b/poetry.lock: not-selected'],
    ],
    [
      'config before selection',
      { ignore: ['a/base.txt'] },
      { only: ['a/dev.txt'] },
      ['a/dev.txt'],
      ['a/base.txt: excluded-by-config', 'b/poetry.lock: not-selected'],
    ],
  ])('%s', (_what, policy, job, left, skips) => {
    expect(plan([ecosystem(locks)], { policy, job })).toMatchObject({ locks: left, skips });
  });

  it('a layer that is left alone does not hold up the lock above it', () => {
    const { groups } = plan([ecosystem(locks)], { job: { only: ['a/dev.txt'] } });
    expect(groups).toEqual([['a/dev.txt']]);
  });

  it('also for what would have been skipped anyway', () => {
    const { skips } = plan([ecosystem([], [skip('x.txt')])], { policy: { ignore: ['*.txt'] } });
    expect(skips).toEqual(['x.txt: excluded-by-config']);
  });
});

it('leaves a lock alone whose manifest would have its tool read outside the repository', () => {
  const manifest = '[tool.uv.sources]\nx = { git = "file:///srv/x" }\n';
  const tree = { paths: [], files: new Map([['pyproject.toml', { kind: 'text', text: manifest } as const]]) };
  const lock = fakeLock('uv.lock', { kind: 'uv', manifests: ['pyproject.toml'] });
  const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: null } as const;
  const plan = planTargets(tree, NO_POLICY, job, [fakeEcosystem([lock])]);
  expect(plan.locks).toEqual([]);
  expect(plan.skips.map(({ path, reason }) => [path, reason.code])).toEqual([
    ['uv.lock', 'path-outside-repository'],
  ]);
});
