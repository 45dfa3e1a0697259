/** Whatever advisories say: nothing throws, nothing that is known is lost, and no foreign character steers a terminal. */
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparePythonVersions } from '../../../src/scan/osv/ecosystems.ts';
import { verdictOf } from '../../../src/scan/osv/affects.ts';
import { findingsOf } from '../../../src/scan/osv/findings.ts';
import { readRecord } from '../../../src/scan/osv/record.ts';
import { osvApi } from '../../../src/scan/osv/scanner.ts';
import { rateVector } from '../../../src/scan/osv/severity.ts';
import { below, python, read } from './made.ts';

const id = fc.integer({ min: 0, max: 15 }).map((number) => `X-${number}`);
const version = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '1.0',
    '1.5rc1',
    '2.dev0',
    '2.0+cpu',
    '1!0',
    'v3',
    '2004d',
    '0.2.0-n653',
    '*',
    '',
  ),
  fc.string({ maxLength: 12 }),
  fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.')),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom('\u001b[2J', '\u202e', '@everyone', 'x'.repeat(100_000), '\ud800'),
);
const kind = fc.constantFrom('introduced', 'fixed', 'last_affected', 'limit', '__proto__');
const event = fc.tuple(kind, version).map(([key, at]) => ({ [key]: at }));
const advisory = fc.record({
  id,
  aliases: fc.array(id, { maxLength: 4 }),
  summary: anyText,
  details: anyText,
  severity: fc.array(fc.record({ type: fc.constant('CVSS_V3'), score: anyText }), { maxLength: 2 }),
  affected: fc.array(
    fc.record({
      package: fc.record({ ecosystem: fc.constant('PyPI'), name: fc.constantFrom('demo', 'Demo') }),
      ranges: fc.array(
        fc.record({ type: fc.constant('ECOSYSTEM'), events: fc.array(event, { maxLength: 6 }) }),
        { maxLength: 3 },
      ),
      versions: fc.array(version, { maxLength: 5 }),
    }),
    { maxLength: 3 },
  ),
});

describe('hostile advisories', () => {
  it('any JSON is a record or none', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const record = readRecord(value);
        expect(record === null || record.id !== '').toBe(true);
      }),
    );
  });

  it('each affecting record is in exactly one finding, which holds all its names', () => {
    fc.assert(
      fc.property(fc.array(advisory, { maxLength: 12 }), version, (made, ours) => {
        const records = made.flatMap((value) => readRecord(value) ?? []);
        const { findings } = findingsOf([python('demo', ours)], records);
        const wanted = { ecosystem: 'PyPI', name: 'demo', version: ours };
        // Of two records of one id the later is told.
        const told = new Map(records.map((record) => [record.id, record]));
        for (const record of isPlain(ours) ? told.values() : []) {
          const holding = findings.filter(({ ids }) => ids.includes(record.id));
          const affecting = records.some(
            (other) => other.id === record.id && verdictOf(other, wanted) === 'affected',
          );
          // Names of others may stand in a finding without a record of their own.
          expect(holding.length).toBeGreaterThanOrEqual(affecting ? 1 : 0);
        }
        const names = findings.flatMap(({ ids }) => ids);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it('shows no character that steers a terminal, and no long text', () => {
    fc.assert(
      fc.property(fc.array(advisory, { maxLength: 5 }), (made) => {
        const records = made.flatMap((value) => readRecord(value) ?? []);
        const { findings, notChecked } = findingsOf([python('demo', '1.0')], records);
        for (const finding of findings) {
          expect(finding.summary.length).toBeLessThanOrEqual(300);
          expect(JSON.stringify([finding.id, finding.ids, finding.summary, finding.link])).toMatch(
            /^[^\p{Cc}\p{Cf}\p{Cs}]*$/u,
          );
          expect(finding.fixed.every((one) => comparePythonVersions(one, '1.0') !== null)).toBe(true);
        }
        expect(notChecked.join(' ').length).toBeLessThan(1000);
      }),
    );
  });

  it('no vector throws', () => {
    fc.assert(
      fc.property(fc.constantFrom('CVSS:4.0/', 'CVSS:3.1/', 'CVSS:3.0/', 'AV:'), anyText, (start, rest) => {
        const score = rateVector(start + rest)?.severity.score ?? 0;
        expect(score >= 0 && score <= 10).toBe(true);
      }),
    );
  });

  it('the order of records does not matter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(advisory, { selector: (one) => one.id, maxLength: 8 }), (made) => {
        const records = made.flatMap((value) => readRecord(value) ?? []);
        const told = (list: typeof records) => findingsOf([python('demo', '1.0')], list);
        expect(told(records.toReversed())).toEqual(told(records));
      }),
    );
  });
});

describe('answers cut short', () => {
  const record = readFileSync(new URL('../../fixtures/scan/osv/advisories.json', import.meta.url), 'utf8')
    .split('\n')
    .at(1)
    ?.replace(/,$/u, '');

  it('an advisory cut short at any place is a failure, never clean', () => {
    const body = record ?? '';
    const { id: name } = JSON.parse(body) as { readonly id: string };
    const batch = {
      status: 200,
      body: JSON.stringify({ results: [{ vulns: [{ id: name, modified: '' }] }] }),
    };
    fc.assert(
      fc.property(fc.nat({ max: body.length - 1 }), (length) => {
        const step = osvApi('api.osv.dev').next(
          { packages: [python('jinja2', '2.10')], layouts: [], program: null },
          [
            { to: 'ask', answers: [batch] },
            { to: 'ask', answers: [{ status: 200, body: body.slice(0, length) }] },
          ],
        );
        expect(step.do).toBe('fail');
      }),
    );
  });

  it('a batch cut short at any place is a failure, never clean', () => {
    const body = JSON.stringify({ results: [{ vulns: [{ id: 'A-1', modified: 'm' }] }, {}] });
    const packages = [python('a', '1'), python('b', '1')];
    for (let length = 0; length < body.length; length += 1) {
      const answers = [{ status: 200, body: body.slice(0, length) }];
      const step = osvApi('api.osv.dev').next({ packages, layouts: [], program: null }, [
        { to: 'ask', answers },
      ]);
      expect(step.do).toBe('fail');
    }
  });
});

describe('ten thousand', () => {
  const count = 10_000;

  it('findings of one package, of a chain of aliases, and of as many packages', () => {
    const single = Array.from({ length: count }, (_, index) =>
      read({ id: `A-${index}`, ranges: below('2') }),
    );
    expect(findingsOf([python('demo', '1')], single).findings).toHaveLength(count);

    const chain = single.map((one, index) => ({ ...one, aliases: [`A-${(index + 1) % count}`] }));
    const folded = findingsOf([python('demo', '1')], chain).findings;
    expect(folded.map(({ ids }) => ids.length)).toEqual([count]);

    const packages = Array.from({ length: count }, (_, index) => python(`p${index}`, '1'));
    const spread = packages.map(({ name }, index) => read({ id: `A-${index}`, name, ranges: below('2') }));
    expect(findingsOf(packages, spread).findings).toHaveLength(count);
  });

  it('events and versions of one advisory', () => {
    const events = Array.from({ length: 2500 }, (_, index) => [
      { introduced: `${index}.1` },
      { fixed: `${index}.2` },
    ]);
    const versions = Array.from({ length: count }, (_, index) => `${index}.9`);
    const record = read({ id: 'A-1', ranges: [events.flat()], versions });
    const { findings } = findingsOf([python('demo', '7.1')], [record]);
    expect(findings[0]?.fixed.slice(0, 2)).toEqual(['7.2', '8.2']);
  });
});

function isPlain(text: string): boolean {
  return text !== '' && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}
