import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { RebuildResult } from '../../src/rebuild/model.ts';
import { outcomeJson, planJson } from '../../src/report/json.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { contentOf, NEW, OLD } from '../support/image-results.ts';
import {
  BROKEN,
  builtImage,
  builtProof,
  DOWN,
  publishedState,
  rebuildResult,
  UNKNOWN,
  waits,
} from '../support/rebuild-results.ts';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../config/schema/result.schema.json', import.meta.url), 'utf8'),
);
const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object);
const job = { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null } as const;
const base = { job, skips: [], seconds: 2, notes: [] } as const;

const jsonOf = (results: readonly RebuildResult[]) =>
  outcomeJson({
    ...base,
    results: [],
    pullRequest: null,
    images: NO_IMAGES,
    scan: NO_SCAN,
    rebuilds: { results },
  });

const source = {
  kind: 'deb',
  url: 'http://deb.debian.org/debian',
  suite: 'bookworm',
  components: ['main'],
  architecture: 'amd64',
  namedIn: 'etc/apt/sources.list',
  trusted: false,
  signedBy: [],
} as const;
const compared = compareImages(contentOf(OLD, ['deb a 1']), contentOf(NEW, ['deb a 2']));
const behind = publishedState([waits('rebuild', 'a 1 2')]);
const full = rebuildResult({
  image: builtImage({ smoke: ['python'], sizeBudget: { bytes: 1 }, workflow: 'build.yml' }),
  decision: { verdict: 'needed', because: 'It lacks 1 security fix.' },
  published: [
    {
      ...behind,
      updates: {
        state: 'behind',
        updates: [],
        indexes: [{ source, date: '2026-11-23T00:00:00Z', signed: true }],
        notes: ['n'],
      },
    },
    publishedState([], { platform: 'linux/arm64', updates: UNKNOWN, created: null, os: null }),
  ],
  advice: [{ code: 'unpinned-base', path: 'Dockerfile', line: 1, message: 'Pin it.' }],
  proof: builtProof([compared], { seconds: 41.23456 }),
  files: [{ path: 'Dockerfile', text: 'all of its text', executable: false }],
  notes: ['m'],
});

describe('published images', () => {
  it.each<[string, RebuildResult]>([
    ['with all there is', full],
    [
      'whose smoke test did not run',
      { ...full, proof: builtProof([], { smoke: { state: 'not-run', because: 'b' } }) },
    ],
    ['whose build failed', { ...full, proof: BROKEN }],
    ['that were not built', { ...full, proof: { state: 'not-built', reason: DOWN } }],
    ['that could not be looked at', rebuildResult({ published: [], reason: DOWN })],
  ])('%s follow the schema', (_what, result) => {
    const json: unknown = JSON.parse(JSON.stringify(jsonOf([result])));
    valid(json);
    expect(valid.errors).toBeNull();
  });

  it('tell all that a program would want to know, and no file', () => {
    const [json] = jsonOf([full]).rebuilds;
    expect(json).toMatchObject({
      ref: 'ghcr.io/acme/app:latest',
      decision: { verdict: 'needed' },
      files: ['Dockerfile'],
      proof: { state: 'built', seconds: 41.23, samePackages: false },
    });
    expect(JSON.stringify(json)).not.toContain('all of its text');
    expect(json?.published.map(({ state, reason }) => [state, reason?.code ?? null])).toEqual([
      ['behind', null],
      ['unknown', 'index-unreachable'],
    ]);
    expect(json?.published[0]?.updates).toEqual([{ ...waits('rebuild', 'a 1 2').update, way: 'rebuild' }]);
    expect(json?.published[0]?.indexes).toEqual([
      {
        url: 'http://deb.debian.org/debian',
        suite: 'bookworm',
        components: ['main'],
        architecture: 'amd64',
        date: '2026-11-23T00:00:00Z',
        signed: true,
      },
    ]);
    const proof = json?.proof;
    expect(proof?.state === 'built' ? proof.platforms[0]?.packages?.moved[0]?.to : null).toBe('2');
  });

  it.each<[string, (json: Record<string, unknown>) => unknown]>([
    ['another verdict', (json) => ({ ...json, decision: { verdict: 'fine', because: '' } })],
    ['a part that is missing', ({ advice: _gone, ...json }) => json],
    ['a part that it does not know', (json) => ({ ...json, text: '' })],
    ['a proof of no state', (json) => ({ ...json, proof: { reason: null } })],
  ])('are refused with %s', (_what, change) => {
    const json = JSON.parse(JSON.stringify(jsonOf([full]))) as {
      readonly rebuilds: [Record<string, unknown>];
    };
    expect(valid(json)).toBe(true);
    expect(valid({ ...json, rebuilds: [change(json.rebuilds[0])] })).toBe(false);
  });

  it('are none in a plan', () => {
    const json = planJson({ ...base, targets: [], images: { images: [], left: [] } });
    expect(json.rebuilds).toEqual([]);
    expect(valid(structuredClone(json))).toBe(true);
  });
});
