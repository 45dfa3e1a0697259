import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { readRetryAfter } from '../../src/registry/gate.ts';
import { createRegistryPool } from '../../src/registry/pool.ts';
import { listenOnLoopback } from '../../src/run/network/loopback.ts';
import { imageOf, manifestText, sha256 } from '../support/registry/made-image.ts';
import { failureOf, openRegistry, startRegistries, type Reply } from '../support/registry/scene.ts';

const BODY = manifestText();
const DIGEST = sha256(BODY);
const FOUND: Reply = { headers: { 'docker-content-digest': DIGEST } };
const HEAD = 'HEAD https://registry-1.docker.io/v2/library/python/manifests/3';
const GET = `GET https://registry-1.docker.io/v2/library/python/manifests/`;
const IMAGE = imageOf('docker.io/library/python:3');

describe('what fails for a moment', () => {
  it.each([
    ['once', [{ status: 500 }, FOUND], [500]],
    ['twice', [{ status: 502 }, { status: 504 }, FOUND], [500, 2000]],
    ['saying for how long', [{ status: 503, headers: { 'retry-after': '3' } }, FOUND], [3000]],
    ['saying for an hour', [{ status: 503, headers: { 'retry-after': '3600' } }, FOUND], [10_000]],
    ['by its connection', [{ body: 'x', cutAt: 0, status: 500 }, FOUND], [500]],
  ])('%s is asked again', async (_, replies, waits) => {
    const scene = await startRegistries({ [HEAD]: replies });
    expect(await scene.registry.digestOf(IMAGE)).toBe(DIGEST);
    expect(scene.waits).toEqual(waits);
    expect(scene.pool.counts().retries).toBe(waits.length);
  });

  it('while a manifest is being read is asked again', async () => {
    const { registry, waits } = await startRegistries({
      [`${GET}3`]: [{ body: BODY, cutAt: 10 }, { body: BODY }],
    });
    expect((await registry.manifest(IMAGE)).digest).toBe(DIGEST);
    expect(waits).toEqual([500]);
  });

  it('three times is an error, and no answer that stays', async () => {
    const bad = { status: 503 };
    const scene = await startRegistries({ [HEAD]: [bad, bad, bad, FOUND] });
    const error = await failureOf(scene.registry.digestOf(IMAGE));
    expect(error).toMatchObject({
      code: 'registry-unreachable',
      message: 'docker.io/library/python:3 cannot be looked up: registry-1.docker.io: it answered 503.',
    });
    expect(await scene.registry.digestOf(IMAGE)).toBe(DIGEST);
  });

  it.each([400, 404, 418])('%i is not asked again', async (status) => {
    const { registry, waits } = await startRegistries({ [HEAD]: { status }, [`${GET}3`]: { status } });
    await registry.digestOf(IMAGE).catch(() => null);
    expect(waits).toEqual([]);
  });
});

describe('429', () => {
  const limited = (after?: string): Reply => ({
    status: 429,
    ...(after === undefined ? {} : { headers: { 'retry-after': after } }),
  });

  it.each([
    ['seconds', limited('7'), 7000],
    ['a date', limited('Tue, 24 Nov 2026 12:00:09 GMT'), 9000],
    ['nothing', limited(), 2000],
    ['zero', limited('0'), 1000],
    ['nonsense', limited('soon'), 2000],
  ])('that says %s is obeyed', async (_, reply, wait) => {
    const scene = await startRegistries({ [HEAD]: [reply, FOUND] });
    expect(await scene.registry.digestOf(IMAGE)).toBe(DIGEST);
    expect(scene.waits).toEqual([wait]);
  });

  it('that says long ends the asking until then, for every image there and no other host', async () => {
    const other = imageOf('ghcr.io/a:1');
    const scene = await startRegistries({
      [HEAD]: [limited('3600'), FOUND],
      'HEAD https://ghcr.io/v2/a/manifests/1': FOUND,
    });
    const error = await failureOf(scene.registry.digestOf(IMAGE));
    expect(error).toMatchObject({
      code: 'rate-limited',
      until: Date.UTC(2026, 10, 24, 13),
      message:
        'docker.io/library/python:3 was not looked up: registry-1.docker.io lets no more requests through until 2026-11-24T13:00:00Z.',
    });
    expect(error.fix).toContain('[[credential]]');
    await failureOf(scene.registry.digestOf({ ...IMAGE, tag: '4' }));
    expect(scene.lines()).toEqual([HEAD]);
    expect(await scene.registry.digestOf(other)).toBe(DIGEST);
    scene.pass(3_601_000);
    expect(await scene.registry.digestOf(IMAGE)).toBe(DIGEST);
  });

  it('without end is given up', async () => {
    const scene = await startRegistries({ [HEAD]: limited() });
    expect((await failureOf(scene.registry.digestOf(IMAGE))).code).toBe('rate-limited');
    expect(scene.lines()).toHaveLength(3);
    await failureOf(scene.registry.digestOf(IMAGE));
    expect(scene.lines()).toHaveLength(3);
  });

  it('of one account stops no other', async () => {
    const scene = await startRegistries({ [HEAD]: [limited('3600'), FOUND] });
    const credentials = [{ host: 'docker.io', path: '/', owner: 'me', username: 'u', password: 'p' }];
    await failureOf(scene.registry.digestOf(IMAGE));
    expect(await scene.open({ credentials }).digestOf(IMAGE)).toBe(DIGEST);
  });
});

it("stops pulling when Docker Hub's headers say that nothing is left; HEAD goes on", async () => {
  const left = (count: number): Reply => ({
    body: BODY,
    headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': `${count};w=21600` },
  });
  const scene = await startRegistries({ [`${GET}1`]: left(1), [`${GET}2`]: left(0), [HEAD]: FOUND });
  const { registry } = scene;
  await registry.manifest({ ...IMAGE, tag: '1' });
  await registry.manifest({ ...IMAGE, tag: '2' });
  const error = await failureOf(registry.manifest(IMAGE));
  expect(error).toMatchObject({ code: 'rate-limited', until: Date.UTC(2026, 10, 24, 13) });
  expect(await registry.digestOf(IMAGE)).toBe(DIGEST);
  expect(scene.lines()).toEqual([`${GET}1`, `${GET}2`, HEAD]);
});

it.each([
  ['5', 5000],
  ['Tue, 24 Nov 2026 12:00:01 GMT', 1000],
  ['Tue, 24 Nov 2025 12:00:01 GMT', 0],
  ['-1', null],
  ['1.5', null],
  ['99999999999', null],
  ['', null],
  ['2027', 2_027_000],
])('Retry-After: %j', (value, wait) => {
  expect(readRetryAfter(value, Date.UTC(2026, 10, 24, 12))).toBe(wait);
});

describe('a host that is not there', () => {
  it('is asked three times, then not for half a minute', async () => {
    const server = createServer();
    const port = await listenOnLoopback(server);
    server.close();
    let clock = 0;
    const pool = createRegistryPool({
      environment: {},
      userAgent: 'x',
      keepSeconds: null,
      now: () => clock,
      sleep: () => Promise.resolve(),
    });
    const host = `127.0.0.1:${port}`;
    const registry = openRegistry(pool, { registries: [{ host, mirror: null, insecure: true }] });
    const image = { ...imageOf('x/a:1'), registry: host };
    const error = await failureOf(registry.digestOf(image));
    expect(error.code).toBe('registry-unreachable');
    expect(error.message).toContain(`${host}/a:1`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(pool.counts().requests).toBe(3);
    const next = await failureOf(registry.digestOf({ ...image, tag: '2' }));
    expect(next.message).toContain('failed a moment ago');
    expect(pool.counts().requests).toBe(3);
    clock = 31_000;
    await failureOf(registry.digestOf(image));
    expect(pool.counts().requests).toBe(6);
    await pool.close();
  });

  it('because its certificate is not trusted is asked once', async () => {
    const scene = await startRegistries({ [HEAD]: FOUND });
    const pool = createRegistryPool({
      environment: {},
      userAgent: 'x',
      keepSeconds: null,
      resolve: scene.resolve,
    });
    const error = await failureOf(openRegistry(pool).digestOf(IMAGE));
    expect(error.code).toBe('registry-unreachable');
    expect(error.fix).toContain('SSL_CERT_FILE');
    expect(pool.counts()).toMatchObject({ requests: 1, retries: 0 });
    await pool.close();
  });

  it('that says nothing is given up in time', async () => {
    const scene = await startRegistries({ [HEAD]: { silent: true } }, { timeoutSeconds: 0.05 });
    const error = await failureOf(scene.registry.digestOf(IMAGE));
    expect(error.message).toContain('no answer within 0.05 s');
    expect(scene.lines()).toHaveLength(3);
  });

  it('ends with the run', async () => {
    const stop = new AbortController();
    const { registry, seen } = await startRegistries({ [HEAD]: { silent: true } }, { signal: stop.signal });
    const asked = registry.digestOf(IMAGE);
    setTimeout(() => stop.abort(), 50);
    await expect(asked).rejects.toThrow(CancelledError);
    await expect(registry.digestOf(IMAGE)).rejects.toThrow(CancelledError);
    expect(seen).toHaveLength(1);
  });
});

it('asks one host four things at once', async () => {
  const scene = await startRegistries(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [HEAD.replace(/3$/u, `t${at}`), { ...FOUND, afterMs: 15 }]),
    ),
  );
  const tags = Array.from({ length: 20 }, (_, at) => `t${at}`);
  const found = await Promise.all(tags.map((tag) => scene.registry.digestOf({ ...IMAGE, tag })));
  expect(new Set(found)).toEqual(new Set([DIGEST]));
  expect(scene.mostAtOnce()).toBe(4);
});
