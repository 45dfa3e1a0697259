/** The whole problem and its end: a true Debian, a suite that gets fixes later, Buildah with a cache, and Relock. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { rebuildsAlone, type RebuildMode } from '../../src/engine/compose-rebuild.ts';
import { composePorts } from '../../src/engine/compose.ts';
import { findWalls } from '../../src/engine/network.ts';
import { runJob } from '../../src/engine.ts';
import type { PackageUpdate } from '../../src/distro/model.ts';
import { previewForge } from '../../src/forge/preview.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import type { RebuildResult } from '../../src/rebuild/model.ts';
import { localWorkspace } from '../../src/workspace/local.ts';
import { listed } from '../support/apt.ts';
import { createSigningKey, makeSuite, type RepositoryFiles } from '../support/apt-repository.ts';
import type { RepositoryOptions, SigningKey } from '../support/apt-repository.ts';
import { findDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { folder, repository } from '../support/folder.ts';
import { missingPrograms } from '../support/images/debian-programs.ts';
import { startAptServer, type AptServer } from '../support/rebuild/apt-server.ts';
import { createBuildStore, type BuildStore } from '../support/rebuild/build-store.ts';
import { debianBase, makeDeb, type MadeDeb } from '../support/rebuild/debian-base.ts';
import { pushImage } from '../support/registry/push.ts';

const program = findDockerRegistry();
const missing =
  missingPrograms(
    ['buildah', 'bwrap', 'mmdebstrap', 'dpkg-deb'],
    ['buildah', 'bubblewrap', 'mmdebstrap', 'dpkg'],
  ) ??
  ('missing' in program ? program.missing : null) ??
  (process.getuid?.() === 0 ? null : 'a Debian is laid out as root only') ??
  (process.arch === 'x64' ? null : 'the Debian is one of amd64');
if (missing !== null) console.warn(`Skipped: rebuilds of a published Debian. ${missing}`);

const BY_CI = ['--label', 'org.opencontainers.image.revision=abcdef'];
const DAY = 24 * 60 * 60 * 1000;

describe.skipIf(missing !== null)('a published Debian falls behind', { timeout: 120_000 }, () => {
  const now = new Date();
  let registry: DockerRegistry;
  let apt: AptServer;
  let store: BuildStore;
  let key: SigningKey;
  let debs: Readonly<Record<'old' | 'plain' | 'fixes', readonly MadeDeb[]>>;
  let upgrading: string;
  let still: string;
  /** Of the image that is published from it. */
  let first: string;

  beforeAll(async () => {
    registry = await startDockerRegistry('file' in program ? program.file : '');
    apt = await startAptServer();
    store = createBuildStore(registry.host);
    key = await createSigningKey(new Date(now.getTime() - 100 * DAY));
    debs = {
      old: ['fixed', 'another', 'plain', 'held', 'slow'].map((name) => makeDeb(`made-${name}`, '1.0-1')),
      plain: [makeDeb('made-plain', '1.1-1'), makeDeb('made-slow', '1.1-1')],
      fixes: [
        makeDeb('made-fixed', '1.0-1+deb12u1'),
        makeDeb('made-another', '1.0-2', { Source: 'made (1.0-2)' }),
        makeDeb('made-held', '2.0-1', { Depends: 'made-new' }),
        makeDeb('made-new', '1.0-1'),
      ],
    };
    const layers = debianBase({
      files: {
        'etc/apt/sources.list': `deb ${apt.origin} stable main\ndeb ${apt.origin} stable-security main\n`,
        'etc/apt/trusted.gpg.d/made.asc': key.armored,
        // Updates that not everybody gets yet are held back on machines with one.
        'etc/machine-id': `${'0123456789abcdef'.repeat(2)}\n`,
      },
      installed: debs.old,
    });
    const config = {
      created: '2026-10-01T00:00:00Z',
      history: [{}],
      config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
    };
    const { digest } = await pushImage(`http://${registry.host}`, 'base', '12', [
      { platform: 'linux/amd64', layers, config },
    ]);
    const base = `${registry.host}/base:12@${digest}`;
    upgrading = `FROM ${base}\n\n# the distribution's fixes\nRUN apt-get update && apt-get -y upgrade\nCOPY app /app\nUSER www-data\n`;
    apt.show(await suites('t0'));
    first = await publish(upgrading, 'app');
    still = `FROM ${base}\nCOPY app /app\n`;
    await publish(still, 'still');
  }, 180_000);
  afterAll(async () => {
    await registry.stop();
    await apt.stop();
  });

  /** @param more of the suite of fixes. */
  async function suites(time: 't0' | 't1', more: Partial<RepositoryOptions> = {}): Promise<RepositoryFiles> {
    const isLater = time === 't1';
    const common = { keys: [key], now: new Date(now.getTime() - (isLater ? 5 : 30) * DAY) };
    const plain = isLater ? debs.plain : [];
    const fixes = isLater ? debs.fixes : [];
    const phased = (deb: MadeDeb): object =>
      deb.paragraph.n === 'made-slow' ? { 'Phased-Update-Percentage': '0' } : {};
    return new Map([
      ...(await makeSuite({
        ...common,
        suite: 'stable',
        packages: [...debs.old, ...plain].map((deb) => ({
          ...deb.paragraph,
          ...(plain.includes(deb) ? phased(deb) : {}),
        })),
      })),
      ...(await makeSuite({
        ...common,
        suite: 'stable-security',
        packages: fixes.map(({ paragraph }) => paragraph),
        fields: { Label: 'Debian-Security' },
        ...more,
      })),
      ...[...debs.old, ...plain, ...fixes].map(({ path, bytes }) => [path, bytes] as const),
    ]);
  }

  /** As a CI does: with its cache. @returns the image's id. */
  async function publish(dockerfile: string, name: string): Promise<string> {
    const { image } = await store.build(folder({ app: 'x' }), dockerfile, BY_CI);
    await store.push(image, `${registry.host}/${name}:latest`);
    return image;
  }

  async function look(dockerfile: string, name: string, mode: RebuildMode = 'look'): Promise<Looked> {
    const root = repository({
      Dockerfile: dockerfile,
      app: 'x',
      '.github/relock.toml': `[scan]\nwith = ["off"]\n\n[[image]]\nref = "${registry.host}/${name}:latest"\nsmoke = ["made-fixed"]\n`,
    });
    const composed = await composePorts({
      settings: {
        ...DEFAULT_SETTINGS,
        cacheFolder: folder(),
        registries: [{ host: registry.host, mirror: null, insecure: true }],
        allowHosts: [apt.host],
        builder: { ...DEFAULT_SETTINGS.builder, kind: 'buildah', timeoutSeconds: 100 },
      },
      walls: () => findWalls('auto', process.env),
      repository: 'acme/app',
      workspace: localWorkspace({ root, scratch: [tmpdir()] }),
      forge: previewForge,
      cutoff: null,
      policy: null,
      environment: process.env,
      version: 'test',
      registryPool: null,
      // As at a terminal where nobody has logged in.
      dockerConfig: join(folder(), 'config.json'),
      rebuilds: rebuildsAlone(mode),
      observe: () => undefined,
      signal: new AbortController().signal,
    });
    try {
      const job = { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null } as const;
      const outcome = await runJob(job, composed.ports);
      const [result] = outcome.rebuilds.results;
      if (result === undefined) throw new Error('No published image was looked at.');
      return { outcome, result };
    } finally {
      await composed.close();
    }
  }

  it('is clean as it was published', async () => {
    const { result, outcome } = await look(upgrading, 'app');
    expect(result.decision).toEqual({ verdict: 'clean', because: 'It lacks no security fix.' });
    expect(result.published[0]?.updates).toMatchObject({ state: 'clean', updates: [], notes: [] });
    expect(outcome.pullRequest).toBeNull();
  });

  it('lacks what apt-get names inside, and the cached build brings none of it', async () => {
    apt.show(await suites('t1'));
    apt.asked();
    const { result } = await look(upgrading, 'app');
    expect(result.published[0]).toMatchObject({ revision: 'abcdef', os: 'Debian GNU/Linux 12 (bookworm)' });
    expect(apt.asked().filter((path) => path.startsWith('pool/'))).toEqual([]);
    const inside = await simulated('app');
    expect({
      upgraded: namesOf(result, ['upgrade']),
      staying: namesOf(result, ['kept-back', 'phased']),
    }).toEqual(inside);
    expect(inside).toEqual({
      upgraded: ['made-another', 'made-fixed', 'made-plain'],
      staying: ['made-held', 'made-slow'],
    });
    expect(namesOf(result, ['phased'])).toEqual(['made-slow']);
    expect(result.decision).toMatchObject({
      verdict: 'needed',
      because: expect.stringMatching(
        /^It lacks 3 security fixes, worst .*waiting for 5 days\. A build without cache brings 2 of them\.$/u,
      ),
    });
    expect(ways(result)).toEqual({
      'made-another': 'rebuild',
      'made-fixed': 'rebuild',
      'made-held': 'not-yet',
      'made-plain': 'rebuild',
      'made-slow': 'not-yet',
    });

    const cached = await store.build(folder({ app: 'x' }), upgrading, BY_CI);
    expect(cached.image).toBe(first);
    expect(cached.output).toMatch(/Using cache/u);
  });

  it('is proposed to be rebuilt, with the proof; as that is published, it is clean', async () => {
    const { result, outcome } = await look(upgrading, 'app', 'prove');
    expect(result.proof).toMatchObject({
      state: 'built',
      samePackages: false,
      smoke: { state: 'passed', output: '1.0-1+deb12u1' },
    });
    const comparison = result.proof?.state === 'built' ? result.proof.comparisons[0] : undefined;
    expect(comparison?.config).toEqual([]);
    expect(comparison?.packages?.moved.map(({ name, to }) => `${name} ${to}`)).toEqual([
      'made-another 1.0-2',
      'made-fixed 1.0-1+deb12u1',
      'made-plain 1.1-1',
      // Buildah's steps run in a chroot, where apt holds nothing back that is phased.
      'made-slow 1.1-1',
    ]);
    const [edit] = result.files;
    const edited = edit?.text ?? '';
    expect(edited.split('\n').filter((line) => !upgrading.split('\n').includes(line))).toEqual([
      expect.stringMatching(/^# Relock moves this date/u),
      expect.stringMatching(/^ARG RELOCK_REBUILD=\d{4}-\d{2}-\d{2}$/u),
    ]);
    expect(outcome.pullRequest?.body).toMatch(/a clean build brings 2 of them/u);

    const image = await publish(edited, 'app');
    expect(image).not.toBe(first);
    const after = await look(edited, 'app', 'prove');
    expect(after.result).toMatchObject({
      decision: {
        verdict: 'clean',
        because: 'It lacks no security fix that can be had: 1 is kept back or phased.',
      },
      proof: null,
      files: [],
    });
    expect(after.outcome.pullRequest).toBeNull();
    expect(await simulated('app')).toEqual({ upgraded: [], staying: ['made-held'] });
  });

  it('is not rebuilt where its Dockerfile never upgrades: that would bring nothing', async () => {
    apt.show(await suites('t1'));
    const { result, outcome } = await look(still, 'still', 'prove');
    expect(result).toMatchObject({ decision: { verdict: 'will-not-help' }, files: [], proof: null });
    expect(result.decision.because).toMatch(/Rebuilding will not help: the Dockerfile never upgrades\.$/u);
    expect(ways(result)).toMatchObject({ 'made-fixed': 'upgrade-step', 'made-held': 'not-yet' });
    expect(result.advice.map(({ code }) => code)).toContain('no-upgrade-step');
    expect(outcome.pullRequest).toBeNull();
    const cleanly = await store.build(folder({ app: 'x' }), still, ['--no-cache', '--pull=always']);
    await store.push(cleanly.image, `${registry.host}/still:latest`);
    expect((await look(still, 'still')).result.decision).toEqual(result.decision);
  });

  it.each<readonly [string, () => Promise<RepositoryFiles | null>, RegExp]>([
    ['is down', async () => null, /it answered 503/u],
    [
      'has expired',
      () =>
        suites('t1', {
          fields: { Label: 'Debian-Security', 'Valid-Until': utc(new Date(Date.now() - DAY)) },
        }),
      /was good until .* its mirror is no longer fed/u,
    ],
    [
      'is signed by another key',
      async () => suites('t1', { keys: [await createSigningKey(new Date(now.getTime() - 100 * DAY))] }),
      /no signature is good \(no key/u,
    ],
    ['is not signed', () => suites('t1', { keys: [] }), /it is not signed/u],
    [
      'is not what was signed',
      async () =>
        new Map(
          [...(await suites('t1'))].map(([path, body]) => [
            path,
            path.includes('Packages') ? Buffer.from(body).fill(32, 0, 9) : body,
          ]),
        ),
      /is not what the release file says/u,
    ],
  ])('is unknown, not clean, where the index of fixes %s', async (_what, files, why) => {
    const shown = await files();
    if (shown === null) apt.breakDown();
    else apt.show(shown);
    const { result, outcome } = await look(still, 'still', 'prove');
    expect(result).toMatchObject({ decision: { verdict: 'unknown' }, files: [], proof: null });
    expect(result.published[0]?.updates).toMatchObject({ state: 'unknown' });
    expect(result.decision.because).toMatch(/^What it lacks is unknown: /u);
    expect(result.decision.because).toMatch(why);
    expect(outcome.pullRequest).toBeNull();
  });

  /** What apt-get in the published image says now, as it does in a container (in a chroot it does not phase). */
  async function simulated(name: string): Promise<Simulated> {
    const say = 'apt-get update && apt-get -o Dir::Bin::ischroot=/bin/false --simulate upgrade';
    const dockerfile = `FROM ${registry.host}/${name}:latest\nUSER root\nRUN ${say}\n`;
    const { output } = await store.build(folder(), dockerfile, ['--no-cache', '--pull=always']);
    return {
      upgraded: [...output.matchAll(/^Inst (\S+) /gmu)].map(([, one = '']) => one).sort(),
      staying: [
        ...listed(output, 'The following packages have been kept back:'),
        ...listed(output, 'The following upgrades have been deferred due to phasing:'),
      ].sort(),
    };
  }
});

interface Simulated {
  readonly upgraded: readonly string[];
  /** Kept back or phased: older versions of apt have one list for both. */
  readonly staying: readonly string[];
}

function namesOf(result: RebuildResult, kinds: readonly PackageUpdate['kind'][]): readonly string[] {
  const waiting = result.published.flatMap((state) => state.waiting);
  return waiting
    .filter(({ update }) => kinds.includes(update.kind))
    .map(({ update }) => update.name)
    .sort();
}

function ways(result: RebuildResult): Readonly<Record<string, string>> {
  const waiting = result.published.flatMap((state) => state.waiting);
  return Object.fromEntries(waiting.map(({ update, way }) => [update.name, way]));
}

function utc(date: Date): string {
  return date.toUTCString().replace('GMT', 'UTC');
}

interface Looked {
  readonly outcome: JobOutcome;
  readonly result: RebuildResult;
}
