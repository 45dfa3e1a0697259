import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import type { RebuildResult, RebuildVerdict } from '../../src/rebuild/model.ts';
import { rebuildsInWords } from '../../src/report/rebuild-words.ts';
import { contentOf, NEW, OLD } from '../support/image-results.ts';
import {
  BROKEN,
  builtImage,
  builtProof,
  DOWN,
  NOW,
  PLAIN,
  publishedState,
  rebuildResult,
  UNKNOWN,
  waits,
} from '../support/rebuild-results.ts';

const APP = '`ghcr.io/acme/app:latest`';
const FOUR = ['a', 'b', 'c', 'd'];
const four = [
  publishedState(
    FOUR.map((name, index) => waits('rebuild', `${name} 1 2`, { since: `2026-11-0${index + 1}` })),
  ),
];
const built = (after: string) =>
  builtProof([
    compareImages(
      contentOf(
        OLD,
        FOUR.map((name) => `deb ${name} 1`),
      ),
      contentOf(
        NEW,
        FOUR.map((name, index) => `deb ${name} ${after[index] ?? '1'}`),
      ),
    ),
  ]);
const result = (verdict: RebuildVerdict, more: Partial<RebuildResult> = {}) =>
  rebuildResult({ decision: { verdict, because: '' }, ...more });
const line = (results: readonly RebuildResult[], now: Date | null = NOW) =>
  rebuildsInWords({ results }, now).join('; ');

describe('the verdict line', () => {
  it.each<[string, RebuildResult, string]>([
    [
      'a rebuild that is proved',
      result('needed', { published: four, proof: built('2222') }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; a clean build brings all of them`,
    ],
    [
      'in part',
      result('needed', { published: four, proof: built('2212') }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; a clean build brings 3 of them`,
    ],
    [
      'not at all',
      result('needed', { published: four, proof: built('1111') }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; a clean build brings none of them`,
    ],
    [
      'that nobody built',
      result('needed', { published: four }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; no build has proved it`,
    ],
    [
      'that does not build',
      result('needed', { published: four, proof: BROKEN }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; its clean build fails`,
    ],
    [
      'whose smoke test fails',
      result('needed', {
        published: four,
        proof: { ...built('2222'), smoke: { state: 'failed', command: [], output: '' } } as ReturnType<
          typeof built
        >,
      }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; a clean build brings all of them; its smoke test fails`,
    ],
    [
      'that could not be read',
      result('needed', {
        published: four,
        proof: builtProof([compareImages(contentOf(OLD, []), contentOf(NEW, [], { unread: 'x' }))]),
      }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; what is in its clean build could not be read`,
    ],
    [
      'shown on one platform of two',
      result('needed', {
        published: [...four, publishedState([], { platform: 'linux/arm64' })],
        proof: built('2222'),
      }),
      `${APP} lacks 4 security fixes, the oldest for 23 days; a clean build brings all of them (but for \`linux/arm64\`, which was not compared)`,
    ],
    [
      'a single fix',
      result('needed', { published: [publishedState([waits('rebuild', 'a 1 2')])], proof: built('2') }),
      `${APP} lacks 1 security fix, for 23 days; a clean build brings it`,
    ],
    [
      'of an age that nobody tells',
      result('needed', { published: [publishedState([waits('rebuild', 'a', { since: null })])] }),
      `${APP} lacks 1 security fix; no build has proved it`,
    ],
    [
      'for any update',
      result('needed', {
        image: builtImage({ rebuild: 'any' }),
        published: [publishedState([waits('rebuild', 'a 1 2'), waits('rebuild', 'b', PLAIN)])],
      }),
      `${APP} lacks 2 updates (1 security fix), the oldest for 23 days; no build has proved it`,
    ],
    [
      'for its age alone',
      result('needed', {
        proof: builtProof([compareImages(contentOf(OLD, []), contentOf(NEW, []))], { samePackages: true }),
      }),
      `${APP} is to be rebuilt for its age; rebuilt, nothing changed: no need to deploy`,
    ],
    [
      'no help',
      result('will-not-help', { published: [publishedState([waits('upgrade-step', 'a')])] }),
      `${APP} lacks 1 security fix, for 23 days, and rebuilding will not help: its Dockerfile never upgrades`,
    ],
    [
      'on its way',
      result('on-its-way', { published: four }),
      `${APP} lacks 4 security fixes, the oldest for 23 days, and a rebuild is on its way`,
    ],
    [
      'unknown',
      result('unknown', { published: [publishedState([], { updates: UNKNOWN })] }),
      `${APP}: what it lacks is unknown`,
    ],
    [
      'unknown in part',
      result('unknown', { published: [publishedState([waits('upgrade-step', 'a')])] }),
      `${APP} lacks 1 security fix, for 23 days, and what else is unknown`,
    ],
    ['that could not be looked at', result('clean', { reason: DOWN }), `${APP} could not be looked at`],
    ['clean', result('clean'), '1 published image needs no rebuild'],
  ])('%s', (_what, one, words) => {
    expect(line([one])).toBe(words);
  });

  it('says since when where the report does not know the day', () => {
    expect(line([result('on-its-way', { published: four })], null)).toContain('the oldest since 2026-11-01,');
  });

  it('names the loudest, and counts the others', () => {
    const named = (verdict: RebuildVerdict, ref: string) => result(verdict, { image: builtImage({ ref }) });
    const all = [
      named('clean', 'c1'),
      named('needed', 'n1'),
      named('on-its-way', 'w1'),
      named('unknown', 'u1'),
      named('needed', 'n2'),
      named('clean', 'c2'),
      named('needed', 'n3'),
    ];
    expect(line(all)).toBe(
      '`u1`: what it lacks is unknown; `n1` is to be rebuilt for its age; no build has proved it; ' +
        '`n2` is to be rebuilt for its age; no build has proved it; ' +
        '2 more published images need a look (1 to be rebuilt and 1 on the way); 2 published images need no rebuild',
    );
  });
});
