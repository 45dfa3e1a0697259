/** Published images of a job, with registry, distribution and builder as the test says. */
import { describe, expect, it } from 'vitest';
import type { PackageUpdate, SystemUpdates } from '../../src/distro/model.ts';
import { runJob } from '../../src/engine.ts';
import type { ChosenScanner } from '../../src/engine/scan-run.ts';
import type { ImagePorts } from '../../src/engine/images.ts';
import type { RebuildPorts } from '../../src/engine/rebuild.ts';
import type { Prove } from '../../src/engine/rebuild-proof.ts';
import { CancelledError } from '../../src/errors.ts';
import { compareImages } from '../../src/images/compare.ts';
import type { ImageContent } from '../../src/images/content.ts';
import type { ImageReference } from '../../src/images/model.ts';
import type { Job } from '../../src/model.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import type { Finding } from '../../src/scan/model.ts';
import { contentOf, NEW, OLD } from '../support/image-results.ts';
import { BROKEN, builtProof, DOWN, NOW, waits } from '../support/rebuild-results.ts';
import { JOB, noImages, noScan, setUp } from './set-up.ts';

const REF = 'ghcr.io/acme/app:latest';
const UPGRADING = `FROM python:3.12-slim@${OLD}\nRUN apt-get update && apt-get -y upgrade\nCOPY . /app\n`;
const STILL = `FROM python:3.12-slim@${OLD}\nCOPY . /app\n`;
const POLICY = `[scan]\nwith = ["osv"]\n\n[[image]]\nref = "${REF}"\n`;
const FIX = waits('rebuild', 'libssl3 3.0.1 3.0.2').update;
const PUBLISHED = contentOf(`sha256:${'1'.repeat(64)}`, ['deb libssl3 3.0.1', 'deb zlib1g 1.2']);
const FIXED = contentOf(`sha256:${'2'.repeat(64)}`, ['deb libssl3 3.0.2', 'deb zlib1g 1.2']);

interface World {
  readonly dockerfile?: string;
  /** Further tables and files. */
  readonly policy?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly lacks?: readonly PackageUpdate[];
  readonly updates?: (content: ImageContent) => SystemUpdates;
  /** Where the tag of the base is now. */
  readonly tag?: string;
  /** Packages of the base by digest. */
  readonly bases?: Readonly<Record<string, readonly string[]>>;
  readonly prove?: Prove;
  readonly job?: Partial<Job>;
  readonly published?: (reference: ImageReference, platform: string) => ImageContent;
  readonly scanner?: ChosenScanner;
  readonly asked?: Awaited<ReturnType<RebuildPorts['lastAsked']>>;
}

function behind(updates: readonly PackageUpdate[]): SystemUpdates {
  return { state: updates.length === 0 ? 'clean' : 'behind', updates, indexes: [], notes: [] };
}

async function run(world: World) {
  const { lacks = [FIX], tag = OLD, bases = {}, prove = null, asked = null } = world;
  const read: string[] = [];
  const readOne = (reference: ImageReference, platform: string): ImageContent => {
    const digest = reference.digest ?? '';
    read.push(
      `${reference.repository} ${digest === '' ? (reference.tag ?? '') : digest.slice(7, 8)} ${platform}`,
    );
    if (reference.repository.endsWith('python')) return contentOf(digest, bases[digest] ?? [], { platform });
    return world.published?.(reference, platform) ?? { ...PUBLISHED, platform };
  };
  const images: ImagePorts = {
    ...noImages(),
    registry: {
      ...noImages().registry,
      digestOf: () => Promise.resolve(tag),
      manifest: ({ digest }) =>
        Promise.resolve({
          digest: digest ?? '',
          mediaType: '',
          kind: 'manifest',
          json: {},
          bytes: Buffer.alloc(0),
        }),
    },
    read: async (references, platform) => references.map((reference) => readOne(reference, platform)),
    now: () => NOW,
  };
  const given = setUp({
    locks: [],
    files: {
      Dockerfile: world.dockerfile ?? UPGRADING,
      '.github/relock.toml': `${POLICY}${world.policy ?? ''}`,
      ...world.files,
    },
    ports: {
      images,
      now: () => NOW,
      scan: {
        ...noScan(),
        choose: () => Promise.resolve(world.scanner === undefined ? [] : [world.scanner]),
      },
      rebuilds: {
        ...images,
        updates: async (content) => world.updates?.(content) ?? behind(lacks),
        lastAsked: () => Promise.resolve(asked),
        prove,
      },
    },
  });
  const outcome = await runJob({ ...JOB, ...world.job }, given.ports);
  const { results } = outcome.rebuilds;
  return {
    ...given,
    outcome,
    results,
    only: results[0],
    read,
    body: outcome.pullRequest?.body ?? '',
  };
}

const busted = (text: string, date = '2026-11-24'): string =>
  text.replace(
    'RUN apt',
    `# Relock moves this date, so that the packages below are fetched anew and not taken from the build cache.\nARG RELOCK_REBUILD=${date}\nRUN apt`,
  );

const proved =
  (after = FIXED): Prove =>
  async ({ published: [before = PUBLISHED] }) => ({
    proof: builtProof([compareImages(before, after)], { samePackages: before.packages === after.packages }),
    contents: [{ before, after }],
  });

describe('published images of a job', () => {
  it('says nothing more of one that lacks nothing', async () => {
    const { only, actions, outcome } = await run({ lacks: [] });
    expect(only).toMatchObject({ decision: { verdict: 'clean' }, files: [], proof: null, reason: null });
    expect(outcome.pullRequest).toBeNull();
    expect(actions).toEqual([]);
  });

  it('proposes the date that makes builders run the package steps anew', async () => {
    const { only, actions, outcome } = await run({});
    expect(only).toMatchObject({ decision: { verdict: 'needed' }, proof: null });
    expect(outcome.images.files).toEqual([
      { path: 'Dockerfile', text: busted(UPGRADING), executable: false },
    ]);
    expect(actions).toMatchObject([{ kind: 'propose', files: outcome.images.files }]);
    expect(outcome.pullRequest?.title).toMatch(/^Rebuild .*: 1 security fix$/u);
  });

  it('edits a Dockerfile once: its base and its date', async () => {
    const { only, outcome } = await run({
      tag: NEW,
      bases: { [OLD]: ['deb libssl3 3.0.1'], [NEW]: ['deb libssl3 3.0.2'] },
    });
    expect(only?.published[0]?.waiting.map(({ way }) => way)).toEqual(['base-digest']);
    expect(outcome.images.files.map(({ text }) => text)).toEqual([busted(UPGRADING).replace(OLD, NEW)]);
    expect(only?.decision.because).toMatch(/its digest moves here/u);
  });

  it('moves the base alone where no step of the Dockerfile has packages', async () => {
    const bases = { [OLD]: ['deb libssl3 3.0.1'], [NEW]: ['deb libssl3 3.0.2'] };
    const { only, outcome } = await run({ dockerfile: STILL, tag: NEW, bases });
    expect(only).toMatchObject({ decision: { verdict: 'needed' }, reason: null, files: [], notes: [] });
    expect(outcome.images.files).toMatchObject([{ text: STILL.replace(OLD, NEW) }]);
  });

  it('proposes nothing where a rebuild does not help', async () => {
    const { only, actions, outcome } = await run({
      dockerfile: STILL,
      bases: { [OLD]: ['deb libssl3 3.0.1'] },
    });
    expect(only).toMatchObject({ decision: { verdict: 'will-not-help' }, files: [], reason: null });
    expect(only?.advice.map(({ code }) => code)).toContain('no-upgrade-step');
    expect(outcome.pullRequest).toBeNull();
    expect(actions).toEqual([]);
  });

  it('says why a Dockerfile got no date, and still that the image was looked at', async () => {
    const { only } = await run({ dockerfile: STILL, lacks: [], job: { noCache: true } });
    expect(only).toMatchObject({ decision: { verdict: 'needed' }, reason: null, files: [] });
    expect(only?.notes).toEqual([expect.stringMatching(/^Dockerfile was not given a date/u)]);
  });

  it.each([
    ['index is down', { updates: () => ({ state: 'unknown', reason: DOWN }) as const }, DOWN.message],
  ])('never calls an image clean whose %s', async (_what, world, words) => {
    const { only, actions } = await run({ ...world, prove: () => Promise.reject(new Error('built')) });
    expect(only).toMatchObject({ decision: { verdict: 'unknown' }, files: [], proof: null });
    expect(only?.decision.because).toContain(words);
    expect(actions).toEqual([]);
  });

  it('tells why an image could not be looked at, and goes on with the others', async () => {
    const { results } = await run({
      policy: [
        '[[image]]\nref = "ghcr.io/acme/gone"\n',
        '[[image]]\nref = "ghcr.io/acme/other"\ndockerfile = "nowhere/Dockerfile"\n',
        '[[image]]\nref = "ghcr.io/acme/broken"\n',
      ].join('\n'),
      published(reference, platform) {
        if (reference.repository === 'acme/gone')
          throw new RegistryError('image-not-found', 'It is gone.', 'Look.');
        if (reference.repository === 'acme/broken') throw new TypeError('x is undefined');
        return { ...PUBLISHED, platform };
      },
    });
    expect(results.map(({ decision, reason }) => [decision.verdict, reason?.code ?? null])).toEqual([
      ['needed', null],
      ['unknown', 'image-not-found'],
      ['unknown', 'manifest-missing'],
      ['unknown', 'internal'],
    ]);
    expect(results[1]?.reason).toMatchObject({
      message: '`ghcr.io/acme/gone:latest` could not be read: It is gone.',
      fix: 'Look.',
    });
  });

  it('ends with a run that is cancelled', async () => {
    const updates = (): never => {
      throw new CancelledError('The run was cancelled.');
    };
    await expect(run({ updates })).rejects.toThrow(CancelledError);
  });

  it('looks at those of the chosen Dockerfiles alone', async () => {
    const policy = '[[image]]\nref = "ghcr.io/acme/web"\ndockerfile = "web/Dockerfile"\n';
    const files = { 'web/Dockerfile': UPGRADING };
    const { results } = await run({ policy, files, job: { only: ['web/**'] } });
    expect(results.map(({ image }) => image.ref)).toEqual(['ghcr.io/acme/web:latest']);
  });

  it('rebuilds what a person wants rebuilt, and another time on the same day', async () => {
    const first = await run({ lacks: [], job: { noCache: true } });
    expect(first.only?.decision).toEqual({
      verdict: 'needed',
      because: 'A rebuild without cache was asked for. It lacks no security fix.',
    });
    const again = await run({ dockerfile: busted(UPGRADING), lacks: [], job: { noCache: true } });
    expect(again.outcome.images.files.map(({ text }) => text)).toEqual([
      busted(UPGRADING, '2026-11-24T12:00Z'),
    ]);
  });

  it('rests while a rebuild is on its way', async () => {
    const asked = { at: '2026-11-23T12:00:00Z', digest: PUBLISHED.manifestDigest };
    const { only } = await run({ dockerfile: busted(UPGRADING, '2026-11-23'), asked });
    expect(only).toMatchObject({ decision: { verdict: 'on-its-way' }, files: [] });
  });

  it('edits nothing where the repository is not to be asked by a commit', async () => {
    const { only, outcome } = await run({ policy: 'via = ["dispatch"]\n', prove: proved() });
    expect(only).toMatchObject({ decision: { verdict: 'needed' }, files: [], proof: { state: 'built' } });
    expect(outcome.images.files).toEqual([]);
  });

  it('makes one edit for two images of one Dockerfile, and reads their base once', async () => {
    const policy = '[[image]]\nref = "ghcr.io/acme/app:slim"\n';
    const { results, outcome, read } = await run({ policy });
    expect(results.map(({ files }) => files.length)).toEqual([1, 1]);
    expect(outcome.images.files).toEqual([
      { path: 'Dockerfile', text: busted(UPGRADING), executable: false },
    ]);
    expect(read.filter((one) => one.startsWith('library/python'))).toEqual([`library/python a linux/amd64`]);
  });

  it('looks at each platform by itself', async () => {
    const { only, body } = await run({
      policy: 'platforms = ["linux/amd64", "linux/arm64"]\n',
      updates: ({ platform }) =>
        platform === 'linux/amd64' ? { state: 'unknown', reason: DOWN } : behind([{ ...FIX, arch: 'arm64' }]),
    });
    expect(only?.published.map(({ platform, updates }) => [platform, updates.state])).toEqual([
      ['linux/amd64', 'unknown'],
      ['linux/arm64', 'behind'],
    ]);
    expect(only?.decision).toMatchObject({ verdict: 'needed' });
    expect(body).toContain('What waits on `linux/amd64` is unknown, which does not mean that nothing does');
  });
});

describe('the proof', () => {
  it('is made with what the run proposes, and shows what it brings', async () => {
    const asked: Parameters<Prove>[0][] = [];
    const { only, body, outcome } = await run({
      tag: NEW,
      prove(wanted) {
        asked.push(wanted);
        return proved()(wanted);
      },
    });
    expect(new Map(asked[0]?.files.map(({ path, text }) => [path, text]))).toEqual(
      new Map([['Dockerfile', busted(UPGRADING).replace(OLD, NEW)]]),
    );
    expect(only?.proof).toMatchObject({ state: 'built', samePackages: false });
    expect(body).toContain('a clean build brings it');
    expect(body).toContain("The smoke test `python -c 'import app'` passed.");
    expect(outcome.pullRequest?.title).toMatch(/, rebuild /u);
  });

  it('is not made for what needs none', async () => {
    const prove = (): never => {
      throw new Error('built');
    };
    expect((await run({ lacks: [], prove })).only).toMatchObject({ proof: null, reason: null });
  });

  it.each([
    ['the same packages', proved(PUBLISHED), /rebuilt, nothing changed, so there is no need to deploy/u],
    [
      'a build that fails',
      async () => ({ proof: BROKEN, contents: [] }),
      /\*\*The clean build failed\*\* at `RUN apt-get install -y libfoo=1\.2-3`[^]*E: Version '1\.2-3' for 'libfoo' was not found/u,
    ],
    [
      'no builder',
      async () => ({ proof: { state: 'not-built', reason: DOWN } as const, contents: [] }),
      /\*\*Not proved by a build\*\*: deb\.debian\.org does not answer/u,
    ],
  ] satisfies readonly (readonly [string, Prove, RegExp])[])('tells of %s', async (_what, prove, words) => {
    const { body } = await run({ prove });
    expect(body).toMatch(words);
  });

  it('is scanned on both sides', async () => {
    const { outcome, body } = await run({ prove: proved(), scanner: knowing('libssl3', '3.0.1') });
    expect(outcome.scan.diff.fixed.map(({ finding }) => finding.id)).toEqual(['CVE-1']);
    expect(outcome.scan.diff.added).toEqual([]);
    expect(body).toContain('fixes 1 known vulnerability (1 high); adds none; none remain');
    expect(body).toContain('**Vulnerabilities**, published against rebuilt: fixes 1 known vulnerability');
  });
});

/** Knows one vulnerability. */
function knowing(name: string, version: string): ChosenScanner {
  const finding = (ecosystem: string): Finding => ({
    id: 'CVE-1',
    ids: ['CVE-1'],
    ecosystem,
    package: name,
    version,
    summary: '',
    severity: { level: 'high', score: 8, source: 'CVSS 3.1', vector: null },
    fixed: ['3.0.2'],
    link: null,
    note: null,
    malicious: false,
  });
  return {
    scanner: {
      name: 'osv',
      next: ({ packages }) => ({
        do: 'done',
        report: {
          state: 'found',
          by: { name: 'osv', version: null, database: 'a test', databaseDate: null },
          findings: packages
            .filter((one) => one.name === name && one.version === version)
            .map(({ ecosystem }) => finding(ecosystem)),
          secrets: [],
          notChecked: [],
        },
      }),
    },
    program: null,
    sendsNames: false,
    readsLayers: false,
    imagesOnly: false,
  };
}
