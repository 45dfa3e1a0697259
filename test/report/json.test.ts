import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import type { ImagePlan } from '../../src/images/plan-images.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { Change } from '../../src/model.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { outcomeJson, planJson } from '../../src/report/json.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { contentOf, imageOf, movedImage, NEW, OLD, outcomeOf, planOf } from '../support/image-results.ts';
import { target } from '../support/locks.ts';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../config/schema/result.schema.json', import.meta.url), 'utf8'),
);
const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object);

const NO_PLAN: ImagePlan = { images: [], left: [] };
const job = {
  repository: 'acme/app',
  trigger: 'terminal',
  only: [],
  cutoff: '2026-11-01T00:00:00Z',
} as const;
const reason = { code: 'unsatisfiable', message: 'no', fix: '', detail: 'words' } as const;
const skips = [{ path: 'a.lock', kind: 'pdm', reason: { ...reason, code: 'unsupported-kind' } }] as const;
const change = {
  name: 'flask',
  from: '1.0',
  to: null,
  kind: 'removed',
  direct: false,
  via: ['x'],
  groups: ['main'],
  origin: null,
  source: null,
} as const;

const built = { from: 'h0_0', to: 'h0_1' };
const rebuilt: Change = {
  ...change,
  to: '1.0',
  kind: 'build',
  origin: 'conda:conda-forge',
  conda: { platforms: ['linux-64'], manager: 'conda', channel: 'conda-forge', build: built },
};
const byPip: Change = {
  ...change,
  conda: { platforms: [], manager: 'pip', channel: null, build: null },
};

it('of a run follows its schema, and has everything sorted by path', () => {
  const made = {
    target: target('b.lock', { notes: ['n'] }),
    seconds: 1.234567,
    solver: 'uv 1',
    notes: ['m'],
    files: [],
  };
  const outcome: JobOutcome = {
    job,
    results: [
      { ...made, status: 'updated', reason: null, changes: [change, rebuilt, byPip] },
      { ...made, target: target('c.lock'), status: 'failed', reason, changes: [], solver: null },
    ],
    skips,
    seconds: 2,
    notes: [],
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    pullRequest: { title: 't', body: 'b' },
  };
  const json = outcomeJson(outcome);
  valid(structuredClone(json));
  expect(valid.errors).toBeNull();
  expect(json.targets.map(({ path, status, seconds }) => [path, status, seconds])).toEqual([
    ['a.lock', 'skipped', 0],
    ['b.lock', 'updated', 1.23],
    ['c.lock', 'failed', 1.23],
  ]);
  expect(json.targets[1]?.notes).toEqual(['n', 'm']);
});

it('of a plan follows its schema', () => {
  const json = planJson({
    job,
    targets: [target('b.lock', { kind: 'uv' })],
    skips,
    seconds: 0.1,
    notes: [],
    images: NO_PLAN,
  });
  valid(structuredClone(json));
  expect(valid.errors).toBeNull();
  expect(json.targets.map(({ status }) => status)).toEqual(['skipped', 'planned']);
});

it('the schema refuses what it does not know', () => {
  expect(
    valid({ ...planJson({ job, targets: [], skips: [], seconds: 0, notes: [], images: NO_PLAN }), extra: 1 }),
  ).toBe(false);
});

it('the schema refuses a conda change that lacks a part', () => {
  const { conda } = rebuilt;
  const outcome = (changes: readonly unknown[]): unknown => ({
    ...planJson({ job, targets: [], skips: [], seconds: 0, notes: [], images: NO_PLAN }),
    targets: [
      {
        ...planJson({ job, targets: [target('b.lock')], skips: [], seconds: 0, notes: [], images: NO_PLAN })
          .targets[0],
        changes,
      },
    ],
  });
  expect(valid(outcome([rebuilt]))).toBe(true);
  expect(valid(outcome([{ ...rebuilt, conda: { ...conda, build: undefined, manager: 'mamba' } }]))).toBe(
    false,
  );
  expect(valid(outcome([{ ...rebuilt, kind: 'rebuilt' }]))).toBe(false);
});

const DOCKERFILE = `FROM python:3.12@${OLD}\nFROM debian:12\nFROM a:\${X}\n`;

it('of images follows its schema: what moved inside, and why the others stay', () => {
  const { left } = planOf({ Dockerfile: DOCKERFILE });
  const image = imageOf(`python:3.12@${OLD}`);
  const results = [
    movedImage(
      image,
      contentOf(OLD, ['deb a 1', 'deb gone 1']),
      contentOf(NEW, ['deb a 2', 'python pip 24.0'], {
        config: { ...contentOf(NEW, []).config, user: 'app' },
      }),
      { suggestions: ['s'], notes: ['n'] },
    ),
    movedImage(image, contentOf(OLD, []), contentOf(NEW, [], { unread: 'Too large.', os: null })),
    {
      ...movedImage(image, contentOf(OLD, []), contentOf(NEW, [])),
      status: 'failed',
      reason,
      to: null,
    } as const,
  ];
  const base = { job, results: [], skips: [], seconds: 2, notes: [], pullRequest: null };
  const json = outcomeJson({
    ...base,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    images: outcomeOf(results, { left }),
  });
  valid(structuredClone(json));
  expect(valid.errors).toBeNull();
  const [first, second] = json.images;
  expect(first).toMatchObject({
    reference: 'python:3.12',
    name: 'docker.io/library/python:3.12',
    files: [{ path: 'Dockerfile', line: 1, where: 'FROM' }],
    status: 'updated',
    from: OLD,
    to: NEW,
    suggestions: ['s'],
  });
  const packages = first?.platforms[0]?.packages;
  expect(packages?.moved).toEqual([
    { kind: 'deb', name: 'a', arch: 'amd64', source: 'a', from: '1', to: '2', direction: 'up' },
  ]);
  expect(packages?.added.map(({ kind, name }) => [kind, name])).toEqual([['python', 'pip']]);
  expect(packages?.removed.map(({ name }) => name)).toEqual(['gone']);
  expect(second?.platforms[0]?.packages).toBeNull();
  expect(
    json.images.slice(2).map(({ reference, status, reason: why }) => [reference, status, why?.code]),
  ).toEqual([
    ['python:3.12', 'failed', 'unsatisfiable'],
    ['debian:12', 'skipped', 'nothing-pinned'],
    ['a:${X}', 'skipped', 'unsupported-kind'],
  ]);
});

it('of planned images follows its schema, each image once', () => {
  const json = planJson({
    job,
    targets: [],
    skips: [],
    seconds: 0,
    notes: [],
    images: planOf({ Dockerfile: DOCKERFILE }),
  });
  valid(structuredClone(json));
  expect(valid.errors).toBeNull();
  expect(json.images.map(({ reference, status, reason: why }) => [reference, status, why?.code])).toEqual([
    ['debian:12', 'skipped', 'nothing-pinned'],
    ['python:3.12', 'planned', undefined],
    ['a:${X}', 'skipped', 'unsupported-kind'],
  ]);
});
