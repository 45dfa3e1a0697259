import { describe, expect, it } from 'vitest';
import { apkArchitecture, readApkSources } from '../../src/distro/apk-sources.ts';
import { securityUrl } from '../../src/distro/apk-updates.ts';
import { systemFileWanted } from '../../src/distro/repo-files.ts';

function read(text: string, more: Readonly<Record<string, string>> = {}) {
  const files = new Map(
    Object.entries({ 'etc/apk/repositories': text, ...more }).map(([path, content]) => [
      path,
      Buffer.from(content),
    ]),
  );
  return readApkSources(files, 'x86_64');
}

function addresses(text: string, more: Readonly<Record<string, string>> = {}): readonly string[] {
  return read(text, more).sources.map(({ tag, index }) => `${tag === null ? '' : `@${tag} `}${index}`);
}

const A = 'https://dl-cdn.alpinelinux.org/alpine/v3.22/main';

describe('the repositories of an image', () => {
  it.each<readonly [string, string, readonly string[]]>([
    [
      'one a line',
      `${A}\nhttp://b.example/x/\n`,
      [`${A}/x86_64/APKINDEX.tar.gz`, 'http://b.example/x/x86_64/APKINDEX.tar.gz'],
    ],
    ['comments and doubles', `# ${A}\n\n${A}\r\n  ${A}/\n`, [`${A}/x86_64/APKINDEX.tar.gz`]],
    ['tags', '@edge https://b.example/edge', ['@edge https://b.example/edge/x86_64/APKINDEX.tar.gz']],
    [
      'components',
      'v2 https://b.example/v3 main community',
      [
        'https://b.example/v3/main/x86_64/APKINDEX.tar.gz',
        'https://b.example/v3/community/x86_64/APKINDEX.tar.gz',
      ],
    ],
    [
      'an index itself',
      'ndx @x https://b.example/o/APKINDEX.tar.gz',
      ['@x https://b.example/o/APKINDEX.tar.gz'],
    ],
    ['by its ending', 'https://b.example/o/own.tar.gz', ['https://b.example/o/own.tar.gz']],
    [
      'variables',
      'set m=https://b.example\nset -default m=https://c.example\n${m}/v3/${APK_ARCH} main',
      ['https://b.example/v3/x86_64/main/x86_64/APKINDEX.tar.gz'],
    ],
  ])('are read: %s', (_, text, expected) => {
    expect(addresses(text)).toEqual(expected);
    expect(read(text).unread).toEqual([]);
  });

  it('come from folders too, where etc takes the place of lib', () => {
    const more = {
      'etc/apk/repositories.d/a.list': 'https://a.example/1',
      'lib/apk/repositories.d/a.list': 'https://a.example/2',
      'lib/apk/repositories.d/b.list': 'https://a.example/3',
      'etc/apk/repositories.d/b.txt': 'https://a.example/4',
    };
    expect(read('', more).sources.map(({ url }) => url)).toEqual([
      'https://a.example/1',
      'https://a.example/3',
    ]);
  });

  it.each([
    ['ftp://b.example/x', /ftp:\/\/b\.example\/x is not asked/u],
    ['https://me:secret@b.example/x', /https:\/\/…@b\.example\/x is not asked/u],
    ['v3 https://b.example/x main', /third format/u],
    ['https://b.example/Packages.adb', /third format/u],
    ['https://b.example/${unset}', /variable that is not set/u],
    ['set APK_ARCH=arm', /sets a variable/u],
    ['b.example/main', /is no repository/u],
  ])('are unknown, not left out: %s', (line, why) => {
    const { sources, unread } = read(line);
    expect(sources).toEqual([]);
    expect(unread.join()).toMatch(why);
    expect(unread.join()).toMatch(/^etc\/apk\/repositories:1: /u);
    expect(unread.join()).not.toMatch(/secret/u);
  });

  it('in the image itself are left out with a note', () => {
    expect(read('/media/cdrom/apks').notes).toEqual([
      'etc/apk/repositories:1: /media/cdrom/apks is a folder of the image, and was left out.',
    ]);
  });

  it('stay bounded whatever the variables do', () => {
    const doubling = Array.from({ length: 40 }, (_, at) => `set a${at + 1}=\${a${at}}\${a${at}}`).join('\n');
    expect(read(`set a0=xxxxxxxxxx\n${doubling}\nhttps://b.example/\${a40}`).unread.length).toBeGreaterThan(
      0,
    );
    const many = Array.from({ length: 500 }, (_, at) => `https://b.example/${at}`).join('\n');
    expect(read(many).sources.length).toBe(100);
    expect(read(many).unread).toEqual(['More than 100 repositories are named.']);
  });
});

describe('the architecture', () => {
  it.each<readonly [string, readonly string[], string | null]>([
    ['aarch64\n', ['x86_64'], 'aarch64'],
    ['', ['noarch', 'x86_64', 'noarch', 'x86_64'], 'x86_64'],
    ['../..', ['noarch'], null],
  ])('%j and packages for %j', (text, arches, expected) => {
    const files = new Map([['etc/apk/arch', Buffer.from(text)]]);
    expect(
      apkArchitecture(
        files,
        arches.map((arch) => ({ arch })),
      ),
    ).toBe(expected);
  });
});

describe('the database of security fixes', () => {
  it.each([
    ['alpine', A, 'https://secdb.example/v3.22/main.json'],
    ['alpine', 'http://mirror.example/edge/community', 'https://secdb.example/edge/community.json'],
    ['alpine', 'https://b.example/own', null],
    ['wolfi', 'https://packages.wolfi.dev/os', 'https://packages.wolfi.dev/os/security.json'],
    ['postmarketos', A, null],
  ])('of %s, %s', (id, url, expected) => {
    const [source] = read(url).sources;
    expect(source === undefined ? undefined : securityUrl(source, { id }, 'https://secdb.example')).toBe(
      expected,
    );
  });
});

it.each([
  ['etc/apk/repositories', true],
  ['etc/apk/world', true],
  ['etc/apk/keys/alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub', true],
  ['lib/apk/db/installed', true],
  ['usr/lib/apk/db/installed', true],
  ['lib/apk/db/scripts.tar', false],
  ['etc/yum.repos.d/ubi.repo', true],
  ['etc/yum.repos.d/ubi.repo.bak', false],
  ['etc/dnf/dnf.conf', true],
  ['etc/dnf/vars/releasever', true],
  ['etc/pki/rpm-gpg/RPM-GPG-KEY-redhat-release', true],
  ['etc/pki/entitlement/1-key.pem', false],
  ['etc/shadow', false],
])('of the files, %s: %s', (path, isWanted) => {
  expect(systemFileWanted(path) !== null).toBe(isWanted);
});
