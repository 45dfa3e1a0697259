import { describe, expect, it } from 'vitest';
import { decideRebuild, type RebuildQuestion } from '../../src/rebuild/decide.ts';
import type { RebuildVerdict, WaitingUpdate, Way } from '../../src/rebuild/model.ts';
import { NEW, OLD } from '../support/image-results.ts';
import { builtImage, NOW, PLAIN, publishedState, UNKNOWN, waits } from '../support/rebuild-results.ts';

type Policy = ReturnType<typeof builtImage>['rebuild'];

const ask = (more: Partial<RebuildQuestion> = {}) =>
  decideRebuild({
    image: builtImage(),
    published: [publishedState([waits('rebuild', 'openssl 3.0.16-1 3.0.17-1')])],
    now: NOW,
    lastAsked: null,
    bustDate: null,
    baseMoves: false,
    ...more,
  });
const YOUNG = '2026-11-10T00:00:00Z';
const security = (...ways: readonly Way[]): readonly WaitingUpdate[] =>
  ways.map((way, index) => waits(way, `fix-${index}`));
const plain = (...ways: readonly Way[]): readonly WaitingUpdate[] =>
  ways.map((way, index) => waits(way, `plain-${index}`, PLAIN));

describe('what the policy rebuilds for', () => {
  it.each<[readonly WaitingUpdate[], RebuildVerdict, RebuildVerdict]>([
    // what waits; by `security` (and `monthly`, while the image is young); by `any`
    [[], 'clean', 'clean'],
    [security('rebuild'), 'needed', 'needed'],
    [security('base-digest'), 'needed', 'needed'],
    [security('upgrade-step'), 'will-not-help', 'will-not-help'],
    [security('not-yet'), 'clean', 'clean'],
    [security('rebuild', 'upgrade-step'), 'needed', 'needed'],
    [security('upgrade-step', 'not-yet'), 'will-not-help', 'will-not-help'],
    [plain('rebuild'), 'clean', 'needed'],
    [plain('base-digest'), 'clean', 'needed'],
    [plain('upgrade-step'), 'clean', 'will-not-help'],
    [plain('not-yet'), 'clean', 'clean'],
    // A rebuild brings something, but nothing that the policy rebuilds for.
    [[...security('upgrade-step'), ...plain('rebuild')], 'will-not-help', 'needed'],
    [[...security('not-yet'), ...plain('rebuild')], 'clean', 'needed'],
    [[...security('rebuild'), ...plain('upgrade-step')], 'needed', 'needed'],
  ])('%#', (waiting, bySecurity, byAny) => {
    const of = (rebuild: Policy) =>
      ask({ image: builtImage({ rebuild }), published: [publishedState(waiting, { created: YOUNG })] })
        .verdict;
    expect([of('security'), of('monthly'), of('any')]).toEqual([bySecurity, bySecurity, byAny]);
  });
});

describe('monthly', () => {
  const monthly = (
    created: string | null,
    more: Partial<RebuildQuestion> = {},
    waiting: readonly WaitingUpdate[] = [],
  ) =>
    ask({
      image: builtImage({ rebuild: 'monthly' }),
      published: [publishedState(waiting, { created })],
      ...more,
    });

  it.each<[string, string | null, Partial<RebuildQuestion>, RebuildVerdict]>([
    ['a day less than a month', '2026-10-25T00:00:00Z', {}, 'clean'],
    ['a month to the day, whatever the hour', '2026-10-24T23:00:00Z', {}, 'needed'],
    ['of a longer month', '2026-01-31T00:00:00Z', { now: new Date('2026-02-28T00:00:00Z') }, 'needed'],
    ['and the day before', '2026-01-31T00:00:00Z', { now: new Date('2026-02-27T23:00:00Z') }, 'clean'],
    ['of last year', '2025-12-24T00:00:00Z', { now: new Date('2026-01-24T00:00:00Z') }, 'needed'],
    ['its age is not told, and none was asked for', '1970-01-01T00:00:00Z', {}, 'needed'],
    ['its age is not told, and one was asked for this month', null, { bustDate: '2026-11-10' }, 'clean'],
    ['its age is not told, and the last one is a month ago', null, { bustDate: '2026-10-10' }, 'needed'],
    ['its age is not told, and it moved since', null, { lastAsked: { at: YOUNG, digest: NEW } }, 'clean'],
    ['its age is not told, and it did not move', null, { lastAsked: { at: YOUNG, digest: OLD } }, 'needed'],
    ['it is on its way', '2026-10-01T00:00:00Z', { bustDate: '2026-11-20' }, 'on-its-way'],
  ])('%s', (_what, created, more, verdict) => {
    expect(monthly(created, more).verdict).toBe(verdict);
  });

  it('says why, and what a rebuild will not bring', () => {
    expect(monthly('2026-10-01T06:30:00Z').because).toBe(
      'It was built 54 days ago, and the policy rebuilds it monthly.',
    );
    expect(monthly('2026-10-01T06:30:00Z', {}, security('upgrade-step')).because).toContain(
      '1 security fix needs an upgrade step, which the Dockerfile lacks.',
    );
  });

  it('does not need to know what waits', () => {
    const unknown = [publishedState([], { updates: UNKNOWN })];
    expect(monthly(null, { published: unknown })).toEqual({
      verdict: 'needed',
      because: 'It was built 54 days ago, and the policy rebuilds it monthly. What it lacks is unknown.',
    });
  });
});

describe('what could not be learned', () => {
  const dark = (waiting: readonly WaitingUpdate[] = []) =>
    publishedState(waiting, { platform: 'linux/arm64', updates: UNKNOWN });

  it.each<[string, Partial<RebuildQuestion>, RebuildVerdict]>([
    ['on the only platform', { published: [dark()] }, 'unknown'],
    ['on one, and nothing waits on the other', { published: [publishedState([]), dark()] }, 'unknown'],
    [
      'on one, and the other will not be helped',
      { published: [publishedState(security('upgrade-step')), dark()] },
      'unknown',
    ],
    [
      'on one, and the other needs it',
      { published: [publishedState(security('rebuild')), dark()] },
      'needed',
    ],
    ['but for what the base has', { published: [dark(security('base-digest'))] }, 'needed'],
    ['while one is on its way', { published: [dark()], bustDate: '2026-11-20' }, 'unknown'],
    ['nothing was read at all', { published: [] }, 'unknown'],
  ])('%s', (_what, more, verdict) => {
    expect(ask(more).verdict).toBe(verdict);
  });

  it('is said, with the platform where there are several', () => {
    expect(ask({ published: [publishedState(security('rebuild')), dark()] }).because).toMatch(
      /What it lacks on `linux\/arm64` is unknown\.$/u,
    );
    expect(ask({ published: [publishedState([]), dark()] }).because).toBe(
      'What it lacks on `linux/arm64` is unknown: deb.debian.org does not answer (bookworm-security): timed out after 3 attempts.',
    );
    expect(ask({ published: [publishedState(security('upgrade-step')), dark()] }).because).toContain(
      '1 security fix needs an upgrade step',
    );
    expect(ask({ published: [dark()], bustDate: '2026-11-20' }).because).toContain(
      'A rebuild was asked for on 2026-11-20',
    );
  });
});

describe('what was asked for', () => {
  it('rests', () => {
    const { verdict, because } = ask({ bustDate: '2026-11-20' });
    expect(verdict).toBe('on-its-way');
    expect(because).toBe(
      'A rebuild was asked for on 2026-11-20, and what is published does not show it yet; it has until 2026-11-27. ' +
        'It lacks 1 security fix: `openssl` `3.0.16-1` → `3.0.17-1`, waiting for 23 days.',
    );
  });

  it('is overdue after it, and asked for again', () => {
    const { verdict, because } = ask({ lastAsked: { at: '2026-11-10T00:00:00Z', digest: OLD } });
    expect(verdict).toBe('needed');
    expect(because).toMatch(
      /A rebuild was asked for 14 days ago \(on 2026-11-10\), and what is published does not show it: it is overdue, and asked for again\.$/u,
    );
  });

  it('does not make one of what is clean, or of what it will not help', () => {
    const bust = { bustDate: '2026-11-20' };
    expect(ask({ ...bust, published: [publishedState([])] }).verdict).toBe('clean');
    expect(ask({ ...bust, published: [publishedState(security('upgrade-step'))] }).verdict).toBe(
      'will-not-help',
    );
  });
});

describe('why', () => {
  it.each<[string, Partial<RebuildQuestion>, string]>([
    [
      'one by a build',
      {},
      'It lacks 1 security fix: `openssl` `3.0.16-1` → `3.0.17-1`, waiting for 23 days. A build without cache brings it.',
    ],
    [
      'several, the worst one named',
      {
        published: [
          publishedState([
            ...security('rebuild', 'rebuild'),
            waits('rebuild', 'old 1 2', { since: '2026-10-01' }),
          ]),
        ],
      },
      'It lacks 3 security fixes, worst `old` `1` → `2`, waiting for 54 days. A build without cache brings them.',
    ],
    [
      'with an age that nobody tells',
      { published: [publishedState([waits('rebuild', 'a', { since: null })])] },
      'It lacks 1 security fix: `a` `1` → `2`. A build without cache brings it.',
    ],
    [
      'the same on two platforms counts once',
      {
        published: [
          publishedState(security('rebuild')),
          publishedState(security('rebuild'), { platform: 'linux/arm64' }),
        ],
      },
      'It lacks 1 security fix: `fix-0` `1` → `2`, waiting for 23 days. A build without cache brings it.',
    ],
    [
      'by the base alone',
      { published: [publishedState(security('base-digest', 'base-digest'))] },
      'It lacks 2 security fixes, worst `fix-0` `1` → `2`, waiting for 23 days. The base image has them: its digest is to move.',
    ],
    [
      'by the base, which moves',
      { published: [publishedState(security('base-digest'))], baseMoves: true },
      'It lacks 1 security fix: `fix-0` `1` → `2`, waiting for 23 days. The base image has it, and its digest moves here.',
    ],
    [
      'by all ways',
      { published: [publishedState(security('rebuild', 'base-digest', 'upgrade-step', 'not-yet'))] },
      'It lacks 4 security fixes, worst `fix-0` `1` → `2`, waiting for 23 days. A build without cache brings 1 of them; ' +
        'the base image has 1: its digest is to move. 1 security fix needs an upgrade step, which the Dockerfile lacks.',
    ],
    [
      'updates, with the security fixes among them',
      {
        image: builtImage({ rebuild: 'any' }),
        published: [publishedState([...security('rebuild'), ...plain('rebuild', 'rebuild')])],
      },
      'It lacks 3 updates (1 security fix), worst `fix-0` `1` → `2`, waiting for 23 days. A build without cache brings them.',
    ],
    [
      'will not help',
      { published: [publishedState(security('upgrade-step', 'upgrade-step'))] },
      'It lacks 2 security fixes, worst `fix-0` `1` → `2`, waiting for 23 days. Rebuilding will not help: the Dockerfile never upgrades.',
    ],
    ['clean', { published: [publishedState([])] }, 'It lacks no security fix.'],
    [
      'clean, but for others',
      { published: [publishedState([...plain('rebuild', 'upgrade-step'), ...security('not-yet')])] },
      'It lacks no security fix that can be had: 1 is kept back or phased. 2 other updates wait, for which the policy does not rebuild.',
    ],
    [
      'clean of any update',
      { image: builtImage({ rebuild: 'any' }), published: [publishedState([])] },
      'It lacks no update.',
    ],
  ])('%s', (_what, more, because) => {
    expect(ask(more).because).toBe(because);
  });

  it('takes hostile names for what they are', () => {
    const name = '`@a`|<b>\n#1';
    const evil = publishedState([
      { way: 'rebuild', update: { ...waits('rebuild', 'x').update, name, to: '2`@b <i>', from: '1\n\n# x' } },
    ]);
    const { because } = ask({ published: [evil] });
    expect(because).not.toContain('\n');
    expect(because.replaceAll(/(?<tick>`+)[^]*?(?<!`)\k<tick>(?!`)/gu, '')).not.toMatch(/[@<#]/u);
  });
});
