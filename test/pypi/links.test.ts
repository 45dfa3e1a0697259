import nock from 'nock';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../../src/model.ts';
import { createLinkFinder } from '../../src/pypi/links.ts';
import { createProjectUrls, type ProjectUrls } from '../../src/pypi/project-urls.ts';
import type { SimpleClient } from '../../src/pypi/simple-client.ts';
import { startServer } from '../support/loopback-server.ts';

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

function metadataOf(known: Readonly<Record<string, string>>): SimpleClient['metadata'] {
  return (name, version) => Promise.resolve(known[`${name}@${version}`] ?? null);
}

const NO_VIEW = () => Promise.resolve(null);
const NO_PAGES: ProjectUrls = () => Promise.resolve(null);

describe('links', () => {
  it('come from the page of the project', async () => {
    const project: ProjectUrls = (name) =>
      Promise.resolve([{ label: 'Changelog', url: `https://${name}.test/c` }]);
    const finder = createLinkFinder({ project, metadata: metadataOf({}), compareView: NO_VIEW });
    finder.ask([change('a')]);
    finder.ask([change('a'), change('b')]);
    const links = await finder.found(1000);
    expect([...links].map(([key, { changelog }]) => [key, changelog])).toEqual([
      ['a@2', 'https://a.test/c'],
      ['b@2', 'https://b.test/c'],
    ]);
  });

  it('come, where there is no page, from the version that was moved to, or that a removed package had', async () => {
    const metadata = metadataOf({
      'a@2': 'Name: a\nProject-URL: Changelog, https://a.test/c\n\n',
      'b@1': 'Name: b\nHome-page: https://b.test/\n\n',
    });
    const finder = createLinkFinder({ project: NO_PAGES, metadata, compareView: NO_VIEW });
    finder.ask([change('a'), change('b', { to: null, kind: 'removed' })]);
    const links = await finder.found(1000);
    expect(links.get('a@2')?.changelog).toBe('https://a.test/c');
    expect(links.get('b@1')?.home).toBe('https://b.test/');
  });

  it('are not asked for packages from elsewhere, nor for other hashes', async () => {
    const asked: string[] = [];
    const project: ProjectUrls = (name) => {
      asked.push(name);
      return Promise.resolve([]);
    };
    const finder = createLinkFinder({ project, metadata: metadataOf({}), compareView: NO_VIEW });
    finder.ask([change('a', { origin: 'https://private.test/simple' }), change('b', { kind: 'hash' })]);
    expect((await finder.found(1000)).size).toBe(0);
    expect(asked).toEqual([]);
  });

  it('get the compare view of direct moves that do not show their tags', async () => {
    const project: ProjectUrls = (name) =>
      Promise.resolve([{ label: 'Source', url: `https://github.com/acme/${name}` }]);
    const asked: string[] = [];
    const compareView = (releases: string, from: string, to: string) => {
      asked.push(`${releases} ${from} ${to}`);
      return Promise.resolve('https://github.com/acme/a/compare/v1...v2');
    };
    const finder = createLinkFinder({ project, metadata: metadataOf({}), compareView });
    finder.ask([change('a'), change('b', { direct: false }), change('c', { from: null, kind: 'new' })]);
    const links = await finder.found(1000);
    expect(asked).toEqual(['https://github.com/acme/a/releases 1 2']);
    expect(links.get('a@2')?.compare).toBe('https://github.com/acme/a/compare/v1...v2');
  });

  it('do not hold the report up', async () => {
    const finder = createLinkFinder({
      project: () => new Promise(() => undefined),
      metadata: metadataOf({}),
      compareView: NO_VIEW,
    });
    finder.ask([change('a')]);
    expect((await finder.found(20)).size).toBe(0);
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

  it('is read no further than its first part, whatever that holds', async () => {
    const info = {
      project_urls: { 'Odd "}{\\ label': 'https://a.test/x' },
      description: '"}\\'.repeat(2000),
    };
    const text = `{"info": ${JSON.stringify(info)}, "releases": {"1": this is never read`;
    nock('https://index.test').get('/pypi/a/json').reply(200, text);
    expect(await urls('a')).toEqual([{ label: 'Odd "}{\\ label', url: 'https://a.test/x' }]);
  });

  it('keeps its connection for the next ones when it is small', async () => {
    const ports = new Set<number | undefined>();
    const server = await startServer((request, response) => {
      ports.add(request.socket.remotePort);
      const page = `{"info": {"project_urls": null}, "releases": "${'x'.repeat(200_000)}"}`;
      response.writeHead(200, { 'content-length': page.length }).end(page);
    });
    const small = createProjectUrls(server.origin, fetch, 'relock/test');
    for (const name of 'abcdef') expect(await small(name)).toEqual([]);
    // Given up, each would cost one; a client may open a second while the first is being handed back.
    expect(ports.size).toBeLessThan(3);
  });

  it.each<[string, number, string]>([
    ['is missing', 404, ''],
    ['is no JSON', 200, '<html>'],
    ['ends early', 200, '{"info": {"project_urls": {'],
  ])('that %s is no page', async (_, status, body) => {
    nock('https://index.test').get('/pypi/a/json').reply(status, body);
    expect(await urls('a')).toBeNull();
  });

  it('of another shape gives nothing', async () => {
    nock('https://index.test').get('/pypi/a/json').reply(200, '{"info": {"project_urls": 3}}');
    expect(await urls('a')).toEqual([]);
  });
});
