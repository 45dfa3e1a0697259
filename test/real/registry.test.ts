import { createHash, randomBytes, sign } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Credential } from '../../src/config/settings.ts';
import { platformsOf } from '../../src/registry/manifest.ts';
import { createRegistryPool, type RegistryPool } from '../../src/registry/pool.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { RegistryOptions } from '../../src/registry/create-registry.ts';
import { createAuthority } from '../../src/run/network/certificate.ts';
import { findDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { startServer, type TestServer } from '../support/loopback-server.ts';
import { pushImage, textLayer, type PushedImage, type PushedPlatform } from '../support/registry/push.ts';
import { imageOf, sha256 } from '../support/registry/made-image.ts';
import { failureOf, openRegistry } from '../support/registry/scene.ts';

const found = findDockerRegistry();
if ('missing' in found) console.warn(`Skipped, the client against a real registry: ${found.missing}`);
const file = 'file' in found ? found.file : '';

const PASSWORD = 'pull-S3cr3t';
/** Of `PASSWORD`, by bcrypt. */
const ENTRY = 'me:$2y$05$abcdefghijklmnopqrstuuEIdKib8JJL4R7txH3NdEH4GJXbsNagy';
const BIG = randomBytes(24 * 1024 * 1024);

function platforms(version: string): readonly PushedPlatform[] {
  return ['linux/amd64', 'linux/arm64/v8'].map((platform) => ({
    platform,
    layers: [textLayer(`base of ${platform}`), textLayer(`app ${version} of ${platform}`)],
    config: { created: '1970-01-01T00:00:00Z' },
  }));
}

function refer(host: string, tag: string, digest: string | null = null) {
  return { ...imageOf(`x/team/app:${tag}`), registry: host, digest };
}

function open(
  hosts: readonly string[],
  more: Partial<RegistryOptions> = {},
): { registry: Registry; pool: RegistryPool } {
  const pool = createRegistryPool({
    environment: {},
    userAgent: 'relock/test',
    keepSeconds: null,
    retryDelayMs: 20,
  });
  onTestFinished(() => pool.close());
  const registries = hosts.map((host) => ({ host, mirror: null, insecure: true }));
  return { pool, registry: openRegistry(pool, { registries, ...more }) };
}

function credentialFor(host: string, password = PASSWORD): readonly Credential[] {
  return [{ host, path: '/', owner: 'team', username: 'me', password }];
}

/** Before the registry: `change` answers by itself, or returns what it does to the registry's answer. */
type Change = (
  request: IncomingMessage,
  response: ServerResponse,
) => 'done' | ((body: Buffer) => Buffer) | null;

async function startProxy(port: number, change: Change): Promise<TestServer> {
  return await startServer((request, response) => {
    const does = change(request, response);
    if (does === 'done') return;
    const { method, url: path, headers } = request;
    const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (does === null) answer.pipe(response);
      else
        void buffer(answer).then((body) =>
          response.write(does(body), () => setTimeout(() => response.destroy(), 30)),
        );
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
}

describe.skipIf('missing' in found)('the client and a real registry', () => {
  let server: DockerRegistry;
  let image: PushedImage;
  beforeAll(async () => {
    server = await startDockerRegistry(file);
    image = await pushImage(`http://${server.host}`, 'team/app', '1', platforms('1'));
    const big = { platform: 'linux/amd64', layers: [{ bytes: BIG }] };
    await pushImage(`http://${server.host}`, 'team/app', 'big', [big]);
  });
  afterAll(() => server.stop());

  it('reads an image of two platforms down to its layers', async () => {
    const { registry, pool } = open([server.host]);
    const reference = refer(server.host, '1');
    expect(await registry.digestOf(reference)).toBe(image.digest);
    const index = await registry.manifest({ ...reference, digest: image.digest });
    expect(platformsOf(index).map(({ platform, digest }) => [platform, digest])).toEqual(
      Object.entries(image.manifests),
    );
    for (const [platform, digest] of Object.entries(image.manifests)) {
      const manifest = await registry.manifest({ ...reference, digest });
      const layers = manifest.json['layers'] as { digest: string; size: number }[];
      expect(layers).toHaveLength(2);
      const config = manifest.json['config'] as { digest: string };
      const text = (await buffer(await registry.blob(reference, config.digest, 10_000))).toString('utf8');
      expect(JSON.parse(text)).toMatchObject({ os: 'linux', architecture: platform.split('/')[1] });
      for (const { digest: layer, size } of layers) {
        expect(await buffer(await registry.blob(reference, layer, size))).toHaveLength(size);
      }
    }
    expect(pool.counts()).toEqual({
      requests: 10,
      heads: 1,
      manifests: 3,
      blobs: 6,
      tagPages: 0,
      tokens: 0,
      retries: 0,
    });
    expect([...(await registry.tags(reference))].sort()).toEqual(['1', 'big']);
  });

  it('sees a tag move, in the next run', async () => {
    const old = await pushImage(`http://${server.host}`, 'team/app', 'moving', platforms('1'));
    const { registry } = open([server.host]);
    const reference = refer(server.host, 'moving');
    expect(await registry.digestOf(reference)).toBe(old.digest);
    const next = await pushImage(`http://${server.host}`, 'team/app', 'moving', platforms('2'));
    expect(next.digest).not.toBe(old.digest);
    expect(await registry.digestOf(reference)).toBe(old.digest);
    expect(await open([server.host]).registry.digestOf(reference)).toBe(next.digest);
  });

  it('tells what is not there', async () => {
    const { registry } = open([server.host]);
    expect(await registry.digestOf(refer(server.host, 'none'))).toBeNull();
    expect(await registry.digestOf({ ...refer(server.host, '1'), repository: 'nobody/none' })).toBeNull();
    const asked = [
      registry.manifest(refer(server.host, 'none')),
      registry.tags({ ...refer(server.host, '1'), repository: 'nobody/none' }),
      registry.blob(refer(server.host, '1'), sha256('none'), 10),
    ];
    for (const { code } of await Promise.all(asked.map((one) => failureOf(one)))) {
      expect(code).toBe('image-not-found');
    }
  });

  it('is let in by user name and password, and not without', async () => {
    const closed = await startDockerRegistry(file, { kind: 'htpasswd', entry: ENTRY }, server.folder);
    onTestFinished(() => closed.stop());
    const reference = refer(closed.host, '1');
    const { registry, pool } = open([closed.host], { credentials: credentialFor(closed.host) });
    expect(await registry.digestOf(reference)).toBe(image.digest);
    expect((await registry.manifest({ ...reference, digest: image.digest })).kind).toBe('index');
    expect(pool.counts()).toMatchObject({ heads: 2, manifests: 1 });
    for (const credentials of [
      [],
      credentialFor(closed.host, 'wrong-S3cr3t'),
      credentialFor('127.0.0.1:1'),
    ]) {
      const other = open([closed.host], { credentials });
      const error = await failureOf(other.registry.digestOf(reference), [PASSWORD, 'wrong-S3cr3t']);
      expect(error.code).toBe('registry-auth');
      expect(error.message).toContain(`${closed.host}/team/app:1`);
    }
  });

  it('is let in by a token, had with its account, and not by an anonymous one', async () => {
    const authority = createAuthority(Date.now());
    const signer = authority.issue('tokens.example.test');
    const tokens = await startServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      const isKnown =
        request.headers.authorization === `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;
      response.end(
        JSON.stringify({ token: jwt(signer, query.get('scope') ?? '', isKnown), expires_in: 300 }),
      );
    });
    const closed = await startDockerRegistry(
      file,
      {
        kind: 'token',
        realm: `${tokens.origin}/token`,
        service: 'svc',
        issuer: 'tests',
        rootPem: authority.certificate,
      },
      server.folder,
    );
    onTestFinished(() => closed.stop());
    const reference = refer(closed.host, '1');
    const { registry, pool } = open([closed.host], { credentials: credentialFor(closed.host) });
    expect(await registry.digestOf(reference)).toBe(image.digest);
    expect((await registry.manifest({ ...reference, digest: image.digest })).kind).toBe('index');
    expect(await registry.digestOf(refer(closed.host, 'big'))).not.toBeNull();
    expect(pool.counts()).toMatchObject({ heads: 3, manifests: 1, tokens: 1 });
    const error = await failureOf(open([closed.host]).registry.digestOf(reference), [PASSWORD]);
    expect(error.code).toBe('registry-auth');
    expect(tokens.seen.map(({ authorization }) => authorization !== undefined)).toEqual([true, false]);
  });

  it('waits as a 429 says, and goes on', async () => {
    let refusals = 2;
    const proxy = await startProxy(server.port, (_, response) => {
      if (refusals === 0) return null;
      refusals -= 1;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return 'done';
    });
    const host = `127.0.0.1:${proxy.port}`;
    const started = performance.now();
    const { registry } = open([host]);
    expect(await registry.digestOf(refer(host, '1'))).toBe(image.digest);
    expect(performance.now() - started).toBeGreaterThan(1900);
    expect(proxy.seen).toHaveLength(3);
  });

  it('finds out a manifest that was tampered with, by tag and by digest', async () => {
    const evil = (body: Buffer): Buffer => Buffer.from(body.toString('utf8').replace('arm64', 'arm46'));
    const proxy = await startProxy(server.port, ({ method }) => (method === 'GET' ? evil : null));
    const host = `127.0.0.1:${proxy.port}`;
    const { registry } = open([host]);
    for (const digest of [null, image.digest]) {
      const error = await failureOf(registry.manifest(refer(host, '1', digest)));
      expect(error.code).toBe('manifest-invalid');
      expect(error.message).toContain('not what its digest says');
    }
  });

  it.each([
    ['truncated', (body: Buffer) => body.subarray(0, 1_000_000), 'registry-unreachable', 'broke off after'],
    [
      'tampered with',
      (body: Buffer) => Buffer.concat([body.subarray(0, -1), Buffer.from([(body.at(-1) ?? 0) ^ 1])]),
      'manifest-invalid',
      'not what its digest says',
    ],
  ])('finds out a layer that was %s', async (_, change, code, told) => {
    const digest = sha256(BIG);
    const proxy = await startProxy(server.port, () => change);
    const host = `127.0.0.1:${proxy.port}`;
    const { registry } = open([host]);
    const error = await failureOf(
      registry.blob(refer(host, 'big'), digest, BIG.length).then((stream) => buffer(stream)),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(told);
  });

  it('says so when the registry goes in the middle of a layer, and of a run', async () => {
    const mortal = await startDockerRegistry(file, { kind: 'none' }, server.folder);
    const { registry, pool } = open([mortal.host]);
    const reference = refer(mortal.host, 'big');
    expect(await registry.digestOf(reference)).not.toBeNull();
    const stream = await registry.blob(reference, sha256(BIG), BIG.length);
    const hash = createHash('sha256');
    let isKilled = false;
    const reading = (async () => {
      for await (const chunk of stream) {
        hash.update(chunk as Buffer);
        if (!isKilled) await mortal.kill();
        isKilled = true;
      }
    })();
    const error = await failureOf(reading);
    expect(error.code).toBe('registry-unreachable');
    expect(error.message).toMatch(/broke off after \d+ of 25165824 bytes/u);
    // What is known stays known; what is not fails, and the rest fails without waiting.
    expect(await registry.digestOf(reference)).not.toBeNull();
    expect((await failureOf(registry.digestOf(refer(mortal.host, '1')))).code).toBe('registry-unreachable');
    const asked = pool.counts().requests;
    await failureOf(registry.digestOf(refer(mortal.host, '2')));
    expect(pool.counts().requests).toBe(asked);
  });
});

/** A token as distribution's specification has it, signed with ES256, its certificate beside. */
function jwt(signer: { certificate: string; key: string }, scope: string, mayRead: boolean): string {
  const [type = '', name = '', actions = ''] = scope.split(':');
  const now = Math.floor(Date.now() / 1000);
  const x5c = [signer.certificate.replace(/-----[^-]+-----|\s/gu, '')];
  const claims = {
    iss: 'tests',
    sub: 'me',
    aud: 'svc',
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: randomBytes(8).toString('hex'),
    access: mayRead ? [{ type, name, actions: actions.split(',') }] : [],
  };
  const body = [{ typ: 'JWT', alg: 'ES256', x5c }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(body), { key: signer.key, dsaEncoding: 'ieee-p1363' });
  return `${body}.${signature.toString('base64url')}`;
}
