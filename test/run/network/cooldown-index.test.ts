import { describe, expect, it, onTestFinished } from 'vitest';
import {
  quotesMissingUploadTimes,
  startCooldownIndex,
  type CooldownIndex,
} from '../../../src/run/network/cooldown-index.ts';
import { startServer, type Handler, type TestServer } from '../../support/loopback-server.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-04-01T00:00:00Z';

function sendJson(response: Parameters<Handler>[1], body: object, status = 200): void {
  response.writeHead(status, { 'content-type': JSON_TYPE }).end(JSON.stringify(body));
}

const demo: Handler = (request, response) => {
  if (request.url !== '/simple/demo-pkg/') {
    response.writeHead(404).end();
    return;
  }
  sendJson(response, {
    meta: { 'api-version': '1.1' },
    name: 'demo-pkg',
    versions: ['1.0', '2.0'],
    files: [
      {
        filename: 'demo_pkg-1.0.tar.gz',
        url: '/f/demo_pkg-1.0.tar.gz',
        hashes: { sha256: 'aa' },
        'upload-time': OLD,
      },
      {
        filename: 'demo_pkg-2.0.tar.gz',
        url: '/f/demo_pkg-2.0.tar.gz',
        hashes: { sha256: 'bb' },
        'upload-time': YOUNG,
      },
    ],
  });
};

async function start(
  handler: Handler,
  signal?: AbortSignal,
): Promise<{ real: TestServer; index: CooldownIndex }> {
  const real = await startServer(handler);
  const index = await startCooldownIndex({
    upstream: `${real.origin}/simple`,
    cutoff: '2026-03-01T00:00:00Z',
    fetch,
    ...(signal === undefined ? {} : { signal }),
  });
  onTestFinished(() => index.close());
  return { real, index };
}

describe('startCooldownIndex', () => {
  it('hides younger files, as JSON and as HTML, with one request to the real index', async () => {
    const { real, index } = await start(demo);
    const [json, html, zipped] = await Promise.all([
      fetch(`${index.url}/demo-pkg/`, { headers: { accept: JSON_TYPE, 'accept-encoding': 'identity' } }),
      fetch(`${index.url}/demo-pkg/`, { headers: { accept: 'text/html' } }),
      fetch(`${index.url}/demo-pkg/`, { headers: { accept: JSON_TYPE, 'accept-encoding': 'gzip' } }),
    ]);
    const page = {
      meta: { 'api-version': '1.1' },
      name: 'demo-pkg',
      versions: ['1.0'],
      files: [
        {
          filename: 'demo_pkg-1.0.tar.gz',
          url: `${real.origin}/f/demo_pkg-1.0.tar.gz`,
          hashes: { sha256: 'aa' },
          'upload-time': OLD,
        },
      ],
    };
    expect(json.headers.get('content-type')).toBe(JSON_TYPE);
    expect(json.headers.get('cache-control')).toBe('no-store');
    expect(await json.json()).toEqual(page);
    expect(await zipped.json()).toEqual(page);
    const text = await html.text();
    expect(text).toContain(`href="${real.origin}/f/demo_pkg-1.0.tar.gz#sha256=aa"`);
    expect(text).not.toContain('2.0');
    expect(real.seen.map(({ url }) => url)).toEqual(['/simple/demo-pkg/']);
    expect(index.hidden()).toEqual([
      { name: 'demo-pkg', filename: 'demo_pkg-2.0.tar.gz', uploadTime: YOUNG },
    ]);
  });

  it.each(['Demo_Pkg/', 'demo.pkg', 'demo-pkg', 'DEMO--PKG/'])(
    'sends %s to the normalised name',
    async (path) => {
      const { index } = await start(demo);
      const response = await fetch(`${index.url}/${path}`, { redirect: 'manual' });
      expect(response.status).toBe(301);
      expect(response.headers.get('location')).toBe(`${new URL(index.url).pathname}/demo-pkg/`);
      const followed = await fetch(`${index.url}/${path}`, { headers: { accept: JSON_TYPE } });
      expect(followed.status).toBe(200);
    },
  );

  it.each(['', 'a/b/', '%2e%2e/', '-a/', `${'a'.repeat(201)}/`])('has nothing at %j', async (path) => {
    const { real, index } = await start(demo);
    expect((await fetch(`${index.url}/${path}`)).status).toBe(404);
    expect(real.seen).toEqual([]);
  });

  it('has nothing for those who do not know its address', async () => {
    const { real, index } = await start(demo);
    const { origin } = new URL(index.url);
    expect((await fetch(`${origin}/simple/demo-pkg/`)).status).toBe(404);
    expect(index.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/simple$/u);
    expect(real.seen).toEqual([]);
  });

  it('takes only GET and HEAD', async () => {
    const { index } = await start(demo);
    expect((await fetch(`${index.url}/demo-pkg/`, { method: 'POST', body: 'x' })).status).toBe(405);
    const head = await fetch(`${index.url}/demo-pkg/`, { method: 'HEAD', headers: { accept: JSON_TYPE } });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  it.each([404, 401, 403])('passes %i on, and remembers it', async (status) => {
    const { real, index } = await start((_, response) => response.writeHead(status).end('secret page'));
    expect((await fetch(`${index.url}/nothing/`)).status).toBe(status);
    const again = await fetch(`${index.url}/nothing/`);
    expect(again.status).toBe(status);
    expect(await again.text()).not.toContain('secret');
    expect(real.seen).toHaveLength(1);
  });

  it.each<[string, Handler]>([
    [
      'no time on any file',
      (_, response) => sendJson(response, { files: [{ filename: 'a-1.zip', url: 'a' }] }),
    ],
    [
      'HTML only',
      (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<a href="a-1.zip">a-1.zip</a>'),
    ],
  ])('refuses an index with %s', async (_, handler) => {
    const { index } = await start(handler);
    const response = await fetch(`${index.url}/a/`);
    expect(response.status).toBe(424);
    expect(quotesMissingUploadTimes(response.statusText)).toBe(true);
    expect(quotesMissingUploadTimes(await response.text())).toBe(true);
    expect(index.withoutUploadTimes()).toEqual(['a']);
  });

  it('asks again after a fault, within one request and in the next', async () => {
    let faults = 0;
    const { real, index } = await start((request, response) => {
      faults += 1;
      if (faults <= 4) response.writeHead(503).end();
      else demo(request, response);
    });
    const failed = await fetch(`${index.url}/demo-pkg/`);
    expect(failed.status).toBe(502);
    expect(await failed.text()).toContain('the index answered 503');
    expect(real.seen).toHaveLength(3);
    expect((await fetch(`${index.url}/demo-pkg/`)).status).toBe(200);
    expect(real.seen).toHaveLength(5);
  });

  it.each<[string, Handler]>([
    ['an index that hangs up', (request) => request.socket.destroy()],
    ['JSON of another kind', (_, response) => sendJson(response, { projects: [] })],
  ])('says what is wrong with %s', async (_, handler) => {
    const { index } = await start(handler);
    const response = await fetch(`${index.url}/a/`);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('Relock: no page of a: ');
  });

  it('ends with its signal, and while a request is under way', async () => {
    const controller = new AbortController();
    const { index } = await start(() => undefined, controller.signal);
    const pending = fetch(`${index.url}/a/`).then(
      () => 'answered',
      () => 'ended',
    );
    setTimeout(() => controller.abort(), 50);
    expect(await pending).toBe('ended');
    await expect(fetch(`${index.url}/a/`)).rejects.toThrow('fetch failed');
    await index.close();
  });

  it('refuses a cut-off that is none', async () => {
    await expect(startCooldownIndex({ upstream: 'http://127.0.0.1', cutoff: 'soon', fetch })).rejects.toThrow(
      RangeError,
    );
  });
});
