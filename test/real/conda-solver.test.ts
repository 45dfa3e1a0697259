/** Relock's solver behind the true conda-lock, in the sandbox, against channels of the test. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PY_RATTLER } from '../../src/locks/conda/solver.ts';
import type { Command, CommandResult, Remote } from '../../src/model.ts';
import { createCondaHost, smallForge, type Health } from '../support/conda-channel.ts';
import { openCondaLock, type CondaLock } from '../support/conda-lock.ts';
import { folder } from '../support/folder.ts';

const host = createCondaHost();
let tool: CondaLock;
beforeAll(async () => {
  tool = await openCondaLock(host);
  if (tool.withoutWalls !== null) console.log(`not in a sandbox: ${tool.withoutWalls}`);
}, 120_000);
afterAll(() => tool.close());

const PLATFORMS = ['linux-64', 'osx-arm64', 'win-64'];
const ENVIRONMENT = `name: demo
channels: [conda-forge]
dependencies:
  - python 3.11.*
  - numpy
  - requests
`;

interface Wanted {
  readonly platforms?: readonly string[];
  readonly more?: readonly string[];
  readonly env?: Command['env'];
  readonly version?: string;
  readonly remotes?: readonly Remote[];
}

async function lock(root: string, wanted: Wanted = {}): Promise<CommandResult> {
  const { platforms = ['linux-64'], more = [], env = {}, version = '4.0.3', remotes } = wanted;
  const onPlatforms = platforms.flatMap((platform) => ['-p', platform]);
  const result = await tool.machine.runner.run(
    {
      tool: { name: 'conda-lock', version, python: null, with: [`py-rattler==${PY_RATTLER}`] },
      argv: [
        'conda-lock',
        'lock',
        '--conda',
        '{bin}/relock-conda',
        '-f',
        'environment.yml',
        ...onPlatforms,
        ...more,
      ],
      cwd: '.',
      env,
      outputs: ['conda-lock.yml'],
      timeoutSeconds: 60,
    },
    tool.place(root, remotes),
  );
  if ('code' in result) throw new Error(`${result.code}: ${result.message}\n${result.detail}`);
  return result;
}

function text(root: string): string {
  return readFileSync(join(root, 'conda-lock.yml'), 'utf8');
}

/** `linux-64/numpy-1.26.4-py311ha_0`, sorted as the lock has them. */
function files(root: string): readonly string[] {
  return [...text(root).matchAll(/^ {2}url: .*\/([^/]+\/[^/]+)\.conda$/gmu)].map(([, file = '']) => file);
}

/** Those that a second lock has and the first has not. */
function news(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.filter((file) => !before.includes(file));
}

describe('a solution', { timeout: 60_000 }, () => {
  it('is the same bytes twice, with the addresses of the real channel', async () => {
    host.publish('conda-forge', smallForge('june'));
    const [one, other] = [
      folder({ 'environment.yml': ENVIRONMENT }),
      folder({ 'environment.yml': ENVIRONMENT }),
    ];
    const [first] = await Promise.all([one, other].map((root) => lock(root, { platforms: PLATFORMS })));
    expect(first).toMatchObject({ exitCode: 0 });
    expect(text(one)).toBe(text(other));
    expect(text(one)).toContain(
      'url: https://conda.anaconda.org/conda-forge/osx-arm64/numpy-2.2.2-py311hb_0.conda\n',
    );
    expect(text(one)).not.toMatch(/name: __|127\.0\.0\.1|file:\/\//u);
  });

  it('has no build that is younger than the cut-off, and tells of what nobody knows the age', async () => {
    const [old, held] = [
      folder({ 'environment.yml': ENVIRONMENT }),
      folder({ 'environment.yml': ENVIRONMENT }),
    ];
    host.publish('conda-forge', smallForge('january'));
    await lock(old);
    host.publish('conda-forge', smallForge('june'));
    const env = { RELOCK_EXCLUDE_NEWER: '2025-06-20T00:00:00.000Z', RELOCK_CONDA_NOTES: 'notes.txt' };
    await lock(held, { env });
    expect(files(held)).toEqual(files(old));
    expect(readFileSync(join(held, 'notes.txt'), 'utf8')).toBe(
      'linux-64: 1 records without a time: certifi\n',
    );

    rmSync(join(held, 'conda-lock.yml'));
    await lock(held, { env: { RELOCK_EXCLUDE_NEWER: '2025-06-20T00:00:01Z' } });
    expect(files(held)).toContain('linux-64/numpy-2.2.2-py311ha_0');
  });

  it('moves one package alone with --update', async () => {
    host.publish('conda-forge', smallForge('january'));
    const root = folder({ 'environment.yml': ENVIRONMENT });
    await lock(root);
    const before = files(root);
    host.publish('conda-forge', smallForge('june'));
    await lock(root, { more: ['--update', 'requests'] });
    expect(news(before, files(root))).toEqual(['noarch/requests-2.32.3-pyhd8ed1ab_0']);
  });

  it('takes a package of the first channel that has it, unless a spec names another channel', async () => {
    const numpy = { name: 'numpy', version: '1.0', build: 'hm_0', subdir: 'linux-64', time: null };
    host.publish('conda-forge', smallForge('june'));
    host.publish('mine', [numpy]);
    const both = ENVIRONMENT.replace('[conda-forge]', '[mine, conda-forge]');
    const first = folder({ 'environment.yml': both });
    const named = folder({ 'environment.yml': both.replace('numpy', 'conda-forge::numpy <2') });
    const built = folder({ 'environment.yml': both.replace('numpy', 'numpy=1.0=hm_*') });
    await Promise.all([first, named, built].map((root) => lock(root)));
    expect(files(first)).toContain('linux-64/numpy-1.0-hm_0');
    expect(files(named)).toContain('linux-64/numpy-1.26.4-py311ha_0');
    expect(files(built)).toContain('linux-64/numpy-1.0-hm_0');
  });

  it('reads `defaults` as conda does, also for Windows', async () => {
    for (const name of ['main', 'r', 'msys2']) {
      host.publish(`pkgs/${name}`, name === 'main' ? smallForge('january') : []);
    }
    const root = folder({ 'environment.yml': ENVIRONMENT.replace('conda-forge', 'defaults') });
    const main = 'https://repo.anaconda.com/pkgs/main';
    const remotes: readonly Remote[] = [{ url: main, purpose: 'channel', namedIn: 'environment.yml:2' }];
    const result = await lock(root, { platforms: ['linux-64', 'win-64'], remotes });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(text(root)).toContain(`url: ${main}/win-64/numpy-1.26.4-py311hc_0.conda\n`);
  });

  it.each(['3.0.4', '2.5.7'])('serves conda-lock %s as well', async (version) => {
    host.publish('conda-forge', smallForge('june'));
    const root = folder({ 'environment.yml': ENVIRONMENT });
    expect(await lock(root, { version, more: ['--lockfile', 'conda-lock.yml'] })).toMatchObject({
      exitCode: 0,
    });
    expect(files(root)).toContain('linux-64/numpy-2.2.2-py311ha_0');
  });
});

describe.concurrent('a failure', { timeout: 60_000 }, () => {
  async function fails(environment: string, wanted: Wanted = {}): Promise<string> {
    const root = folder({ 'environment.yml': environment });
    host.publish('conda-forge', smallForge('june'));
    const { exitCode, stderr, seconds } = await lock(root, wanted);
    expect(exitCode).toBe(1);
    // Without a conda that it finds, conda-lock itself takes 68.
    expect(seconds).toBeLessThan(20);
    expect(existsSync(join(root, 'conda-lock.yml'))).toBe(false);
    return stderr;
  }

  it.each<[Health, string]>([
    ['half', 'channel-broken-off: the conda channel half ended an answer before it was whole.'],
    ['rubbish', 'channel-unreadable: the conda channel rubbish sent what is no repodata.'],
    ['forbidden', 'channel-refused: the conda channel forbidden refused access (HTTP 403).'],
    ['down', 'channel-unreachable: the conda channel down cannot be reached: it answered HTTP 503.'],
  ])('names a channel that is %s', async (health, message) => {
    host.publish(health, smallForge('june'), health);
    const environment = ENVIRONMENT.replace('[conda-forge]', `[conda-forge, ${health}]`);
    expect(await fails(environment)).toContain(`\nrelock-conda: ${message}\n`);
  });

  it.each<[string, string, string]>([
    [
      'a channel that is not there',
      ENVIRONMENT.replace('conda-forge', 'nobody'),
      'channel-missing: the conda channel nobody does not exist (HTTP 404).',
    ],
    [
      'a host that the door refuses',
      ENVIRONMENT.replace('conda-forge', 'https://elsewhere.example.test/x'),
      'channel-unreachable: the conda channel https://elsewhere.example.test/x cannot be reached: it does not answer.',
    ],
    [
      'a conflict',
      ENVIRONMENT.replace('- numpy', '- numpy >=2\n  - oldsci'),
      'unsatisfiable: no packages for linux-64 fit together.',
    ],
    [
      'a virtual package that a package wants in vain',
      `${ENVIRONMENT}  - torch-gpu\n`,
      'virtual-package-missing: linux-64 has no virtual package __cuda >=99.',
    ],
  ])('explains %s', async (_, environment, message) => {
    expect(await fails(environment)).toContain(`\nrelock-conda: ${message}\n`);
  });

  it('says which specs clash, and what was left out of the question', async () => {
    const env = { RELOCK_EXCLUDE_NEWER: '2025-06-01T00:00:00Z' };
    const stderr = await fails(ENVIRONMENT.replace('numpy', 'numpy >=2'), { env });
    expect(stderr).toContain('numpy >=2 cannot be installed because there are no viable options');
    expect(stderr).toContain('Packages of 2025-06-01T00:00:00Z and later were left out (cool-down).');
  });

  it('names the platform for which no channel has anything', async () => {
    const stderr = await fails(ENVIRONMENT, { platforms: ['linux-64', 'linux-ppc64le'] });
    expect(stderr).toContain(
      '\nrelock-conda: platform-unsupported: no package for linux-ppc64le is in any of: conda-forge.\n',
    );
  });
});
