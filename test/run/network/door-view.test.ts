/** Clients of the door that are shown a part of the index: in every form, and to nobody else. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { IndexView } from '../../../src/run/network/index-view.ts';
import type { Reach } from '../../../src/run/network/reach.ts';
import {
  FILES,
  INDEX,
  JSON_TYPE,
  proxyOf,
  REACH,
  startScene,
  statusOf,
  type DoorScene,
} from '../../support/door-scene.ts';
import type { Handler } from '../../support/loopback-server.ts';
import { requestThrough } from '../../support/proxy-client.ts';

const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-04-01T00:00:00Z';
const COOLDOWN = { cutoff: '2026-03-01T00:00:00Z', exempt: [] };
const PAGE = `https://${INDEX}/simple/demo-pkg/`;
const LEGACY = `https://${INDEX}/pypi/demo-pkg/json`;
const NAMES = ['demo_pkg-1.0.tar.gz', 'demo_pkg-1.1-py3-none-any.whl', 'demo_pkg-2.0.tar.gz'];
const [ONE = '', ONE_ONE = '', TWO = ''] = NAMES;
const UPLOADS = new Map([
  [ONE, OLD],
  [ONE_ONE, OLD],
  [TWO, YOUNG],
]);

interface World {
  readonly isHtml?: boolean;
  readonly isDated?: boolean;
}

/** An index that compresses, gives entity tags, and has withdrawn 1.0. */
function world({ isHtml = false, isDated = true }: World = {}): Handler {
  return (request, response) => {
    if (request.headers.host === FILES) {
      response.end('file');
      return;
    }
    const path = request.url ?? '';
    const project = /^\/(?:simple|pypi)\/([a-z-]+)\//u.exec(path)?.[1] ?? '';
    const send = (type: string, body: string): void => {
      const headers = { 'content-type': type, 'content-encoding': 'gzip', etag: '"v1"' };
      if (request.headers['if-none-match'] === undefined)
        response.writeHead(200, headers).end(gzipSync(body));
      else response.writeHead(304).end();
    };
    const names = NAMES.map((name) => name.replace('demo_pkg', project.replace('-', '_')));
    const upload = (at: number): string => UPLOADS.get(NAMES[at] ?? '') ?? '';
    if (path.startsWith('/pypi/')) {
      const file = (at: number): object => ({
        filename: names[at],
        url: `https://${FILES}/${names[at]}`,
        ...(isDated ? { upload_time_iso_8601: upload(at) } : {}),
        yanked: at === 0,
        yanked_reason: at === 0 ? 'broken' : null,
      });
      const versions = ['1.0', '1.1', '2.0'];
      const of = versions.findIndex((version) => path.includes(`/${version}/`));
      const at = of === -1 ? 2 : of;
      const info = { name: project, version: versions[at], yanked: at === 0, requires_dist: ['x'] };
      const releases = Object.fromEntries(versions.map((version, index) => [version, [file(index)]]));
      send(
        'application/json',
        JSON.stringify({ info, urls: [file(at)], ...(of === -1 ? { releases } : {}) }),
      );
    } else if (isHtml) {
      const link = (name: string, at: number): string =>
        `<a href="https://${FILES}/${name}"${at === 0 ? ' data-yanked="broken"' : ''}>${name}</a>`;
      send('text/html', names.map(link).join('\n'));
    } else {
      const files = names.map((filename, at) => ({
        filename,
        url: `https://${FILES}/${filename}`,
        hashes: {},
        ...(isDated ? { 'upload-time': upload(at) } : {}),
        ...(at === 0 ? { yanked: 'broken' } : {}),
      }));
      send(JSON_TYPE, JSON.stringify({ name: project, versions: ['1.0', '1.1', '2.0'], files }));
    }
  };
}

function view(versions: readonly string[], more: Partial<IndexView> = {}): Partial<Reach> {
  return { view: { versions: new Map([['demo-pkg', versions]]), unyank: true, exempt: [], ...more } };
}

interface Asked {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The files that an answer names, in their order. */
async function shown(scene: DoorScene, { url = PAGE, headers = {} }: Asked = {}): Promise<readonly string[]> {
  const answer = await scene.get(url, { headers: { accept: JSON_TYPE, ...headers } });
  if (answer.status !== 200) return [`status ${answer.status}`];
  const isZipped = answer.headers['content-encoding'] === 'gzip';
  const text = (isZipped ? gunzipSync(answer.body) : answer.body).toString();
  return NAMES.filter((name) => text.includes(`/${name}`));
}

describe.each([
  ['an index in JSON', {}],
  ['an index in HTML', { isHtml: true, isDated: false }],
])('of %s', (_, given) => {
  const text = (scene: DoorScene, accept: string) => scene.get(PAGE, { headers: { accept } });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['as JSON', { accept: JSON_TYPE }],
    ['as HTML', { accept: 'text/html' }],
    ['by whoever does not say', { accept: '*/*' }],
    ['compressed', { 'accept-encoding': 'gzip, br' }],
    ['compressed, as HTML', { accept: 'text/html', 'accept-encoding': 'gzip' }],
    ['by whoever has a page', { 'if-none-match': '"v1"', 'if-modified-since': new Date().toUTCString() }],
  ])('a page is cut, asked for %s', async (_what, headers) => {
    const scene = await startScene(world(given), {}, view(['v1.1.0']));
    expect(await shown(scene, { headers })).toEqual([ONE_ONE]);
    expect(await shown(scene, { url: `https://${INDEX}/simple//d%65mo-pkg/?x`, headers })).toEqual([ONE_ONE]);
  });

  it('may not be kept by whoever is given it', async () => {
    const scene = await startScene(world(given), {}, view(['1.1']));
    const { headers } = await text(scene, JSON_TYPE);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect([headers.etag, headers['last-modified']]).toEqual([undefined, undefined]);
  });

  it('a page has no trace of other releases, nor of what is withdrawn', async () => {
    const scene = await startScene(world(given), {}, view(['1.0']));
    for (const accept of [JSON_TYPE, 'text/html']) {
      const page = (await text(scene, accept)).body.toString();
      expect(page).toContain(ONE);
      expect(page).not.toMatch(/pkg-1\.1|pkg-2\.0|"2\.0"|yanked|broken/u);
    }
  });

  it('a page keeps the mark of what is withdrawn where the view does', async () => {
    const scene = await startScene(world(given), {}, view(['1.0'], { unyank: false }));
    expect((await text(scene, 'text/html')).body.toString()).toContain('data-yanked="broken"');
  });

  it('is asked once for all views, which stay apart', async () => {
    const scene = await startScene(world(given), {}, view(['1.0']));
    const others = [view(['1.1']), view(['1.1', '2.0']), {}].map((reach) =>
      proxyOf(scene.door.client('other.lock', { ...REACH, ...reach })),
    );
    const [own, ...rest] = await Promise.all([
      shown(scene),
      ...others.map((proxy) =>
        shown({ ...scene, get: (url, wanted) => requestThrough(proxy, url, { ca: scene.ca, ...wanted }) }),
      ),
    ]);
    expect([own, ...rest]).toEqual([[ONE], [ONE_ONE], [ONE_ONE, TWO], NAMES]);
    expect(await shown(scene)).toEqual([ONE]);
    expect(scene.server.seen).toHaveLength(1);
  });

  it('shows what the view does not name', async () => {
    const scene = await startScene(world(given), {}, view([]));
    expect(await shown(scene)).toEqual([]);
    const other = await scene.get(`https://${INDEX}/simple/other/`, { headers: { accept: JSON_TYPE } });
    expect(other.body.toString()).toMatch(/other-1\.0[\s\S]*other-1\.1[\s\S]*other-2\.0/u);
  });

  it('lets only the files be fetched that are shown, with their metadata', async () => {
    const scene = await startScene(world(given), {}, view(['1.1']));
    await shown(scene);
    const file = (name: string): Promise<number> => scene.status(`https://${FILES}/${name}`);
    expect(await file(ONE_ONE)).toBe(200);
    expect(await file(`${ONE_ONE}.metadata`)).toBe(200);
    for (const hidden of [ONE, TWO]) {
      expect([await file(hidden), await file(`${hidden}.metadata`)]).toEqual([403, 403]);
    }
  });

  it('gives other clients what their own pages name', async () => {
    const scene = await startScene(world(given), {}, view(['1.1']));
    await shown(scene);
    const other = proxyOf(scene.door.client('other.lock', REACH));
    const asked = (url: string) => statusOf(requestThrough(other, url, { ca: scene.ca }));
    expect(await asked(PAGE)).toBe(200);
    expect(await asked(`https://${FILES}/${TWO}`)).toBe(200);
    expect(await scene.status(`https://${FILES}/${TWO}`)).toBe(403);
  });
});

describe('of the JSON pages of the public index', () => {
  const at = (version: string): string => `https://${INDEX}/pypi/demo-pkg/${version}/json`;

  it.each<[string, Asked, readonly string[], readonly string[]]>([
    ['all releases', { url: LEGACY }, ['1.1'], [ONE_ONE]],
    ['all releases, of which several are shown', { url: LEGACY }, ['1.1.0', '2'], [ONE_ONE, TWO]],
    ['all releases, of which none is shown', { url: LEGACY }, ['3.0'], ['status 404']],
    ['a release that is shown', { url: at('1.1') }, ['1.1'], [ONE_ONE]],
    ['a release that is not', { url: at('2.0') }, ['1.1'], ['status 404']],
    [
      'a release, conditionally',
      { url: at('1.1'), headers: { 'if-none-match': '"v1"' } },
      ['1.1'],
      [ONE_ONE],
    ],
    ['all, compressed', { url: LEGACY, headers: { 'accept-encoding': 'gzip' } }, ['1.1'], [ONE_ONE]],
  ])('%s', async (_, asked, versions, expected) => {
    const scene = await startScene(world(), {}, view(versions));
    expect(await shown(scene, asked)).toEqual(expected);
    for (const name of NAMES) {
      expect(await scene.status(`https://${FILES}/${name}`)).toBe(expected.includes(name) ? 200 : 403);
    }
  });

  it('speaks of a release that is shown, which is not withdrawn', async () => {
    const scene = await startScene(world(), {}, view(['1.0']));
    for (const url of [LEGACY, at('1.0')]) {
      const page = JSON.parse((await scene.get(url)).body.toString());
      expect(page.info).toMatchObject({ version: '1.0', yanked: false, yanked_reason: null });
      expect(page.urls).toMatchObject([{ filename: ONE, yanked: false, yanked_reason: null }]);
    }
  });

  it('keeps installers of old, whose version only their place tells', async () => {
    const odd = { filename: 'demo-setup.exe', url: `https://${FILES}/demo-setup.exe` };
    const astray = { filename: TWO, url: `https://${FILES}/${TWO}` };
    const page = {
      info: { version: '2.0' },
      urls: [astray],
      releases: { '1.0': [odd, astray], '2.0': [odd] },
    };
    const scene = await startScene((_, response) => response.end(JSON.stringify(page)), {}, view(['1.0']));
    const { releases, urls } = JSON.parse((await scene.get(LEGACY)).body.toString());
    expect({ releases, urls }).toEqual({ releases: { '1.0': [odd] }, urls: [odd] });
  });
});

describe('and the cool-down', () => {
  const named = view(['2.0']);

  it.each([PAGE, LEGACY, LEGACY.replace('/json', '/2.0/json')])(
    'does not hide what the view names: %s',
    async (url) => {
      const scene = await startScene(world(), { cooldown: COOLDOWN }, named);
      expect(await shown(scene, { url })).toEqual([TWO]);
    },
  );

  it.each<[string, Partial<IndexView>, readonly string[]]>([
    ['hides what is young of other projects', { versions: new Map() }, ['1.0', '1.1']],
    [
      'but for exempt releases',
      { versions: new Map(), exempt: [{ name: 'Other', version: '2' }] },
      ['1.0', '1.1', '2.0'],
    ],
    ['which are those of a project', { exempt: [{ name: 'demo-pkg', version: '2' }] }, ['1.0', '1.1']],
  ])('%s', async (_, more, versions) => {
    const scene = await startScene(world(), { cooldown: COOLDOWN }, view([], more));
    const page = await scene.get(`https://${INDEX}/simple/other/`, { headers: { accept: JSON_TYPE } });
    expect(JSON.parse(page.body.toString()).versions).toEqual(versions);
    const legacy = await scene.get(`https://${INDEX}/pypi/other/json`);
    expect(Object.keys(JSON.parse(legacy.body.toString()).releases)).toEqual(versions);
  });

  it.each([
    ['JSON', { isDated: false }, PAGE],
    ['HTML', { isDated: false, isHtml: true }, PAGE],
    ['its own JSON', { isDated: false }, LEGACY],
  ])('asks for no upload times of what the view names, as %s', async (_, given, url) => {
    const scene = await startScene(world(given), { cooldown: COOLDOWN }, view(['1.1']));
    expect(await shown(scene, { url })).toEqual([ONE_ONE]);
    expect(await scene.status(url.replace('demo-pkg', 'other'))).toBe(424);
    expect(scene.client.withoutUploadTimes()).toEqual({ refused: ['other'], passed: [] });
  });
});

it('passes on that there is no such project, and faults', async () => {
  const scene = await startScene((_, response) => response.writeHead(404).end(), {}, view(['1.0']));
  expect([await shown(scene), await shown(scene, { url: LEGACY })]).toEqual([['status 404'], ['status 404']]);
  const broken = await startScene(
    (_, response) => response.writeHead(200, { 'content-type': JSON_TYPE }).end('{}'),
    {},
    view(['1.0']),
  );
  expect(await shown(broken)).toEqual(['status 502']);
});
