import { expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { Plan } from '../../src/plan.ts';
import { planTargets } from '../../src/plan.ts';
import { branchName } from '../../src/proposal/branch.ts';
import { partsOf } from '../../src/proposal/parts.ts';
import { wholeGroups } from '../../src/proposal/scope.ts';
import { fakeEcosystem, fakeLock } from '../support/locks.ts';

it.each([
  ['all stay all', [], []],
  ['a lock alone', ['other.txt'], ['other.txt']],
  ['what it reads comes along', ['dev.txt'], ['dev.txt', 'base.txt', 'docs/[a].txt']],
  ['what reads it comes along', ['base.*'], ['base.*', 'base.txt', 'dev.txt', 'docs/[a].txt']],
  ['nothing that is there', ['gone.txt'], ['gone.txt']],
])('%s', (_what, only, expected) => {
  const groups = [['base.txt', 'dev.txt', 'docs/[a].txt'], ['other.txt']];
  expect(new Set(wholeGroups(only, groups))).toEqual(
    new Set(expected.map((path) => path.replace('[a]', String.raw`\[a\]`))),
  );
});

const locks = [
  fakeLock('a/base.txt'),
  fakeLock('a/dev.txt', { inputs: ['a/base.txt'] }),
  fakeLock('a/{x}*.txt', { inputs: ['a/dev.txt'] }),
  fakeLock('b/one.lock', { writes: ['b/one.lock', 'b/out.txt'] }),
  fakeLock('b/two.lock', { writes: ['b/two.lock', 'b/out.txt'] }),
  fakeLock('c.txt'),
];

function planOf(only: readonly string[]): Plan {
  const job = { repository: 'r', trigger: 'comment', only, cutoff: null } as const;
  return planTargets({ paths: [], files: new Map() }, NO_POLICY, job, [fakeEcosystem(locks)]);
}

/** Locks by branch. */
function branches({ locks: planned }: Plan): ReadonlyMap<string, readonly string[]> {
  const results = planned.map(({ target }) => ({ target }) as Parameters<typeof partsOf>[0][number]);
  return new Map(
    partsOf(results, { images: NO_IMAGES, rebuilds: NO_REBUILDS }, 'per-lock').map((part) => [
      branchName('monthly', part.lock),
      part.results.map(({ target }) => target.path),
    ]),
  );
}

it.each([
  ['a/dev.txt', 1],
  ['a/base.txt', 1],
  ['a/\\{x\\}\\*.txt', 1],
  ['b/two.lock', 1],
  ['**/*e*', 2],
  ['c.txt', 1],
  ['none', 0],
  ['**', 3],
])(
  'a lock has the branch of a full run, with all that goes with it, whatever the scope: %s',
  (glob, count) => {
    const full = planOf([]);
    const paths = full.groups.map((group) => group.map(({ target }) => target.path));
    const scoped = branches(planOf(wholeGroups([glob], paths)));
    expect(scoped.size).toBe(count);
    for (const [branch, held] of scoped) expect(branches(full).get(branch)).toEqual(held);
  },
);
