import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { Change } from '../../src/model.ts';
import { createFactsFinder } from '../../src/pypi/release-facts.ts';
import type { IndexFile, SimpleClient } from '../../src/pypi/simple-client.ts';

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

function file(filename: string, more: Partial<IndexFile> = {}): IndexFile {
  return {
    filename,
    url: `https://files.test/${filename}`,
    hashes: {},
    requiresPython: null,
    uploadTime: null,
    yanked: false,
    hasMetadata: true,
    ...more,
  };
}

interface Fake {
  readonly files?: readonly IndexFile[];
  readonly metadata?: Readonly<Record<string, string>>;
}

function fakeIndex({ files = [], metadata = {} }: Fake): SimpleClient & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    project: (name) => {
      asked.push(name);
      return Promise.resolve(files.length === 0 ? null : { name, files });
    },
    metadata: (_, version) => {
      asked.push(version);
      return Promise.resolve(metadata[version] ?? null);
    },
  };
}

const NEVER = new AbortController().signal;

describe('facts of releases', () => {
  it('are of the files of both versions, however they are written', async () => {
    const index = fakeIndex({
      files: [
        file('a-1-py3-none-any.whl', { requiresPython: '>=3.8' }),
        file('a-2.tar.gz', {
          requiresPython: '>=3.9',
          uploadTime: '2026-01-02T00:00:00.000Z',
          yanked: 'broken',
        }),
        file('a-3-py3-none-any.whl'),
        file('other-2-py3-none-any.whl'),
        file('a-2-nonsense.exe'),
      ],
      metadata: { '1.0': 'License: MIT\n\n', '2.0': 'License-Expression: BUSL-1.1\n\n' },
    });
    const finder = createFactsFinder(index, NEVER);
    finder.ask([change('a')]);
    expect([...(await finder.found(1000))]).toEqual([
      [
        'a@1.0..2.0',
        {
          uploaded: '2026-01-02T00:00:00.000Z',
          yanked: 'broken',
          licence: { from: 'MIT', to: 'BUSL-1.1' },
          requiresPython: { from: '>=3.8', to: '>=3.9' },
          sdistOnly: true,
        },
      ],
    ]);
  });

  it('are asked for once, in a fixed order, and of no new package the metadata', async () => {
    const index = fakeIndex({ files: [file('b-2-py3-none-any.whl'), file('a-2-py3-none-any.whl')] });
    const finder = createFactsFinder(index, NEVER);
    finder.ask([change('b', { from: null, kind: 'new' })]);
    finder.ask([change('b', { from: null, kind: 'new' }), change('a', { from: null, kind: 'new' })]);
    expect([...(await finder.found(1000)).keys()]).toEqual(['a@..2.0', 'b@..2.0']);
    expect(index.asked).toEqual(['b', 'a']);
  });

  it('are not asked for packages from elsewhere, other hashes, removed ones, and what conda manages', async () => {
    const index = fakeIndex({ files: [file('a-2-py3-none-any.whl')] });
    const finder = createFactsFinder(index, NEVER);
    finder.ask([
      change('a', { origin: 'https://private.test/simple' }),
      change('b', { kind: 'hash' }),
      change('c', { to: null, kind: 'removed' }),
      change('d', { conda: { platforms: [], manager: 'conda', channel: null, build: null } }),
    ]);
    expect((await finder.found(1000)).size).toBe(0);
    expect(index.asked).toEqual([]);
  });

  it('are at most of 400 moves, direct ones first', async () => {
    const index = fakeIndex({});
    const finder = createFactsFinder(index, NEVER);
    const many = Array.from({ length: 410 }, (_, at) => change(`p${at}`, { direct: at === 409 }));
    finder.ask(many);
    await finder.found(1000);
    expect(index.asked).toHaveLength(400);
    expect(index.asked[0]).toBe('p409');
  });

  it('are none where the index has no such project, or fails', async () => {
    const failing: SimpleClient = {
      project: () => Promise.reject(new Error('503')),
      metadata: () => Promise.resolve(null),
    };
    for (const index of [fakeIndex({}), failing]) {
      const finder = createFactsFinder(index, NEVER);
      finder.ask([change('a')]);
      expect((await finder.found(1000)).size).toBe(0);
    }
  });

  it('stand without the licence when the metadata comes too late', async () => {
    const index: SimpleClient = {
      ...fakeIndex({ files: [file('a-1.0.tar.gz'), file('a-2.0.tar.gz')] }),
      metadata: () => new Promise(() => undefined),
    };
    const finder = createFactsFinder(index, NEVER);
    finder.ask([change('a')]);
    expect((await finder.found(30)).get('a@1.0..2.0')).toMatchObject({ sdistOnly: true, licence: null });
  });

  it('are not waited for once the run is cancelled', async () => {
    const stop = new AbortController();
    const index: SimpleClient = {
      project: () => new Promise(() => undefined),
      metadata: () => Promise.resolve(null),
    };
    const finder = createFactsFinder(index, stop.signal);
    finder.ask([change('a')]);
    const found = finder.found(60_000);
    stop.abort();
    await expect(found).rejects.toThrow(CancelledError);
    await expect(finder.found(60_000)).rejects.toThrow(CancelledError);
  });
});
