import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/config/settings.ts';
import { imageOf, manifestText, sha256 } from '../support/registry/made-image.ts';
import { failureOf, startRegistries, type Reply, type Routes } from '../support/registry/scene.ts';

const DIGEST = sha256(manifestText());
const FOUND: Reply = { headers: { 'docker-content-digest': DIGEST } };
const PASSWORD = 'hunter2-S3cr3t';
const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;

function credential(host: string, more: Partial<Credential> = {}): Credential {
  return { host, path: '/', owner: 'me', username: 'me', password: PASSWORD, ...more };
}

function wants(realm: string, more = ''): Reply {
  return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="svc"${more}` } };
}

/** One that lets the token `t` in alone. */
function guarded(url: string, challenge: Reply, token = 't'): Routes {
  return { [url]: ({ headers }) => (headers.authorization === `Bearer ${token}` ? FOUND : challenge) };
}

const HUB = 'HEAD https://registry-1.docker.io/v2/library/python/manifests/3';
const HUB_TOKEN = 'GET https://auth.docker.io/token';
const PYTHON = imageOf('docker.io/library/python:3');

describe('a token', () => {
  it('is had without an account, kept, and asked for ahead for the next repository', async () => {
    const next = 'HEAD https://registry-1.docker.io/v2/library/node/manifests/3';
    const challenge = wants('https://auth.docker.io/token', ',scope="repository:library/python:pull"');
    const token = { body: JSON.stringify({ token: 't', expires_in: 300 }) };
    const scene = await startRegistries({
      ...guarded(HUB, challenge),
      ...guarded(HUB.replace(/3$/u, '4'), challenge),
      ...guarded(next, challenge),
      [HUB_TOKEN]: token,
    });
    const { registry, lines } = scene;
    expect(await registry.digestOf(PYTHON)).toBe(DIGEST);
    expect(await registry.digestOf({ ...PYTHON, tag: '4' })).toBe(DIGEST);
    expect(await registry.digestOf({ ...PYTHON, repository: 'library/node' })).toBe(DIGEST);
    const scoped = (name: string): string =>
      `${HUB_TOKEN}?service=svc&scope=repository%3Alibrary%2F${name}%3Apull`;
    expect(lines()).toEqual([HUB, scoped('python'), HUB, HUB.replace(/3$/u, '4'), scoped('node'), next]);
    expect(scene.authorizations()).toEqual([null, null, 'Bearer t', 'Bearer t', null, 'Bearer t']);
  });

  it.each([
    ['its time is over', 301_000, 300, 2],
    ['it is not', 200_000, 300, 1],
    ['no time was told: a minute', 61_000, undefined, 2],
  ])('is asked for anew where %s', async (_, passed, expires, tokens) => {
    const scene = await startRegistries({
      ...guarded(HUB, wants('https://auth.docker.io/token')),
      ...guarded(HUB.replace(/3$/u, '4'), wants('https://auth.docker.io/token')),
      [HUB_TOKEN]: { body: JSON.stringify({ access_token: 't', expires_in: expires }) },
    });
    await scene.registry.digestOf(PYTHON);
    scene.pass(passed);
    await scene.registry.digestOf({ ...PYTHON, tag: '4' });
    expect(scene.pool.counts().tokens).toBe(tokens);
  });

  it('that is refused before its time is replaced', async () => {
    const four = HUB.replace(/3$/u, '4');
    const { registry, lines } = await startRegistries({
      ...guarded(HUB, wants('https://auth.docker.io/token')),
      ...guarded(four, wants('https://auth.docker.io/token'), 'newer'),
      [HUB_TOKEN]: [{ body: '{"token":"t"}' }, { body: '{"token":"newer"}' }],
    });
    await registry.digestOf(PYTHON);
    expect(await registry.digestOf({ ...PYTHON, tag: '4' })).toBe(DIGEST);
    expect(lines().filter((line) => line === four)).toHaveLength(2);
  });

  it.each([
    ['"docker.io"', 'docker.io'],
    ['its own address', 'registry-1.docker.io'],
  ])("is had with the account, which Docker Hub's is named %s", async (_, host) => {
    const { registry, authorizations } = await startRegistries(
      { ...guarded(HUB, wants('https://auth.docker.io/token')), [HUB_TOKEN]: { body: '{"token":"t"}' } },
      { credentials: [credential(host)] },
    );
    expect(await registry.digestOf(PYTHON)).toBe(DIGEST);
    expect(authorizations()).toEqual([null, BASIC, 'Bearer t']);
  });

  it.each([
    ['more than reading', 'repository:library/python:pull,push', 'repository:library/python:pull'],
    ['everything', 'repository:library/python:*', 'repository:library/python:pull'],
    ['a scope of its own', 'aws', 'aws'],
    ['two scopes', 'repository:a:pull repository:b:pull', 'repository:a:pull repository:b:pull'],
  ])('is asked for reading where the registry wants %s', async (_, scope, asked) => {
    const { registry, seen } = await startRegistries({
      ...guarded(HUB, wants('https://auth.docker.io/token', `,scope="${scope}"`)),
      [HUB_TOKEN]: { body: '{"token":"t"}' },
    });
    await registry.digestOf(PYTHON);
    expect(new URL(seen[1]?.line.slice(4) ?? '').searchParams.get('scope')).toBe(asked);
  });

  it.each([
    ['no JSON', 'x'],
    ['no token', '{"token":5}'],
    ['a header of its own', JSON.stringify({ token: 't\r\nX-Evil: 1' })],
    ['one without end', JSON.stringify({ token: 't'.repeat(40_000) })],
  ])('is refused that is %s', async (_, body) => {
    const { registry } = await startRegistries({
      ...guarded(HUB, wants('https://auth.docker.io/token')),
      [HUB_TOKEN]: { body },
    });
    expect((await failureOf(registry.digestOf(PYTHON))).message).toContain('gave no token');
  });
});

describe('a credential', () => {
  const GHCR = imageOf('ghcr.io/a/b:1');
  const HEAD = 'HEAD https://ghcr.io/v2/a/b/manifests/1';
  const BASIC_WANTED: Reply = { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
  const basic: Routes = { [HEAD]: ({ headers }) => (headers.authorization === BASIC ? FOUND : BASIC_WANTED) };

  it('is given to who wants Basic, and at once from then on', async () => {
    const other = HEAD.replace(/1$/u, '2');
    const scene = await startRegistries(
      { ...basic, [other]: FOUND },
      { credentials: [credential('ghcr.io')] },
    );
    expect(await scene.registry.digestOf(GHCR)).toBe(DIGEST);
    expect(await scene.registry.digestOf({ ...GHCR, tag: '2' })).toBe(DIGEST);
    expect(scene.authorizations()).toEqual([null, BASIC, BASIC]);
  });

  it.each([
    ['another host', credential('quay.io')],
    ['another port', credential('ghcr.io:8443')],
    ['another path', credential('ghcr.io', { path: '/v2/other/' })],
    ['a token service alone', credential('auth.ghcr.io')],
  ])('for %s is not', async (_, given) => {
    const { registry, authorizations } = await startRegistries(basic, { credentials: [given] });
    const error = await failureOf(registry.digestOf(GHCR), [PASSWORD]);
    expect(error).toMatchObject({ code: 'registry-auth' });
    expect(error.message).toContain('ghcr.io/a/b:1');
    expect(error.message).toContain('wants a user name and password');
    expect(error.fix).toContain('`[[credential]]` for ghcr.io');
    expect(authorizations()).toEqual([null]);
  });

  it('for one path of the host is given there', async () => {
    const credentials = [credential('ghcr.io', { path: '/v2/a/' })];
    const { registry } = await startRegistries(basic, { credentials });
    expect(await registry.digestOf(GHCR)).toBe(DIGEST);
  });

  it("is never a mirror's, and a mirror's is its own", async () => {
    const url = 'HEAD https://mirror.example/v2/a/b/manifests/1';
    const routes: Routes = {
      [url]: ({ headers }) => (headers.authorization === BASIC ? FOUND : BASIC_WANTED),
    };
    const registries = [{ host: 'ghcr.io', mirror: 'https://mirror.example', insecure: false }];
    const theirs = await startRegistries(routes, { registries, credentials: [credential('ghcr.io')] });
    expect((await failureOf(theirs.registry.digestOf(GHCR), [PASSWORD])).code).toBe('registry-auth');
    expect(theirs.authorizations()).toEqual([null]);
    const own = await startRegistries(routes, { registries, credentials: [credential('mirror.example')] });
    expect(await own.registry.digestOf(GHCR)).toBe(DIGEST);
  });

  it.each([
    ['https://evil.example/token', 'evil.example'],
    ['https://auth.docker.io/token', 'auth.docker.io'],
  ])(
    'does not go to the token service %s of a registry elsewhere, which is asked without',
    async (realm, host) => {
      const { registry, authorizations } = await startRegistries(
        { ...guarded(HEAD, wants(realm)), [`GET ${realm}`]: { status: 403 } },
        // The one for Docker Hub is the bait.
        { credentials: [credential('ghcr.io'), credential('docker.io', { password: 'bait-S3cr3t' })] },
      );
      const error = await failureOf(registry.digestOf(GHCR), [PASSWORD, 'bait-S3cr3t']);
      expect(error.message).toContain(`token service at ${host}, which is another site`);
      expect(authorizations()).toEqual([null, null]);
    },
  );

  it('goes to a token service elsewhere for which the same one is given', async () => {
    const { registry, authorizations } = await startRegistries(
      {
        ...guarded(HEAD, wants('https://sso.example/t')),
        'GET https://sso.example/t': { body: '{"token":"t"}' },
      },
      { credentials: [credential('ghcr.io'), credential('sso.example')] },
    );
    expect(await registry.digestOf(GHCR)).toBe(DIGEST);
    expect(authorizations()).toEqual([null, BASIC, 'Bearer t']);
  });

  it('that is no longer good does not keep from what is public', async () => {
    const { registry, authorizations } = await startRegistries(
      {
        ...guarded(HUB, wants('https://auth.docker.io/token')),
        [HUB_TOKEN]: ({ headers }) =>
          headers.authorization === undefined ? { body: '{"token":"t"}' } : { status: 401 },
      },
      { credentials: [credential('docker.io')] },
    );
    expect(await registry.digestOf(PYTHON)).toBe(DIGEST);
    expect(authorizations()).toEqual([null, BASIC, null, 'Bearer t']);
  });

  it('that is no longer good is told where the image is private', async () => {
    const { registry } = await startRegistries(
      {
        [HUB]: wants('https://auth.docker.io/token'),
        [HUB_TOKEN]: ({ headers }) =>
          headers.authorization === undefined ? { body: '{"token":"t"}' } : { status: 401 },
      },
      { credentials: [credential('docker.io')] },
    );
    const error = await failureOf(registry.digestOf(PYTHON), [PASSWORD]);
    expect(error.code).toBe('registry-auth');
    expect(error.message).toContain('The credential was refused.');
    expect(error.fix).toContain('docker.io is still good');
  });

  it('separates the answers of owners', async () => {
    const scene = await startRegistries(basic, { credentials: [credential('ghcr.io')] });
    expect(await scene.registry.digestOf(GHCR)).toBe(DIGEST);
    const stranger = scene.open({ credentials: [] });
    expect((await failureOf(stranger.digestOf(GHCR))).code).toBe('registry-auth');
    expect(await scene.open().digestOf(GHCR)).toBe(DIGEST);
  });
});

describe('a refusal', () => {
  it.each([
    ['of the registry', { [HUB]: { status: 403 } }, 'docker.io refuses it (403)'],
    [
      'of the token service',
      { [HUB]: wants('https://auth.docker.io/token'), [HUB_TOKEN]: { status: 403 } },
      'auth.docker.io of docker.io answered 403',
    ],
    [
      'after a token',
      { [HUB]: wants('https://auth.docker.io/token'), [HUB_TOKEN]: { body: '{"token":"t"}' } },
      'docker.io refuses it (401)',
    ],
    [
      'in an unknown way',
      { [HUB]: { status: 401, headers: { 'www-authenticate': 'Negotiate' } } },
      'in a way that Relock does not know',
    ],
    ['without a way', { [HUB]: { status: 401 } }, 'in a way that Relock does not know'],
    [
      'by a token service in the clear',
      { [HUB]: wants('http://auth.docker.io/token') },
      'an address that is not https',
    ],
  ] as [string, Routes, string][])(
    '%s names image and host, and is not repeated',
    async (_, routes, told) => {
      const { registry, seen } = await startRegistries(routes);
      const error = await failureOf(registry.digestOf(PYTHON));
      expect(error).toMatchObject({ code: 'registry-auth' });
      expect(error.message).toContain('docker.io/library/python:3');
      expect(error.message).toContain(told);
      const asked = seen.length;
      expect(asked).toBeLessThanOrEqual(3);
      await failureOf(registry.digestOf(PYTHON));
      expect(seen).toHaveLength(asked);
    },
  );

  it('of a token service at a private address comes before it is asked', async () => {
    const { registry, seen } = await startRegistries({ [HUB]: wants('https://169.254.169.254/token') });
    const error = await failureOf(registry.digestOf(PYTHON));
    expect(error.message).toContain('169.254.169.254 is no public address');
    expect(seen).toHaveLength(1);
  });
});
