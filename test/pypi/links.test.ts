import nock from 'nock';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../../src/model.ts';
import { fetchLinks } from '../../src/pypi/links.ts';
import { createProjectUrls } from '../../src/pypi/project-urls.ts';
import type { SimpleClient } from '../../src/pypi/simple-client.ts';

afterEach(() => {
  nock.cleanAll();
});

function change(name: string, more: Partial<Change> = {}): Change {
  return {
    name,
    from: '1',
    to: '2',
    kind: 'major',
    direct: true,
    via: [],
    groups: [],
    origin: null,
    source: null,
    ...more,
  };
}

function client(metadata: Readonly<Record<string, string>>): SimpleClient {
  return {
    project: () => Promise.resolve(null),
    metadata: (name, version) => Promise.resolve(metadata[`${name}@${version}`] ?? null),
  };
}

const NOBODY = () => Promise.resolve([]);

describe('links', () => {
  it('come from the version that was moved to, for a removed package from the one it had', async () => {
    const known = client({
      'a@2': 'Name: a\nProject-URL: Changelog, https://a.test/c\n\n',
      'b@1': 'Name: b\nHome-page: https://b.test/\n\n',
    });
    const links = await fetchLinks(
      [change('a'), change('b', { to: null, kind: 'removed' })],
      known,
      NOBODY,
      1000,
    );
    expect(links.get('a@2')?.changelog).toBe('https://a.test/c');
    expect(links.get('b@1')?.home).toBe('https://b.test/');
  });

  it('are not asked for packages from elsewhere, nor for other hashes', async () => {
    const known = client({
      'a@2': 'Home-page: https://a.test/\n\n',
      'b@2': 'Home-page: https://b.test/\n\n',
    });
    const changes = [change('a', { origin: 'https://private.test/simple' }), change('b', { kind: 'hash' })];
    expect((await fetchLinks(changes, known, NOBODY, 1000)).size).toBe(0);
  });

  it('do not hold the report up', async () => {
    const slow: SimpleClient = { ...client({}), metadata: () => new Promise(() => undefined) };
    expect((await fetchLinks([change('a')], slow, NOBODY, 20)).size).toBe(0);
  });
});

describe('the project page', () => {
  const urls = createProjectUrls('https://index.test', fetch, 'relock/test');

  it('gives labelled addresses', async () => {
    const info = { project_urls: { Changelog: 'https://a.test/c', Odd: 3 }, home_page: 'https://a.test/' };
    nock('https://index.test').get('/pypi/a/json').reply(200, { info });
    expect(await urls('a')).toEqual([
      { label: 'Changelog', url: 'https://a.test/c' },
      { label: 'homepage', url: 'https://a.test/' },
    ]);
  });

  it.each<[string, number, string]>([
    ['is missing', 404, ''],
    ['is no JSON', 200, '<html>'],
    ['has another shape', 200, '{"info": null}'],
  ])('that %s gives nothing', async (_, status, body) => {
    nock('https://index.test').get('/pypi/a/json').reply(status, body);
    expect(await urls('a')).toEqual([]);
  });
});
