import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answersOf,
  foldJobs,
  foldKey,
  priorityOf,
  readPayload,
  storable,
  storableError,
} from '../../src/store/fold.ts';
import type { AdvisedPackage, Answer, QueuedJob } from '../../src/store/store.ts';
import { queuedJob } from '../support/store.ts';

const BASE = queuedJob();

function answer(comment: number, reply: number | null = null): Answer {
  return { issue: 5, comment, reply };
}

function advised(...ids: string[]): AdvisedPackage {
  return { ids, package: 'jinja2', ecosystem: 'PyPI', advisories: [] };
}

const jobs: fc.Arbitrary<QueuedJob> = fc.record({
  repository: fc.constant(BASE.repository),
  installation: fc.nat(),
  purpose: fc.constant('monthly' as const),
  trigger: fc.constantFrom('schedule' as const, 'comment' as const, 'push' as const, 'installation' as const),
  only: fc.array(fc.string({ maxLength: 3 }), { maxLength: 60 }),
  force: fc.boolean(),
  noCache: fc.boolean(),
  answer: fc.option(fc.integer({ min: 1, max: 9 }).map((comment) => answer(comment))),
  advisory: fc.option(fc.array(fc.string({ maxLength: 2 }), { maxLength: 60 }).map((ids) => advised(...ids))),
});

describe('foldJobs', () => {
  it('lets one that only follows add nothing, nor widen what is asked', () => {
    const follow = { ...BASE, trigger: 'push', follow: true } as const;
    const other = queuedJob({ repository: BASE.repository, only: ['a'] });
    expect(foldJobs(follow, other)).toEqual(other);
    expect(foldJobs(other, follow)).toEqual(other);
    expect(foldJobs(follow, follow)).toEqual(follow);
  });

  it.each<[string, Partial<QueuedJob>, Partial<QueuedJob>, Partial<QueuedJob>]>([
    ['all targets if either', { only: [] }, { only: ['a'] }, { only: [] }],
    ['all targets if the newer', { only: ['a'] }, { only: [] }, { only: [] }],
    ['each glob once', { only: ['a', 'b'] }, { only: ['b', 'c'] }, { only: ['a', 'b', 'c'] }],
    ['force', { force: true }, { force: false }, { force: true }],
    ['no cache', { noCache: false }, { noCache: true }, { noCache: true }],
    ['a person’s wish stays one', { trigger: 'comment' }, { trigger: 'push' }, { trigger: 'comment' }],
    [
      'a push makes no less of a monthly run',
      { trigger: 'schedule' },
      { trigger: 'push' },
      { trigger: 'schedule' },
    ],
    [
      'a monthly run is more than a push',
      { trigger: 'push' },
      { trigger: 'schedule' },
      { trigger: 'schedule' },
    ],
    ['an advisory is no schedule', { trigger: 'schedule' }, { trigger: 'advisory' }, { trigger: 'advisory' }],
    ['an advisory', { advisory: advised('a') }, { advisory: null }, { advisory: advised('a') }],
    ['a new advisory', { advisory: null }, { advisory: advised('a') }, { advisory: advised('a') }],
    [
      'each advisory once',
      { advisory: advised('a', 'b') },
      { advisory: advised('b', 'c') },
      { advisory: advised('a', 'b', 'c') },
    ],
    [
      'all advisories if either',
      { advisory: advised('a') },
      { advisory: advised() },
      { advisory: advised() },
    ],
    ['an old answer', { answer: answer(1) }, { answer: null }, { answer: answer(1) }],
    ['a new answer', { answer: null }, { answer: answer(2) }, { answer: answer(2) }],
    ['both', { answer: answer(1) }, { answer: answer(2) }, { answer: answer(2), alsoAnswer: [answer(1)] }],
    ['one comment', { answer: answer(1) }, { answer: answer(1, 9) }, { answer: answer(1, 9) }],
    [
      'many comments',
      { answer: answer(2), alsoAnswer: [answer(1)] },
      { answer: answer(3) },
      { answer: answer(3), alsoAnswer: [answer(1), answer(2)] },
    ],
  ])('keeps %s', (_what, waiting, newer, expected) => {
    expect(foldJobs({ ...BASE, ...waiting }, { ...BASE, ...newer })).toEqual({ ...BASE, ...expected });
  });

  it('follows a repository that was renamed or moved to another installation', () => {
    const renamed = { ...BASE, installation: 8, repository: { ...BASE.repository, name: 'renamed' } };
    expect(foldJobs(BASE, renamed)).toEqual(renamed);
    expect(foldKey(renamed)).toBe(foldKey(BASE));
  });

  it.each<[string, Partial<QueuedJob>]>([
    ['another purpose', { purpose: 'security-pypi-idna' }],
    ['another package', { advisory: { ...advised('a'), package: 'idna' } }],
    ['another release of a distribution', { advisory: { ...advised('a'), ecosystem: 'Debian:12' } }],
    ['another repository', { repository: { ...BASE.repository, id: BASE.repository.id + 1 } }],
  ])('has no part in %s', (_what, changes) => {
    const job: QueuedJob = { ...BASE, purpose: 'security-pypi-jinja2', advisory: advised('a') };
    expect(foldKey({ ...job, ...changes })).not.toBe(foldKey(job));
    expect(foldKey({ ...job, advisory: advised('b') })).toBe(foldKey(job));
  });

  it('never does less than either asked for, and stays bounded', () => {
    fc.assert(
      fc.property(fc.array(jobs, { minLength: 1, maxLength: 40 }), (asked) => {
        const folded = asked.reduce(foldJobs);
        expect(folded.force).toBe(asked.some(({ force }) => force));
        const wanted = asked.flatMap(({ only }) => only);
        const isAll = folded.only.length === 0;
        expect(isAll || asked.every(({ only }) => only.length > 0)).toBe(true);
        expect(isAll || wanted.every((glob) => folded.only.includes(glob))).toBe(true);
        expect(asked.length === 1 || folded.only.length <= 100).toBe(true);
        const advisories = asked.flatMap(({ advisory }) => (advisory === null ? [] : [advisory.ids]));
        expect(folded.advisory === null).toBe(advisories.length === 0);
        const ids = folded.advisory?.ids ?? [];
        expect(ids.length === 0 || advisories.flat().every((id) => ids.includes(id))).toBe(true);
        expect(ids.length === 0 || advisories.every((one) => one.length > 0)).toBe(true);
        expect(advisories.length === 1 || ids.length <= 100).toBe(true);
        const comments = new Set(asked.flatMap((job) => (job.answer === null ? [] : [job.answer.comment])));
        expect(new Set(answersOf(folded).map(({ comment }) => comment))).toEqual(comments);
      }),
    );
  });

  it('keeps the newest twenty other answers', () => {
    const many = Array.from({ length: 50 }, (_none, index) => ({ ...BASE, answer: answer(index) }));
    const folded = many.reduce<QueuedJob>(foldJobs, BASE);
    expect(folded.answer).toEqual(answer(49));
    expect(folded.alsoAnswer?.map(({ comment }) => comment)).toEqual(
      Array.from({ length: 20 }, (_n, i) => 29 + i),
    );
  });
});

describe('what the row holds', () => {
  it('is well-formed text without U+0000, whatever was asked, and reads back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (only) => {
        const kept = storable({ job: { ...BASE, only }, failures: 1, error: 'x' });
        const text = JSON.stringify(kept);
        expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/u);
        expect(readPayload(JSON.parse(text))).toEqual(kept);
      }),
    );
  });

  it('bounds an error', () => {
    expect(storableError('x'.repeat(100_000))).toHaveLength(2001);
    expect(storableError('a\0b')).toBe('ab');
  });

  it.each([
    [null],
    [[]],
    ['x'],
    [{}],
    [{ job: null }],
    [{ job: { ...BASE, only: 'x' } }],
    [{ job: { ...BASE, purpose: 'later' } }],
    [{ job: { ...BASE, purpose: 'security-' } }],
    [{ job: { ...BASE, trigger: 'later' } }],
    [{ job: { ...BASE, trigger: 'toString' } }],
    [{ job: { ...BASE, advisory: { ids: 'x', package: 'y', ecosystem: 'z' } } }],
    [{ job: { ...BASE, advisory: { ids: [], package: 'y' } } }],
  ])('is no job: %j', (data) => {
    expect(readPayload(data)).toBeNull();
  });

  it('is about no advisory when an older version wrote it', () => {
    const { advisory: _none, ...older } = BASE;
    expect(readPayload({ job: older })?.job).toEqual(BASE);
  });
});

it('has an order of who is next', () => {
  const triggers = ['comment', 'advisory', 'push', 'installation', 'schedule'] as const;
  const priorities = triggers.map((trigger) => priorityOf({ ...BASE, trigger }));
  expect(priorities).toEqual([30, 20, 10, 10, 0]);
});
