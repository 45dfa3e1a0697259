import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDockerConfig } from '../../src/registry/docker-config.ts';
import { endpointOf } from '../../src/registry/endpoint.ts';
import { imageOf, manifestText, sha256 } from '../support/registry/made-image.ts';
import { failureOf, startRegistries, type Routes } from '../support/registry/scene.ts';

const SECRET = 'hunter2-S3cr3t';
const AUTH = Buffer.from(`me:${SECRET}`).toString('base64');
const LOGIN = { username: 'me', password: SECRET, identityToken: null };

interface Folder {
  readonly path: string;
  readonly bin: string;
  readonly environment: Record<string, string>;
  /** What the helper was asked for, in order. */
  asked(): readonly string[];
}

/** @param helper what a shell does in `docker-credential-test`, its input being in `$server`. */
function folderWith(config: unknown, helper?: string): Folder {
  const root = mkdtempSync(join(tmpdir(), 'relock-docker-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, 'config.json');
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  const log = join(root, 'log');
  if (helper !== undefined) {
    const file = join(bin, 'docker-credential-test');
    writeFileSync(file, `#!/bin/sh\nserver="$(cat)"\necho "$* $server" >> '${log}'\n${helper}\n`);
    chmodSync(file, 0o755);
  }
  const asked = (): readonly string[] =>
    existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { path, bin, environment: { PATH: `${bin}:/usr/bin:/bin` }, asked };
}

async function loginAt(host: string, { path, environment }: Folder) {
  return await createDockerConfig(path, environment).login(endpointOf(host, []).accounts);
}

const ANSWER = `printf '{"ServerURL":"x","Username":"me","Secret":"${SECRET}"}'`;
const GONE = 'echo "credentials not found in native keychain"; exit 1';

describe('a login', () => {
  it.each([
    ['by host', 'ghcr.io', { auths: { 'ghcr.io': { auth: AUTH } } }],
    ['by address', 'ghcr.io', { auths: { 'https://ghcr.io/v2/': { auth: AUTH } } }],
    ['with a port', 'r.example:5000', { auths: { 'r.example:5000': { auth: AUTH } } }],
    ['of Docker Hub', 'docker.io', { auths: { 'https://index.docker.io/v1/': { auth: AUTH } } }],
    ['of Docker Hub, by podman', 'docker.io', { auths: { 'docker.io': { auth: AUTH } } }],
    ['in plain words', 'ghcr.io', { auths: { 'ghcr.io': { username: 'me', password: SECRET } } }],
  ])('%s', async (_, host, config) => {
    expect(await loginAt(host, folderWith(config))).toEqual({ login: LOGIN, problem: null });
  });

  it.each([
    ['another host', { auths: { 'quay.io': { auth: AUTH } } }],
    ['another port', { auths: { 'ghcr.io:5000': { auth: AUTH } } }],
    ['a longer name', { auths: { 'ghcr.io.evil.example': { auth: AUTH } } }],
    ['an empty entry', { auths: { 'ghcr.io': {} } }],
    ['no colon', { auths: { 'ghcr.io': { auth: 'YWJj' } } }],
    ['another type', { auths: ['ghcr.io'], credHelpers: 'x', credsStore: 5 }],
    ['nothing', 'null'],
  ])('is none where the file has %s', async (_, config) => {
    expect(await loginAt('ghcr.io', folderWith(config))).toEqual({ login: null, problem: null });
  });

  it('is a refresh token where there is one', async () => {
    const config = { auths: { 'ghcr.io': { auth: AUTH, identitytoken: 'refresh' } } };
    expect((await loginAt('ghcr.io', folderWith(config))).login).toEqual({
      ...LOGIN,
      identityToken: 'refresh',
    });
  });

  it('is none without the file, and told where it cannot be read', async () => {
    const folder = folderWith('{');
    expect(await loginAt('ghcr.io', { ...folder, path: `${folder.path}.none` })).toEqual({
      login: null,
      problem: null,
    });
    expect((await loginAt('ghcr.io', folder)).problem).toContain('is not JSON');
    expect((await loginAt('ghcr.io', { ...folder, path: folder.bin })).problem).toContain('cannot be read');
  });
});

describe('a credential helper', () => {
  it.each([
    ['of one registry', { credHelpers: { 'ghcr.io': 'test' } }, 'ghcr.io', 'get ghcr.io'],
    ['of all', { credsStore: 'test' }, 'ghcr.io', 'get ghcr.io'],
    ['of all, with a port', { credsStore: 'test' }, 'r.example:5000', 'get r.example:5000'],
    ['of Docker Hub', { credsStore: 'test' }, 'docker.io', 'get https://index.docker.io/v1/'],
  ])('%s is asked', async (_, config, host, asked) => {
    const folder = folderWith(config, ANSWER);
    expect(await loginAt(host, folder)).toEqual({ login: LOGIN, problem: null });
    expect(folder.asked()).toEqual([asked]);
  });

  it('is asked once, and gives a refresh token as such', async () => {
    const folder = folderWith({ credsStore: 'test' }, `printf '{"Username":"<token>","Secret":"refresh"}'`);
    const config = createDockerConfig(folder.path, folder.environment);
    const { accounts } = endpointOf('ghcr.io', []);
    const all = await Promise.all([config.login(accounts), config.login(accounts)]);
    for (const { login } of all)
      expect(login).toEqual({ username: '', password: '', identityToken: 'refresh' });
    expect(folder.asked()).toHaveLength(1);
  });

  it('that knows nothing leaves it to the file', async () => {
    const config = { credsStore: 'test', auths: { 'ghcr.io': { auth: AUTH } } };
    expect(await loginAt('ghcr.io', folderWith(config, GONE))).toEqual({ login: LOGIN, problem: null });
  });

  it.each([
    ['fails', `echo '${SECRET}'; echo '${SECRET}' >&2; exit 3`, 'it ended with exit code 3'],
    ['says nothing', 'true', 'its answer is not understood'],
    ['says nonsense', `echo '{"Username":1,"Secret":"${SECRET}"}'`, 'its answer is not understood'],
    ['never ends saying it', 'yes "$server"', 'its answer has no end'],
  ])('that %s is told, without its words', async (_, helper, told) => {
    const { login, problem } = await loginAt('ghcr.io', folderWith({ credsStore: 'test' }, helper));
    expect(login).toBeNull();
    expect(problem).toContain(`docker-credential-test failed: ${told}`);
    expect(problem).not.toContain(SECRET);
  });

  it.each(['../evil', 'a/b', '/bin/sh', '', 'none', 'a b', '$(id)'])('%j is not run', async (name) => {
    const folder = folderWith({ credHelpers: { 'ghcr.io': name } }, ANSWER);
    expect((await loginAt('ghcr.io', folder)).login).toBeNull();
    expect(folder.asked()).toEqual([]);
  });

  it('is not looked for in the repository', async () => {
    const folder = folderWith({ credsStore: 'test' }, ANSWER);
    expect(
      (await loginAt('ghcr.io', { ...folder, environment: { PATH: `.:bin:${tmpdir()}` } })).login,
    ).toBeNull();
  });
});

it('is used by the registry, refresh tokens by a form, and never for somebody else', async () => {
  const digest = sha256(manifestText());
  const head = 'HEAD https://ghcr.io/v2/a/manifests/1';
  const routes: Routes = {
    [head]: ({ headers }) =>
      headers.authorization === 'Bearer t'
        ? { headers: { 'docker-content-digest': digest } }
        : {
            status: 401,
            headers: { 'www-authenticate': 'Bearer realm="https://ghcr.io/token",service="s"' },
          },
    'POST https://ghcr.io/token': { body: '{"access_token":"t"}' },
    'GET https://ghcr.io/token': { status: 403 },
  };
  const folder = folderWith({ auths: { 'ghcr.io': { identitytoken: 'refresh-S3cr3t' } } });
  const scene = await startRegistries(routes, { dockerConfig: folder.path, environment: folder.environment });
  expect(await scene.registry.digestOf(imageOf('ghcr.io/a:1'))).toBe(digest);
  expect(Object.fromEntries(new URLSearchParams(scene.seen[1]?.body))).toEqual({
    service: 's',
    scope: 'repository:a:pull',
    grant_type: 'refresh_token',
    client_id: 'relock',
    refresh_token: 'refresh-S3cr3t',
  });
  const app = scene.open({ dockerConfig: null });
  expect((await failureOf(app.digestOf(imageOf('ghcr.io/a:1')), ['refresh-S3cr3t'])).code).toBe(
    'registry-auth',
  );
});

it('tells of a helper that failed where the image is refused', async () => {
  const folder = folderWith({ credsStore: 'missing' });
  const { registry } = await startRegistries(
    {
      'HEAD https://ghcr.io/v2/a/manifests/1': {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="x"' },
      },
    },
    { dockerConfig: folder.path, environment: folder.environment },
  );
  const error = await failureOf(registry.digestOf(imageOf('ghcr.io/a:1')));
  expect(error.message).toContain('docker-credential-missing failed: it is not on PATH');
});
