import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { platformsOf, readManifest } from '../../src/registry/manifest.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import { createDiskHttpCache } from '../../src/run/network/disk-http-cache.ts';
import type { HttpCache } from '../../src/run/network/http-cache.ts';
import { imageOf, manifestText, OCI_INDEX, OCI_MANIFEST, sha256 } from '../support/registry/made-image.ts';
import { failureOf, startRegistries } from '../support/registry/scene.ts';

const BODY = manifestText();
const DIGEST = sha256(BODY);
const TYPED = { 'content-type': OCI_MANIFEST };
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const IMAGE = imageOf('ghcr.io/a/b:1');
const PINNED = { ...IMAGE, digest: DIGEST };
const BY_TAG = 'GET https://ghcr.io/v2/a/b/manifests/1';
const BY_DIGEST = `GET https://ghcr.io/v2/a/b/manifests/${DIGEST}`;

function read(text: string, contentType: string | null = null, expected: readonly string[] = []) {
  return readManifest({ bytes: Buffer.from(text), contentType, expected, image: 'ghcr.io/a/b:1' });
}

describe('readManifest', () => {
  const docker = '{"schemaVersion":2,"config":{},"layers":[]}';
  const index = '{"schemaVersion":2,"manifests":[]}';
  it.each([
    [BODY, OCI_MANIFEST, 'manifest', OCI_MANIFEST],
    [BODY, null, 'manifest', OCI_MANIFEST],
    [BODY, 'application/json; charset=utf-8', 'manifest', OCI_MANIFEST],
    [
      docker,
      'application/vnd.docker.distribution.manifest.v2+json',
      'manifest',
      'application/vnd.docker.distribution.manifest.v2+json',
    ],
    [docker, 'text/plain', 'manifest', OCI_MANIFEST],
    [index, DOCKER_LIST, 'index', DOCKER_LIST],
    [index, null, 'index', OCI_INDEX],
  ])('%s as %s is %s', (text, type, kind, mediaType) => {
    expect(read(text, type)).toMatchObject({ kind, mediaType, digest: sha256(text) });
  });

  it.each([
    ['', null, 'not a JSON object'],
    ['[]', null, 'not a JSON object'],
    ['null', null, 'not a JSON object'],
    ['<html>', 'text/html', 'not a JSON object'],
    ['{}', OCI_MANIFEST, 'neither plainly'],
    ['{"manifests":[],"layers":[]}', null, 'neither plainly'],
    ['{"manifests":[],"config":{}}', OCI_INDEX, 'neither plainly'],
    [docker, OCI_INDEX, 'neither plainly'],
    [index, OCI_MANIFEST, 'neither plainly'],
    [BODY, OCI_INDEX, 'another kind'],
    ['{"mediaType":"application/vnd.cncf.helm","layers":[]}', null, 'no container image'],
    ['{"schemaVersion":1,"fsLayers":[]}', null, 'schema 1'],
    [BODY, 'application/vnd.docker.distribution.manifest.v1+json', 'schema 1'],
  ])('refuses %s as %s', (text, type, told) => {
    expect(() => read(text, type)).toThrow(RegistryError);
    expect(() => read(text, type)).toThrow(told);
  });

  it('checks every digest that it is told', () => {
    expect(read(BODY, null, [DIGEST, DIGEST]).digest).toBe(DIGEST);
    expect(() => read(BODY, null, [DIGEST, sha256('other')])).toThrow('not what its digest says');
    expect(() => read(BODY, null, [`sha512:${'0'.repeat(128)}`])).toThrow('not what its digest says');
  });
});

it('platformsOf gives what can be run, each once', () => {
  const entry = (platform: unknown, digest: unknown = DIGEST) => ({ platform, digest, size: 7 });
  const manifests = [
    entry({ os: 'linux', architecture: 'amd64' }),
    entry({ os: 'linux', architecture: 'arm64', variant: 'v8' }),
    entry({ os: 'linux', architecture: 'amd64', variant: '' }, sha256('twice')),
    entry({ os: 'unknown', architecture: 'unknown' }),
    entry({ os: 'linux', architecture: 'arm\n64' }),
    entry({ os: 'linux' }),
    entry({ os: 'linux', architecture: 's390x' }, 'sha256:x'),
    entry(null),
    null,
    'x',
  ];
  expect(platformsOf({ kind: 'index', json: { manifests } })).toEqual([
    { platform: 'linux/amd64', digest: DIGEST, size: 7 },
    { platform: 'linux/arm64/v8', digest: DIGEST, size: 7 },
  ]);
  expect(platformsOf({ kind: 'manifest', json: {} })).toEqual([]);
});

describe('manifest', () => {
  it('is asked for by digest where there is one, once', async () => {
    const { registry, lines } = await startRegistries({ [BY_DIGEST]: { headers: TYPED, body: BODY } });
    const [one, two] = await Promise.all([registry.manifest(PINNED), registry.manifest(PINNED)]);
    expect(one).toMatchObject({
      digest: DIGEST,
      kind: 'manifest',
      mediaType: OCI_MANIFEST,
      json: { schemaVersion: 2 },
    });
    expect(two).toBe(one);
    expect(lines()).toEqual([BY_DIGEST]);
  });

  it.each([
    ['by its digest', PINNED, { [BY_DIGEST]: { headers: TYPED, body: manifestText('evil') } }],
    [
      'by its header',
      IMAGE,
      { [BY_TAG]: { headers: { ...TYPED, 'docker-content-digest': DIGEST }, body: manifestText('evil') } },
    ],
  ])('that was tampered with is found out %s', async (_, image, routes) => {
    const { registry } = await startRegistries(routes);
    const error = await failureOf(registry.manifest(image));
    expect(error.code).toBe('manifest-invalid');
    expect(error.message).toContain('not what its digest says');
  });

  it.each([
    ['told', { 'content-length': String(5 * 1024 * 1024) }],
    ['sent in pieces', { 'transfer-encoding': 'chunked' }],
  ])('that is too large is given up, its length %s', async (_, headers) => {
    const { registry } = await startRegistries({
      [BY_TAG]: { headers: { ...TYPED, ...headers }, body: Buffer.alloc(5 * 1024 * 1024, ' ') },
    });
    const error = await failureOf(registry.manifest(IMAGE));
    expect(error.code).toBe('too-large');
    expect(error.message).toContain('more than 4194304 bytes for ghcr.io/a/b:1');
  });

  it('that is not there, and an answer that is no registry’s, are told apart', async () => {
    const { registry } = await startRegistries({ [BY_TAG]: { status: 418 } });
    expect((await failureOf(registry.manifest(PINNED))).code).toBe('image-not-found');
    expect(await failureOf(registry.manifest(IMAGE))).toMatchObject({
      code: 'registry-unreachable',
      message: 'ghcr.io/a/b:1 cannot be looked up: ghcr.io answered 418.',
    });
  });
});

describe('between runs', () => {
  function openCache(): HttpCache {
    const folder = mkdtempSync(join(tmpdir(), 'relock-manifests-'));
    const cache = createDiskHttpCache({ cacheFolder: folder });
    onTestFinished(async () => {
      await cache.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return cache;
  }

  it('keeps manifests by their digest, and asks nobody', async () => {
    const cache = openCache();
    const routes = { [BY_DIGEST]: { headers: TYPED, body: BODY } };
    const first = await startRegistries(routes, { cache });
    await first.registry.manifest(PINNED);
    const second = await startRegistries({}, { cache });
    expect(await second.registry.manifest(PINNED)).toMatchObject({ digest: DIGEST, mediaType: OCI_MANIFEST });
    expect(second.seen).toEqual([]);
  });

  it('keeps nothing that was tampered with', async () => {
    const cache = openCache();
    const evil = { headers: TYPED, body: manifestText('evil') };
    const routes = { [BY_DIGEST]: [evil, { headers: TYPED, body: BODY }] };
    const { registry, lines } = await startRegistries(routes, { cache });
    await failureOf(registry.manifest(PINNED));
    const again = await startRegistries({ [BY_DIGEST]: { headers: TYPED, body: BODY } }, { cache });
    expect((await again.registry.manifest(PINNED)).digest).toBe(DIGEST);
    expect(again.lines()).toEqual([BY_DIGEST]);
    expect(lines()).toHaveLength(1);
  });

  it('asks for a tag with its ETag, however fresh the registry calls it', async () => {
    const cache = openCache();
    const headers = { ...TYPED, etag: '"e1"', 'cache-control': 'max-age=9999' };
    const first = await startRegistries({ [BY_TAG]: { headers, body: BODY } }, { cache });
    await first.registry.manifest(IMAGE);
    const second = await startRegistries({ [BY_TAG]: { status: 304, headers: { etag: '"e1"' } } }, { cache });
    expect((await second.registry.manifest(IMAGE)).digest).toBe(DIGEST);
    expect(second.seen[0]?.headers['if-none-match']).toBe('"e1"');
  });

  it('gives what an owner’s credential opened to nobody else', async () => {
    const cache = openCache();
    const credentials = [{ host: 'ghcr.io', path: '/', owner: 'me', username: 'u', password: 'p' }];
    const first = await startRegistries(
      { [BY_DIGEST]: { headers: TYPED, body: BODY } },
      { cache, credentials },
    );
    await first.registry.manifest(PINNED);
    const other = await startRegistries({}, { cache });
    expect((await failureOf(other.registry.manifest(PINNED))).code).toBe('image-not-found');
    const same = await startRegistries({}, { cache, credentials });
    expect((await same.registry.manifest(PINNED)).digest).toBe(DIGEST);
  });
});
