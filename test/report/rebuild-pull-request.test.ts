import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { RebuildResult } from '../../src/rebuild/model.ts';
import { writePullRequest, type ReportInput } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { contentOf, imageOf, movedImage, NEW, OLD, outcomeOf } from '../support/image-results.ts';
import { target } from '../support/locks.ts';
import {
  BROKEN,
  builtImage,
  builtProof,
  DOWN,
  NOW,
  publishedState,
  rebuildResult,
  UNKNOWN,
  waits,
} from '../support/rebuild-results.ts';
import { finding, fixedIn, scanned } from '../support/scan-results.ts';

function write(rebuilds: readonly RebuildResult[], more: Partial<ReportInput> = {}) {
  return writePullRequest({
    job: { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null },
    results: [],
    skips: [],
    seconds: 2,
    notes: [],
    links: new Map(),
    images: NO_IMAGES,
    rebuilds: { results: rebuilds },
    scan: { ...NO_SCAN, skipped: 'switched off' },
    now: NOW,
    ...more,
  });
}

const published = [
  publishedState([
    waits('rebuild', 'libssl3 3.0.16-1 3.0.17-1'),
    waits('rebuild', 'openssl 3.0.16-1 3.0.17-1'),
  ]),
];
const rebuilt: RebuildResult = rebuildResult({
  decision: { verdict: 'needed', because: 'It lacks 2 security fixes.' },
  published,
  proof: builtProof([
    compareImages(
      contentOf(OLD, ['deb libssl3 3.0.16-1', 'deb openssl 3.0.16-1']),
      contentOf(NEW, ['deb libssl3 3.0.17-1', 'deb openssl 3.0.17-1']),
    ),
  ]),
  files: [{ path: 'Dockerfile', text: 'x', executable: false }],
});
const aged: RebuildResult = { ...rebuilt, published: [publishedState([])] };
const broken: RebuildResult = { ...rebuilt, proof: BROKEN, files: [] };
const dark: RebuildResult = rebuildResult({
  decision: { verdict: 'unknown', because: 'What it lacks is unknown.' },
  published: [publishedState([], { updates: UNKNOWN })],
});
const base = movedImage(
  imageOf(`python:3.12-slim@${OLD}`),
  contentOf(OLD, ['deb a 1']),
  contentOf(NEW, ['deb a 2']),
);
const lock: ReportInput['results'][number] = {
  target: target('poetry.lock'),
  status: 'updated',
  reason: null,
  seconds: 1,
  changes: [],
  solver: null,
  notes: [],
  files: [],
};

describe('the title', () => {
  it.each<[string, readonly RebuildResult[], Partial<ReportInput>, string]>([
    ['one rebuild', [rebuilt], {}, 'Rebuild ghcr.io/acme/app:latest: 2 security fixes'],
    ['for its age', [aged], {}, 'Rebuild ghcr.io/acme/app:latest'],
    ['several', [rebuilt, rebuilt, aged], {}, 'Rebuild 3 images: 4 security fixes'],
    [
      'and one that failed',
      [rebuilt, broken],
      {},
      'Rebuild ghcr.io/acme/app:latest: 2 security fixes (1 failed)',
    ],
    [
      'with a lock',
      [rebuilt],
      { results: [lock] },
      'Re-lock poetry.lock, rebuild ghcr.io/acme/app:latest: 0 packages moved',
    ],
    [
      'with a base image',
      [rebuilt],
      { images: outcomeOf([base]) },
      'Re-lock python:3.12-slim, rebuild ghcr.io/acme/app:latest: 1 package moved inside',
    ],
    ['without a file', [dark], { results: [lock] }, 'Re-lock poetry.lock: 0 packages moved'],
    [
      'failures alone',
      [broken, rebuildResult({ reason: DOWN })],
      {},
      'Re-lock: 2 images could not be rebuilt',
    ],
    ['nothing but a look', [dark], {}, 'Published images to look at'],
    [
      'of a hostile name',
      [{ ...rebuilt, image: builtImage({ ref: '@team/x #1' }) }],
      {},
      'Rebuild _team/x__1: 2 security fixes',
    ],
  ])('%s', (_what, rebuilds, more, title) => {
    expect(write(rebuilds, more).title).toBe(title);
  });
});

describe('the body', () => {
  it('begins with what each image lacks and what a clean build brings', () => {
    expect(write([rebuilt]).body.split('\n', 1)[0]).toBe(
      '**`ghcr.io/acme/app:latest` lacks 2 security fixes, the oldest for 23 days; a clean build brings all of them; ' +
        'known vulnerabilities were not checked: switched off.**',
    );
    expect(write([rebuilt], { now: undefined as never }).body).toContain('the oldest since 2026-11-01;');
  });

  it('says nothing of published images where the config names none', () => {
    expect(write([], { results: [lock] }).body).not.toMatch(/published|rebuil/iu);
  });

  it('has them after the base images, with what to look at first', () => {
    const { body } = write([dark], { images: outcomeOf([base]), results: [lock] });
    expect(body).toContain(
      '## Review first\n\n**Published images**\n- `ghcr.io/acme/app:latest`: what it lacks is unknown',
    );
    const places = ['## `poetry.lock`', '## `python:3.12-slim`', '## Published images'].map((part) =>
      body.indexOf(part),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('has the vulnerabilities of an image that were handed in', () => {
    const scan = scanned({
      diff: {
        fixed: [fixedIn(rebuilt.image.ref, finding('CVE-2026-1', 'openssl 3.0.16-1'), '3.0.17-1')],
        added: [],
        remaining: [],
      },
    });
    const { body } = write([rebuilt], { scan });
    expect(body).toContain(
      'published against rebuilt: fixes 1 known vulnerability (1 high); adds none; none remain.',
    );
  });

  it('says that a clean build knows no cool-down', () => {
    const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: '2026-11-01T00:00:00Z' } as const;
    expect(write([rebuilt], { job }).body).toContain('Clean builds know no cool-down');
    expect(write([dark], { job, results: [lock] }).body).not.toContain('Clean builds know no cool-down');
  });

  it('is the same each time', () => {
    expect(write([rebuilt, dark])).toEqual(write(structuredClone([rebuilt, dark])));
  });

  it('stays under the limit, says what was left out, and keeps what is loud', () => {
    const many = (version: string) =>
      Array.from({ length: 2000 }, (_, index) => `package-${index} ${version}`);
    const wide: RebuildResult = {
      ...rebuilt,
      published: [publishedState(many('1 2').map((line) => waits('rebuild', line)))],
      proof: builtProof([
        compareImages(
          contentOf(
            OLD,
            many('1').map((line) => `deb ${line}`),
          ),
          contentOf(
            NEW,
            many('2').map((line) => `deb ${line}`),
          ),
        ),
      ]),
    };
    const { body } = write([...Array.from({ length: 30 }, () => wide), dark]);
    expect(body.length).toBeLessThanOrEqual(65_001);
    expect(body).toContain('Left out: the packages of the clean build of ghcr.io/acme/app:latest');
    expect(body).toContain('What waits on `linux/amd64` is unknown, which does not mean that nothing does');
  });
});

describe('hostile text', () => {
  const evil =
    '@team | <b>#1</b> ![x](https://evil.test) `\n\n## big\n> [!CAUTION]\n```\n</details></summary>';
  const reason = { code: 'internal', message: evil, fix: evil, detail: evil } as const;
  const { update } = waits('not-yet', 'x');
  const source = {
    kind: 'deb',
    url: evil,
    suite: evil,
    components: [evil],
    architecture: evil,
    namedIn: evil,
    trusted: false,
    signedBy: [],
  } as const;
  const bad = {
    ...update,
    name: evil,
    from: evil,
    to: evil,
    suite: evil,
    because: evil,
    since: evil,
    advisories: [evil, evil],
  };
  const state = publishedState(
    [
      { way: 'not-yet', update: bad },
      { way: 'rebuild', update: { ...bad, security: false } },
    ],
    {
      platform: evil,
      digest: evil,
      created: evil,
      revision: evil,
      os: evil,
      updates: {
        state: 'behind',
        updates: [],
        indexes: [{ source, date: evil, signed: false }],
        notes: [evil],
      },
    },
  );
  const content = (digest: string) =>
    contentOf(digest, [], {
      platform: evil,
      packages: [{ ...contentOf(OLD, ['deb a 1']).packages[0]!, name: evil, version: digest }],
      os: { id: evil, version: evil, name: evil, codename: evil },
      config: { ...contentOf(OLD, []).config, user: digest === OLD ? evil : '', labels: { [evil]: digest } },
      notes: [evil],
    });
  const common = {
    image: builtImage({ ref: evil, dockerfile: evil, context: evil }),
    decision: { verdict: 'needed', because: evil },
    published: [state, publishedState([], { platform: evil, updates: { state: 'unknown', reason } })],
    advice: [{ code: 'secret-copied', path: evil, line: 1, message: evil }],
    files: [{ path: evil, text: '', executable: false }],
    notes: [evil],
  } as const;
  const proofs: readonly RebuildResult['proof'][] = [
    null,
    builtProof([compareImages(content(OLD), content(NEW))], {
      builder: evil,
      smoke: { state: 'failed', command: [evil], output: evil },
    }),
    builtProof([], { builder: evil, smoke: { state: 'not-run', because: evil } }),
    { state: 'failed', builder: evil, seconds: 1, step: evil, lines: evil, reason },
    { state: 'not-built', reason },
  ];

  it('does nothing, wherever it stands', () => {
    const results = [
      ...proofs.map((proof) => rebuildResult({ ...common, proof })),
      rebuildResult({ ...common, reason }),
      rebuildResult({ image: builtImage({ ref: evil }) }),
    ];
    const { body } = write(results);
    const outside = body
      .replace(/^(?<f>`{3,})[^\n]*\n[\s\S]*?\n\k<f>$/gmu, '')
      .replaceAll('\\`', '')
      .replace(/(?<t>`+)(?!`)[\s\S]*?(?<!`)\k<t>(?!`)/gu, '·')
      .replace(/<code>.*?<\/code>/gu, '·');
    expect(outside).not.toMatch(/@team|<b>|!\[x\]|\]\(https:\/\/|#1|^## big|^> \[!CAUTION\]/mu);
    expect(outside.match(/<details>/gu)?.length).toBe(outside.match(/^<\/details>$/gmu)?.length);
    expect(outside.match(/<summary>/gu)?.length).toBe(outside.match(/<\/summary>/gu)?.length);
    const tables = outside.matchAll(/^\| Package .*\n\| --- .*\n(?<rows>(?:\|.*\n?)+)/gmu);
    const rows = [...tables].flatMap(({ groups }) => (groups?.['rows'] ?? '').trimEnd().split('\n'));
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/gu)).toHaveLength(8);
  });

  it('keeps what somebody wrote as a password to himself', () => {
    const secret = 'https://user:hunter2@host/simple';
    const { body } = write([
      {
        ...rebuilt,
        proof: { ...BROKEN, lines: `Get ${secret}`, step: `RUN pip -i ${secret}` } as typeof BROKEN,
      },
      {
        ...rebuilt,
        proof: builtProof([], { smoke: { state: 'failed', command: [secret], output: secret } }),
      },
    ]);
    expect(body).not.toContain('hunter2');
  });
});
