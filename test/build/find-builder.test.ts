import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBuilder } from '../../src/build/find-builder.ts';
import type { BuilderSettings } from '../../src/build/model.ts';
import { builderEnvironment, makePlace, registriesConf } from '../../src/build/place.ts';
import type { Reason } from '../../src/model.ts';
import type { RunChild } from '../../src/run/child.ts';
import type { FoundSandbox } from '../../src/run/sandbox/find-sandbox.ts';
import { folder } from '../support/folder.ts';

const WALLS: FoundSandbox = { bwrap: '/usr/bin/bwrap', version: '0.8.0' };
const NO_WALLS: Reason = { code: 'sandbox-unavailable', message: 'no bwrap', fix: 'install it', detail: '' };
const AUTO: BuilderSettings = { kind: 'auto', path: null, address: null, certificates: null };

interface Scene {
  readonly there: readonly string[];
  /** Programs whose daemon does not answer. */
  readonly silent?: readonly string[];
  readonly settings?: Partial<BuilderSettings>;
  readonly walls?: FoundSandbox | Reason;
  readonly environment?: Readonly<Record<string, string>>;
}

async function find({ there, silent = [], settings, walls = WALLS, environment }: Scene) {
  const bin = folder(Object.fromEntries(there.map((name) => [name, ''])));
  for (const name of there) chmodSync(join(bin, name), 0o755);
  const asked: string[] = [];
  const run: RunChild = async ({ file, args }) => {
    const name = file.slice(bin.length + 1);
    asked.push([name, ...args].join(' '));
    const isSilent = !args.includes('--version') && silent.includes(name);
    const stdout = args.includes('--version') ? `${name} version 1.28.2 (build 7)` : '';
    return {
      exitCode: isSilent ? 1 : 0,
      timedOut: false,
      stdout,
      stderr: isSilent ? 'refused' : '',
      seconds: 0,
    };
  };
  const scratch = folder();
  const found = await findBuilder({
    settings: { ...AUTO, ...settings },
    environment: { PATH: bin, ...environment },
    run,
    walls,
    scratch,
    signal: null,
  });
  expect(readdirSync(scratch)).toEqual([]);
  return { found, asked };
}

const ALL = ['buildctl', 'buildah', 'podman', 'docker'];

describe('the builder that is found', () => {
  it.each<[string, Scene, string]>([
    ['BuildKit by its address', { there: ALL, settings: { address: 'tcp://b:1' } }, 'buildctl'],
    ['BuildKit by the environment', { there: ALL, environment: { BUILDKIT_HOST: 'tcp://b:1' } }, 'buildctl'],
    [
      'Buildah where BuildKit is silent',
      { there: ALL, silent: ['buildctl'], settings: { address: 'tcp://b:1' } },
      'buildah',
    ],
    ['Buildah, when no address is known', { there: ALL }, 'buildah'],
    ['Podman', { there: ['podman', 'docker'] }, 'podman'],
    ['Docker without bubblewrap', { there: ALL, walls: NO_WALLS }, 'docker'],
    ['the one that is named', { there: ALL, settings: { kind: 'docker' } }, 'docker'],
  ])('%s', async (_name, scene, kind) => {
    const { found } = await find(scene);
    expect(found).toMatchObject({ kind, version: '1.28.2' });
    const own = kind === 'buildah' || kind === 'podman';
    expect(found).toMatchObject({ walls: own ? WALLS : null });
  });

  it('is asked at its address', async () => {
    const { asked } = await find({ there: ALL, settings: { kind: 'docker', address: 'tcp://d:1' } });
    expect(asked).toEqual([
      'docker --version',
      'docker --host tcp://d:1 version --format {{.Server.Version}}',
    ]);
    const buildkit = await find({ there: ALL, settings: { kind: 'buildctl', address: 'tcp://b:1' } });
    expect(buildkit.asked).toEqual(['buildctl --version', 'buildctl --addr tcp://b:1 debug workers']);
  });

  it.each<[string, Scene, object]>([
    ['none is wanted', { there: ALL, settings: { kind: 'none' } }, { code: 'excluded-by-config' }],
    [
      'none is there',
      { there: [] },
      {
        message: expect.stringMatching(/No builder works here/u),
        detail: expect.stringMatching(/buildah is not on PATH[^]*docker is not on PATH/u),
      },
    ],
    [
      'no walls are there',
      { there: ALL, settings: { kind: 'buildah' }, walls: NO_WALLS },
      { code: 'sandbox-unavailable', message: expect.stringMatching(/no bwrap/u), fix: 'install it' },
    ],
    [
      'the daemon is silent',
      { there: ALL, silent: ['docker'], settings: { kind: 'docker' } },
      { message: expect.stringMatching(/does not answer/u), detail: 'refused' },
    ],
    [
      'its path is wrong',
      { there: ALL, settings: { kind: 'docker', path: '/none/docker' } },
      { message: expect.stringMatching(/\/none\/docker/u) },
    ],
    [
      'its path is relative',
      { there: ALL, settings: { kind: 'docker', path: 'docker' } },
      { message: expect.stringMatching(/no program/u) },
    ],
    [
      'Buildah is given an address',
      { there: ALL, settings: { kind: 'buildah', address: 'tcp://b:1' } },
      { message: expect.stringMatching(/no daemon/u) },
    ],
  ])('is a reason when %s', async (_name, scene, expected) => {
    const { found } = await find(scene);
    expect(found).toMatchObject(expected);
  });
});

describe('what a builder gets', () => {
  it('is an environment with none of our credentials', async () => {
    const { place, remove } = await makePlace(folder(), []);
    const environment = builderEnvironment(
      {
        GITHUB_TOKEN: 'secret',
        HOME: '/home/me',
        PATH: '/home/me/bin',
        HTTPS_PROXY: 'http://user:secret@proxy:3128',
        no_proxy: 'localhost',
        SSL_CERT_FILE: '/etc/ca.pem',
        DOCKER_HOST: 'tcp://d:1',
        DOCKER_AUTH_CONFIG: 'secret',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
      place,
    );
    await remove();
    expect(JSON.stringify(environment)).not.toMatch(/secret|\/home\/me/u);
    expect(environment).toMatchObject({
      HOME: place.home,
      https_proxy: 'http://proxy:3128',
      NO_PROXY: 'localhost',
      SSL_CERT_FILE: '/etc/ca.pem',
      DOCKER_HOST: 'tcp://d:1',
    });
  });

  it('is a place that no option can be made of', async () => {
    await expect(makePlace(join(folder(), 'a,b'), [])).rejects.toMatchObject({ code: 'no-scratch' });
  });

  it('is the operator’s registries', () => {
    expect(
      registriesConf([
        { host: 'docker.io', mirror: 'https://mirror.example/hub', insecure: false },
        { host: '127.0.0.1:5000', mirror: null, insecure: true },
      ]),
    ).toBe(
      'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n\n' +
        '[[registry]]\nprefix = "docker.io"\nlocation = "mirror.example/hub"\ninsecure = false\n\n' +
        '[[registry]]\nprefix = "127.0.0.1:5000"\nlocation = "127.0.0.1:5000"\ninsecure = true\n',
    );
  });
});
