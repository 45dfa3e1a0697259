/** Pages of indexes through the door: what is too young is not in them, and only files that they name may be fetched. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { quotesMissingUploadTimes } from '../../../src/run/network/missing-upload-times.ts';
import {
  FILES,
  INDEX,
  JSON_TYPE,
  proxyOf,
  REACH,
  simpleIndex,
  startScene,
  statusOf,
} from '../../support/door-scene.ts';
import { requestThrough } from '../../support/proxy-client.ts';
import type { Handler } from '../../support/loopback-server.ts';

const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-04-01T00:00:00Z';
const COOLDOWN = { cutoff: '2026-03-01T00:00:00Z', exempt: [] };
const PAGE = `https://${INDEX}/simple/demo-pkg/`;
const SHA = 'a'.repeat(64);

const demo = simpleIndex({
  'demo-pkg': [
    { filename: 'demo_pkg-1.0.tar.gz', uploadTime: OLD, sha256: SHA },
    { filename: 'demo_pkg-2.0.tar.gz', uploadTime: YOUNG },
    { filename: 'demo_pkg-2.0-py3-none-any.whl', uploadTime: YOUNG },
  ],
});

/** The index, and every file on the host for files. */
const world: Handler = (request, response) => {
  if (request.headers.host === INDEX) demo(request, response);
  else response.end(`file ${request.url}`);
};

async function read(scene: Awaited<ReturnType<typeof startScene>>, url = PAGE, accept = JSON_TYPE) {
  const answer = await scene.get(url, { headers: { accept } });
  return { ...answer, text: answer.body.toString() };
}

describe('the cool-down', () => {
  it('hides younger files, as JSON and as HTML, with one request to the index', async () => {
    const scene = await startScene(world, { cooldown: COOLDOWN });
    const [json, html, zipped] = await Promise.all([
      read(scene),
      read(scene, PAGE, 'text/html'),
      scene.get(PAGE, { headers: { accept: JSON_TYPE, 'accept-encoding': 'gzip, br' } }),
    ]);
    const page = {
      meta: { 'api-version': '1.1' },
      name: 'demo-pkg',
      versions: ['1.0'],
      files: [
        {
          filename: 'demo_pkg-1.0.tar.gz',
          url: `https://${FILES}/packages/demo_pkg-1.0.tar.gz`,
          hashes: { sha256: SHA },
          'upload-time': OLD,
        },
      ],
    };
    expect(json.headers).toMatchObject({ 'content-type': JSON_TYPE, 'cache-control': 'no-store' });
    expect(JSON.parse(json.text)).toEqual(page);
    expect(JSON.parse(gunzipSync(zipped.body).toString())).toEqual(page);
    expect(html.text).toContain(`href="https://${FILES}/packages/demo_pkg-1.0.tar.gz#sha256=${SHA}"`);
    expect(html.text).not.toContain('2.0');
    expect(scene.server.seen.map(({ url }) => url)).toEqual(['/simple/demo-pkg/']);
  });

  it.each([
    '/simple//demo-pkg/',
    '/x/../simple/demo-pkg/',
    '/simple/d%65mo-pkg/',
    '/simple%2Fdemo-pkg/',
    '/simple/demo-pkg/?x',
  ])('hides them at %s too', async (path) => {
    const scene = await startScene(world, { cooldown: COOLDOWN });
    const answer = await read(scene, `https://${INDEX}${path}`);
    expect(answer.text).toContain('demo_pkg-1.0');
    expect(answer.text).not.toContain('2.0');
  });

  it.each(['Demo_Pkg/', 'demo.pkg', 'demo-pkg', 'DEMO--PKG/'])(
    'sends %s to the normalised name',
    async (path) => {
      const { get, server } = await startScene(world, { cooldown: COOLDOWN });
      const answer = await get(`https://${INDEX}/simple/${path}`);
      expect([answer.status, answer.headers.location]).toEqual([301, PAGE]);
      expect(server.seen).toEqual([]);
    },
  );

  it('lets exempt releases through, by name and version however they are spelled', async () => {
    const exempt = [
      { name: 'Demo.Pkg', version: 'v2.0' },
      { name: 'other', version: '1.0' },
    ];
    const scene = await startScene(world, { cooldown: { ...COOLDOWN, exempt } });
    expect(JSON.parse((await read(scene)).text).files).toHaveLength(3);
    const none = await startScene(world, {
      cooldown: { ...COOLDOWN, exempt: [{ name: 'demo-pkg', version: '2' }] },
    });
    // Zeros at the end of a release do not tell releases apart (PEP 440).
    expect(JSON.parse((await read(none)).text).files).toHaveLength(3);
    const other = await startScene(world, {
      cooldown: { ...COOLDOWN, exempt: [{ name: 'demo-pkg', version: '2.1' }] },
    });
    expect(JSON.parse((await read(other)).text).files).toHaveLength(1);
  });

  it('is not for a client that it is not for', async () => {
    const scene = await startScene(world, { cooldown: COOLDOWN }, { cooled: false });
    expect(JSON.parse((await read(scene)).text).files).toHaveLength(3);
    const cooled = scene.door.client('other.lock', REACH);
    const cut = await requestThrough(proxyOf(cooled), PAGE, { ca: scene.ca, headers: { accept: JSON_TYPE } });
    expect(JSON.parse(cut.body.toString()).files).toHaveLength(1);
  });

  it('passes pages on as they are where there is none', async () => {
    const handler: Handler = (_, response) => {
      response
        .writeHead(200, { 'content-type': JSON_TYPE })
        .end('{"files":[{"filename":"a-1.zip","url":"../a-1.zip"}],"x":1 }');
    };
    const scene = await startScene(handler);
    expect((await read(scene)).text).toBe('{"files":[{"filename":"a-1.zip","url":"../a-1.zip"}],"x":1 }');
    expect((await read(scene, PAGE, '*/*')).text).toContain(`href="https://${INDEX}/simple/a-1.zip"`);
  });

  it.each([404, 401, 403])('passes %i on, and remembers it', async (status) => {
    const { get, server } = await startScene((_, response) => response.writeHead(status).end('secret page'), {
      cooldown: COOLDOWN,
    });
    await get(PAGE);
    const again = await get(PAGE);
    expect(again.status).toBe(status);
    expect(again.body.toString()).not.toContain('secret');
    expect(server.seen).toHaveLength(1);
  });

  it('asks again after a fault, within one request and in the next', async () => {
    let faults = 0;
    const scene = await startScene(
      (request, response) => {
        faults += 1;
        if (faults <= 4) response.writeHead(503).end();
        else world(request, response);
      },
      { cooldown: COOLDOWN },
    );
    const failed = await read(scene);
    expect([failed.status, failed.reason]).toEqual([
      502,
      'Relock: no page of demo-pkg: the index answered 503',
    ]);
    expect(scene.server.seen).toHaveLength(3);
    expect((await read(scene)).status).toBe(200);
    expect(scene.server.seen).toHaveLength(5);
  });

  it.each<[string, Handler]>([
    ['an index that hangs up', (request) => request.socket.destroy()],
    [
      'JSON of another kind',
      (_, response) => response.writeHead(200, { 'content-type': JSON_TYPE }).end('{}'),
    ],
    [
      'a coding that nobody asked for',
      (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'),
    ],
    ['a broken coding', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')],
  ])('says what is wrong with %s', async (_, handler) => {
    const scene = await startScene(handler, { cooldown: COOLDOWN });
    const answer = await read(scene);
    expect([answer.status, answer.reason]).toEqual([
      502,
      expect.stringContaining('Relock: no page of demo-pkg: '),
    ]);
  });

  it('sends the authorization that the client itself has, and keeps its pages for it', async () => {
    const scene = await startScene((request, response) => {
      if (request.headers.authorization === 'Basic own') world(request, response);
      else response.writeHead(401).end();
    });
    expect((await read(scene)).status).toBe(401);
    const own = await scene.get(PAGE, { headers: { authorization: 'Basic own' } });
    expect(own.status).toBe(200);
    expect((await read(scene)).status).toBe(401);
    expect(scene.server.seen).toHaveLength(2);
  });

  it('answers HEAD without a body, and 406 to who takes no form of a page', async () => {
    const { get } = await startScene(world, { cooldown: COOLDOWN });
    const head = await get(PAGE, { method: 'HEAD' });
    expect([head.status, head.body.length, Number(head.headers['content-length']) > 0]).toEqual([
      200,
      0,
      true,
    ]);
    expect((await get(PAGE, { headers: { accept: 'image/png' } })).status).toBe(406);
  });
});

describe('an index without upload times', () => {
  const undated = simpleIndex({ 'demo-pkg': [{ filename: 'demo_pkg-1.0.tar.gz' }] });
  const html: Handler = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<a data-x=">" href="/f/demo_pkg-1.0.tar.gz#sha256=${SHA}">demo_pkg-1.0.tar.gz</a>`);
  };

  it.each([
    ['as JSON', undated],
    ['as HTML', html],
  ])('is refused when it is the first, %s', async (_, handler) => {
    const { get, client } = await startScene(handler, { cooldown: COOLDOWN });
    const answer = await get(PAGE);
    expect(answer.status).toBe(424);
    expect(quotesMissingUploadTimes(answer.reason)).toBe(true);
    expect(quotesMissingUploadTimes(answer.body.toString())).toBe(true);
    expect(client.withoutUploadTimes()).toEqual({ refused: ['demo-pkg'], passed: [] });
  });

  it.each([
    ['as JSON', undated],
    ['as HTML', html],
  ])('is passed on when it is a further one, %s', async (_, handler) => {
    const indexes = ['https://first.example.test/simple', ...REACH.indexes];
    const scene = await startScene(handler, { cooldown: COOLDOWN }, { indexes });
    for (const accept of [JSON_TYPE, 'text/html']) {
      const answer = await read(scene, PAGE, accept);
      expect([answer.status, answer.text.includes('demo_pkg-1.0.tar.gz')]).toEqual([200, true]);
    }
    expect(scene.client.withoutUploadTimes()).toEqual({ refused: [], passed: ['demo-pkg'] });
  });

  it('is of no matter without a cool-down', async () => {
    const { get, client } = await startScene(html);
    expect((await get(PAGE)).status).toBe(200);
    expect(client.withoutUploadTimes()).toEqual({ refused: [], passed: [] });
  });
});

describe('files', () => {
  const file = (name: string): string => `https://${FILES}/packages/${name}`;

  it('may be fetched once a page named them, with their metadata, and nothing beside them', async () => {
    const { get, status, client, server } = await startScene(world, { cooldown: COOLDOWN });
    expect(await status(file('demo_pkg-1.0.tar.gz'))).toBe(403);
    await get(PAGE, { headers: { accept: JSON_TYPE } });
    const answer = await get(file('demo_pkg-1.0.tar.gz'));
    expect(answer.body.toString()).toBe('file /packages/demo_pkg-1.0.tar.gz');
    expect(await status(file('demo_pkg-1.0.tar.gz.metadata'))).toBe(200);
    expect(await status(file('demo%5Fpkg-1.0.tar.gz'))).toBe(200);
    expect(await status(file('demo_pkg-1.0.tar.gz'), { method: 'HEAD' })).toBe(200);
    const before = server.seen.length;
    for (const name of ['', 'demo_pkg-1.0.tar.gz.asc', 'demo_pkg-2.0.tar.gz', '../demo_pkg-1.0.tar.gz']) {
      expect(await status(file(name))).toBe(403);
    }
    expect(await status(`${file('demo_pkg-1.0.tar.gz')}/git-upload-pack`, { method: 'POST' })).toBe(405);
    expect(await status(file('demo_pkg-1.0.tar.gz').replace(FILES, `${FILES}:8443`))).toBe(403);
    expect(server.seen).toHaveLength(before);
    expect(client.refusals().map(({ host, code, count }) => [host, code, count])).toEqual([
      [FILES, 'not-allowed', 5],
      [FILES, 'method', 1],
      [FILES, 'not-allowed', 1],
    ]);
  });

  it('are those of the pages that this very client read', async () => {
    const { get, door, ca } = await startScene(world);
    await get(PAGE);
    const other = proxyOf(door.client('other.lock', REACH));
    const asked = (url: string): Promise<number> => statusOf(requestThrough(other, url, { ca }));
    expect(await asked(file('demo_pkg-1.0.tar.gz'))).toBe(403);
    expect(await asked(PAGE)).toBe(200);
    expect(await asked(file('demo_pkg-1.0.tar.gz'))).toBe(200);
  });

  it('of pages in HTML too', async () => {
    const { get, status } = await startScene((request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        request.headers.host === INDEX ? `<A HREF='https://${FILES}/a/b-1.zip?t=1'>b-1.zip</A>` : 'file',
      );
    });
    await get(PAGE);
    expect(await status(`https://${FILES}/a/b-1.zip?t=1`)).toBe(200);
    expect(await status(`https://${FILES}/a/b-2.zip?t=1`)).toBe(403);
  });
});
