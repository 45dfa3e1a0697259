/** The door before the cache on disk: what one job downloaded, another one is given, as far as it may have it. */
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Credential } from '../../../src/config/settings.ts';
import { createDiskHttpCache } from '../../../src/run/network/disk-http-cache.ts';
import type { HttpCache } from '../../../src/run/network/http-cache.ts';
import {
  FILES,
  FORGE,
  INDEX,
  JSON_TYPE,
  REACH,
  startScene,
  type DoorScene,
} from '../../support/door-scene.ts';
import { folder } from '../../support/folder.ts';
import type { Handler } from '../../support/loopback-server.ts';

const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-04-01T00:00:00Z';
const PAGE = `https://${INDEX}/simple/demo/`;
const FILE = `https://${FILES}/demo-1.0.tar.gz`;
const BODY = 'the file of demo 1.0';
const SHA = createHash('sha256').update(BODY).digest('hex');

/** What upstream was asked, and how it answered. */
function world(body = BODY): { handler: Handler; asked: string[] } {
  const asked: string[] = [];
  const page = JSON.stringify({
    meta: { 'api-version': '1.1' },
    name: 'demo',
    versions: ['1.0', '2.0'],
    files: [
      { filename: 'demo-1.0.tar.gz', url: FILE, hashes: { sha256: SHA }, 'upload-time': OLD },
      { filename: 'demo-2.0.tar.gz', url: FILE.replace('1.0', '2.0'), hashes: {}, 'upload-time': YOUNG },
    ],
  });
  return {
    asked,
    handler(request, response) {
      const isKnown = request.headers['if-none-match'] === '"v1"';
      const status = request.headers.host === INDEX && isKnown ? 304 : 200;
      asked.push(`${request.headers.host} ${status}`);
      if (request.headers.host === FILES) {
        response.writeHead(200, { 'content-length': body.length }).end(body);
      } else {
        const headers = { 'content-type': JSON_TYPE, etag: '"v1"', 'cache-control': 'max-age=0' };
        response.writeHead(status, headers).end(status === 304 ? undefined : page);
      }
    },
  };
}

async function filenames({ get }: DoorScene, headers: Record<string, string> = {}): Promise<string[]> {
  const answer = await get(PAGE, { headers: { accept: JSON_TYPE, ...headers } });
  const { files } = JSON.parse(answer.body.toString()) as { files: { filename: string }[] };
  return files.map(({ filename }) => filename);
}

/** Doors of several jobs before one cache. */
function job(
  cache: HttpCache,
  handler: Handler,
  more: Parameters<typeof startScene>[1] = {},
): Promise<DoorScene> {
  return startScene(handler, { cache, ...more }, REACH);
}

function openCache(): HttpCache {
  const cache = createDiskHttpCache({ cacheFolder: folder() });
  onTestFinished(() => cache.close());
  return cache;
}

describe('the cache behind the door', () => {
  it('gives a file that a page promised to the next job, and asks for pages anew', async () => {
    const cache = openCache();
    const { handler, asked } = world();
    for (let round = 0; round < 3; round += 1) {
      const scene = await job(cache, handler);
      expect(await filenames(scene)).toEqual(['demo-1.0.tar.gz', 'demo-2.0.tar.gz']);
      expect((await scene.get(FILE)).body.toString()).toBe(BODY);
    }
    expect(asked).toEqual([`${INDEX} 200`, `${FILES} 200`, `${INDEX} 304`, `${INDEX} 304`]);
    expect(cache.stats().bytesSaved).toBeGreaterThan(0);
  });

  it('holds pages uncut: each job sees them by its own cut-off', async () => {
    const cache = openCache();
    const { handler, asked } = world();
    const cut = { cutoff: '2026-03-01T00:00:00Z', exempt: [] };
    expect(await filenames(await job(cache, handler, { cooldown: cut }))).toEqual(['demo-1.0.tar.gz']);
    expect(await filenames(await job(cache, handler))).toHaveLength(2);
    const later = { ...cut, cutoff: '2026-05-01T00:00:00Z' };
    expect(await filenames(await job(cache, handler, { cooldown: later }))).toHaveLength(2);
    expect(asked).toEqual([`${INDEX} 200`, `${INDEX} 304`, `${INDEX} 304`]);
  });

  it('keeps no file with another digest than promised', async () => {
    const cache = openCache();
    const { handler, asked } = world('somebody else wrote this');
    for (let round = 0; round < 2; round += 1) {
      const scene = await job(cache, handler);
      await filenames(scene);
      expect((await scene.get(FILE)).body.toString()).toBe('somebody else wrote this');
    }
    expect(asked.filter((line) => line.startsWith(FILES))).toHaveLength(2);
  });

  it('gives what was read by a credential to its owner alone', async () => {
    const cache = openCache();
    const credential = (owner: string): Credential => ({
      host: INDEX,
      path: '/',
      owner,
      username: owner,
      password: 'secret',
    });
    const asked: (string | undefined)[] = [];
    const handler: Handler = (request, response) => {
      asked.push(request.headers.authorization);
      if (request.headers.authorization === undefined) response.writeHead(401).end();
      else response.writeHead(200, { 'cache-control': 'max-age=3600' }).end(request.headers.authorization);
    };
    const read = async (credentials: readonly Credential[]): Promise<string> => {
      const { get } = await job(cache, handler, { credentials });
      const answer = await get(`https://${INDEX}/files/demo-1.0.zip`);
      return answer.status === 200 ? answer.body.toString() : String(answer.status);
    };
    const basic = (owner: string): string => `Basic ${Buffer.from(`${owner}:secret`).toString('base64')}`;
    expect(await read([credential('acme')])).toBe(basic('acme'));
    expect(await read([credential('other')])).toBe(basic('other'));
    expect(await read([])).toBe('401');
    // An owner of this very name does not reach what is public, and the public not what is its own.
    expect(await read([credential('public')])).toBe(basic('public'));
    expect(await read([])).toBe('401');
    expect(await read([credential('acme')])).toBe(basic('acme'));
    expect(asked).toEqual([basic('acme'), basic('other'), undefined, basic('public'), undefined]);
  });

  it('keeps nothing that the authorization of a child itself opened', async () => {
    const cache = openCache();
    const { handler, asked } = world();
    const scene = await job(cache, (request, response) => {
      if (request.headers.authorization === 'Basic own') handler(request, response);
      else response.writeHead(401).end();
    });
    const own = { headers: { authorization: 'Basic own' } };
    expect(await filenames(scene, own.headers)).toHaveLength(2);
    expect((await scene.get(FILE, own)).status).toBe(200);
    expect((await scene.get(FILE)).status).toBe(401);
    expect((await (await job(cache, (_, response) => response.writeHead(401).end())).get(PAGE)).status).toBe(
      401,
    );
    expect(asked).toHaveLength(2);
  });

  it('is not poisoned by headers that it does not know', async () => {
    const cache = openCache();
    const handler: Handler = (request, response) => {
      const host = request.headers['x-forwarded-host'] ?? request.headers['x-original-url'] ?? 'nobody';
      response.writeHead(200, { 'cache-control': 'max-age=3600' }).end(String(host));
    };
    const evil = await job(cache, handler);
    const headers = { 'x-forwarded-host': 'evil', 'x-original-url': '/evil', forwarded: 'host=evil' };
    expect((await evil.get(`https://${FORGE}/a.zip`, { headers })).body.toString()).toBe('nobody');
    const next = await job(cache, handler);
    expect((await next.get(`https://${FORGE}/a.zip`)).body.toString()).toBe('nobody');
    expect(next.server.seen).toEqual([]);
  });

  it('asks once for what two clients want at the same time', async () => {
    const cache = openCache();
    const asked: string[] = [];
    const scene = await job(cache, (request, response) => {
      asked.push(request.url ?? '');
      setTimeout(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('body'), 50);
    });
    const answers = await Promise.all([1, 2, 3].map(() => scene.get(`https://${FORGE}/archive.zip`)));
    expect(answers.map(({ body }) => body.toString())).toEqual(['body', 'body', 'body']);
    expect(asked).toEqual(['/archive.zip']);
  });

  it('looks at who may have it before it looks at what there is', async () => {
    const cache = openCache();
    const { handler } = world();
    const scene = await job(cache, handler);
    await filenames(scene);
    await scene.get(FILE);
    const other = await startScene(handler, { cache }, { indexes: [] });
    expect(await other.status(FILE)).toBe(403);
    expect(await other.status(PAGE)).toBe(403);
  });

  it('gives what lies at a private address only to those who may look there', async () => {
    const cache = openCache();
    const { handler, asked } = world();
    const isPrivate = { cache, lookup: () => Promise.resolve(['10.0.0.1']) };
    const operator = await startScene(handler, isPrivate, { privateHosts: [FORGE] });
    expect(await operator.status(`https://${FORGE}/x`)).toBe(200);
    const repository = await startScene(handler, { ...isPrivate, resolve: () => null });
    expect(await repository.status(`https://${FORGE}/x`)).toBe(403);
    expect(asked).toHaveLength(1);
  });
});
