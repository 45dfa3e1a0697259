import { beforeAll, describe, expect, it } from 'vitest';
import { readAptSources } from '../../src/distro/apt-sources.ts';
import { fetchAptIndexes, type AptFetched } from '../../src/mirror/apt-indexes.ts';
import { createAptPool, type AptPool } from '../../src/mirror/apt-pool.ts';
import type { MirrorFetch } from '../../src/mirror/deb-fetch.ts';
import {
  BY_SHA1,
  createSigningKey,
  makeSuite,
  type RepositoryFiles,
  type RepositoryOptions,
  type SigningKey,
} from '../support/apt-repository.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const DAY = 24 * 60 * 60 * 1000;
const ROOT = 'http://deb.example.org/debian';
const LINE = `deb ${ROOT} stable main`;

let mine: SigningKey;
let other: SigningKey;
let ended: SigningKey;

beforeAll(async () => {
  const then = new Date(NOW.getTime() - 300 * DAY);
  [mine, other, ended] = await Promise.all([
    createSigningKey(then),
    createSigningKey(then),
    createSigningKey(then, 200 * 24 * 60 * 60),
  ]);
});

interface Asked {
  readonly list?: string;
  readonly image?: Readonly<Record<string, string | Buffer>>;
  readonly pool?: AptPool;
  readonly asked?: string[];
  readonly now?: Date;
}

async function suite(more: Partial<RepositoryOptions> = {}): Promise<RepositoryFiles> {
  return await makeSuite({
    suite: 'stable',
    packages: [{ n: 'a', v: '2' }],
    keys: [mine],
    now: NOW,
    ...more,
  });
}

async function ask(files: RepositoryFiles, more: Asked = {}): Promise<AptFetched> {
  const image = new Map(
    Object.entries({
      'etc/apt/sources.list': more.list ?? LINE,
      'etc/apt/trusted.gpg.d/test.asc': mine.armored,
      ...more.image,
    }).map(([path, content]) => [path, Buffer.from(content)]),
  );
  const { sources } = readAptSources(image, ['amd64']);
  const fetch: MirrorFetch = ({ url, maxBytes }) => {
    more.asked?.push(url.replace(`${ROOT}/`, ''));
    const found = url.startsWith(`${ROOT}/`) ? files.get(url.slice(ROOT.length + 1)) : undefined;
    if (found !== undefined && found.length > maxBytes) throw new Error(`${url} is larger than asked for`);
    return Promise.resolve(found ?? null);
  };
  const now = (): number => (more.now ?? NOW).getTime();
  const pool = more.pool ?? createAptPool({ now });
  return await fetchAptIndexes(sources, {
    fetch,
    pool,
    files: image,
    now,
    signal: new AbortController().signal,
  });
}

function why(got: AptFetched): string {
  return got.ok ? 'it was believed' : `${got.reason.code}: ${got.reason.message}`;
}

function versions(got: AptFetched): readonly string[] {
  if (!got.ok) throw new Error(got.reason.message);
  return got.indexes.flatMap(({ packages }) => packages.find('a').map(({ version }) => version));
}

describe('an index that is believed', () => {
  it.each<[string, Partial<RepositoryOptions>]>([
    ['is signed in one piece', {}],
    ['is signed beside', { detached: true }],
    ['is packed', { forms: ['gz'] }],
    ['is plain', { forms: ['plain'] }],
    ['lies by its digest', { byHash: true }],
  ])('%s', async (_, more) => {
    const got = await ask(await suite(more));
    expect(versions(got)).toEqual(['2']);
    expect(got).toMatchObject({ ok: true, indexes: [{ signed: true, component: 'main' }], notes: [] });
  });

  it('is of a flat repository', async () => {
    const files = await suite({ suite: './', flat: true, fields: { Suite: null, Codename: null } });
    expect(versions(await ask(files, { list: `deb ${ROOT} ./` }))).toEqual(['2']);
  });

  it.each<[string, (key: SigningKey) => { list: string; image: Record<string, string | Buffer> }]>([
    [
      'a file',
      (key) => ({
        list: `deb [signed-by=/usr/share/keyrings/x.gpg] ${ROOT} stable main`,
        image: { 'usr/share/keyrings/x.gpg': key.binary },
      }),
    ],
    [
      'a file that moved to .pgp',
      (key) => ({
        list: `deb [signed-by=/usr/share/keyrings/x.gpg] ${ROOT} stable main`,
        image: { 'usr/share/keyrings/x.pgp': key.binary },
      }),
    ],
    [
      'a fingerprint',
      (key) => ({
        list: `deb [signed-by=${key.fingerprint}] ${ROOT} stable main`,
        image: { 'etc/apt/trusted.gpg.d/test.asc': `${mine.armored}${key.armored}` },
      }),
    ],
  ])('is signed by the key that its source names: %s', async (_, image) => {
    const { list, image: files } = image(other);
    expect(versions(await ask(await suite({ keys: [other] }), { list, image: files }))).toEqual(['2']);
    expect(why(await ask(await suite({ keys: [mine] }), { list, image: files }))).toContain(
      'no signature is good',
    );
  });

  it('is signed by a key in the source itself', async () => {
    const key = other.armored
      .trim()
      .split('\n')
      .map((line) => ` ${line.trim() === '' ? '.' : line.trim()}`)
      .join('\n');
    const text = `Types: deb\nURIs: ${ROOT}\nSuites: stable\nComponents: main\nSigned-By:\n${key}\n`;
    const more = { list: '', image: { 'etc/apt/sources.list.d/x.sources': text } };
    expect(versions(await ask(await suite({ keys: [other] }), more))).toEqual(['2']);
  });

  it('has one good signature among strangers', async () => {
    expect(versions(await ask(await suite({ keys: [other, mine] })))).toEqual(['2']);
  });
});

describe('an index is not believed', () => {
  it.each<[string, Partial<RepositoryOptions>, string]>([
    ['without a signature', { keys: [] }, 'it is not signed'],
    [
      'past its time',
      { fields: { 'Valid-Until': 'Mon, 23 Nov 2026 11:22:37 UTC' } },
      'was good until 2026-11-23T11:22:37Z',
    ],
    ['from the future', { fields: { Date: 'Mon, 30 Nov 2026 11:22:37 UTC' } }, 'is from the future'],
    [
      'of another suite of Debian',
      { fields: { Origin: 'Debian', Suite: 'old', Codename: 'older' } },
      'says that it is old',
    ],
  ])('%s', async (_, more, expected) => {
    expect(why(await ask(await suite(more)))).toContain(`database-unreadable: `);
    expect(why(await ask(await suite(more)))).toContain(expected);
  });

  it('with a signature by SHA-1', async () => {
    const key = await createSigningKey(new Date(NOW.getTime() - DAY), 0, BY_SHA1);
    const files = await suite({ keys: [key], sha1: true });
    expect(files.get('dists/stable/InRelease')!.toString()).toContain('Hash: SHA1');
    expect(why(await ask(files, { image: { 'etc/apt/trusted.gpg.d/test.asc': key.armored } }))).toContain(
      'no signature is good',
    );
  });

  it('by a key that the image does not have, or whose time is over', async () => {
    expect(why(await ask(await suite({ keys: [other] })))).toContain('in the image');
    const image = { 'etc/apt/trusted.gpg.d/test.asc': ended.armored };
    const then = new Date(NOW.getTime() - 150 * DAY);
    const files = await suite({ keys: [ended], now: then });
    expect(versions(await ask(files, { image, now: then }))).toEqual(['2']);
    expect(why(await ask(files, { image }))).toContain('no signature is good');
  });

  it('where the image has no key at all', async () => {
    const list = `deb [signed-by=/etc/apt/keyrings/gone.gpg] ${ROOT} stable main`;
    expect(why(await ask(await suite(), { list }))).toContain('no key for it (/etc/apt/keyrings/gone.gpg)');
  });

  it('whose signed text was changed, or has text around it', async () => {
    const files = await suite();
    const text = files.get('dists/stable/InRelease')!.toString();
    for (const changed of [text.replace('Origin: Test', 'Origin: Tost'), `Origin: Evil\n\n${text}`]) {
      expect(why(await ask(new Map(files).set('dists/stable/InRelease', Buffer.from(changed))))).toContain(
        'not believed',
      );
    }
  });

  it.each([['Packages.gz'], ['Packages']])('whose %s is another', async (name) => {
    const files = await suite({ forms: [name === 'Packages' ? 'plain' : 'gz'] });
    const path = `dists/stable/main/binary-amd64/${name}`;
    const body = Buffer.from(files.get(path)!);
    body[20] = (body[20] ?? 0) ^ 1;
    expect(why(await ask(files.set(path, body)))).toContain('index-skew: ');
  });

  it('that is listed, but gone', async () => {
    const files = await suite({ forms: [] });
    expect(why(await ask(files))).toContain('index-unreachable: ');
  });

  it('whose suite is gone', async () => {
    expect(why(await ask(new Map()))).toContain('has neither InRelease nor Release');
  });

  it('and one such is enough for the whole image', async () => {
    expect(why(await ask(await suite(), { list: `${LINE}\ndeb ${ROOT} gone main` }))).toContain('dists/gone');
  });
});

describe('what the image says not to mind', () => {
  it('is the signature, and is told', async () => {
    for (const keys of [[], [other]]) {
      const got = await ask(await suite({ keys }), { list: `deb [trusted=yes] ${ROOT} stable main` });
      expect(versions(got)).toEqual(['2']);
      expect(got).toMatchObject({ indexes: [{ signed: false }] });
      expect(got.ok && got.notes.join()).toContain('is not verified');
    }
  });

  it('is that there is no release file at all', async () => {
    const files = await suite({ suite: './', flat: true, keys: [] });
    files.delete('Release');
    expect(versions(await ask(files, { list: `deb [trusted=yes] ${ROOT} ./` }))).toEqual(['2']);
  });

  it('is the age of a snapshot, and is told', async () => {
    const files = await suite({ fields: { 'Valid-Until': 'Mon, 23 Nov 2026 11:22:37 UTC' } });
    const got = await ask(files, { list: `deb [check-valid-until=no] ${ROOT} stable main` });
    expect(versions(got)).toEqual(['2']);
    expect(got.ok && got.notes.join()).toContain('the image says not to mind');
  });
});

it('notes a component that the suite does not have', async () => {
  const got = await ask(await suite(), { list: `${LINE} contrib` });
  expect(versions(got)).toEqual(['2']);
  expect(got.ok && got.notes).toEqual([`${ROOT} stable has no component contrib for amd64.`]);
});

it('asks once for a hundred images, and again for the release when its time is over', async () => {
  let clock = NOW.getTime();
  const pool = createAptPool({ now: () => clock, keepSeconds: 60 });
  const files = await suite({ byHash: true });
  const asked: string[] = [];
  await Promise.all(Array.from({ length: 100 }, () => ask(files, { pool, asked })));
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatch(/^dists\/stable\/main\/binary-amd64\/by-hash\/SHA256\/[0-9a-f]{64}$/u);
  clock += 61_000;
  expect(versions(await ask(files, { pool, asked }))).toEqual(['2']);
  expect(asked.slice(2)).toEqual(['dists/stable/InRelease']);
});
