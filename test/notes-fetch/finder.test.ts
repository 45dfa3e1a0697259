import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { Change } from '../../src/model.ts';
import { createNotesFinder, type NotesSources } from '../../src/notes-fetch/finder.ts';
import type { ReleaseNotes } from '../../src/notes/model.ts';

const LONG =
  'Some words that are long enough to be worth reading, since they say what changed and why it did.';

beforeEach(() => {
  nock.disableNetConnect();
});
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

function change(name: string, more: Partial<Change> = {}): Change {
  return {
    name,
    from: '1.0',
    to: '2.0',
    kind: 'major',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

function finder(more: Partial<NotesSources> = {}) {
  return createNotesFinder({
    urls: (name) => Promise.resolve([{ label: 'Source', url: `https://github.com/acme/${name}` }]),
    fetch,
    userAgent: 'relock/test',
    cacheFolder: null,
    tokenFor: () => null,
    now: () => 0,
    signal: new AbortController().signal,
    ...more,
  });
}

async function notesOf(
  more: Partial<NotesSources> = {},
  ...changes: readonly Change[]
): Promise<ReleaseNotes | undefined> {
  const asking = finder(more);
  asking.ask(changes.length === 0 ? [change('x')] : changes);
  return [...(await asking.found(5000)).values()][0];
}

const release = (tag: string, body = LONG) => ({
  tag_name: tag,
  name: tag,
  body,
  published_at: '2024-01-31T00:00:00Z',
});
const api = () => nock('https://api.github.com');
const raw = () => nock('https://raw.githubusercontent.com');
const releases = (name = 'x', page = 1) =>
  api().get(`/repos/acme/${name}/releases?per_page=100&page=${page}`);

describe('release notes', () => {
  it('are those of the releases between both versions', async () => {
    releases().reply(200, [release('v2.0'), release('v1.5'), release('v1.0'), release('v0.9')]);
    expect(await notesOf()).toMatchObject({
      source: 'releases',
      versions: [{ version: '2.0' }, { version: '1.5', date: '2024-01-31', text: LONG }],
      truncated: false,
      problem: null,
      url: 'https://github.com/acme/x/releases',
      compare: 'https://github.com/acme/x/compare/v1.0...v2.0',
    });
  });

  it('are looked for on at most three pages', async () => {
    for (const page of [1, 2, 3]) {
      releases('x', page).reply(
        200,
        Array.from({ length: 100 }, (_, index) => release(`v1.${400 - page * 100 - index + 100}`)),
      );
    }
    const found = await notesOf();
    expect(found?.truncated).toBe(true);
    expect(found?.versions).toHaveLength(300);
    expect(nock.isDone()).toBe(true);
  });

  it('are those of the changelog at the tag where releases say nothing', async () => {
    releases().reply(200, [
      release('v2.0', '**Full Changelog**: https://github.com/acme/x/compare/v1.0...v2.0'),
    ]);
    raw().get('/acme/x/v2.0/CHANGELOG.md').reply(404);
    raw().get('/acme/x/v2.0/CHANGES.rst').reply(200, `2.0\n===\n\n- ${LONG}\n\n1.0\n===\n\n- old\n`);
    raw().get('/acme/x/v2.0/CHANGES.md').reply(404);
    raw().get('/acme/x/v2.0/CHANGELOG.rst').reply(404);
    expect(await notesOf()).toMatchObject({
      source: 'changelog',
      versions: [{ version: '2.0', text: `- ${LONG}` }],
      url: 'https://github.com/acme/x/blob/v2.0/CHANGES.rst',
    });
  });

  it('are those of the file that the metadata links to', async () => {
    const urls = [
      { label: 'Changelog', url: 'https://github.com/acme/x/blob/main/docs/news.md' },
      { label: 'Source', url: 'https://github.com/acme/x' },
    ];
    releases().reply(200, []);
    raw().get('/acme/x/v2.0/docs/news.md').reply(404);
    raw().get('/acme/x/2.0/docs/news.md').reply(404);
    raw().get('/acme/x/HEAD/docs/news.md').reply(200, `# 2.0\n\n${LONG}\n`);
    expect(await notesOf({ urls: () => Promise.resolve(urls) })).toMatchObject({
      source: 'changelog',
      url: 'https://github.com/acme/x/blob/HEAD/docs/news.md',
    });
  });

  it('say why there are none', async () => {
    expect((await notesOf({ urls: () => Promise.resolve([]) }))?.problem).toContain('names no repository');
    releases().reply(200, []);
    raw().get(/.*/u).times(20).reply(404);
    expect((await notesOf())?.problem).toContain('neither releases nor a changelog');
  });

  it('are kept on disk, and asked for again only whether they changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relock-notes-'));
    try {
      releases().reply(200, [release('v2.0'), release('v1.0')], { etag: '"1"' });
      await notesOf({ cacheFolder: folder });
      expect((await notesOf({ cacheFolder: folder }))?.versions).toHaveLength(1);
      const asked = releases().matchHeader('if-none-match', '"1"').reply(304);
      expect((await notesOf({ cacheFolder: folder, now: () => 1e10 }))?.versions).toHaveLength(1);
      expect(asked.isDone()).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the limits of a forge', () => {
  it.each([
    [403, { 'x-ratelimit-remaining': '0' }],
    [429, {}],
    [403, { 'retry-after': '60' }],
  ])('are respected: %s', async (status, headers) => {
    releases().reply(status, 'no', headers);
    raw().get(/.*/u).times(40).reply(404);
    const asking = finder();
    asking.ask([change('x'), change('y'), change('z')]);
    const found = [...(await asking.found(5000)).values()];
    // Those that were on their way at the same time are not counted here: nock would refuse them, as a dead network does.
    expect(found).toHaveLength(3);
    for (const { source, problem } of found)
      expect([source, problem]).toEqual([null, expect.stringContaining('api.github.com')]);
  });

  it('end a run that would ask too much', async () => {
    api().get(/.*/u).times(100).reply(200, []);
    raw().get(/.*/u).times(500).reply(404);
    const asking = finder();
    asking.ask(Array.from({ length: 100 }, (_, index) => change(`p${index}`)));
    await asking.found(20_000);
    expect(asking.counted()).toEqual({ api: 60, file: 240 });
  });

  it('are wider with a token, which goes to its own host only', async () => {
    const seen: (readonly [string, string | null])[] = [];
    const watched: typeof fetch = (input, init) => {
      seen.push([
        new URL(input instanceof Request ? input.url : input).hostname,
        new Headers(init?.headers).get('authorization'),
      ]);
      return fetch(input, init);
    };
    releases().reply(301, '', { location: 'https://raw.githubusercontent.com/elsewhere' });
    raw().get('/elsewhere').reply(200, '[]');
    raw().get(/.*/u).times(40).reply(404);
    await notesOf({ fetch: watched, tokenFor: (host) => (host === 'api.github.com' ? 'secret' : null) });
    expect(seen[0]).toEqual(['api.github.com', 'Bearer secret']);
    expect(seen.slice(1).every(([, value]) => value === null)).toBe(true);
    expect(seen.length).toBeGreaterThan(1);
  });
});

describe('nobody else is asked', () => {
  it.each([
    'https://evil.test/x',
    'http://api.github.com/x',
    'https://169.254.169.254/',
    'https://api.github.com:8443/x',
  ])('not after a redirect to %s', async (location) => {
    releases().reply(302, '', { location });
    raw().get(/.*/u).times(20).reply(404);
    expect((await notesOf())?.versions).toEqual([]);
  });

  it('about packages of an index of their own', async () => {
    const asking = finder();
    asking.ask([change('x', { origin: 'https://private.test/simple' })]);
    expect((await asking.found(5000)).size).toBe(0);
    expect(asking.counted()).toEqual({ api: 0, file: 0 });
  });

  it('about those, also when their metadata is known, without a token', async () => {
    const ownMetadata = () => Promise.resolve('Name: x\nProject-URL: Source, https://github.com/acme/x\n\n');
    const found = await notesOf({ ownMetadata }, change('x', { origin: 'https://private.test/simple' }));
    expect(found).toMatchObject({ source: null, url: 'https://github.com/acme/x/releases' });
    expect(found?.problem).toContain('index of its own');
  });
});

describe('waiting', () => {
  it('ends in time, and says so', async () => {
    releases().delay(2000).reply(200, []);
    const asking = finder();
    asking.ask([change('x')]);
    expect([...(await asking.found(50)).values()][0]?.problem).toContain('in time');
  });

  it('ends with the run', async () => {
    const stop = new AbortController();
    releases().delay(2000).reply(200, []);
    const asking = finder({ signal: stop.signal });
    asking.ask([change('x')]);
    const found = asking.found(5000);
    stop.abort();
    await expect(found).rejects.toBeInstanceOf(CancelledError);
  });

  it('ends with a word for what cannot be read', async () => {
    releases().reply(200, 'no JSON');
    raw().get(/.*/u).times(20).reply(404);
    expect((await notesOf())?.problem).toContain('could not be read');
    releases('y').times(2).replyWithError('gone');
    raw().get(/.*/u).times(20).reply(404);
    expect((await notesOf({}, change('y')))?.problem).toContain('could not be reached');
  });
});
