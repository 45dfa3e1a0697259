import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../src/scan/osv/record.ts';

const whole = {
  id: 'PYSEC-2019-217',
  aliases: ['CVE-2019-10906', 'GHSA-462w-v97r-4m45', 'CVE-2019-10906', 'PYSEC-2019-217'],
  summary: 'sandbox\n escape',
  details: 'long',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N' }],
  affected: [
    {
      package: { ecosystem: 'PyPI', name: 'Jinja2', purl: 'pkg:pypi/jinja2' },
      ranges: [
        { type: 'GIT', repo: 'https://example.com/x', events: [{ introduced: '0' }, { fixed: 'abc' }] },
        { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '2.10.1' }, { future: 'kind' }] },
      ],
      versions: ['2.10'],
      ecosystem_specific: { urgency: 'low' },
    },
  ],
  database_specific: { severity: 'HIGH' },
  of_no_schema: { deep: [1, 2, 3] },
};

describe('readRecord', () => {
  it('reads what the schema says and leaves all else', () => {
    expect(readRecord(whole)).toEqual({
      id: 'PYSEC-2019-217',
      aliases: ['CVE-2019-10906', 'GHSA-462w-v97r-4m45'],
      upstream: [],
      related: [],
      withdrawn: false,
      summary: 'sandbox escape',
      details: 'long',
      severity: whole.severity,
      affected: [
        {
          ecosystem: 'PyPI',
          name: 'Jinja2',
          ranges: [
            [
              { kind: 'introduced', version: '0' },
              { kind: 'fixed', version: '2.10.1' },
            ],
          ],
          versions: ['2.10'],
          severity: [],
          urgency: 'low',
        },
      ],
      rating: 'HIGH',
    });
  });

  it.each([
    ['not an object', 'text'],
    ['null', null],
    ['a list', []],
    ['no id', { ...whole, id: undefined }],
    ['an id that is no name', { ...whole, id: 'x y\u001b[31m' }],
    ['an id of thousands of characters', { ...whole, id: 'A'.repeat(5000) }],
    ['affected is no list', { ...whole, affected: {} }],
    ['an entry is no object', { ...whole, affected: ['PyPI'] }],
    ['a package without a name', { ...whole, affected: [{ package: { ecosystem: 'PyPI' } }] }],
    ['versions is no list', withEntry({ versions: '1.0' })],
    ['a version is a number', withEntry({ versions: [1] })],
    ['a version without end', withEntry({ versions: ['1'.repeat(257)] })],
    ['a version that steers a terminal', withEntry({ versions: ['1\u001b[2J'] })],
    ['a range without a type', withEntry({ ranges: [{ events: [{ introduced: '0' }] }] })],
    ['events is no list', withEntry({ ranges: [{ type: 'ECOSYSTEM', events: 'all' }] })],
    ['an event is no object', withEntry({ ranges: [{ type: 'ECOSYSTEM', events: ['0'] }] })],
    ['an event without a text', withEntry({ ranges: [{ type: 'ECOSYSTEM', events: [{ fixed: null }] }] })],
    [
      'more versions than any package has',
      withEntry({ versions: Array.from({ length: 50_001 }, () => '1') }),
    ],
  ])('refuses a record that could hide a vulnerability: %s', (_, value) => {
    expect(readRecord(value)).toBeNull();
  });

  it.each([
    ['aliases that are no names', { aliases: [1, 'CVE-2020-1', 'x y', null] }, { aliases: ['CVE-2020-1'] }],
    ['aliases is no list', { aliases: 'CVE-2020-1' }, { aliases: [] }],
    ['severity of another form', { severity: [{ type: 'CVSS_V3' }, 7] }, { severity: [] }],
    ['no affected at all', { affected: undefined }, { affected: [] }],
    ['an entry of a repository alone', { affected: [{ ranges: [] }] }, { affected: [] }],
    ['summary is a number', { summary: 7 }, { summary: '' }],
    ['withdrawn', { withdrawn: '2023-06-06T10:37:00Z' }, { withdrawn: true }],
    ['withdrawn is null', { withdrawn: null }, { withdrawn: false }],
  ])('is lenient with what only describes: %s', (_, change, expected) => {
    expect(readRecord({ ...whole, ...change })).toMatchObject(expected);
  });

  it('takes only own properties', () => {
    const inherited: unknown = JSON.parse('{"__proto__": {"id": "CVE-2020-1", "affected": []}}');
    expect(readRecord(inherited)).toBeNull();
    expect(readRecord(Object.create(whole))).toBeNull();
  });

  it('makes one short line of foreign text, without what steers a terminal', () => {
    const record = readRecord({ ...whole, summary: `a\u001b[2J\u202eb\r\n\tc ${'😀'.repeat(400)}` });
    expect(record?.summary).toMatch(/^a \[2J b c 😀+…$/u);
    expect(record?.summary.length).toBeLessThanOrEqual(300);
  });

  it('reads every fixture', () => {
    for (const name of ['advisories.json', 'lock-200.records.json']) {
      const file = new URL(`../../fixtures/scan/osv/${name}`, import.meta.url);
      const records = JSON.parse(readFileSync(file, 'utf8')) as readonly unknown[];
      expect(records.length).toBeGreaterThan(50);
      expect(records.filter((value) => readRecord(value) === null)).toEqual([]);
    }
  });
});

function withEntry(change: object): object {
  return { ...whole, affected: [{ ...whole.affected[0], ...change }] };
}
