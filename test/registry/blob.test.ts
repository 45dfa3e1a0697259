import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { imageOf, sha256 } from '../support/registry/made-image.ts';
import { failureOf, startRegistries, type Routes } from '../support/registry/scene.ts';

const BLOB = Buffer.alloc(300_000, 'layer ');
const DIGEST = sha256(BLOB);
const IMAGE = imageOf('ghcr.io/a/b:1');
const URL = 'https://ghcr.io/v2/a/b/blobs/';
const GET = `GET ${URL}${DIGEST}`;
const STORED = 'https://storage.example/x';
const credentials = [{ host: 'ghcr.io', path: '/', owner: 'me', username: 'u', password: 'S3cr3t' }];

async function readAll(registry: Registry, digest = DIGEST, limit = 1_000_000): Promise<Buffer> {
  return await buffer(await registry.blob(IMAGE, digest, limit));
}

describe('blob', () => {
  it('is what its digest says', async () => {
    const sha512 = `sha512:${createHash('sha512').update(BLOB).digest('hex')}`;
    const { registry, pool } = await startRegistries({
      [GET]: { body: BLOB },
      [`GET ${URL}${sha512}`]: { body: BLOB },
    });
    expect(await readAll(registry)).toEqual(BLOB);
    expect(await readAll(registry, sha512)).toEqual(BLOB);
    expect(pool.counts()).toMatchObject({ requests: 2, blobs: 2 });
  });

  it.each([
    [
      'tampered with',
      { body: Buffer.alloc(300_000, 'evil! ') },
      'manifest-invalid',
      'is not what its digest says',
    ],
    ['shorter', { body: BLOB.subarray(0, 1000) }, 'manifest-invalid', 'is not what its digest says'],
    ['cut off', { body: BLOB, cutAt: 100_000 }, 'registry-unreachable', 'of 300000 bytes'],
    [
      'cut off, its length untold',
      { body: BLOB, cutAt: 100_000, headers: { 'transfer-encoding': 'chunked' } },
      'registry-unreachable',
      'ghcr.io broke off after 100000 bytes',
    ],
    ['not there', { status: 404 }, 'image-not-found', 'has no part'],
    ['no blob', { status: 418 }, 'registry-unreachable', 'answered 418'],
  ])('that is %s fails', async (_, reply, code, told) => {
    const { registry } = await startRegistries({ [GET]: reply });
    const error = await failureOf(readAll(registry));
    expect(error.code).toBe(code);
    expect(error.message).toContain(told);
    expect(error.message).toContain('ghcr.io/a/b:1');
  });

  it.each([299_999, 0])('larger than the limit of %i bytes is given up', async (limit) => {
    const { registry } = await startRegistries({ [GET]: { body: BLOB } });
    expect((await failureOf(readAll(registry, DIGEST, limit))).code).toBe('too-large');
  });

  it('may be as large as the limit', async () => {
    const { registry } = await startRegistries({ [GET]: { body: BLOB } });
    expect(await readAll(registry, DIGEST, 300_000)).toHaveLength(300_000);
  });

  it('ends where it takes too long', async () => {
    const { registry } = await startRegistries(
      { [GET]: { body: BLOB, headers: { 'content-length': '300001' } } },
      { blobSeconds: 0.2 },
    );
    const error = await failureOf(readAll(registry));
    expect(error.message).toContain('was still not done within 0.2 s, after 300000 of 300001 bytes');
  });

  it('ends with the run', async () => {
    const stop = new AbortController();
    const { registry } = await startRegistries(
      { [GET]: { body: BLOB, headers: { 'content-length': '300001' } } },
      { signal: stop.signal },
    );
    const reading = readAll(registry);
    setTimeout(() => stop.abort(), 100);
    await expect(reading).rejects.toThrow(CancelledError);
  });

  it('that nobody reads to its end holds up nothing', async () => {
    const { registry } = await startRegistries({ [GET]: { body: Buffer.alloc(3_000_000) } });
    const open: Readable[] = [];
    for (let count = 0; count < 8; count += 1) open.push(await registry.blob(IMAGE, DIGEST, 9_000_000));
    for (const stream of open) stream.destroy();
    expect(open.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it.each(['md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:abc', '../../x', ''])(
    'is not asked for by %j',
    async (digest) => {
      const { registry, seen } = await startRegistries({});
      expect((await failureOf(readAll(registry, digest))).code).toBe('manifest-invalid');
      expect(seen).toEqual([]);
    },
  );
});

describe('a redirect', () => {
  const guarded: Routes = {
    [GET]: ({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
        : { status: 307, headers: { location: `${STORED}?signature=S1gnature` } },
  };

  it('to storage is followed without the credential', async () => {
    const { registry, lines, authorizations } = await startRegistries(
      { ...guarded, [`GET ${STORED}`]: { body: BLOB } },
      { credentials },
    );
    expect(await readAll(registry)).toEqual(BLOB);
    expect(lines()).toEqual([GET, GET, `GET ${STORED}?signature=S1gnature`]);
    expect(authorizations().map((value) => value !== null)).toEqual([false, true, false]);
  });

  it('to storage that refuses asks nobody for a credential, and shows no signature', async () => {
    const { registry, seen } = await startRegistries(
      {
        ...guarded,
        [`GET ${STORED}`]: { status: 401, headers: { 'www-authenticate': 'Basic realm="give me yours"' } },
      },
      { credentials },
    );
    const error = await failureOf(readAll(registry), ['S3cr3t', 'S1gnature']);
    expect(error.code).toBe('registry-auth');
    expect(error.message).toContain('storage.example, where ghcr.io keeps it, refuses it (401)');
    expect(seen).toHaveLength(3);
  });

  it('to the same host keeps it, and back from another host does not', async () => {
    const seenAt = `GET https://ghcr.io/end`;
    const { registry, seen } = await startRegistries(
      {
        [GET]: ({ headers }) =>
          headers.authorization === undefined
            ? { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
            : { status: 302, headers: { location: '/step' } },
        'GET https://ghcr.io/step': { status: 302, headers: { location: 'https://other.example/step' } },
        'GET https://other.example/step': { status: 302, headers: { location: 'https://ghcr.io/end' } },
        [seenAt]: { body: BLOB },
      },
      { credentials },
    );
    expect(await readAll(registry)).toEqual(BLOB);
    const sent = seen
      .slice(2)
      .map(({ line, headers }) => [line.slice(12), headers.authorization !== undefined]);
    expect(sent).toEqual([
      ['ghcr.io/step', true],
      ['other.example/step', false],
      ['ghcr.io/end', false],
    ]);
  });

  it.each([
    ['http://storage.example/x', 'https alone'],
    ['https://user:pass@storage.example/x', 'https alone'],
    ['file:///etc/passwd', 'https alone'],
    ['https://169.254.169.254/latest', 'no public address'],
    ['https://localhost/x', 'no public address'],
    [GET.slice(4), 'more than 5 redirects'],
    ['', 'https alone'],
  ])('to %j is not followed', async (location, told) => {
    const headers: Record<string, string> = location === '' ? {} : { location };
    const { registry } = await startRegistries({ [GET]: { status: 307, headers } });
    const error = await failureOf(readAll(registry), ['user:pass']);
    expect(error.code).toBe('registry-unreachable');
    expect(error.message).toContain(told);
  });

  it('from a stranger does not lead to a private address that the operator named for his own', async () => {
    const options = { allowHosts: ['127.0.0.1:1', 'mine.example'] };
    const leads = { status: 307, headers: { location: 'https://127.0.0.1:1/x' } };
    const { registry, pool } = await startRegistries(
      { [GET]: leads, [`GET https://mine.example/v2/a/b/blobs/${DIGEST}`]: leads },
      options,
    );
    expect((await failureOf(readAll(registry))).message).toContain('no public address');
    const own = await failureOf(registry.blob({ ...IMAGE, registry: 'mine.example' }, DIGEST, 10));
    expect(own.message).toContain('ECONNREFUSED');
    expect(pool.counts().retries).toBe(2);
  });
});
