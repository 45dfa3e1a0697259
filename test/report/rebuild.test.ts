import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import type { PackageSource } from '../../src/distro/model.ts';
import type { RebuildResult } from '../../src/rebuild/model.ts';
import { rebuildSections, rebuildsToReview, type RebuildReport } from '../../src/report/rebuild.ts';
import { contentOf, NEW, OLD } from '../support/image-results.ts';
import {
  BROKEN,
  builtImage,
  builtProof,
  DOWN,
  NOW,
  PLAIN,
  publishedState,
  rebuildResult,
  UNKNOWN,
  waits,
} from '../support/rebuild-results.ts';
import { addedBy, finding, fixedBy, scanned } from '../support/scan-results.ts';

const textOf = (results: readonly RebuildResult[], scans: RebuildReport['scans'] = new Map()) =>
  rebuildSections({ rebuilds: { results }, scans, now: NOW })
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join('\n\n');
const moved = compareImages(
  contentOf(OLD, ['deb libssl3 3.0.16-1', 'deb openssl 3.0.16-1', 'deb tzdata 2025b-0']),
  contentOf(NEW, ['deb libssl3 3.0.17-1', 'deb openssl 3.0.17-1', 'deb tzdata 2025b-0'], {
    config: { ...contentOf(NEW, []).config, env: ['BUILT=1'], labels: { revision: 'x' } },
    layers: [{ digest: `sha256:${'1'.repeat(64)}`, compressed: 29_500_000, uncompressed: 76_000_000 }],
  }),
);
const same = compareImages(contentOf(OLD, ['deb a 1']), contentOf(NEW, ['deb a 1']));
const needed = (more: Partial<RebuildResult> = {}): RebuildResult =>
  rebuildResult({
    decision: { verdict: 'needed', because: 'It lacks 2 security fixes.' },
    published: [
      publishedState([
        waits('rebuild', 'libssl3 3.0.16-1 3.0.17-1'),
        waits('rebuild', 'openssl 3.0.16-1 3.0.17-1'),
      ]),
    ],
    files: [{ path: 'Dockerfile', text: 'x', executable: false }],
    ...more,
  });

it('is not there without an image', () => {
  expect(textOf([])).toBe('');
});

it('tells what waits, what was decided, and what a clean build proves', () => {
  expect(textOf([needed({ proof: builtProof([moved]) })])).toMatchInlineSnapshot(`
    "## Published images

    ### \`ghcr.io/acme/app:latest\`

    **To be rebuilt.** It lacks 2 security fixes. \`Dockerfile\` is edited here so that the next build leaves the cache.

    It is built from \`Dockerfile\`. Published for \`linux/amd64\` is \`sha256:aaaaaaaaaaaa\`, built 2026-10-01 06:30 UTC, \`Debian GNU/Linux 12 (bookworm)\`.

    | Package | Published → offered | Kind | Offered by | Waiting | Comes with |
    | --- | --- | --- | --- | --- | --- |
    | \`libssl3\` | \`3.0.16-1\` → \`3.0.17-1\` | security | \`bookworm-security\` | 23 days | a clean build |
    | \`openssl\` | \`3.0.16-1\` → \`3.0.17-1\` | security | \`bookworm-security\` | 23 days | a clean build |

    **Built without cache** in 42 s by \`buildah 1.28.2\`: 2 packages moved inside.

    |  | Published | Rebuilt |
    | --- | --- | --- |
    | Digest | \`sha256:aaaaaaaaaaaa\` | \`sha256:bbbbbbbbbbbb\` |
    | Created | 2026-10-21 00:00 UTC | 2026-10-21 00:00 UTC |
    | OS | Debian GNU/Linux 12 (bookworm) | Debian GNU/Linux 12 (bookworm) |
    | Packages | 3 deb | 3 deb |
    | Size, compressed | 28.0 MB | 29.5 MB (+1.5 MB) |
    | Size, uncompressed | 75.0 MB | 76.0 MB (+1.0 MB) |
    | Layers | 1 | 1 |

    The smoke test \`python -c 'import app'\` passed.

    **Configuration**
    - environment \`BUILT\` added: \`1\`

    <details>
    <summary>2 packages moved</summary>

    **Moved**

    \`\`\`text
    libssl3 3.0.16-1 → 3.0.17-1
    openssl 3.0.16-1 → 3.0.17-1
    \`\`\`

    </details>

    <details>
    <summary>Labels</summary>

    - label \`revision\` added: \`x\`

    </details>"
  `);
});

it('names what is clean in a line, unless something is to be said of it', () => {
  const named = (ref: string, more: Partial<RebuildResult> = {}) =>
    rebuildResult({ image: builtImage({ ref }), ...more });
  const text = textOf([
    named('a:1'),
    named('b:1'),
    named('c:1', { notes: ['Its label says another revision.'] }),
  ]);
  expect(text).toContain('Need no rebuild: `a:1`, `b:1`.');
  expect(text).toContain('### `c:1`\n\nNo security fix waits for it.');
  expect(text).toContain('> Its label says another revision.');
  expect(text).not.toContain('### `a:1`');
});

describe('what could not be learned', () => {
  const dark = (platform: string) => publishedState([], { platform, updates: UNKNOWN });

  it('is loud, with its reason, and never among what needs no rebuild', () => {
    const text = textOf([
      rebuildResult({
        decision: { verdict: 'unknown', because: 'What it lacks is unknown.' },
        published: [dark('linux/amd64'), dark('linux/arm64')],
      }),
    ]);
    expect(text).toContain(
      '> [!WARNING]\n> **Unknown, and so not called clean.** What it lacks is unknown.\n> What waits on `linux/amd64` and `linux/arm64` is unknown, which does not mean that nothing does: ' +
        'deb.debian.org does not answer (bookworm-security): timed out after 3 attempts. Run it again later. (`index-unreachable`)',
    );
    expect(text.match(/WARNING/gu)).toHaveLength(1);
    expect(text).not.toContain('Need no rebuild');
  });

  it('says a reason once, and of several which is whose', () => {
    const because = `What it lacks is unknown: ${DOWN.message}`;
    const of = (other: typeof DOWN) =>
      textOf([
        rebuildResult({
          decision: { verdict: 'unknown', because },
          published: [
            dark('linux/amd64'),
            publishedState([], { platform: 'linux/arm64', updates: { state: 'unknown', reason: other } }),
          ],
        }),
      ]);
    expect(of(DOWN)).toContain(`${because}\n> Run it again later. (\`index-unreachable\`)\n\n`);
    expect(of({ ...DOWN, message: 'Its signature is bad.', fix: '' })).toContain(
      `${because}\n> - \`linux/amd64\`: Run it again later. (\`index-unreachable\`)\n` +
        '> - What waits on `linux/arm64` is unknown, which does not mean that nothing does: Its signature is bad. (`index-unreachable`)',
    );
  });

  it('is loud also beside what is known', () => {
    const reason = { ...DOWN, detail: 'gpg: BAD signature' };
    const text = textOf([
      needed({
        published: [
          publishedState([waits('rebuild', 'a')]),
          publishedState([], { updates: { state: 'unknown', reason } }),
        ],
      }),
    ]);
    expect(text).toContain('**To be rebuilt.**');
    expect(text).toContain('> [!WARNING]');
    expect(text).toContain('gpg: BAD signature');
  });

  it('is loud even where the verdict forgot it', () => {
    const text = textOf([rebuildResult({ published: [dark('linux/amd64')] })]);
    expect(text).toContain('> [!WARNING]');
    expect(text).not.toContain('Need no rebuild');
  });

  it('is the whole of an image that could not be looked at', () => {
    const reason = {
      ...DOWN,
      code: 'registry-auth',
      message: 'ghcr.io wants a password.',
      fix: 'Give one.',
    } as const;
    const text = textOf([rebuildResult({ reason, published: [] })]);
    expect(text).toContain(
      '> [!WARNING]\n> It could not be looked at, which does not mean that it is clean: ghcr.io wants a password. Give one. (`registry-auth`)',
    );
    expect(text).not.toContain('No security fix waits');
  });
});

describe('a proof', () => {
  it('of the same packages says that there is no need to deploy', () => {
    const text = textOf([needed({ proof: builtProof([same], { samePackages: true }) })]);
    expect(text).toContain(
      '**Built without cache** in 42 s by `buildah 1.28.2`: rebuilt, nothing changed, so there is no need to deploy.',
    );
    expect(text).not.toContain('Need no rebuild');
  });

  it('that brings not all says what is lacking still', () => {
    const half = compareImages(
      contentOf(OLD, ['deb libssl3 3.0.16-1', 'deb openssl 3.0.16-1']),
      contentOf(NEW, ['deb libssl3 3.0.17-1', 'deb openssl 3.0.16-1']),
    );
    expect(textOf([needed({ proof: builtProof([half]) })])).toContain(
      'by `buildah 1.28.2`: 1 package moved inside. It still lacks `openssl`.',
    );
  });

  it('of several platforms says of each what is its own, and of which nothing is shown', () => {
    const arm = { ...same, platform: 'linux/arm64' };
    const published = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) =>
      publishedState([], { platform }),
    );
    const text = textOf([needed({ published, proof: builtProof([moved, arm]) })]);
    expect(text).toContain(
      '`linux/amd64`: 2 packages moved inside; `linux/arm64`: the packages are the same. Nothing shows what it brings on `linux/s390x`.',
    );
    expect(text).toContain('| `linux/arm64` | Published | Rebuilt |');
  });

  it('whose packages could not be read claims nothing', () => {
    const unread = compareImages(
      contentOf(OLD, ['deb a 1']),
      contentOf(NEW, [], { unread: 'The layer is too large.' }),
    );
    const text = textOf([needed({ proof: builtProof([unread]) })]);
    expect(text).toContain('what is different inside could not be read (The layer is too large).');
    expect(text).toContain('Nothing shows what it brings on `linux/amd64`.');
    expect(text).not.toContain('removed');
  });

  it('that failed shows the step and its last lines', () => {
    const text = textOf([needed({ proof: BROKEN })]);
    expect(text).toContain(
      '> [!WARNING]\n> **The clean build failed** at `RUN apt-get install -y libfoo=1.2-3`, after 12 s with `buildah 1.28.2`: ' +
        'The build ended with exit code 100. Look at the step that failed. (`tool-failed`)',
    );
    expect(text).toContain(
      "Its last lines:\n\n```text\nReading package lists...\nE: Version '1.2-3' for 'libfoo' was not found\n```",
    );
  });

  it('shows only the end of a long output', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index} ${'x'.repeat(200)}`).join('\n');
    const text = textOf([needed({ proof: { ...BROKEN, lines } as typeof BROKEN })]);
    expect(text).toContain('line 499 ');
    expect(text).not.toContain('line 450 ');
    expect(text.length).toBeLessThan(6500);
  });

  it('that was not made says why', () => {
    const reason = {
      ...DOWN,
      code: 'tool-failed',
      message: 'No builder was found.',
      fix: 'Install Buildah.',
    } as const;
    expect(textOf([needed({ proof: { state: 'not-built', reason } })])).toContain(
      '**Not proved by a build**: No builder was found. Install Buildah. (`tool-failed`)',
    );
  });

  it.each<[string, Parameters<typeof builtProof>[1], readonly string[]]>([
    ['passed', {}, ["The smoke test `python -c 'import app'` passed."]],
    [
      'failed',
      {
        smoke: { state: 'failed', command: ['python'], output: "ModuleNotFoundError: No module named 'app'" },
      },
      [
        '> [!WARNING]\n> **The smoke test** `python` **failed** in the image that was built.',
        "```text\nModuleNotFoundError: No module named 'app'\n```",
      ],
    ],
    [
      'not run',
      { smoke: { state: 'not-run', because: 'The image has no Python' } },
      ['No smoke test was run: The image has no Python.'],
    ],
  ])('has a smoke test: %s', (_what, more, said) => {
    const text = textOf([needed({ proof: builtProof([moved], more) })]);
    for (const one of said) expect(text).toContain(one);
  });

  it('tells of vulnerabilities where they were looked for, severe ones that it adds first', () => {
    const found = scanned({
      diff: {
        fixed: [fixedBy(finding('CVE-2026-1', 'openssl 3.0.16-1', 'critical'), '3.0.17-1', 'x')],
        added: [addedBy(finding('CVE-2026-2', 'perl 5.36.0-8', 'high'), null, 'x')],
        remaining: [],
      },
    });
    const result = needed({ proof: builtProof([moved]) });
    const text = textOf([result], new Map([[result.image.ref, found]]));
    expect(text).toContain(
      '**Adds 1 high vulnerability: [`CVE-2026-2`](https://osv.dev/vulnerability/CVE-2026-2) in `perl`.** ' +
        '**Vulnerabilities**, published against rebuilt: fixes 1 known vulnerability (1 critical); adds 1 (1 high); none remain.',
    );
    expect(text).toContain('<summary>Known vulnerabilities of it</summary>');
    expect(textOf([result], new Map([['other', found]]))).not.toContain('ulnerabilities');
    expect(
      textOf([result], new Map([[result.image.ref, scanned({ skipped: 'switched off' })]])),
    ).not.toContain('ulnerabilities');
  });
});

it('lists advice with its places, each once, and cuts long lists', () => {
  const root = { code: 'runs-as-root', path: null, line: null, message: 'It runs as root' } as const;
  const unpinned = { code: 'unpinned-base', path: 'Dockerfile', line: 3, message: 'Pin the base.' } as const;
  const text = textOf([rebuildResult({ advice: [unpinned, root, root] })]);
  expect(text).toContain(
    '**Advice**\n- `Dockerfile:3`: Pin the base. (`unpinned-base`)\n- It runs as root. (`runs-as-root`)',
  );
  expect(text.match(/runs as root/gu)).toHaveLength(1);
  const many = Array.from({ length: 25 }, (_, line) => ({ ...unpinned, line }));
  expect(textOf([rebuildResult({ advice: many })])).toContain('- and 5 more');
});

it('says which indexes it was compared with, and which of them nobody signed', () => {
  const source: PackageSource = {
    kind: 'deb',
    url: 'http://deb.debian.org/debian-security',
    suite: 'bookworm-security',
    components: ['main'],
    architecture: 'amd64',
    namedIn: 'etc/apt/sources.list.d/debian.sources',
    trusted: false,
    signedBy: [],
  };
  const [state] = needed().published;
  if (state === undefined || state.updates.state === 'unknown') throw new Error('It is known.');
  const indexes = [
    { source, date: '2026-11-23T20:00:00Z', signed: true },
    { source: { ...source, suite: './', components: [] }, date: null, signed: false },
  ];
  const updates = { ...state.updates, indexes, notes: ['One source was left out.'] };
  // The same index for two platforms stands once.
  const text = textOf([
    needed({
      published: [
        { ...state, updates },
        { ...state, platform: 'linux/386', updates },
      ],
    }),
  ]);
  expect(text).toContain('<summary>Compared with 2 indexes, 1 not signed</summary>');
  expect(text).toContain(
    '- `http://deb.debian.org/debian-security` `bookworm-security main amd64`, of 2026-11-23 20:00 UTC\n' +
      '- `http://deb.debian.org/debian-security` `./ amd64`, **not signed**',
  );
  expect(text).toContain('> One source was left out.');
});

it('says that a rebuild will not help in the words of the decision', () => {
  const text = textOf([
    rebuildResult({
      decision: {
        verdict: 'will-not-help',
        because: 'Rebuilding will not help: the Dockerfile never upgrades.',
      },
      published: [publishedState([waits('upgrade-step', 'openssl 1 2'), waits('not-yet', 'b', PLAIN)])],
    }),
  ]);
  expect(text).toContain('\n\nRebuilding will not help: the Dockerfile never upgrades.\n\n');
  expect(text).toContain('| only an upgrade step |');
});

it('puts first for a reviewer what needs an eye', () => {
  const down = compareImages(
    contentOf(OLD, ['deb a 2']),
    contentOf(NEW, ['deb a 1'], { config: { ...contentOf(NEW, []).config, user: 'app', entrypoint: ['x'] } }),
  );
  const smoke = { state: 'failed', command: [], output: '' } as const;
  const of = (more: Partial<RebuildResult>) => rebuildsToReview({ results: [needed(more)] }).join('\n');
  expect(of({ proof: builtProof([moved]) })).toBe('');
  expect(of({ proof: builtProof([down], { smoke }) })).toBe(
    '- `ghcr.io/acme/app:latest`: its smoke test failed, 1 package downgraded by a clean build, a clean build has another user, a clean build has another entry point',
  );
  expect(of({ proof: BROKEN, published: [publishedState([], { updates: UNKNOWN })] })).toBe(
    '- `ghcr.io/acme/app:latest`: what it lacks is unknown, its clean build failed',
  );
  expect(of({ reason: DOWN })).toBe('- `ghcr.io/acme/app:latest`: could not be looked at');
});
