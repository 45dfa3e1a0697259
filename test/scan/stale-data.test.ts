import { expect, it } from 'vitest';
import { staleData } from '../../src/scan/stale-data.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

it.each([
  ['live', null, 0],
  ['of today', '2026-11-24T01:00:00Z', 0],
  ['of two weeks ago', '2026-11-10T13:00:00Z', 0],
  ['of last month', '2026-10-20T00:00:00Z', 1],
  ['no date at all', 'never', 0],
  ['of tomorrow, by a clock that is wrong', '2026-11-25T00:00:00Z', 0],
])('data that is %s', (_name, databaseDate, sentences) => {
  const by = { name: 'osv', version: null, database: 'a folder', databaseDate } as const;
  expect(staleData([by], NOW)).toHaveLength(sentences);
});

it('says since when nothing is known', () => {
  const by = { name: 'trivy', version: '1.0', database: 'x', databaseDate: '2026-10-20T00:00:00Z' } as const;
  expect(staleData([by], NOW)).toEqual([
    'The data of trivy is of 2026-10-20: advisories of the last 35 days are not in it',
  ]);
});
