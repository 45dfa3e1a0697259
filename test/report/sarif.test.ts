import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import { array, assert, constantFrom, property, record, string } from 'fast-check';
import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sarifFilesOf, sarifOf, type SarifInput } from '../../src/report/sarif.ts';
import type { SeverityLevel } from '../../src/scan/model.ts';
import type { ScanOutcome } from '../../src/scan/outcome.ts';
import { planOf } from '../support/image-results.ts';
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
} from '../support/scan-results.ts';

/** RFC 3986 `relative-ref` of a path without a scheme or host; its first segment has no colon. */
const RELATIVE =
  "^(?!/)([A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-F]{2})+(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+)*$";
const text = { type: 'string', minLength: 1, maxLength: 1024 };
const message = { type: 'object', required: ['text'], properties: { text }, additionalProperties: false };

/** What sarif-schema-2.1.0 and GitHub's page on it say of the parts that are used, written down by hand. */
const FACTS = {
  type: 'object',
  required: ['version', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      maxItems: 20,
      items: {
        type: 'object',
        required: ['tool', 'results'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name', 'rules'],
                properties: {
                  name: text,
                  semanticVersion: text,
                  informationUri: { type: 'string', pattern: '^https://' },
                  rules: {
                    type: 'array',
                    maxItems: 25_000,
                    items: { $ref: '#/$defs/rule' },
                  },
                },
              },
            },
          },
          automationDetails: { type: 'object', properties: { id: { type: 'string' } } },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              required: ['executionSuccessful'],
              additionalProperties: false,
              properties: {
                executionSuccessful: { type: 'boolean' },
                toolExecutionNotifications: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['message'],
                    properties: { level: { enum: ['none', 'note', 'warning', 'error'] }, message },
                  },
                },
              },
            },
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          results: { type: 'array', maxItems: 5000, items: { $ref: '#/$defs/result' } },
        },
      },
    },
  },
  $defs: {
    rule: {
      type: 'object',
      required: ['id', 'shortDescription', 'fullDescription', 'help'],
      additionalProperties: false,
      properties: {
        id: { type: 'string', minLength: 1, maxLength: 255 },
        shortDescription: message,
        fullDescription: message,
        helpUri: { type: 'string', pattern: '^https?://[^\\s<>"]+$' },
        help: {
          type: 'object',
          required: ['text'],
          properties: { text: { type: 'string' }, markdown: { type: 'string' } },
        },
        properties: {
          type: 'object',
          properties: {
            tags: { type: 'array', uniqueItems: true, maxItems: 10, items: { type: 'string' } },
            precision: { enum: ['very-high', 'high', 'medium', 'low'] },
            'security-severity': { type: 'string', pattern: '^(10\\.0|[0-9]\\.[0-9])$' },
          },
        },
      },
    },
    result: {
      type: 'object',
      required: ['message', 'ruleId', 'ruleIndex', 'locations', 'partialFingerprints'],
      additionalProperties: false,
      properties: {
        ruleId: { type: 'string' },
        ruleIndex: { type: 'integer', minimum: 0 },
        level: { enum: ['none', 'note', 'warning', 'error'] },
        message,
        locations: {
          type: 'array',
          minItems: 1,
          maxItems: 1,
          items: {
            type: 'object',
            required: ['physicalLocation'],
            additionalProperties: false,
            properties: {
              physicalLocation: {
                type: 'object',
                required: ['artifactLocation'],
                properties: {
                  artifactLocation: {
                    type: 'object',
                    required: ['uri'],
                    properties: { uri: { type: 'string', pattern: RELATIVE } },
                  },
                  region: {
                    type: 'object',
                    required: ['startLine'],
                    properties: { startLine: { type: 'integer', minimum: 1 } },
                  },
                },
              },
              logicalLocations: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { name: text, fullyQualifiedName: text, kind: { enum: ['resource'] } },
                },
              },
            },
          },
        },
        partialFingerprints: {
          type: 'object',
          required: ['primaryLocationLineHash'],
          additionalProperties: { type: 'string', pattern: '^[0-9a-f]{32}:1$' },
        },
      },
    },
  },
};
const valid = new Ajv({ strict: false }).compile(FACTS);

const FILES = sarifFilesOf(planOf({ Dockerfile: 'ARG A\nARG B\n\nFROM python:3\nFROM python:3\n' }).images);
const NOTHING: SarifInput = { findings: [], secrets: [], by: [OSV], failed: [], notChecked: [] };

/** The run, which must be as the facts say, with every rule and index right. */
function runOf(input: Partial<SarifInput> | ScanOutcome) {
  const log = sarifOf('diff' in input ? input : { ...NOTHING, ...input }, {
    version: '0.1.0',
    informationUri: 'https://example.com/relock',
    files: FILES,
  });
  valid(structuredClone(log));
  expect(valid.errors).toBeNull();
  const [run] = log.runs;
  const { rules } = run.tool.driver;
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex]?.id).toBe(ruleId);
  return { ...run, rules };
}

const DJANGO = finding('CVE-2024-1', 'django 3.2', 'critical', {
  ids: ['CVE-2024-1', 'GHSA-1'],
  fixed: ['3.2.1', '4.0'],
});

it('has one rule for each id and one result for each place', () => {
  const { rules, results } = runOf({
    findings: [
      { finding: DJANGO, places: [lockPlace('a b/poetry.lock'), lockPlace('c.txt')] },
      { finding: finding('CVE-2024-1', 'django 3.1', 'high'), places: [lockPlace('d.txt')] },
    ],
  });
  expect(rules).toEqual([
    {
      id: 'CVE-2024-1',
      shortDescription: { text: 'Trouble in django' },
      fullDescription: { text: 'Trouble in django. Also known as GHSA-1.' },
      helpUri: 'https://osv.dev/vulnerability/CVE-2024-1',
      help: {
        text: 'CVE-2024-1: https://osv.dev/vulnerability/CVE-2024-1. Trouble in django. Also known as GHSA-1.',
        markdown:
          '[`CVE-2024-1`](https://osv.dev/vulnerability/CVE-2024-1): `Trouble in django`. Also known as `GHSA-1`.',
      },
      properties: {
        tags: ['security', 'vulnerability'],
        precision: 'very-high',
        'security-severity': '9.8',
      },
    },
  ]);
  expect(results.map(({ level, message, locations }) => [level, message.text, locations])).toEqual([
    [
      'error',
      'django 3.2 has CVE-2024-1: Trouble in django. Fixed in 3.2.1.',
      [
        {
          physicalLocation: {
            artifactLocation: { uri: 'a%20b/poetry.lock' },
            region: { startLine: 1 },
          },
        },
      ],
    ],
    ['error', 'django 3.2 has CVE-2024-1: Trouble in django. Fixed in 3.2.1.', expect.anything()],
    ['error', 'django 3.1 has CVE-2024-1: Trouble in django. No fix yet.', expect.anything()],
  ]);
});

it.each<[SeverityLevel, number | null, string | undefined, string]>([
  ['critical', 9.8, '9.8', 'error'],
  ['critical', null, '9.5', 'error'],
  ['high', null, '8.0', 'error'],
  ['medium', null, '5.5', 'warning'],
  ['low', 3.1, '3.1', 'note'],
  ['none', null, '0.0', 'note'],
  ['unknown', null, undefined, 'warning'],
  ['high', Number.NaN, '8.0', 'error'],
])('severity %s %s is %s and %s', (level, score, number, word) => {
  const found = finding('X', 'a 1', level, { severity: { level, score, source: '', vector: null } });
  const { rules, results } = runOf({ findings: [{ finding: found, places: [lockPlace('a')] }] });
  expect(rules[0]?.properties['security-severity']).toBe(number);
  expect(results[0]?.level).toBe(word);
});

it('an image is the line that names it, else an address that is none of another scheme', () => {
  const places = [imagePlace('python:3'), imagePlace('ghcr.io/a/b:1@sha256:0'), imagePlace('debian:12')];
  const { results } = runOf({ findings: [{ finding: DJANGO, places }] });
  expect(results.map(({ locations: [{ physicalLocation }] }) => physicalLocation)).toEqual([
    { artifactLocation: { uri: 'Dockerfile' }, region: { startLine: 4 } },
    { artifactLocation: { uri: 'ghcr.io/a/b%3A1%40sha256%3A0' }, region: { startLine: 1 } },
    { artifactLocation: { uri: 'debian%3A12' }, region: { startLine: 1 } },
  ]);
  expect(results[0]?.locations[0].logicalLocations).toEqual([
    { name: 'python:3', fullyQualifiedName: 'python:3 linux/amd64', kind: 'resource' },
  ]);
});

it('fingerprints stay when versions and lines move, and tell packages, places and platforms apart', () => {
  const print = (found: typeof DJANGO, place = lockPlace('a')): string =>
    runOf({ findings: [{ finding: found, places: [place] }] }).results[0]?.partialFingerprints[
      'primaryLocationLineHash'
    ] ?? '';
  expect(print(DJANGO)).toBe(print({ ...DJANGO, version: '3.3', summary: 'else' }));
  const others = [
    print(DJANGO),
    print(DJANGO, lockPlace('b')),
    print({ ...DJANGO, package: 'x' }),
    print({ ...DJANGO, id: 'CVE-2' }),
    print(DJANGO, imagePlace('a')),
    print(DJANGO, imagePlace('a', 'linux/arm64')),
  ];
  expect(new Set(others).size).toBe(others.length);
});

it('tells secrets, and malicious packages, as the worst', () => {
  const bad = finding('MAL-1', 'evil 1', 'unknown', { malicious: true });
  const { rules, results } = runOf({
    findings: [
      { finding: DJANGO, places: [lockPlace('a')] },
      { finding: bad, places: [lockPlace('a')] },
    ],
    secrets: [secret('aws', '/app/.env')],
  });
  expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
    ['secret/aws', 'error'],
    ['CVE-2024-1', 'error'],
    ['MAL-1', 'error'],
  ]);
  expect(results[0]?.message.text).toBe(
    'A secret (Title of aws) lies in /app/.env:3 of the image python:3.12-slim.',
  );
  expect(results[2]?.message.text).toBe(
    'evil 1 is a malicious package (MAL-1): Trouble in evil. Take it out.',
  );
  expect(rules.map(({ properties }) => properties['security-severity'])).toEqual(['9.5', '9.8', '10.0']);
});

describe('what was not checked', () => {
  const reason = { code: 'timeout', message: 'It took too long.', fix: '', detail: '' } as const;

  it.each<[string, Partial<SarifInput>, boolean, string[]]>([
    ['clean', {}, true, []],
    [
      'a scanner failed',
      { failed: [{ scanner: 'trivy', reason }] },
      false,
      ['Not checked by trivy: It took too long.'],
    ],
    ['none ran', { by: [] }, false, ['Known vulnerabilities were not checked.']],
    ['a part', { notChecked: ['a.txt: torn'] }, true, ['Not checked: a.txt: torn']],
  ])('%s', (_, input, successful, words) => {
    const [{ executionSuccessful, toolExecutionNotifications }] = runOf(input).invocations;
    expect(executionSuccessful).toBe(successful);
    expect(toolExecutionNotifications.map(({ message }) => message.text)).toEqual(words);
  });
});

it('keeps the worst 5,000 and says how many it leaves out, in less than GitHub takes', () => {
  const noise = (index: number): string =>
    createHash('shake256', { outputLength: 3000 }).update(`${index}`).digest('base64');
  const findings = Array.from({ length: 8000 }, (_, index) => ({
    finding: finding(`CVE-${index}`, 'a 1', index < 7000 ? 'low' : 'critical', { summary: noise(index) }),
    places: [lockPlace('a')],
  }));
  const run = runOf({ findings });
  expect(run.results).toHaveLength(5000);
  expect(run.results.slice(0, 1000).every(({ level }) => level === 'error')).toBe(true);
  expect(run.invocations[0].toolExecutionNotifications.map(({ message }) => message.text)).toEqual([
    '3000 results of lower severity are left out, since code scanning takes 5000.',
  ]);
  // GitHub takes 10 MB, packed.
  expect(gzipSync(strToU8(JSON.stringify(run))).length).toBeLessThan(8_000_000);
});

it('of a change has what it adds and what remains, not what it fixes', () => {
  const scan = scanned({
    diff: {
      fixed: [fixedBy(finding('F', 'a 1'), '2', 'a.txt')],
      added: [addedBy(finding('A', 'a 1'), null, 'a.txt')],
      remaining: [stays(finding('R', 'a 1'), null, lockPlace('b.txt'))],
    },
    secrets: { fixed: [secret('f', 'p')], added: [secret('a', 'p')], remaining: [secret('r', 'p')] },
  });
  const { results } = runOf(scan);
  expect(results.map(({ ruleId }) => ruleId)).toEqual(['secret/a', 'secret/r', 'A', 'R']);
});

it('is as the facts say whatever the text is, and reads none of it as a link or placeholder', () => {
  const piece = string({
    unit: constantFrom(
      '[a](1)',
      '{0}',
      '..',
      '/',
      ':',
      '\ud800',
      '\n',
      '\u202e',
      '%',
      'é',
      '<b>',
      ' ',
      '@x',
      '?',
      '#',
    ),
  });
  const some = array(record({ id: piece, name: piece, path: piece, text: piece }), { maxLength: 5 });
  assert(
    property(some, (all) => {
      const findings = all.map(({ id, name, path, text }) => ({
        finding: finding(id, 'p 1', 'high', {
          ids: [id, text],
          package: name,
          version: text,
          summary: text,
          fixed: [text],
          link: `https://x.test/${text}`,
        }),
        places: [lockPlace(path), imagePlace(path, text)],
      }));
      const secrets = all.map(({ id, path, text }) => secret(id, path, { title: text, location: path }));
      const { results, rules } = runOf({ findings, secrets, notChecked: all.map(({ text }) => text) });
      for (const { message } of results) expect(message.text).not.toMatch(/[[\]{}\n\u202e]/u);
      for (const { shortDescription } of rules) expect(shortDescription.text.isWellFormed()).toBe(true);
    }),
  );
});
