import { describe, expect, it } from 'vitest';
import { imageOf, manifestText, OCI_INDEX, OCI_MANIFEST, sha256 } from '../support/registry/made-image.ts';
import { failureOf, startRegistries } from '../support/registry/scene.ts';

const BODY = manifestText();
const DIGEST = sha256(BODY);
const TYPED = { 'content-type': OCI_MANIFEST };
const TOLD = { ...TYPED, 'docker-content-digest': DIGEST };
const SCHEMA_1 = { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' };
const HEAD = 'HEAD https://ghcr.io/v2/a/b/manifests/1';
const GET = 'GET https://ghcr.io/v2/a/b/manifests/1';
const IMAGE = imageOf('ghcr.io/a/b:1');

describe('digestOf', () => {
  it('asks by HEAD, for indexes first, once for many', async () => {
    const { registry, seen, lines, pool } = await startRegistries({ [HEAD]: { headers: TOLD } });
    const all = await Promise.all([IMAGE, IMAGE, IMAGE].map((image) => registry.digestOf(image)));
    expect(all).toEqual([DIGEST, DIGEST, DIGEST]);
    expect(lines()).toEqual([HEAD]);
    expect(seen[0]?.headers.accept).toBe(
      `${OCI_INDEX}, application/vnd.docker.distribution.manifest.list.v2+json, ${OCI_MANIFEST}, ` +
        'application/vnd.docker.distribution.manifest.v2+json',
    );
    expect(pool.counts()).toMatchObject({ requests: 1, heads: 1, retries: 0 });
  });

  it.each([
    ['tells no digest', { headers: TYPED }],
    ['tells one that is none', { headers: { ...TYPED, 'docker-content-digest': 'sha256:abc' } }],
    ['knows no HEAD', { status: 405 }],
  ])('reads the manifest where HEAD %s', async (_, head) => {
    const { registry, lines } = await startRegistries({
      [HEAD]: head,
      [GET]: { headers: TYPED, body: BODY },
    });
    expect(await registry.digestOf(IMAGE)).toBe(DIGEST);
    // What was read is known by its digest too.
    expect((await registry.manifest({ ...IMAGE, digest: DIGEST })).digest).toBe(DIGEST);
    expect(lines()).toEqual([HEAD, GET]);
  });

  it.each([404, 410])('is null where there is no such tag (%i)', async (status) => {
    const { registry, lines } = await startRegistries({ [HEAD]: { status } });
    expect(await registry.digestOf(IMAGE)).toBeNull();
    expect(await registry.digestOf(IMAGE)).toBeNull();
    expect(lines()).toHaveLength(1);
  });

  it('asks for the digest of a reference without tag, and for the tag where there are both', async () => {
    const { registry, lines } = await startRegistries({
      [HEAD]: { headers: TOLD },
      [`HEAD https://ghcr.io/v2/a/b/manifests/${DIGEST}`]: { headers: TOLD },
      'HEAD https://ghcr.io/v2/a/b/manifests/latest': { headers: TOLD },
    });
    await registry.digestOf(imageOf(`ghcr.io/a/b@${DIGEST}`));
    await registry.digestOf(imageOf(`ghcr.io/a/b:1@${sha256('old')}`));
    await registry.digestOf(imageOf('ghcr.io/a/b'));
    expect(lines()).toEqual([
      `HEAD https://ghcr.io/v2/a/b/manifests/${DIGEST}`,
      HEAD,
      'HEAD https://ghcr.io/v2/a/b/manifests/latest',
    ]);
  });

  it.each([
    ['by HEAD', { [HEAD]: { headers: SCHEMA_1 } }],
    ['by GET', { [HEAD]: { status: 405 }, [GET]: { headers: SCHEMA_1, body: '{"schemaVersion":1}' } }],
  ])('refuses the old schema, %s', async (_, routes) => {
    const { registry } = await startRegistries(routes);
    const error = await failureOf(registry.digestOf(IMAGE));
    expect(error.code).toBe('manifest-invalid');
    expect(error.message).toContain('ghcr.io/a/b:1');
    expect(error.message).toContain('schema 1');
  });

  it.each([
    ['ghcr.io/../x:1'],
    ['ghcr.io/a/../../x:1'],
    ['ghcr.io/A:1'],
    ['ghcr.io/a?x:1'],
    ['ghcr.io/a:1/../2'],
    ['ghcr.io/a:x\r\ny'],
    ['ghcr.io/a@sha256:zz'],
    ['ghcr.io/a@md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['gh cr.io/a:1'],
    ['user@ghcr.io/a:1'],
    [`ghcr.io/${'a'.repeat(256)}:1`],
  ])('asks nobody for %j', async (text) => {
    const { registry, seen } = await startRegistries({});
    expect((await failureOf(registry.digestOf(imageOf(text)))).code).toBe('image-not-found');
    expect(seen).toEqual([]);
  });

  it('asks again once its answer is too old, and keeps answers of one job for the next', async () => {
    const newer = sha256('newer');
    const scene = await startRegistries(
      { [HEAD]: [{ headers: TOLD }, { headers: { ...TYPED, 'docker-content-digest': newer } }] },
      { keepSeconds: 600 },
    );
    expect(await scene.registry.digestOf(IMAGE)).toBe(DIGEST);
    scene.pass(599_000);
    expect(await scene.open().digestOf(IMAGE)).toBe(DIGEST);
    scene.pass(2000);
    expect(await scene.open().digestOf(IMAGE)).toBe(newer);
    expect(scene.lines()).toHaveLength(2);
  });

  it('does not give one job the cancelled look-up of another', async () => {
    const { registry, open } = await startRegistries({ [HEAD]: { headers: TOLD } });
    const first = new AbortController();
    const cancelled = open({ signal: first.signal }).digestOf(IMAGE);
    const other = registry.digestOf(IMAGE);
    first.abort();
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(await other).toBe(DIGEST);
  });
});

describe('the names of registries', () => {
  const found = { headers: TOLD };
  it.each([
    ['docker.io/library/python:3', 'https://registry-1.docker.io/v2/library/python/manifests/3', []],
    ['index.docker.io/library/python:3', 'https://registry-1.docker.io/v2/library/python/manifests/3', []],
    ['quay.io/a/b:3', 'https://quay.io/v2/a/b/manifests/3', []],
    ['r.example:8443/a:3', 'https://r.example:8443/v2/a/manifests/3', []],
    [
      'r.example:5000/a:3',
      'http://r.example:5000/v2/a/manifests/3',
      [{ host: 'r.example:5000', mirror: null, insecure: true }],
    ],
    [
      'docker.io/library/python:3',
      'https://harbor.example/v2/hub/library/python/manifests/3',
      [{ host: 'docker.io', mirror: 'https://harbor.example/hub', insecure: false }],
    ],
    [
      'ghcr.io/a:3',
      'http://m.example:5000/v2/a/manifests/3',
      [{ host: 'ghcr.io', mirror: 'http://m.example:5000', insecure: true }],
    ],
  ])('%s is asked at %s', async (text, url, registries) => {
    const { registry, lines } = await startRegistries({ [`HEAD ${url}`]: found }, { registries });
    expect(await registry.digestOf(imageOf(text))).toBe(DIGEST);
    expect(lines()).toEqual([`HEAD ${url}`]);
  });

  it('may be configured wrongly without harm to others', async () => {
    const registries = [{ host: '999.1.1.1', mirror: null, insecure: false }];
    const { registry } = await startRegistries({ [HEAD]: found }, { registries });
    expect(await registry.digestOf(IMAGE)).toBe(DIGEST);
    const error = await failureOf(registry.digestOf(imageOf('999.1.1.1/a:1')));
    expect(error.message).toBe('"999.1.1.1" is not the name of a registry.');
  });

  it('does not ask over plain http unless told so, and says how', async () => {
    const { registry, lines } = await startRegistries({});
    const error = await failureOf(registry.digestOf(imageOf('r.example:5000/a:3')));
    expect(error).toMatchObject({
      code: 'registry-unreachable',
      message: 'r.example:5000/a:3 cannot be looked up: r.example:5000: it does not speak TLS.',
    });
    expect(error.fix).toContain('insecure = true');
    expect(lines()).toEqual([]);
  });

  it.each(['127.0.0.1:5000', 'localhost:5000', '169.254.169.254', '10.0.0.1:443', '0x7f.1', '[::1]:443'])(
    'refuses %s, which no operator named',
    async (host) => {
      const { pool, open } = await startRegistries({});
      const error = await failureOf(open().digestOf({ ...imageOf('x/a:1'), registry: host }));
      expect(error.code).toBe('registry-unreachable');
      expect(error.message).toContain('no public address');
      expect(error.fix).toContain('[[registry]]');
      expect(pool.counts().retries).toBe(0);
    },
  );
});
