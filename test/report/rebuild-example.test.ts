/** Holds docs/examples/published-images.md to what Relock writes; `npx vitest run test/report/rebuild-example.test.ts --update` writes it anew. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { PackageSource, PackageUpdate, SystemUpdates } from '../../src/distro/model.ts';
import { compareImages } from '../../src/images/compare.ts';
import type { ImageContent } from '../../src/images/content.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import { decideRebuild } from '../../src/rebuild/decide.ts';
import type { BuiltImage, PublishedState, RebuildResult } from '../../src/rebuild/model.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import { contentOf } from '../support/image-results.ts';
import {
  builtImage,
  builtProof,
  NOW,
  PLAIN,
  publishedState,
  UNKNOWN,
  waits,
} from '../support/rebuild-results.ts';
import { finding, fixedIn, scanned, stays, imagePlace } from '../support/scan-results.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/published-images.md', import.meta.url));
const digest = (start: string): string => `sha256:${start.padEnd(64, '0')}`;

const debian = (suite: string, path: string): PackageSource => ({
  kind: 'deb',
  url: `http://deb.debian.org/${path}`,
  suite,
  components: ['main'],
  architecture: 'amd64',
  namedIn: 'etc/apt/sources.list.d/debian.sources',
  trusted: false,
  signedBy: [],
});
const behind = (updates: readonly PackageUpdate[]): SystemUpdates => ({
  state: updates.length === 0 ? 'clean' : 'behind',
  updates,
  indexes: [
    { source: debian('bookworm', 'debian'), date: '2026-11-08T10:21:04Z', signed: true },
    { source: debian('bookworm-security', 'debian-security'), date: '2026-11-23T20:02:11Z', signed: true },
  ],
  notes: [],
});
const published = (
  waiting: PublishedState['waiting'],
  more: Partial<PublishedState> = {},
): readonly PublishedState[] => [
  publishedState(waiting, { updates: behind(waiting.map(({ update }) => update)), ...more }),
];

type Asked = Partial<Omit<Parameters<typeof decideRebuild>[0], 'image' | 'published'>>;

function result(
  image: Partial<BuiltImage>,
  states: readonly PublishedState[],
  more: Partial<RebuildResult> = {},
  asked: Asked = {},
): RebuildResult {
  const built = builtImage(image);
  const question = { now: NOW, lastAsked: null, bustDate: null, baseMoves: false, ...asked };
  return {
    image: built,
    decision: decideRebuild({ image: built, published: states, ...question }),
    published: states,
    advice: [],
    proof: null,
    files: [],
    reason: null,
    notes: [],
    ...more,
  };
}

const SAME = Array.from({ length: 96 }, (_, index) => `deb lib-${index} 1.0`);
const content = (
  start: string,
  created: string,
  lines: readonly string[],
  compressed: number,
): ImageContent =>
  contentOf(digest(start), [...SAME, ...lines], {
    created,
    pythons: [{ version: '3.12.11', location: 'usr/local/bin' }],
    layers: [
      { digest: digest('aa'), compressed: 28_228_600, uncompressed: 77_870_592 },
      { digest: digest(start), compressed, uncompressed: compressed * 3 },
    ],
  });
const comparison = compareImages(
  content(
    '7c1d88a0e5b2',
    '2026-10-01T06:30:00Z',
    [
      'deb libssl3 3.0.16-1~deb12u1',
      'deb openssl 3.0.16-1~deb12u1',
      'deb perl-base 5.36.0-7+deb12u2',
      'deb tzdata 2025b-0+deb12u1',
    ],
    12_410_220,
  ),
  content(
    'e90b3f6d214c',
    '2026-11-24T11:58:20Z',
    [
      'deb libssl3 3.0.17-1~deb12u3',
      'deb openssl 3.0.17-1~deb12u3',
      'deb perl-base 5.36.0-7+deb12u3',
      'deb tzdata 2025b-0+deb12u2',
    ],
    12_931_004,
  ),
);
const APP = 'ghcr.io/acme/app:latest';
const found = (id: string, level: 'critical' | 'high') =>
  finding(id, 'openssl 3.0.16-1~deb12u1', level, { ecosystem: 'Debian:12' });

it('the example of published images is what Relock writes', async () => {
  const results = [
    result(
      { ref: APP },
      published(
        [
          waits('rebuild', 'libssl3 3.0.16-1~deb12u1 3.0.17-1~deb12u3', { source: 'openssl' }),
          waits('rebuild', 'openssl 3.0.16-1~deb12u1 3.0.17-1~deb12u3'),
          waits('base-digest', 'perl-base 5.36.0-7+deb12u2 5.36.0-7+deb12u3', {
            since: '2026-11-19T08:00:00Z',
          }),
          waits('rebuild', 'tzdata 2025b-0+deb12u1 2025b-0+deb12u2', PLAIN),
        ],
        { digest: digest('7c1d88a0e5b2'), revision: '1a6d3f5f2a0b4c5d6e7f8091a2b3c4d5e6f70812' },
      ),
      {
        proof: builtProof([comparison]),
        files: [{ path: 'Dockerfile', text: '', executable: false }],
        advice: [
          {
            code: 'runs-as-root',
            path: 'Dockerfile',
            line: 14,
            message: 'The image runs as root: no `USER` follows the last `FROM`. Add one before `CMD`.',
          },
        ],
      },
      { baseMoves: true },
    ),
    result(
      { ref: 'ghcr.io/acme/worker:latest', dockerfile: 'worker/Dockerfile', context: 'worker' },
      published([
        waits('upgrade-step', 'libexpat1 2.5.0-1+deb12u1 2.5.0-1+deb12u2', { since: '2026-10-02T00:00:00Z' }),
        waits('not-yet', 'linux-libc-dev 6.1.140-1 6.1.148-1', {
          because: 'it wants linux-headers-6.1.0-39, which is not installed',
        }),
      ]),
      {
        advice: [
          {
            code: 'no-upgrade-step',
            path: 'worker/Dockerfile',
            line: 3,
            message:
              'Nothing upgrades what the base image brings. Add `RUN apt-get update && apt-get -y upgrade && rm -rf /var/lib/apt/lists/*` before it.',
          },
        ],
      },
    ),
    result(
      {
        ref: 'ghcr.io/acme/gateway:latest',
        dockerfile: 'gateway/Dockerfile',
        platforms: ['linux/amd64', 'linux/arm64'],
      },
      ['linux/amd64', 'linux/arm64'].map((platform, index) =>
        publishedState([], { platform, updates: UNKNOWN, digest: digest(`5${index}`) }),
      ),
    ),
    result(
      { ref: 'ghcr.io/acme/jobs:latest', dockerfile: 'jobs/Dockerfile' },
      published([waits('rebuild', 'openssl 3.0.16-1~deb12u1 3.0.17-1~deb12u3')]),
      {},
      { bustDate: '2026-11-20' },
    ),
    result({ ref: 'ghcr.io/acme/docs:latest', dockerfile: 'docs/Dockerfile' }, published([])),
  ];
  const kept = finding('CVE-2026-31790', 'perl 5.36.0-7+deb12u3', 'high', { ecosystem: 'Debian:12' });
  const scan = scanned({
    diff: {
      fixed: [
        fixedIn(APP, found('CVE-2026-9230', 'critical'), '3.0.17-1~deb12u3'),
        fixedIn(APP, found('CVE-2026-9232', 'high'), '3.0.17-1~deb12u3'),
      ],
      added: [],
      remaining: [stays(kept, { kind: 'no-fix', note: 'no-dsa' }, imagePlace(APP))],
    },
  });
  const { title, body } = writePullRequest({
    job: { repository: 'acme/shop', trigger: 'terminal', only: [], cutoff: null },
    results: [],
    skips: [],
    seconds: 61.4,
    notes: [],
    links: new Map(),
    images: NO_IMAGES,
    rebuilds: { results },
    scan,
    now: NOW,
  });
  await expect(`# ${title}\n\n${body}`).toMatchFileSnapshot(EXAMPLE);
});
