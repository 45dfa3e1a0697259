import { describe, expect, it } from 'vitest';
import type { ImageResult } from '../../src/images/result.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest, type ReportInput } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { contentOf, imageOf, movedImage, NEW, OLD, outcomeOf, planOf } from '../support/image-results.ts';
import { target } from '../support/locks.ts';

const PYTHON = imageOf(`python:3.12-slim@${OLD}`);

function write(images: ReportInput['images'], more: Partial<ReportInput> = {}) {
  return writePullRequest({
    job: { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null },
    results: [],
    skips: [],
    seconds: 2,
    notes: [],
    links: new Map(),
    images,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
    ...more,
  });
}

const moved = (more: Partial<ImageResult> = {}) =>
  movedImage(
    PYTHON,
    contentOf(OLD, ['deb libssl3 3.0.14-1', 'deb tzdata 2024a-1']),
    contentOf(NEW, ['deb libssl3 3.0.15-1', 'deb tzdata 2024a-1']),
    more,
  );
const unchanged: ImageResult = { ...moved(), status: 'unchanged', to: OLD, comparisons: [] };
const failed: ImageResult = {
  ...moved(),
  status: 'failed',
  to: null,
  comparisons: [],
  reason: { code: 'registry-auth', message: 'The registry wants a password.', fix: 'Give one.', detail: '' },
};
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
  it.each<[string, readonly ImageResult[], ReportInput['results'], string]>([
    ['an image alone', [moved()], [], 'Re-lock python:3.12-slim: 1 package moved inside'],
    ['that could not be read', [moved({ comparisons: [] })], [], 'Re-lock python:3.12-slim'],
    ['several', [moved(), moved()], [], 'Re-lock 2 images: 2 packages moved inside'],
    ['with a lock', [moved()], [lock], 'Re-lock poetry.lock and 1 image: 0 packages moved'],
    ['with locks', [moved(), moved()], [lock, lock], 'Re-lock 2 locks and 2 images: 0 packages moved'],
    ['with a failure', [moved(), failed], [], 'Re-lock python:3.12-slim: 1 package moved inside (1 failed)'],
    ['failures alone', [failed], [], 'Re-lock: 1 image could not be moved'],
    ['newly pinned', [moved({ from: null, comparisons: [] })], [], 'Pin python:3.12-slim'],
  ])('%s', (_what, images, results, title) => {
    expect(write(outcomeOf(images), { results }).title).toBe(title);
  });
});

it('has a verdict, a table and the packages of a moved image', () => {
  const from = contentOf(
    OLD,
    ['deb libssl3 3.0.15-1', 'deb old 1', 'deb openssl 3.0.14-1', 'python pip 24.0'],
    {
      created: '1970-01-01T00:00:00Z',
      pythons: [{ version: '3.12.6', location: 'usr/local/bin' }],
    },
  );
  const to = contentOf(
    NEW,
    ['deb libssl3 3.0.14-1', 'deb new 2', 'deb openssl 3.0.15-1', 'python pip 24.1'],
    {
      pythons: [{ version: '3.12.7', location: 'usr/local/bin' }],
      config: {
        ...from.config,
        env: ['PYTHON_VERSION=3.12.7', 'LANG=C.UTF-8'],
        user: 'app',
        labels: { built: 'x' },
      },
      annotations: {
        'org.opencontainers.image.source': 'https://github.com/docker-library/python.git',
        'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
      },
      layers: [
        ...from.layers,
        { digest: `sha256:${'1'.repeat(64)}`, compressed: 1_500_000, uncompressed: null },
      ],
    },
  );
  expect(write(outcomeOf([movedImage(PYTHON, from, to)])).body).toMatchInlineSnapshot(`
    "**1 base image moved (5 packages inside); known vulnerabilities were not checked: nothing changed.**

    ## Review first

    **Base images**
    - \`python:3.12-slim\`: 1 package downgraded inside, another user

    ## \`python:3.12-slim\`

    2 packages moved, 1 downgraded, 1 added, 1 removed inside. It is named in \`Dockerfile:1\` (FROM).

    |  | Before | After |
    | --- | --- | --- |
    | Digest | \`sha256:aaaaaaaaaaaa\` | \`sha256:bbbbbbbbbbbb\` |
    | Created | not recorded | 2026-10-21 00:00 UTC |
    | OS | Debian GNU/Linux 12 (bookworm) | Debian GNU/Linux 12 (bookworm) |
    | Python | \`3.12.6\` | \`3.12.7\` |
    | Packages | 3 deb, 1 python | 3 deb, 1 python |
    | Size, compressed | 28.0 MB | 29.5 MB (+1.5 MB) |
    | Size, uncompressed | 75.0 MB | not read |
    | Layers | 1 | 2, 1 as before (28.0 MB) |
    | Source | not told | [0123456789ab](https://github.com/docker-library/python/tree/0123456789abcdef0123456789abcdef01234567) |

    **Configuration**
    - environment \`LANG\` added: \`C.UTF-8\`
    - environment \`PYTHON_VERSION\` added: \`3.12.7\`
    - user: empty → \`app\`

    <details>
    <summary>2 packages moved, 1 downgraded, 1 added, 1 removed</summary>

    **Downgraded**

    \`\`\`text
    libssl3 3.0.15-1 → 3.0.14-1 (deb)
    \`\`\`

    **Added**

    \`\`\`text
    new 2 (deb)
    \`\`\`

    **Removed**

    \`\`\`text
    old 1 (deb)
    \`\`\`

    **Moved**

    \`\`\`text
    openssl 3.0.14-1 → 3.0.15-1 (deb)
    pip 24.0 → 24.1 (python)
    \`\`\`

    </details>

    <details>
    <summary>Labels</summary>

    - label \`built\` added: \`x\`

    </details>

    ---
    Made by Relock in 2.0 s.
    "
  `);
});

it('says of each platform what is its own, and once what is alike', () => {
  const two = (a: readonly string[], b: readonly string[]) =>
    moved({
      comparisons: [a, b].flatMap((packages, index) => {
        const platform = index === 0 ? 'linux/amd64' : 'linux/arm64';
        return movedImage(
          PYTHON,
          contentOf(OLD, ['deb a 1'], { platform }),
          contentOf(NEW, packages, { platform }),
        ).comparisons;
      }),
    });
  const alike = write(outcomeOf([two(['deb a 2'], ['deb a 2'])])).body;
  expect(alike).toContain('1 package moved inside. It is named in `Dockerfile:1` (FROM).');
  expect(alike).toContain(
    '<summary>1 package moved on <code>linux/amd64</code> and <code>linux/arm64</code></summary>',
  );
  const apart = write(outcomeOf([two(['deb a 2'], ['deb a 3', 'deb b 1'])])).body;
  expect(apart).toContain(
    '`linux/amd64`: 1 package moved inside. `linux/arm64`: 1 package moved, 1 added inside.',
  );
  expect(apart).toContain('| `linux/arm64` | Before | After |');
});

it('says why nothing could be read, and calls nothing removed', () => {
  const unread = contentOf(NEW, [], { unread: 'The layer is too large', os: null });
  const { body } = write(outcomeOf([movedImage(PYTHON, contentOf(OLD, ['deb a 1']), unread)]));
  expect(body).toContain('What is different inside could not be read: The layer is too large.');
  expect(body).toContain('| Packages | 1 deb | not read |');
  expect(body).not.toContain('removed');
});

it('tells failures, newer tags and ends of support, and what is up to date', () => {
  const ended = 'Debian 11 has no support any more.';
  const { body } = write(
    outcomeOf([
      moved({ suggestions: ['`python:3.12-slim` could be `3.13-slim` (a newer minor version).'] }),
      failed,
      { ...unchanged, notes: [ended] },
    ]),
  );
  expect(body).toContain(
    '`python:3.12-slim` failed; known vulnerabilities were not checked: nothing changed.**',
  );
  expect(body).toContain(
    '## Images not moved\n\n- `python:3.12-slim`, named in `Dockerfile:1` (FROM): The registry wants a password. Give one. (`registry-auth`)',
  );
  expect(body).toContain(
    '## Images to look at\n\n- `python:3.12-slim` could be `3.13-slim` (a newer minor version). (`Dockerfile:1`)\n',
  );
  expect(body).toContain(`- \`python:3.12-slim\`: ${ended} (\`Dockerfile:1\`)`);
  expect(body).toContain('Images up to date already: `python:3.12-slim`.');
});

it('folds what was left alone, counted by its kind; a stage is no image', () => {
  const text = `FROM python:3.12 AS build\nFROM debian:12\nFROM a:\${X}\nFROM b:\${Y}\nFROM scratch\nCOPY --from=build a b\n`;
  const { left } = planOf({ Dockerfile: text });
  const { body } = write(outcomeOf([moved({ image: imageOf(`other:1@${OLD}`) })], { left }));
  expect(body).toContain('<summary>Left alone: 3 places that name an image</summary>');
  expect(body).toContain(
    '- 2 places. Give the variable a default, or write the image out.\n  - `Dockerfile:3`: `a:${X}` depends on',
  );
  expect(body).toContain('- `Dockerfile:2` `debian:12`: It has no digest. Write `pin = true`');
  expect(body).not.toContain('is a stage');
});

it('says that images know no cool-down', () => {
  const job = { repository: 'r', trigger: 'terminal', only: [], cutoff: '2026-11-01T00:00:00Z' } as const;
  expect(write(outcomeOf([moved()]), { job }).body).toContain('Images know no cool-down');
  expect(write(outcomeOf([unchanged]), { job, results: [lock] }).body).not.toContain('know no cool-down');
});

it('lets nothing of an image act in the report', () => {
  const evil = '</summary>@admin\n# x | `![a](http://evil.test)';
  const to = contentOf(NEW, [], {
    packages: [{ ...contentOf(NEW, ['deb a 1']).packages[0]!, name: evil, version: '```\n@admin' }],
    os: { id: evil, version: evil, name: evil, codename: '' },
    pythons: [{ version: evil, location: evil }],
    config: {
      env: [`${evil}=${evil}`, 'INDEX=https://user:secret@host/simple'],
      user: evil,
      workdir: evil,
      entrypoint: [evil],
      cmd: [],
      ports: [evil],
      labels: { [evil]: evil },
    },
    annotations: { 'org.opencontainers.image.source': 'https://evil.test/](javascript:x)/commit/abc' },
    notes: [evil],
  });
  const { body } = write(outcomeOf([movedImage(PYTHON, contentOf(OLD, []), to)]));
  const outside = body
    .replaceAll('\\`', '')
    .replaceAll(/(?<fence>`{3,})[^]*?\n\k<fence>\n/gu, '')
    .replaceAll(/(?<tick>`+)[^`][^]*?\k<tick>(?!`)/gu, '');
  expect(outside).not.toMatch(/@admin|!\[|<\/summary>@|\]\(javascript/u);
  expect(body).not.toContain('secret');
  expect(body).not.toMatch(/^# x/mu);
  // Every row of the table is one.
  for (const row of outside.match(/^\|.*$/gmu) ?? []) {
    expect(row.replaceAll('\\|', '').match(/\|/gu)).toHaveLength(4);
  }
  // Every fold that opens closes.
  expect(body.match(/<details>/gu)?.length).toBe(body.match(/^<\/details>$/gmu)?.length);
});

it('stays under the limit, and says what was left out', () => {
  const many = (version: string) =>
    Array.from({ length: 3000 }, (_, index) => `deb package-${index} ${version}`);
  const image = movedImage(PYTHON, contentOf(OLD, many('1.0')), contentOf(NEW, many('1.1')));
  const { body } = write(outcomeOf(Array.from({ length: 30 }, () => image)));
  expect(body.length).toBeLessThanOrEqual(65_001);
  expect(body).toContain('Left out: the packages of the image python:3.12-slim');
  expect(body).toContain('3,000 packages moved inside');
});
