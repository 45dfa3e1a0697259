/** The JSON pages of the public index through the door. */
import { describe, expect, it } from 'vitest';
import { FILES, INDEX, REACH, startScene } from '../../support/door-scene.ts';
import type { Handler } from '../../support/loopback-server.ts';

const OLD = '2026-01-01T00:00:00.000001Z';
const YOUNG = '2026-04-01T00:00:00.000001Z';
const COOLDOWN = { cutoff: '2026-03-01T00:00:00Z', exempt: [] };

interface LegacyFile {
  readonly filename: string;
  readonly url: string;
  readonly upload_time_iso_8601?: string;
  readonly yanked?: boolean;
  readonly requires_python?: string;
}

function file(filename: string, time?: string, more: Partial<LegacyFile> = {}): LegacyFile {
  const url = `https://${FILES}/${filename}`;
  return { filename, url, ...(time === undefined ? {} : { upload_time_iso_8601: time }), ...more };
}

const old = file('demo-1.0.tar.gz', OLD, { requires_python: '>=3.8' });
const older = file('demo-0.9.tar.gz', OLD);
const candidate = file('demo-1.1rc1.tar.gz', OLD);
const yanked = file('demo-1.0.1.tar.gz', OLD, { yanked: true });
const lateWheel = file('demo-1.0-py3-none-any.whl', YOUNG);
const young = file('demo-2.0.tar.gz', YOUNG);

const RELEASES = {
  '2.0': [young],
  '1.0': [old, lateWheel],
  '0.9': [older],
  '1.1rc1': [candidate],
  '1.0.1': [yanked],
  '0.1': [],
};

function serving(pages: Readonly<Record<string, object>>): Handler {
  return (request, response) => {
    const page = pages[request.url ?? ''];
    if (request.headers.host !== INDEX) response.end('file');
    else if (page === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  };
}

const PAGE = `https://${INDEX}/pypi/demo/json`;
const info = {
  name: 'demo',
  version: '2.0',
  requires_dist: ['new-thing'],
  requires_python: '>=3.12',
  summary: 'x',
};
const whole = { info, releases: RELEASES, urls: [young], last_serial: 7 };

describe('/pypi/NAME/json', () => {
  it('drops younger files, and releases without files, and speaks of the newest that is left', async () => {
    const { get } = await startScene(serving({ '/pypi/demo/json': whole }), { cooldown: COOLDOWN });
    expect(JSON.parse((await get(PAGE)).body.toString())).toEqual({
      info: {
        name: 'demo',
        version: '1.0',
        requires_dist: null,
        requires_python: '>=3.8',
        summary: 'x',
        yanked: false,
        yanked_reason: null,
      },
      releases: { '1.0': [old], '0.9': [older], '1.1rc1': [candidate], '1.0.1': [yanked] },
      urls: [old],
      last_serial: 7,
    });
  });

  it('leaves the version that it speaks of where that is old', async () => {
    const page = { ...whole, info: { ...info, version: '1.0' }, urls: [old, lateWheel] };
    const { get } = await startScene(serving({ '/pypi/demo/json': page }), { cooldown: COOLDOWN });
    const cut = JSON.parse((await get(PAGE)).body.toString());
    expect([cut.info, cut.urls]).toEqual([page.info, [old]]);
  });

  it('takes a pre-release when nothing else is left', async () => {
    const page = { ...whole, releases: { '2.0': [young], '1.1rc1': [candidate], '1.1b2': [candidate] } };
    const { get } = await startScene(serving({ '/pypi/demo/json': page }), { cooldown: COOLDOWN });
    expect(JSON.parse((await get(PAGE)).body.toString()).info.version).toBe('1.1rc1');
  });

  it('lets exempt releases through', async () => {
    const exempt = [{ name: 'demo', version: '2' }];
    const { get } = await startScene(serving({ '/pypi/demo/json': whole }), {
      cooldown: { ...COOLDOWN, exempt },
    });
    const cut = JSON.parse((await get(PAGE)).body.toString());
    expect([cut.info, cut.urls, Object.keys(cut.releases)]).toEqual([
      info,
      [young],
      ['2.0', '1.0', '0.9', '1.1rc1', '1.0.1'],
    ]);
  });

  it('is not there when all is too young', async () => {
    const page = { info, releases: { '2.0': [young] }, urls: [young] };
    const { get } = await startScene(serving({ '/pypi/demo/json': page }), { cooldown: COOLDOWN });
    expect((await get(PAGE)).status).toBe(404);
  });

  it('passes as it is without a cool-down, and names files', async () => {
    const { get, status } = await startScene(serving({ '/pypi/demo/json': whole }));
    expect((await get(PAGE)).body.toString()).toBe(JSON.stringify(whole));
    expect(await status(young.url)).toBe(200);
    expect(await status(older.url)).toBe(200);
    expect(await status(`https://${FILES}/other-1.0.tar.gz`)).toBe(403);
  });

  it('names no hidden file', async () => {
    const { get, status } = await startScene(serving({ '/pypi/demo/json': whole }), { cooldown: COOLDOWN });
    await get(PAGE);
    expect(await status(old.url)).toBe(200);
    expect(await status(young.url)).toBe(403);
    expect(await status(lateWheel.url)).toBe(403);
  });

  it.each([
    ['first', REACH.indexes, 424, { refused: ['demo'], passed: [] }],
    [
      'further',
      ['https://first.example.test/simple', ...REACH.indexes],
      200,
      { refused: [], passed: ['demo'] },
    ],
  ])('without upload times, of the %s index', async (_, indexes, expected, told) => {
    const page = { info, urls: [file('demo-1.0.tar.gz')], releases: {} };
    const { get, client } = await startScene(
      serving({ '/pypi/demo/json': page }),
      { cooldown: COOLDOWN },
      { indexes },
    );
    expect((await get(PAGE)).status).toBe(expected);
    expect(client.withoutUploadTimes()).toEqual(told);
  });

  it.each(['not JSON', '[]', '{"info": 1}', 'null'])('that is %s is an error', async (body) => {
    const { get } = await startScene((_, response) => response.end(body), { cooldown: COOLDOWN });
    expect((await get(PAGE)).status).toBe(502);
  });

  it('keeps names that JavaScript reserves', async () => {
    const text = `{"info":{"version":"1.0"},"releases":{"1.0":[${JSON.stringify(old)}],"__proto__":[${JSON.stringify(old)}],"3.0":"x"},"urls":[],"__proto__":{"a":1}}`;
    const { get } = await startScene((_, response) => response.end(text), { cooldown: COOLDOWN });
    expect((await get(PAGE)).body.toString()).toBe(text.replace(',"3.0":"x"', ''));
  });
});

describe('/pypi/NAME/VERSION/json', () => {
  const pages = serving({
    '/pypi/demo/1.0/json': { info: { ...info, version: '1.0' }, urls: [old, lateWheel] },
    '/pypi/demo/2.0/json': { info, urls: [young] },
  });
  const at = (version: string): string => `https://${INDEX}/pypi/demo/${version}/json`;

  it('drops younger files', async () => {
    const { get } = await startScene(pages, { cooldown: COOLDOWN });
    expect(JSON.parse((await get(at('1.0'))).body.toString())).toEqual({
      info: { ...info, version: '1.0' },
      urls: [old],
    });
  });

  it('is not there when all its files are younger, or when it is not there', async () => {
    const { get } = await startScene(pages, { cooldown: COOLDOWN });
    expect((await get(at('2.0'))).status).toBe(404);
    expect((await get(at('3.0'))).status).toBe(404);
  });

  it('is there when the release is exempt', async () => {
    const exempt = [{ name: 'demo', version: '2.0' }];
    const { get } = await startScene(pages, { cooldown: { ...COOLDOWN, exempt } });
    expect((await get(at('2.0'))).body.toString()).toBe(JSON.stringify({ info, urls: [young] }));
  });
});
