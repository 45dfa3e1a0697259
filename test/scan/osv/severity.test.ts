import { describe, expect, it } from 'vitest';
import { rateVector, severityOf } from '../../../src/scan/osv/severity.ts';
import { read } from './made.ts';
import type { MadeAdvisory } from './made.ts';

const V4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
const V31 = 'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N';
const V30 = 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N';
const V2 = 'AV:N/AC:L/Au:N/C:P/I:P/A:P';

describe('rateVector', () => {
  // Scores as FIRST's calculators give them.
  it.each([
    [V4, 9.3, 'critical', 'CVSS 4.0'],
    [`${V4}/E:U`, 9.3, 'critical', 'CVSS 4.0'],
    ['CVSS:4.0/AV:L/AC:L/AT:P/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N', 0, 'none', 'CVSS 4.0'],
    [V31, 6.1, 'medium', 'CVSS 3.1'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8, 'critical', 'CVSS 3.1'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O', 9.8, 'critical', 'CVSS 3.1'],
    ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', 1.6, 'low', 'CVSS 3.1'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0, 'none', 'CVSS 3.1'],
    [V30, 8.6, 'high', 'CVSS 3.0'],
    [V2, 7.5, 'high', 'CVSS 2.0'],
    ['AV:N/AC:M/Au:N/C:N/I:P/A:N', 4.3, 'medium', 'CVSS 2.0'],
  ])('%s is %d, %s', (vector, score, level, source) => {
    expect(rateVector(vector)?.severity).toEqual({ score, level, source, vector });
  });

  it.each([
    '',
    'garbage',
    'CVSS:3.1/',
    'CVSS:3.1/AV:N',
    'CVSS:3.1/AV:Q/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N',
    'CVSS:3.1/__proto__:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N',
    'CVSS:9.9/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N',
    'CVSS:4.0/AV:N/AC:L',
    'AV:N/AC:L',
    `${V31}/AV:L`,
    `${V31}/AV:N`,
    `${V31}/`,
    `${V31} `,
    `${V31}${V31}`,
  ])('says nothing of a broken vector: %s', (vector) => {
    expect(rateVector(vector)).toBeNull();
  });

  it('does not look at a text without end', () => {
    expect(rateVector(`CVSS:3.1/${'AV:N/'.repeat(100_000)}`)).toBeNull();
  });
});

describe('severityOf', () => {
  const v2 = { type: 'CVSS_V2', score: V2 };
  const v3 = { type: 'CVSS_V3', score: V31 };
  const v4 = { type: 'CVSS_V4', score: V4 };
  const broken = { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N' };
  const word = { database_specific: { severity: 'MODERATE' } };
  const ubuntu = { type: 'Ubuntu', score: 'negligible' };
  const debian = { ecosystem: 'Debian:12', ecosystem_specific: { urgency: 'unimportant' } };

  it.each<[string, MadeAdvisory, string, string]>([
    ['CVSS 4 before all', { id: 'GHSA-1', severity: [v2, v3, v4], ...word }, 'critical', 'CVSS 4.0'],
    ['CVSS 3 before 2', { id: 'GHSA-1', severity: [v2, v3] }, 'medium', 'CVSS 3.1'],
    [
      'of two the worse',
      { id: 'GHSA-1', severity: [v3, { type: 'CVSS_V3', score: V30 }] },
      'high',
      'CVSS 3.0',
    ],
    ['a broken one is passed over', { id: 'GHSA-1', severity: [broken, v2] }, 'high', 'CVSS 2.0'],
    ['a word where no vector is whole', { id: 'GHSA-1', severity: [broken], ...word }, 'medium', 'GHSA-1'],
    [
      'a vector that is said to be none',
      { id: 'X-1', severity: [{ type: 'Other', score: V4 }] },
      'unknown',
      '',
    ],
    ['Debian’s urgency', { id: 'D-1', ...debian }, 'low', 'debian'],
    ['a word before an urgency', { id: 'D-1', ...debian, ...word }, 'medium', 'D-1'],
    ['Ubuntu’s priority', { id: 'U-1', severity: [ubuntu] }, 'low', 'ubuntu'],
    ['a vector before a priority', { id: 'U-1', severity: [ubuntu, v3] }, 'medium', 'CVSS 3.1'],
    ['no word that we know', { id: 'X-1', database_specific: { severity: 'constructor' } }, 'unknown', ''],
    ['not yet assigned', { id: 'D-1', ecosystem_specific: { urgency: 'not yet assigned' } }, 'unknown', ''],
    ['nothing', { id: 'X-1' }, 'unknown', ''],
  ])('%s', (_, made, level, source) => {
    const record = read(made);
    expect(severityOf(record, record.affected).severity).toMatchObject({ level, source });
  });

  it('takes the severity of the package before that of the whole record', () => {
    const record = read({ id: 'X-1', severity: [v4] });
    const own = record.affected.map((entry) => ({ ...entry, severity: [v3] }));
    expect(severityOf(record, own).severity).toMatchObject({ level: 'medium', vector: V31 });
  });
});
