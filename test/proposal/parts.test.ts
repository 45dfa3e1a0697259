import { expect, it } from 'vitest';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { TargetResult } from '../../src/model.ts';
import { branchName } from '../../src/proposal/branch.ts';
import { IMAGES, partsOf } from '../../src/proposal/parts.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { imageOf, OLD, outcomeOf } from '../support/image-results.ts';
import { rebuildResult } from '../support/rebuild-results.ts';

const NOTHING = { images: NO_IMAGES, rebuilds: NO_REBUILDS };

function result(path: string, inputs: readonly string[] = [], writes: readonly string[] = [path]) {
  return { target: { path, inputs, writes } } as unknown as TargetResult;
}

const grouped = (results: readonly TargetResult[], group: 'one' | 'per-lock' = 'per-lock') =>
  partsOf(results, NOTHING, group).map((part) => [
    part.lock,
    ...part.results.map(({ target }) => target.path),
  ]);

it('keeps all together unless told', () => {
  expect(grouped([result('b.txt'), result('a.txt')], 'one')).toEqual([[null, 'b.txt', 'a.txt']]);
  expect(grouped([], 'one')).toEqual([[null]]);
});

it.each<[string, readonly TargetResult[], readonly unknown[]]>([
  [
    'nothing in common',
    [result('b.txt', ['shared.in']), result('a.txt', ['shared.in'])],
    [
      ['a.txt', 'a.txt'],
      ['b.txt', 'b.txt'],
    ],
  ],
  [
    'a chain, named by its first path whatever the order',
    [result('z.txt', ['m.txt']), result('m.txt', ['c.txt']), result('q.txt'), result('c.txt')],
    [
      ['c.txt', 'z.txt', 'm.txt', 'c.txt'],
      ['q.txt', 'q.txt'],
    ],
  ],
  [
    'two that read each other',
    [result('a.txt', ['b.txt']), result('b.txt', ['a.txt'])],
    [['a.txt', 'a.txt', 'b.txt']],
  ],
  [
    'two that write the same file',
    [result('a.lock', [], ['a.lock', 'out.txt']), result('b.lock', [], ['b.lock', 'out.txt'])],
    [['a.lock', 'a.lock', 'b.lock']],
  ],
  ['none', [], []],
])('one for each group: %s', (_name, results, expected) => {
  expect(grouped(results)).toEqual(expected);
});

it('takes a chain of thousands', () => {
  const chain = Array.from({ length: 3000 }, (_, index) => result(`${index}.txt`, [`${index + 1}.txt`]));
  expect(partsOf(chain, NOTHING, 'per-lock')).toHaveLength(1);
});

it('has all images in the one part, or in one of their own that no lock can have the branch of', () => {
  const image = {
    image: imageOf(`python:3.12@${OLD}`),
    status: 'unchanged',
    reason: null,
    from: OLD,
    to: OLD,
    comparisons: [],
    suggestions: [],
    notes: [],
  } as const;
  const images = outcomeOf([image, image]);
  const locks = [result('base images'), result('base-images')];
  const looked = { images, rebuilds: NO_REBUILDS };
  expect(partsOf(locks, looked, 'one')).toEqual([{ lock: null, results: locks, ...looked }]);
  const parts = partsOf(locks, looked, 'per-lock');
  expect(parts.map((part) => part.images.results.length)).toEqual([0, 0, 2]);
  expect(parts.map((part) => part.results.length)).toEqual([1, 1, 0]);
  const branches = parts.map(({ lock }) => branchName('monthly', lock));
  expect(new Set(branches).size).toBe(3);
  expect(branches[2]).toBe('relock/monthly-base-images-588b41be');
});

it('has published images with those that are built on, also where there are none of these', () => {
  const rebuilds = { results: [rebuildResult()] };
  const parts = partsOf([result('a.txt')], { images: NO_IMAGES, rebuilds }, 'per-lock');
  expect(parts.map((part) => [part.lock, part.rebuilds.results.length])).toEqual([
    ['a.txt', 0],
    [IMAGES, 1],
  ]);
});
