/** Holds docs/examples/base-images.md to what Relock writes; `npx vitest run test/report/images-example.test.ts --update` writes it anew. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { ImageContent } from '../../src/images/content.ts';
import type { PlannedImage } from '../../src/images/plan-images.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { contentOf, movedImage, outcomeOf, planOf } from '../support/image-results.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/base-images.md', import.meta.url));

const digest = (start: string): string => `sha256:${start.padEnd(64, '0')}`;
const PYTHON = { old: digest('2a6386ad2db2'), now: digest('80619a5316af') };
const REDIS = digest('5c7c0445ed86');
const INTERNAL = digest('77f28e5a1b3c');

const FILES = {
  Dockerfile: [
    `FROM python:3.12.11-slim-bookworm@${PYTHON.old} AS build`,
    'RUN pip install --require-hashes -r requirements.txt',
    `FROM python:3.12.11-slim-bookworm@${PYTHON.old}`,
    'COPY --from=build /app /app',
    `COPY --from=registry.example.com/acme/certificates:2026@${INTERNAL} /etc/ssl /etc/ssl`,
    '',
  ].join('\n'),
  'compose.yaml': [
    'services:',
    '  cache:',
    `    image: redis@${REDIS}`,
    '  db:',
    '    image: postgres:16.4',
    '  worker:',
    '    image: ghcr.io/acme/worker:${WORKER_TAG}',
    '',
  ].join('\n'),
};

const SOURCE = {
  'org.opencontainers.image.source': 'https://github.com/docker-library/python.git#main:3.12/slim-bookworm',
};

function slim(manifest: string, packages: readonly string[], more: Partial<ImageContent>): ImageContent {
  const same = Array.from({ length: 100 }, (_, index) => `deb lib-${index} 1.0`);
  return contentOf(manifest, [...same, ...packages], {
    pythons: [{ version: '3.12.11', location: 'usr/local/bin' }],
    ...more,
  });
}

const BEFORE = slim(
  digest('f9a4c1d2e37b'),
  [
    'deb base-files 12.4+deb12u11',
    'deb libc6 2.36-9+deb12u10',
    'deb libc-bin 2.36-9+deb12u10',
    'deb libssl3 3.0.16-1~deb12u1',
    'deb openssl 3.0.16-1~deb12u1',
    'deb tzdata 2025b-0+deb12u1',
    'python pip 25.0.1',
  ],
  {
    created: '2026-06-04T00:14:31Z',
    annotations: {
      ...SOURCE,
      'org.opencontainers.image.revision': '1a6d3f5f2a0b4c5d6e7f8091a2b3c4d5e6f70812',
    },
    layers: [
      { digest: digest('aa'), compressed: 28_228_600, uncompressed: 77_870_592 },
      { digest: digest('bb'), compressed: 16_220_314, uncompressed: 47_244_288 },
    ],
  },
);
const AFTER = slim(
  digest('0c3e6a7b9d15'),
  [
    'deb base-files 12.4+deb12u12',
    'deb libc6 2.36-9+deb12u13',
    'deb libc-bin 2.36-9+deb12u13',
    'deb libssl3 3.0.17-1~deb12u3',
    'deb openssl 3.0.17-1~deb12u3',
    'deb tzdata 2025b-0+deb12u2',
    'python pip 25.0.1',
  ],
  {
    created: '2026-11-04T02:41:07Z',
    annotations: {
      ...SOURCE,
      'org.opencontainers.image.revision': '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432',
    },
    layers: [
      { digest: digest('cc'), compressed: 28_233_900, uncompressed: 77_893_632 },
      { digest: digest('dd'), compressed: 16_221_048, uncompressed: 47_246_336 },
    ],
  },
);

it('the example of base images is what Relock writes', async () => {
  const plan = planOf(FILES);
  const image = (text: string): PlannedImage => {
    const found = plan.images.find(({ reference }) => reference.text === text);
    if (found === undefined) throw new Error(`There is no image ${text}.`);
    return found;
  };
  const python = movedImage(image('python:3.12.11-slim-bookworm'), BEFORE, AFTER, {
    from: PYTHON.old,
    to: PYTHON.now,
    suggestions: ['`python:3.12.11-slim-bookworm` could be `3.12.12-slim-bookworm` (a patch).'],
  });
  const stays = { ...python, from: null, to: null, comparisons: [], suggestions: [], notes: [] };
  const images = outcomeOf(
    [
      {
        ...stays,
        image: image('postgres:16.4'),
        status: 'unchanged',
        suggestions: ['`postgres:16.4` could be `16.11` (a newer minor version).'],
      },
      python,
      {
        ...stays,
        image: image('redis'),
        status: 'skipped',
        reason: {
          code: 'nothing-pinned',
          message: '`redis` is pinned to a digest, and nothing says of which tag.',
          fix: 'Write the tag beside it (`image:tag@sha256:…`), or in a comment at the end of the line or above it.',
          detail: '',
        },
      },
      {
        ...stays,
        image: image('registry.example.com/acme/certificates:2026'),
        status: 'failed',
        reason: {
          code: 'registry-auth',
          message:
            'registry.example.com/acme/certificates:2026 cannot be looked up: registry.example.com wants a user name ' +
            'and password (401). It is private, or not there.',
          fix:
            "Look whether the image's name is right; if it is private, give a `[[credential]]` for " +
            'registry.example.com; at a terminal `docker login` does too.',
          detail: '',
        },
      },
    ],
    { left: plan.left },
  );
  const job = { repository: 'acme/shop', trigger: 'terminal', only: [], cutoff: null } as const;
  const { title, body } = writePullRequest({
    job,
    results: [],
    skips: [],
    seconds: 6.2,
    notes: [],
    links: new Map(),
    images,
    rebuilds: NO_REBUILDS,
    scan: { ...NO_SCAN, skipped: 'switched off' },
  });
  await expect(`# ${title}\n\n${body}`).toMatchFileSnapshot(EXAMPLE);
});
