import { describe, expect, it } from 'vitest';
import { foldLacks, waitedDays, waitInWords, worstFirst } from '../../src/rebuild/words.ts';
import { NOW, PLAIN, publishedState, waits } from '../support/rebuild-results.ts';

describe('how long an update has been waiting', () => {
  it.each<[string, string | null, number | null, string]>([
    ['days', '2026-11-01T00:00:00Z', 23, '23 days'],
    ['a whole day', '2026-11-23T12:00:00Z', 1, '1 day'],
    ['not yet a day', '2026-11-23T12:00:01Z', 0, 'less than a day'],
    ['a date alone', '2026-11-20', 4, '4 days'],
    ['a clock that runs ahead', '2026-11-25T00:00:00Z', 0, 'less than a day'],
    ['years', '2023-11-24T12:00:00Z', 1096, '1,096 days'],
    ['not told', null, null, 'not told'],
    ['the epoch', '1970-01-01T00:00:00Z', null, 'not told'],
    ['no date', 'yesterday', null, 'not told'],
  ])('%s', (_what, since, days, words) => {
    expect(waitedDays(since, NOW)).toBe(days);
    expect(waitInWords(since, NOW)).toBe(words);
  });
});

describe('what several platforms lack', () => {
  it('is told once, since the earliest date, by all the ways it has', () => {
    const lacks = foldLacks([
      publishedState([
        waits('rebuild', 'openssl 1 2', { since: '2026-11-10', advisories: ['DSA-2'] }),
        waits('rebuild', 'zlib1g 1 2', PLAIN),
      ]),
      publishedState(
        [waits('upgrade-step', 'openssl 1 2', { since: '2026-11-05', advisories: ['DSA-1', 'DSA-2'] })],
        {
          platform: 'linux/arm64',
        },
      ),
    ]);
    expect(lacks).toEqual([
      {
        name: 'openssl',
        from: '1',
        to: '2',
        security: true,
        since: '2026-11-05',
        advisories: ['DSA-1', 'DSA-2'],
        ways: ['rebuild', 'upgrade-step'],
      },
      expect.objectContaining({ name: 'zlib1g', security: false, ways: ['rebuild'] }),
    ]);
  });

  it('is a security fix when one platform says so', () => {
    const [lack] = foldLacks([
      publishedState([waits('rebuild', 'a', PLAIN)]),
      publishedState([waits('rebuild', 'a')], { platform: 'linux/arm64' }),
    ]);
    expect(lack?.security).toBe(true);
  });
});

it('the worst is a security fix, then what waits longest, then what has most advisories, then by name', () => {
  const states = [
    publishedState([
      waits('rebuild', 'plain', { ...PLAIN, since: '2020-01-01' }),
      waits('rebuild', 'undated', { since: null }),
      waits('rebuild', 'b', { since: '2026-11-02' }),
      waits('rebuild', 'a', { since: '2026-11-02' }),
      waits('rebuild', 'c', { since: '2026-11-02', advisories: ['DSA-1'] }),
      waits('rebuild', 'oldest', { since: '2026-10-02' }),
    ]),
  ];
  expect(
    foldLacks(states)
      .toSorted(worstFirst)
      .map(({ name }) => name),
  ).toEqual(['oldest', 'c', 'a', 'b', 'undated', 'plain']);
});
