import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import { IndexError } from '../../src/pypi/index-error.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import type { SimpleClientOptions } from '../../src/pypi/simple-client-http.ts';

const ORIGIN = 'https://index.example.com';
const FILES = 'https://files.example.com';
const JSON_TYPE = { 'content-type': 'application/vnd.pypi.simple.v1+json' };

let cacheFolder = '';
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'simple-client-'));
  nock.disableNetConnect();
});
afterEach(() => {
  rmSync(cacheFolder, { recursive: true, force: true });
  const unused = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  if (unused.length > 0) throw new Error(`Never asked for: ${unused.join(', ')}`);
});

function client(more: Partial<SimpleClientOptions> = {}) {
  return createSimpleClient({
    indexUrl: `${ORIGIN}/simple/`,
    fetch,
    userAgent: 'relock/test',
    cacheFolder: null,
    authorization: null,
    retryDelayMs: 1,
    ...more,
  });
}

function page(files: readonly Readonly<Record<string, unknown>>[]) {
  return { meta: { 'api-version': '1.1' }, name: 'six', files };
}

const file = {
  filename: 'six-1.16.0-py3-none-any.whl',
  url: `${FILES}/six-1.16.0-py3-none-any.whl`,
  hashes: { sha256: 'AB12' },
  'requires-python': '>=2.7',
  'upload-time': '2021-05-05T14:18:17.237Z',
  yanked: false,
};

describe('project', () => {
  it('asks for the normalised name and reads JSON', async () => {
    nock(ORIGIN, {
      reqheaders: { 'user-agent': 'relock/test', accept: /^application\/vnd\.pypi\.simple\.v1\+json,/u },
    })
      .get('/simple/ruamel-yaml/')
      .reply(
        200,
        page([
          file,
          {
            ...file,
            filename: 'x.whl',
            url: '../../x.whl',
            yanked: 'bad',
            'requires-python': null,
            'upload-time': 'never',
            'core-metadata': { sha256: 'cd' },
          },
        ]),
        JSON_TYPE,
      );
    expect(await client().project('Ruamel.YAML')).toMatchObject({
      name: 'ruamel-yaml',
      files: [
        {
          filename: 'six-1.16.0-py3-none-any.whl',
          url: `${FILES}/six-1.16.0-py3-none-any.whl`,
          hashes: { sha256: 'ab12' },
          requiresPython: '>=2.7',
          uploadTime: '2021-05-05T14:18:17.237Z',
          yanked: false,
          hasMetadata: false,
        },
        { url: `${ORIGIN}/x.whl`, yanked: 'bad', requiresPython: null, uploadTime: null, hasMetadata: true },
      ],
    });
  });

  it('reads HTML where there is no JSON', async () => {
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(
        200,
        `<!DOCTYPE html><html><body><h1>Links</h1>
       <a href="../../files/six-1.0.tar.gz#sha256=${'a'.repeat(64)}" data-requires-python="&gt;=2.7">six-1.0.tar.gz</a><br>
       <A HREF='/files/six-1.1-py3-none-any.whl' data-yanked data-dist-info-metadata="sha256=${'b'.repeat(64)}">
         six-1.1-py3-none-any.whl
       </A>
       <a href="javascript:alert(1)">six-1.2.tar.gz</a><a>six-1.3.tar.gz</a></body></html>`,
        { 'content-type': 'text/html' },
      );
    expect((await client().project('six'))?.files).toMatchObject([
      {
        filename: 'six-1.0.tar.gz',
        url: `${ORIGIN}/files/six-1.0.tar.gz`,
        hashes: { sha256: 'a'.repeat(64) },
        requiresPython: '>=2.7',
        yanked: false,
        hasMetadata: false,
      },
      {
        filename: 'six-1.1-py3-none-any.whl',
        url: `${ORIGIN}/files/six-1.1-py3-none-any.whl`,
        hashes: {},
        yanked: '',
        hasMetadata: true,
      },
    ]);
  });

  it('asks once, however often it is asked', async () => {
    nock(ORIGIN)
      .get('/simple/six/')
      .once()
      .reply(200, page([file]), JSON_TYPE);
    const index = client();
    const [one, two] = await Promise.all([index.project('six'), index.project('SIX')]);
    expect(one).toBe(two);
  });

  it('is null for what the index does not have, and asks nothing for what is no name', async () => {
    nock(ORIGIN).get('/simple/none/').reply(404);
    expect(await client().project('none')).toBeNull();
    for (const name of ['../admin', 'a/b', '', 'a?b', '-a', 'é', 'x'.repeat(300)]) {
      expect(await client().project(name)).toBeNull();
    }
  });

  it('tries once more', async () => {
    nock(ORIGIN).get('/simple/six/').reply(503);
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), JSON_TYPE);
    expect((await client().project('six'))?.files).toHaveLength(1);
    nock(ORIGIN).get('/simple/six/').replyWithError('reset');
    nock(ORIGIN).get('/simple/six/').reply(200, page([]), JSON_TYPE);
    expect((await client().project('six'))?.files).toHaveLength(0);
  });

  it('waits as long as the index says before that', async () => {
    nock(ORIGIN).get('/simple/six/').reply(429, '', { 'retry-after': '1' });
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), JSON_TYPE);
    const start = performance.now();
    await client().project('six');
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  it.each<[string, (scope: nock.Scope) => unknown, Partial<IndexError>]>([
    [
      'down twice',
      (scope) => scope.get('/simple/six/').twice().reply(502),
      { code: 'index-unreachable', status: 502 },
    ],
    [
      'unreachable twice',
      (scope) => scope.get('/simple/six/').twice().replyWithError('no route'),
      { code: 'index-unreachable', status: null },
    ],
    [
      'closed',
      (scope) => scope.get('/simple/six/').reply(401),
      { code: 'authentication-required', status: 401 },
    ],
    ['odd', (scope) => scope.get('/simple/six/').reply(418), { code: 'index-unreachable', status: 418 }],
    [
      'broken JSON',
      (scope) => scope.get('/simple/six/').reply(200, '{', JSON_TYPE),
      { code: 'index-unreadable' },
    ],
    [
      'another JSON',
      (scope) => scope.get('/simple/six/').reply(200, '[]', JSON_TYPE),
      { code: 'index-unreadable' },
    ],
    ['plain text', (scope) => scope.get('/simple/six/').reply(200, 'hello'), { code: 'index-unreadable' }],
  ])('throws when the index is %s', async (_, answer, expected) => {
    answer(nock('https://index.example.com'));
    const index = client({ indexUrl: 'https://me:secret@index.example.com/simple', fetch: withoutUserInUrl });
    const error = await index.project('six').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(IndexError);
    expect(error).toMatchObject({ ...expected, url: 'https://index.example.com/simple/six/' });
    expect(String(error)).not.toContain('secret');
  });

  it('throws when the index does not answer in time', async () => {
    const index = client({ fetch: silent, timeoutSeconds: 0.1 });
    await expect(index.project('six')).rejects.toMatchObject({
      code: 'index-unreachable',
      message: expect.stringContaining('no answer within 0.1 s'),
    });
  });

  it('refuses a page past all bounds', async () => {
    const big = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(8_000_000));
      },
    });
    const index = client({ fetch: () => Promise.resolve(new Response(big)) });
    await expect(index.project('six')).rejects.toMatchObject({
      code: 'index-unreadable',
      message: expect.stringContaining('more than'),
    });
  });

  it('asks again after a failure', async () => {
    nock(ORIGIN).get('/simple/six/').twice().reply(500);
    const index = client();
    await expect(index.project('six')).rejects.toBeInstanceOf(IndexError);
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), JSON_TYPE);
    expect(await index.project('six')).not.toBeNull();
  });

  it('stops when the run is cancelled', async () => {
    await expect(client({ signal: AbortSignal.abort() }).project('six')).rejects.toBeInstanceOf(
      CancelledError,
    );
  });
});

function silent(_: string, init: RequestInit): Promise<Response> {
  return new Promise((_resolve, reject) => {
    init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });
}

/** `fetch` refuses a URL with a user; an index URL in the settings may have one. */
function withoutUserInUrl(url: string, init: RequestInit): Promise<Response> {
  return fetch(url.replace('me:secret@', ''), init);
}

describe('the cache on disk', () => {
  it('is used while it is fresh, then asked about by its tag', async () => {
    let time = 1000;
    const options = { cacheFolder, now: () => time };
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), { ...JSON_TYPE, etag: '"1"', 'cache-control': 'public, max-age=100' });
    const first = await client(options).project('six');
    expect(await client(options).project('six')).toEqual(first);
    time += 101_000;
    nock(ORIGIN, { reqheaders: { 'if-none-match': '"1"' } })
      .get('/simple/six/')
      .reply(304, '', { 'cache-control': 'max-age=100' });
    expect(await client(options).project('six')).toEqual(first);
    expect(await client(options).project('six')).toEqual(first);
    time += 101_000;
    nock(ORIGIN).get('/simple/six/').reply(200, page([]), JSON_TYPE);
    expect((await client(options).project('six'))?.files).toEqual([]);
  });

  it('keeps nothing longer than ten minutes without asking', async () => {
    let time = 0;
    const options = { cacheFolder, now: () => time };
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), { ...JSON_TYPE, 'cache-control': 'max-age=86400' });
    await client(options).project('six');
    time = 601_000;
    nock(ORIGIN).get('/simple/six/').reply(200, page([]), JSON_TYPE);
    expect((await client(options).project('six'))?.files).toEqual([]);
  });

  it('is not shared by two indexes, and not used with a secret', async () => {
    const fresh = { ...JSON_TYPE, 'cache-control': 'max-age=100' };
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), fresh);
    await client({ cacheFolder }).project('six');
    nock('https://other.example.com').get('/simple/six/').reply(200, page([]), fresh);
    expect(
      (await client({ cacheFolder, indexUrl: 'https://other.example.com/simple' }).project('six'))?.files,
    ).toEqual([]);
    nock(ORIGIN, { reqheaders: { authorization: 'Basic x' } })
      .get('/simple/six/')
      .reply(200, page([]), fresh);
    expect((await client({ cacheFolder, authorization: 'Basic x' }).project('six'))?.files).toEqual([]);
  });
});

describe('metadata', () => {
  const text = 'Metadata-Version: 2.1\nName: six\n';
  const sha256 = createHash('sha256').update(text).digest('hex');

  it('comes from the wheel of that version, is checked, and is asked for once for ever', async () => {
    const files = [
      { ...file, filename: 'six-1.15.0-py3-none-any.whl' },
      { ...file, 'core-metadata': { sha256 } },
    ];
    nock(ORIGIN).get('/simple/six/').reply(200, page(files), JSON_TYPE);
    nock(FILES).get('/six-1.16.0-py3-none-any.whl.metadata').reply(200, text);
    expect(await client({ cacheFolder }).metadata('Six', '1.16')).toBe(text);
    expect(await client({ cacheFolder }).metadata('six', '1.16')).toBe(text);
  });

  it('is tried where the index does not tell whether it is there, not where it tells it is not', async () => {
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([file]), JSON_TYPE);
    nock(FILES).get('/six-1.16.0-py3-none-any.whl.metadata').reply(200, text);
    expect(await client().metadata('six', '1.16.0')).toBe(text);
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([{ ...file, 'core-metadata': false }]), JSON_TYPE);
    expect(await client().metadata('six', '1.16.0')).toBeNull();
  });

  it('is null with another digest', async () => {
    nock(ORIGIN)
      .get('/simple/six/')
      .reply(200, page([{ ...file, 'core-metadata': { sha256: 'ab' } }]), JSON_TYPE);
    nock(FILES).get('/six-1.16.0-py3-none-any.whl.metadata').reply(200, text);
    expect(await client({ cacheFolder }).metadata('six', '1.16.0')).toBeNull();
  });

  it('never throws', async () => {
    nock(ORIGIN).get('/simple/six/').twice().reply(500);
    expect(await client().metadata('six', '1.16.0')).toBeNull();
    expect(await client().metadata('../x', 'not a version')).toBeNull();
  });

  it('is asked for without the secret of the index when it lies elsewhere', async () => {
    const here = {
      ...file,
      filename: 'six-1.17.0-py3-none-any.whl',
      url: `${ORIGIN}/six-1.17.0-py3-none-any.whl`,
    };
    nock(ORIGIN, { reqheaders: { authorization: 'Basic x' } })
      .get('/simple/six/')
      .reply(200, page([file, here]), JSON_TYPE);
    nock(FILES, { badheaders: ['authorization'] })
      .get('/six-1.16.0-py3-none-any.whl.metadata')
      .reply(200, text);
    nock(ORIGIN, { reqheaders: { authorization: 'Basic x' } })
      .get('/six-1.17.0-py3-none-any.whl.metadata')
      .reply(200, text);
    const index = client({ authorization: 'Basic x' });
    expect(await index.metadata('six', '1.16.0')).toBe(text);
    expect(await index.metadata('six', '1.17.0')).toBe(text);
  });
});
