import nock from 'nock';
import { afterEach, describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { Tree } from '../../src/model.ts';
import { explainRemaining, type ExplainContext } from '../../src/pypi/explain-remaining.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import type { SimpleClient } from '../../src/pypi/simple-client.ts';
import { diffOf, finding, imagePlace, lockedPackage, lockPlace, remaining } from '../support/remaining.ts';
import { target } from '../support/locks.ts';

const NO_FILES: Tree = { paths: [], files: new Map() };
const KOMBU = remaining(finding('kombu', '5.2.1', { fixed: ['5.3.0'] }), lockPlace('a.txt'));
const PACKAGES = [
  lockedPackage('celery', '5.2.0', { via: ['ours'] }),
  lockedPackage('kombu', '5.2.1', { via: ['celery', 'ours'] }),
  lockedPackage('ours', '1.0', { source: 'https://ours.example/simple' }),
];
const HELD = { kind: 'held', by: 'celery 5.2.0', wants: 'kombu<5.3', fixed: '5.3.0' };

function context(index: SimpleClient, more: Partial<ExplainContext> = {}): ExplainContext {
  return {
    locks: [{ target: target('a.txt'), failed: false, content: { packages: PACKAGES } }],
    tree: NO_FILES,
    hidesItsIndex: () => false,
    index,
    cutoff: null,
    signal: new AbortController().signal,
    ...more,
  };
}

function told(asked: string[] = []): SimpleClient {
  return {
    project(name) {
      asked.push(name);
      return Promise.resolve(null);
    },
    metadata(name, version) {
      asked.push(`${name} ${version}`);
      return Promise.resolve(name === 'celery' ? 'Requires-Dist: kombu (<5.3)\n\n' : null);
    },
  };
}

afterEach(() => {
  nock.cleanAll();
});

describe('explainRemaining', () => {
  it('asks each once, and nothing of what comes from elsewhere', async () => {
    const asked: string[] = [];
    const image = remaining(finding('kombu', '5.2.1', { fixed: ['5.3.0'] }), imagePlace('python:3.9'));
    const diff = { ...diffOf(KOMBU, { ...KOMBU }, image), added: [{ ...KOMBU, state: 'added' } as const] };
    const explained = await explainRemaining(diff, context(told(asked)));
    expect(explained.remaining.map(({ why }) => why)).toEqual([
      HELD,
      HELD,
      { kind: 'image', fixed: '5.3.0' },
    ]);
    expect(explained.added).toEqual(diff.added);
    expect(asked.sort()).toEqual(['celery 5.2.0', 'kombu']);
  });

  it('asks nothing for a lock whose index stands for the public one', async () => {
    const asked: string[] = [];
    const explained = await explainRemaining(
      diffOf(KOMBU),
      context(told(asked), { hidesItsIndex: () => true }),
    );
    expect(explained.remaining[0]?.why).toEqual({ kind: 'unknown', fixed: '5.3.0' });
    expect(asked).toEqual([]);
  });

  it('reads pages and metadata of an index', async () => {
    const server = nock('https://index.test');
    const page = (name: string, files: readonly object[]): void => {
      server.get(`/simple/${name}/`).reply(200, JSON.stringify({ files }), {
        'content-type': 'application/vnd.pypi.simple.v1+json',
      });
    };
    const wheel = (filename: string, time: string) => ({
      filename,
      url: `https://index.test/${filename}`,
      'upload-time': time,
    });
    page('kombu', [wheel('kombu-5.3.0-py3-none-any.whl', '2026-11-20T10:00:00Z')]);
    page('celery', [wheel('celery-5.2.0-py3-none-any.whl', '2021-11-08T01:15:17Z')]);
    server.get('/celery-5.2.0-py3-none-any.whl.metadata').reply(200, 'Requires-Dist: kombu>=5\n\n');
    const index = createSimpleClient({
      indexUrl: 'https://index.test/simple',
      fetch,
      userAgent: 'test',
      cacheFolder: null,
      authorization: null,
    });
    const explained = await explainRemaining(
      diffOf(KOMBU),
      context(index, { cutoff: '2026-11-19T00:00:00Z' }),
    );
    expect(explained.remaining[0]?.why).toEqual({
      kind: 'cool-down',
      fixed: '5.3.0',
      released: '2026-11-20T10:00:00.000Z',
    });
  });

  it('takes an index that fails for one that tells nothing', async () => {
    const index: SimpleClient = {
      project: () => Promise.reject(new Error('down')),
      metadata: () => Promise.resolve(null),
    };
    const explained = await explainRemaining(diffOf(KOMBU), context(index));
    expect(explained.remaining[0]?.why).toEqual({ kind: 'unknown', fixed: '5.3.0' });
  });

  it('decides no longer than a while, whatever is wanted how often', async () => {
    const parents = Array.from({ length: 300 }, (_, at) => lockedPackage(`p${at}`, '1'));
    const files = Array.from({ length: 1000 }, (_, at) => ({
      filename: `kombu-6.${at}.tar.gz`,
      url: 'https://x.test/',
      hashes: {},
      requiresPython: '>=3.7',
      uploadTime: null,
      yanked: false as const,
      hasMetadata: false,
    }));
    const index: SimpleClient = {
      project: (name) => Promise.resolve({ name, files }),
      metadata: (name) => Promise.resolve(`Requires-Dist: kombu (!=6.${name.slice(1)}.*,<7,>=5)\n`),
    };
    const changes = Array.from({ length: 5000 }, (_, at) =>
      remaining(finding('kombu', '5.2.1', { fixed: [`6.${at % 600}`] }), lockPlace('a.txt')),
    );
    const packages = [lockedPackage('kombu', '5.2.1'), ...parents];
    const locks = [{ target: target('a.txt'), failed: false, content: { packages } }];
    const start = performance.now();
    const explained = await explainRemaining(diffOf(...changes), context(index, { locks }));
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(explained.remaining.every(({ why }) => why?.kind === 'unknown')).toBe(true);
  });

  it('tells what it knows when time is up, and asks no more', async () => {
    const asked: string[] = [];
    const never = Promise.withResolvers<null>().promise;
    const packages = [
      ...PACKAGES,
      ...Array.from({ length: 50 }, (_, at) => lockedPackage(`p${at}`, '1', { via: ['x'] })),
      lockedPackage('kombu', '5.2.1', {
        via: ['celery', ...Array.from({ length: 50 }, (_, at) => `p${at}`)],
      }),
    ].filter(({ name, via }) => name !== 'kombu' || via.length > 2);
    const index: SimpleClient = {
      project: () => never,
      metadata: (name, version) =>
        name === 'celery' ? told(asked).metadata(name, version) : (asked.push(name), never),
    };
    const locks = [{ target: target('a.txt'), failed: false, content: { packages } }];
    const explained = await explainRemaining(diffOf(KOMBU), context(index, { locks, timeoutMs: 50 }));
    expect(explained.remaining[0]?.why).toEqual(HELD);
    expect(asked.length).toBeLessThan(10);
  });

  it.each([
    ['before', 0],
    ['meanwhile', 20],
  ])('ends with a run that is cancelled %s', async (_, afterMs) => {
    const stop = new AbortController();
    if (afterMs === 0) stop.abort();
    else setTimeout(() => stop.abort(), afterMs);
    const never = Promise.withResolvers<null>().promise;
    const index: SimpleClient = { project: () => never, metadata: () => never };
    const explaining = explainRemaining(diffOf(KOMBU), context(index, { signal: stop.signal }));
    await expect(explaining).rejects.toBeInstanceOf(CancelledError);
  });
});
