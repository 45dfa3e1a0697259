import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { NO_IMAGES } from '../../src/images/result.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { outcomeJson } from '../../src/report/json.ts';
import { scanJson, scanListingJson } from '../../src/report/scan-json.ts';
import { NO_SCAN, type RemainingWhy, type ScanListing, type ScanOutcome } from '../../src/scan/outcome.ts';
import {
  addedBy,
  finding,
  fixedBy,
  imagePlace,
  lockPlace,
  OSV,
  scanned,
  secret,
  stays,
  TRIVY,
} from '../support/scan-results.ts';

function schemaOf(name: string): { readonly definitions: Readonly<Record<string, unknown>> } {
  return JSON.parse(
    readFileSync(new URL(`../../config/schema/${name}.schema.json`, import.meta.url), 'utf8'),
  ) as { definitions: Record<string, unknown> };
}

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const result = ajv.compile(schemaOf('result'));
const listing = ajv.compile(schemaOf('scan'));
const reason = { code: 'timeout', message: 'm', fix: '', detail: '' } as const;
const WHYS: readonly RemainingWhy[] = [
  { kind: 'no-fix', note: null },
  { kind: 'cool-down', fixed: '2', released: '2026-11-20T00:00:00Z' },
  { kind: 'held', by: 'b 1', wants: 'a<2', fixed: '2' },
  { kind: 'image', fixed: '2' },
  { kind: 'failed', location: 'a.txt' },
  { kind: 'unknown', fixed: '2' },
];
const RATED = finding('CVE-1', 'a 1', 'critical', { fixed: ['2'], note: 'n' });
const IGNORED = {
  finding: RATED,
  places: [lockPlace('a.txt')],
  by: '.trivyignore:3',
  reason: 'r',
  until: '2026-12-31',
};

const SCAN = scanned({
  by: [OSV, TRIVY],
  diff: {
    fixed: [fixedBy(RATED, null, 'a.txt')],
    added: [addedBy(finding('MAL-1', 'm 1', 'unknown', { malicious: true, link: null }), null, 'a.txt')],
    remaining: WHYS.map((why) => stays(RATED, why, imagePlace('python:3'))),
  },
  secrets: {
    fixed: [secret('a', 'p')],
    added: [secret('b', 'p', { line: null, layer: null })],
    remaining: [],
  },
  failed: [{ scanner: 'grype', reason }],
  notChecked: ['x'],
  notes: [],
  ignored: [IGNORED],
});

function outcome(scan: ScanOutcome) {
  const job = { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null } as const;
  return outcomeJson({
    job,
    results: [],
    skips: [],
    seconds: 1,
    notes: [],
    images: NO_IMAGES,
    rebuilds: NO_REBUILDS,
    pullRequest: null,
    scan,
  });
}

it.each([
  ['all', SCAN],
  ['nothing', NO_SCAN],
])('the scan of a run follows the schema: %s', (_, scan) => {
  result(structuredClone(outcome(scan)));
  expect(result.errors).toBeNull();
});

it('tells findings by state, flat', () => {
  const { findings, secrets, ignored } = scanJson(SCAN);
  expect(findings.map(({ state, id, why }) => [state, id, why?.kind])).toEqual([
    ['fixed', 'CVE-1', undefined],
    ['added', 'MAL-1', undefined],
    ...WHYS.map(({ kind }) => ['remaining', 'CVE-1', kind]),
  ]);
  expect(findings[0]).toMatchObject({
    package: 'a',
    version: '1',
    before: [{ kind: 'lock', location: 'a.txt', platform: null }],
    after: [],
    causes: [{ kind: 'lock', location: 'a.txt', platform: null, from: '1', to: null }],
  });
  expect(secrets.map(({ state, rule }) => [state, rule])).toEqual([
    ['fixed', 'a'],
    ['added', 'b'],
  ]);
  expect(ignored).toMatchObject([
    { id: 'CVE-1', by: '.trivyignore:3', ignoredFor: 'r', until: '2026-12-31' },
  ]);
});

const LISTING: ScanListing = {
  by: [OSV],
  findings: [{ finding: RATED, places: [lockPlace('a.txt'), imagePlace('python:3')] }],
  secrets: [secret('a', 'p')],
  ignored: [IGNORED],
  failed: [{ scanner: 'trivy', reason }],
  notChecked: ['x'],
  notes: ['y'],
  targets: [{ kind: 'lock', location: 'a.txt', platform: null, packages: 3 }],
};

it('a listing follows its schema', () => {
  const json = scanListingJson(LISTING, { repository: 'acme/app', seconds: 1.234567 });
  listing(structuredClone(json));
  expect(listing.errors).toBeNull();
  expect(json).toMatchObject({
    schemaVersion: 1,
    seconds: 1.23,
    findings: [{ id: 'CVE-1', places: [{ location: 'a.txt' }, { location: 'python:3' }] }],
  });
});

it.each([
  ['a field too many', { extra: 1 }],
  ['a finding without a package', { findings: [{ ...scanJson(SCAN).findings[0], package: undefined }] }],
  [
    'a score past ten',
    { ignored: [{ ...scanJson(SCAN).ignored[0], severity: { level: 'high', score: 11 } }] },
  ],
  ['an unknown scanner', { scanners: [{ ...OSV, name: 'x' }] }],
])('the schemas refuse %s', (_, wrong) => {
  const json = outcome(SCAN);
  expect(result(JSON.parse(JSON.stringify({ ...json, scan: { ...json.scan, ...wrong } })))).toBe(false);
  const given = scanListingJson(LISTING, { repository: 'r', seconds: 1 });
  expect(listing(JSON.parse(JSON.stringify({ ...given, ...wrong })))).toBe(false);
});

it('nothing that a parser carries along is printed, least of all a secret', () => {
  const match = { match: 'AKIAIOSFODNN7', code: 'AKIAIOSFODNN7' };
  const loose = { ...LISTING, secrets: [{ ...secret('a', 'p'), ...match }] };
  expect(JSON.stringify(scanListingJson(loose, { repository: 'r', seconds: 1 }))).not.toContain('AKIA');
  const scan = { ...SCAN, secrets: { fixed: [], added: loose.secrets, remaining: [] } };
  expect(JSON.stringify(outcome(scan))).not.toContain('AKIA');
});

it('both schemas say the same of what they share', () => {
  const { definitions } = schemaOf('scan');
  expect(schemaOf('result').definitions).toMatchObject(definitions);
});
