import { describe, expect, it } from 'vitest';
import type { SystemUpdates } from '../../src/distro/model.ts';
import { lookUpApkUpdates } from '../../src/mirror/apk-lookup.ts';
import type { RepoImage, RepoLookup } from '../../src/mirror/repo-lookup.ts';
import {
  apkText,
  makeApkKey,
  signedIndex,
  unsignedIndex,
  type ApkKey,
  type MadeApk,
} from '../support/apk-world.ts';
import { mirrorFetch, NOW, repoLookup, serveFiles } from '../support/mirror.ts';

const KEY = makeApkKey();
const OLD: MadeApk = { name: 'libssl3', version: '3.5.1-r0', origin: 'openssl' };
const NEW: MadeApk = { ...OLD, version: '3.5.4-r0', built: NOW / 1000 - 86_400 };
const MAIN = 'alpine/v3.22/main/x86_64/APKINDEX.tar.gz';
const ALPINE = { id: 'alpine', version: '3.22.1', name: 'Alpine Linux v3.22', codename: '' };
const REPOSITORY = 'http://dl.example.org/alpine/v3.22/main';
const SECDB = JSON.stringify({
  packages: [{ pkg: { name: 'openssl', secfixes: { '3.5.4-r0': ['CVE-2026-1'] } } }],
});

function image(repositories: string, key: ApkKey | null = KEY): RepoImage {
  const files = new Map([
    ['etc/apk/repositories', Buffer.from(repositories)],
    ['etc/apk/world', Buffer.from('libssl3\n')],
    ['etc/apk/arch', Buffer.from('x86_64\n')],
    ['lib/apk/db/installed', Buffer.from(apkText([OLD]))],
    ...(key === null ? [] : [[`etc/apk/keys/${key.name}`, Buffer.from(key.publicPem)] as const]),
  ]);
  return { files, packages: [], os: ALPINE };
}

async function look(
  served: Readonly<Record<string, Buffer | string | null>>,
  of: RepoImage = image(REPOSITORY),
  more: Partial<RepoLookup> = {},
) {
  const files = new Map(
    Object.entries(served).map(([path, bytes]) => [path, bytes === null ? null : Buffer.from(bytes)]),
  );
  const server = await serveFiles(files);
  const lookup = repoLookup(mirrorFetch(server.port, ['dl.example.org', 'secdb.example.org']), {
    secdbUrl: 'http://secdb.example.org',
    ...more,
  });
  return { updates: await lookUpApkUpdates(of, lookup), server, lookup };
}

function codeOf(updates: SystemUpdates): string {
  return updates.state === 'unknown' ? `${updates.reason.code}: ${updates.reason.message}` : updates.state;
}

const SIGNED = signedIndex(unsignedIndex([NEW]), KEY, 'RSA256');

it('names updates, verified, with the database of fixes', async () => {
  const { updates } = await look({ [MAIN]: SIGNED, 'v3.22/main.json': SECDB });
  expect(updates).toMatchObject({
    state: 'behind',
    updates: [
      { name: 'libssl3', to: '3.5.4-r0', security: true, advisories: ['CVE-2026-1'], suite: 'v3.22/main' },
    ],
    indexes: [{ source: { url: REPOSITORY }, signed: true, date: '2026-10-31T00:00:00.000Z' }],
    notes: [],
  });
});

it('names them as security fixes where the database is away, and says so', async () => {
  const { updates } = await look({ [MAIN]: SIGNED });
  expect(updates).toMatchObject({
    updates: [{ security: true, advisories: [] }],
    notes: [expect.stringMatching(/could not be read/u)],
  });
  const never = await look({ [MAIN]: SIGNED }, image(REPOSITORY), { secdbUrl: null });
  expect(never.updates).toMatchObject({ updates: [{ security: true }] });
  expect(never.server.seen.length).toBe(1);
});

it('is clean only when all is read', async () => {
  const index = signedIndex(unsignedIndex([OLD]), KEY);
  expect(codeOf((await look({ [MAIN]: index })).updates)).toBe('clean');
});

describe('is unknown, never clean', () => {
  const stranger = makeApkKey('stranger.rsa.pub');
  it.each<readonly [string, Readonly<Record<string, Buffer | string | null>>, RepoImage, RegExp]>([
    [
      'the index is not there',
      {},
      image(REPOSITORY),
      /^index-unreachable: .*main\/x86_64\/APKINDEX\.tar\.gz is not there/u,
    ],
    ['it may not be read', { [MAIN]: null }, image(REPOSITORY), /^index-unreachable/u],
    [
      'one of two is not there',
      { [MAIN]: SIGNED },
      image(`${REPOSITORY}\n${REPOSITORY}x`),
      /^index-unreachable: .*mainx/u,
    ],
    [
      'it is not signed',
      { [MAIN]: unsignedIndex([NEW]) },
      image(REPOSITORY),
      /^database-unreadable: .* it is not signed/u,
    ],
    [
      'it is signed by a stranger',
      { [MAIN]: signedIndex(unsignedIndex([NEW]), stranger) },
      image(REPOSITORY),
      /no key stranger/u,
    ],
    [
      'it was changed',
      { [MAIN]: Buffer.concat([SIGNED.subarray(0, -4), Buffer.from('oops')]) },
      image(REPOSITORY),
      /is wrong/u,
    ],
    ['it is a page', { [MAIN]: '<html>' }, image(REPOSITORY), /it is not signed/u],
    ['the image has no keys', { [MAIN]: SIGNED }, image(REPOSITORY, null), /the image has no key/u],
    [
      'what is signed is no index',
      { [MAIN]: signedIndex(Buffer.from('hello'), KEY) },
      image(REPOSITORY),
      /holds no whole APKINDEX/u,
    ],
    ['no repository is named', {}, image('# none'), /^nothing-pinned/u],
    [
      'a repository is of a form that is not read',
      {},
      image(`v3 ${REPOSITORY}`),
      /^unsupported-kind: .*third format/u,
    ],
    ['the host is at no public address', {}, image('http://127.0.0.1:9/x'), /^network-refused/u],
    ['there is no database', {}, { files: new Map(), packages: [], os: ALPINE }, /^database-missing/u],
  ])('%s', async (_, served, of, expected) => {
    expect(codeOf((await look(served, of)).updates)).toMatch(expected);
  });

  it('when it is larger than it may be', async () => {
    const limits = { packedBytes: 100, bytes: 1000 };
    expect(codeOf((await look({ [MAIN]: SIGNED }, image(REPOSITORY), { limits })).updates)).toMatch(
      /^too-large/u,
    );
    const bomb = signedIndex(unsignedIndex(Array.from({ length: 2000 }, () => NEW)), KEY);
    const some = { packedBytes: 100_000, bytes: 10_000 };
    expect(codeOf((await look({ [MAIN]: bomb }, image(REPOSITORY), { limits: some })).updates)).toMatch(
      /^database-unreadable: .*too large when unpacked/u,
    );
  });
});

it('asks once for a hundred images', async () => {
  const { lookup, server } = await look({ [MAIN]: SIGNED, 'v3.22/main.json': SECDB });
  const before = server.seen.length;
  const all = await Promise.all(
    Array.from({ length: 100 }, () => lookUpApkUpdates(image(REPOSITORY), lookup)),
  );
  expect(new Set(all.map(codeOf))).toEqual(new Set(['behind']));
  expect(server.seen.length).toBe(before);
});

it('believes for each image by its own keys', async () => {
  const { lookup } = await look({ [MAIN]: SIGNED });
  const other = { ...makeApkKey(), name: KEY.name };
  expect(codeOf(await lookUpApkUpdates(image(REPOSITORY, other), lookup))).toMatch(/is wrong/u);
});
