import { brotliCompressSync, zstdCompressSync } from 'node:zlib';
import { createMessage, generateKey, sign } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SystemUpdates } from '../../src/distro/model.ts';
import type { ImagePackage } from '../../src/images/content.ts';
import type { RepoImage, RepoLookup } from '../../src/mirror/repo-lookup.ts';
import { lookUpRpmUpdates } from '../../src/mirror/rpm-lookup.ts';
import { mirrorFetch, repoLookup, serveFiles } from '../support/mirror.ts';
import { makeRepository, metalinkXml, type MadeRepository, type MadeRpm } from '../support/rpm-world.ts';

const OLD: MadeRpm = { name: 'bash', version: '5.1.8-6.el9' };
const NEW: MadeRpm = { ...OLD, version: '5.1.8-9.el9' };
const RHEL = { id: 'rhel', version: '9.4', name: 'Red Hat Enterprise Linux 9.4 (Plow)', codename: '' };
const MADE: MadeRepository = {
  packages: [NEW],
  advisories: [{ id: 'RHSA-1', type: 'security', issued: '2026-09-01', packages: [NEW] }],
};

function image(sections: string, more: Readonly<Record<string, string>> = {}): RepoImage {
  const files = Object.entries({ 'etc/yum.repos.d/r.repo': sections, ...more });
  const one: ImagePackage = {
    kind: 'rpm',
    ...OLD,
    arch: 'x86_64',
    source: 'bash',
    sourceVersion: '',
    location: '',
  };
  return {
    files: new Map(files.map(([path, text]) => [path, Buffer.from(text)])),
    packages: [one],
    os: RHEL,
  };
}

const PLAIN = image('[os]\nbaseurl=http://a.example.org/$releasever/os/\n');

function served(files: ReadonlyMap<string, Buffer>, folder = '9/os'): Record<string, Buffer> {
  return Object.fromEntries([...files].map(([path, bytes]) => [`${folder}/${path}`, bytes]));
}

async function look(
  files: Readonly<Record<string, Buffer | string | null>>,
  of = PLAIN,
  more: Partial<RepoLookup> = {},
) {
  const all = new Map(
    Object.entries(files).map(([path, bytes]) => [path, bytes === null ? null : Buffer.from(bytes)]),
  );
  const server = await serveFiles(all);
  const fetch = mirrorFetch(server.port, ['a.example.org', 'b.example.org', 'cdn.redhat.com']);
  const lookup = repoLookup(fetch, more);
  return { updates: await lookUpRpmUpdates(of, lookup), server, lookup };
}

function codeOf(updates: SystemUpdates): string {
  return updates.state === 'unknown' ? `${updates.reason.code}: ${updates.reason.message}` : updates.state;
}

describe('updates', () => {
  it.each<readonly [string, Partial<MadeRepository>]>([
    ['gzip', {}],
    ['zstd', { pack: (content) => zstdCompressSync(content), end: '.zst' }],
    [
      'zstd of two frames',
      {
        pack: (content) =>
          Buffer.concat([zstdCompressSync(content.subarray(0, 50)), zstdCompressSync(content.subarray(50))]),
        end: '.zst',
      },
    ],
    ['no packing', { pack: (content) => content, end: '' }],
  ])('are named by indexes in %s', async (_, form) => {
    const { updates } = await look(served(makeRepository({ ...MADE, ...form })));
    expect(updates).toMatchObject({
      state: 'behind',
      updates: [
        {
          name: 'bash',
          to: NEW.version,
          security: true,
          advisories: ['RHSA-1'],
          suite: 'os',
          since: '2026-09-01T00:00:00.000Z',
        },
      ],
      indexes: [
        { signed: false, date: '2026-10-26T07:33:20.000Z', source: { url: 'http://a.example.org/9/os' } },
      ],
    });
  });

  it('are none when all is as it is', async () => {
    expect(codeOf((await look(served(makeRepository({ packages: [OLD], advisories: [] })))).updates)).toBe(
      'clean',
    );
  });

  it('come from the next mirror when the first is behind or away', async () => {
    const files = makeRepository(MADE);
    const repomd = files.get('repodata/repomd.xml') ?? Buffer.alloc(0);
    const mirrors = ['http://a.example.org/old', 'http://b.example.org/gone', 'http://b.example.org/now'];
    const metalink = metalinkXml(
      mirrors.map((each) => `${each}/repodata/repomd.xml`),
      repomd,
    );
    const old = served(makeRepository({ packages: [OLD] }), 'old');
    const { updates, server } = await look(
      { ...old, ...served(files, 'now'), 'metalink?repo=os-9': metalink },
      image('[os]\nmetalink=http://a.example.org/metalink?repo=os-$releasever\n'),
    );
    expect(codeOf(updates)).toBe('behind');
    expect(server.seen.map(({ url }) => url.replace(/[0-9a-f]{64}/u, ''))).toEqual([
      '/metalink?repo=os-9',
      '/old/repodata/repomd.xml',
      '/gone/repodata/repomd.xml',
      '/now/repodata/repomd.xml',
      '/now/repodata/-primary.xml.gz',
      '/now/repodata/-updateinfo.xml.gz',
    ]);
  });

  it('come from a list of mirrors', async () => {
    const list = '# mirrors\nhttp://b.example.org/gone/\nhttp://a.example.org/9/os/\n';
    const files = { ...served(makeRepository(MADE)), list };
    expect(codeOf((await look(files, image('[os]\nmirrorlist=http://a.example.org/list\n'))).updates)).toBe(
      'behind',
    );
  });
});

describe('is unknown, never clean', () => {
  const right = served(makeRepository(MADE));
  const primary = Object.keys(right).find((path) => path.includes('primary')) ?? '';
  const updateinfo = Object.keys(right).find((path) => path.includes('updateinfo')) ?? '';
  const without = (path: string): Record<string, Buffer> =>
    Object.fromEntries(Object.entries(right).filter(([each]) => each !== path));
  const bzip = (): Buffer => Buffer.from('BZh91AY&SY');

  it.each<readonly [string, Readonly<Record<string, Buffer | string | null>>, RepoImage, RegExp]>([
    ['the index is not there', {}, PLAIN, /^index-unreachable: .*repomd\.xml is not there/u],
    [
      'the list of mirrors is not there',
      {},
      image('[os]\nmirrorlist=http://a.example.org/list\n'),
      /^index-unreachable/u,
    ],
    [
      'the list of mirrors is empty',
      { list: '# none' },
      image('[os]\nmirrorlist=http://a.example.org/list\n'),
      /names no mirror/u,
    ],
    [
      'one of two is away',
      right,
      image('[os]\nbaseurl=http://a.example.org/9/os/\n[x]\nbaseurl=http://a.example.org/x\n'),
      /^index-unreachable: .*\/x\/repodata/u,
    ],
    [
      'it is for subscribers',
      { '9/repodata/repomd.xml': null },
      image('[r]\nbaseurl=http://cdn.redhat.com/9\n'),
      /^authentication-required: .*for subscribers/u,
    ],
    [
      'it is a page',
      { '9/os/repodata/repomd.xml': '<html><body></body></html>' },
      PLAIN,
      /^database-unreadable: .*no repomd\.xml/u,
    ],
    [
      'it names no packages',
      { '9/os/repodata/repomd.xml': '<repomd></repomd>' },
      PLAIN,
      /names no list of packages/u,
    ],
    [
      'packages are away',
      without(primary),
      PLAIN,
      /^index-unreachable: .*named by its index, but is not there/u,
    ],
    ['advisories are away', without(updateinfo), PLAIN, /^index-unreachable: .*updateinfo/u],
    [
      'packages were changed',
      { ...right, [primary]: right[updateinfo] ?? '' },
      PLAIN,
      /^(?:index-skew|too-large)/u,
    ],
    [
      'packages are cut short',
      { ...right, [primary]: right[primary]?.subarray(0, 40) ?? '' },
      PLAIN,
      /^index-skew/u,
    ],
    [
      'it is packed in a way that is not known',
      served(makeRepository({ ...MADE, pack: bzip, end: '.bz2' })),
      PLAIN,
      /^database-unreadable: .*bzip2/u,
    ],
    [
      'or in another',
      served(makeRepository({ ...MADE, pack: brotliCompressSync, end: '.br' })),
      PLAIN,
      /^database-unreadable/u,
    ],
    [
      'no repository is enabled',
      {},
      image('[os]\nbaseurl=http://a.example.org/\nenabled=0'),
      /^nothing-pinned/u,
    ],
    [
      'a variable is not known',
      {},
      image('[os]\nbaseurl=http://a.example.org/$stream\n'),
      /^unsupported-kind: .*variable/u,
    ],
    [
      'the host is at no public address',
      {},
      image('[os]\nbaseurl=http://127.0.0.1:9/\n'),
      /^network-refused/u,
    ],
    ['there are no packages', {}, { ...PLAIN, packages: [] }, /^database-missing/u],
  ])('%s', async (_, files, of, expected) => {
    expect(codeOf((await look(files, of)).updates)).toMatch(expected);
  });

  it('when it unfolds to more than it says', async () => {
    const limits = { packedBytes: 1_000_000, bytes: 500 };
    expect(codeOf((await look(right, PLAIN, { limits })).updates)).toMatch(/^too-large/u);
  });
});

describe('a signature', () => {
  const files = makeRepository(MADE);
  const repomd = files.get('repodata/repomd.xml') ?? Buffer.alloc(0);
  const ASC = '9/os/repodata/repomd.xml.asc';
  const WANTED =
    '[os]\nbaseurl=http://a.example.org/9/os/\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/KEY\n';
  const OPTIONAL = WANTED.replace('repo_gpgcheck=1', '');
  let own = { publicKey: '', signature: '' };
  let other = own;

  beforeAll(async () => {
    const made = async (): Promise<typeof own> => {
      const { privateKey, publicKey } = await generateKey({
        userIDs: [{ name: 'Test' }],
        date: new Date('2026-01-01'),
        format: 'object',
      });
      const signature = await sign({
        message: await createMessage({ binary: repomd }),
        signingKeys: privateKey,
        detached: true,
        date: new Date('2026-10-01'),
      });
      return { publicKey: publicKey.armor(), signature: String(signature) };
    };
    [own, other] = [await made(), await made()];
  });

  const cases = (): readonly (readonly [string, string, string | null, RegExp])[] => [
    ['a good one that is wanted', WANTED, own.signature, /^behind true$/u],
    ['a good one that is not wanted', OPTIONAL, own.signature, /^behind true$/u],
    ['none that is wanted', WANTED, null, /^database-unreadable: .*it is not signed/u],
    ['none that is not wanted', OPTIONAL, null, /^behind false$/u],
    ["a stranger's that is wanted", WANTED, other.signature, /^database-unreadable: .*no key/u],
    ["a stranger's that is not wanted", OPTIONAL, other.signature, /^behind false$/u],
    ['one of another file', WANTED, own.signature, /^database-unreadable/u],
    ['one of another file, not wanted', OPTIONAL, own.signature, /^database-unreadable/u],
    ['no signature at all', WANTED, '<html>', /^database-unreadable/u],
  ];

  it.each(Array.from({ length: 9 }, (_, at) => at))('of repomd.xml: case %i', async (at) => {
    const [name = '', sections = '', signature = null, expected = /never/u] = cases()[at] ?? [];
    const changed = name.includes('another file')
      ? makeRepository({ ...MADE, timestamp: 1_793_000_001 })
      : files;
    const { updates } = await look(
      { ...served(changed), ...(signature === null ? {} : { [ASC]: signature }) },
      image(sections, { 'etc/pki/rpm-gpg/KEY': own.publicKey }),
    );
    const signed = updates.state === 'unknown' ? '' : ` ${updates.indexes[0]?.signed}`;
    expect(`${name}: ${codeOf(updates)}${signed}`.slice(name.length + 2)).toMatch(expected);
  });

  it('that is wanted needs a key in the image', async () => {
    const { updates } = await look({ ...served(files), [ASC]: own.signature }, image(WANTED));
    expect(codeOf(updates)).toMatch(/the image has no key for it/u);
  });
});

it('asks once for a hundred images', async () => {
  const { lookup, server } = await look(served(makeRepository(MADE)));
  const before = server.seen.length;
  const all = await Promise.all(Array.from({ length: 100 }, () => lookUpRpmUpdates(PLAIN, lookup)));
  expect(new Set(all.map(codeOf))).toEqual(new Set(['behind']));
  expect(server.seen.length).toBe(before);
});

it('asks again for the index after a while, and only for what is new', async () => {
  let now = Date.parse('2026-11-01T00:00:00Z');
  const { createRepoPool } = await import('../../src/mirror/repo-pool.ts');
  const pool = createRepoPool({ now: () => now, keepSeconds: 60 });
  const { lookup, server } = await look(served(makeRepository(MADE)), PLAIN, { pool, now: () => now });
  now += 61_000;
  await lookUpRpmUpdates(PLAIN, lookup);
  expect(server.seen.map(({ url }) => url.replace(/^.*[-/]/u, ''))).toEqual([
    'repomd.xml',
    'primary.xml.gz',
    'updateinfo.xml.gz',
    'repomd.xml',
  ]);
});
