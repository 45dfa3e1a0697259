import { describe, expect, it } from 'vitest';
import { expandRpm, parseIni, readRpmVariables, rpmArchitecture } from '../../src/distro/rpm-config.ts';
import { readRpmSources } from '../../src/distro/rpm-sources.ts';

const VARIABLES = new Map([
  ['releasever', '9'],
  ['basearch', 'x86_64'],
  ['arch', 'x86_64'],
]);

function read(repo: string, more: Readonly<Record<string, string>> = {}) {
  const files = Object.entries({ 'etc/yum.repos.d/r.repo': repo, ...more }).map(
    ([path, text]) => [path, Buffer.from(text)] as const,
  );
  return readRpmSources(new Map(files), VARIABLES);
}

describe('a repository', () => {
  it('is read with all that counts', () => {
    const { sources, unread } = read(`
# of the distribution
[baseos]
name = Base $releasever
baseurl=https://a.example/$releasever/\${basearch}/os/,
  http://b.example/$releasever
metalink=https://m.example/
enabled=1
gpgcheck=1
repo_gpgcheck = yes
gpgkey=file:///etc/pki/rpm-gpg/A file:///etc/pki/rpm-gpg/B
priority=10
excludepkgs=kernel*, a
exclude=b
includepkgs=c
`);
    expect(unread).toEqual([]);
    expect(sources).toEqual([
      {
        kind: 'rpm',
        url: 'https://a.example/9/x86_64/os',
        suite: '',
        components: [],
        architecture: 'x86_64',
        namedIn: 'etc/yum.repos.d/r.repo',
        trusted: false,
        signedBy: ['file:///etc/pki/rpm-gpg/A', 'file:///etc/pki/rpm-gpg/B'],
        id: 'baseos',
        addresses: ['https://a.example/9/x86_64/os', 'http://b.example/9'],
        list: null,
        signed: true,
        keys: ['file:///etc/pki/rpm-gpg/A', 'file:///etc/pki/rpm-gpg/B'],
        priority: 10,
        excludes: ['kernel*', 'a', 'b'],
        includes: ['c'],
        subscription: false,
      },
    ]);
  });

  it.each<readonly [string, unknown]>([
    [
      'metalink=https://m.example/metalink?repo=x-$releasever&arch=$basearch',
      { kind: 'metalink', url: 'https://m.example/metalink?repo=x-9&arch=x86_64' },
    ],
    ['mirrorlist=https://m.example/list', { kind: 'mirrorlist', url: 'https://m.example/list' }],
    [
      'mirrorlist=https://m.example/metalink?x=1',
      { kind: 'metalink', url: 'https://m.example/metalink?x=1' },
    ],
    [
      'metalink=https://m.example/\nmirrorlist=https://l.example/',
      { kind: 'metalink', url: 'https://m.example' },
    ],
  ])('has a list of mirrors: %s', (lines, list) => {
    expect(read(`[r]\n${lines}`).sources[0]?.list).toEqual(list);
  });

  it('may have variables that nobody knows in a query, as EPEL on UBI', () => {
    const { sources, unread } = read(
      '[epel]\nmetalink=https://m.example/metalink?repo=epel-$releasever&infra=$infra\n',
    );
    expect(unread).toEqual([]);
    expect(sources[0]?.list?.url).toBe('https://m.example/metalink?repo=epel-9&infra=$infra');
  });

  it('that is disabled is none, and what is of another kind of file neither', () => {
    expect(read('[a]\nbaseurl=https://a.example\nenabled=0\n[b]\nenabled=no\n').sources).toEqual([]);
    expect(read('', { 'etc/yum.repos.d/x.repo.rpmsave': '[a]\nbaseurl=https://a.example' }).sources).toEqual(
      [],
    );
  });

  it('takes what it does not say itself from the configuration', () => {
    const main = '[main]\nrepo_gpgcheck=1\nexclude=x*\ninstallonlypkgs=own\n[c]\nbaseurl=https://c.example\n';
    const { sources, installOnly } = read(
      '[a]\nbaseurl=https://a.example\n[b]\nbaseurl=https://b.example\nrepo_gpgcheck=0',
      {
        'etc/dnf/dnf.conf': main,
      },
    );
    expect(sources.map(({ id, signed, excludes }) => [id, signed, excludes])).toEqual([
      ['c', true, ['x*']],
      ['a', true, ['x*']],
      ['b', false, ['x*']],
    ]);
    expect(installOnly).toContain('own');
  });

  it.each([
    ['ftp://a.example/', /ftp:\/\/a\.example\/ is not asked/u],
    ['https://me:secret@a.example/', /is not asked/u],
    ['https://a.example/$unknown/os', /has a variable whose value is not known/u],
    ['https://a.example/${unknown}/os', /has a variable whose value is not known/u],
    ['', /names no address/u],
  ])('is unknown, not left out: %s', (url, why) => {
    const { sources, unread } = read(`[r]\nbaseurl=${url}\n`);
    expect(sources).toEqual([]);
    expect(unread.join()).toMatch(why);
    expect(unread.join()).not.toMatch(/secret/u);
  });

  it('in the image itself is left out with a note', () => {
    expect(read('[r]\nbaseurl=file:///mnt/x\n')).toMatchObject({
      sources: [],
      unread: [],
      notes: [/lies in the image/u].map(() => expect.stringMatching(/lies in the image/u)),
    });
  });

  it('of a subscription is known as such', () => {
    expect(
      read('[r]\nbaseurl=https://cdn.redhat.com/x\nsslclientcert=/etc/pki/entitlement/1.pem').sources[0]
        ?.subscription,
    ).toBe(true);
  });
});

describe('variables', () => {
  const packages = [
    { kind: 'rpm', name: 'system-release', version: '2023.4.20240611-1.amzn2023', arch: 'noarch' },
    { kind: 'rpm', name: 'bash', version: '5-1', arch: 'aarch64' },
    { kind: 'deb', name: 'dpkg', version: '1', arch: 'amd64' },
  ] as const;

  it.each([
    ['rhel', '9.4', '9'],
    ['almalinux', '9.4', '9'],
    ['rocky', '8.10', '8'],
    ['centos', '10', '10'],
    ['ol', '9.4', '9'],
    ['fedora', '41', '41'],
    ['amzn', '2023', '2023.4.20240611'],
  ])('of %s %s: $releasever is %s', (id, version, expected) => {
    const variables = readRpmVariables(new Map(), { id, version }, packages, 'aarch64');
    expect(variables.get('releasever')).toBe(expected);
    expect(variables.get('basearch')).toBe('aarch64');
  });

  it('may be set by the image', () => {
    const files = new Map([
      ['etc/yum/vars/contentdir', Buffer.from('pub/old\n')],
      ['etc/dnf/vars/contentdir', Buffer.from('pub/rocky\n')],
      ['etc/dnf/vars/releasever', Buffer.from('latest\n')],
      ['etc/dnf/vars/not a name', Buffer.from('x')],
    ]);
    const variables = readRpmVariables(files, { id: 'amzn', version: '2023' }, packages, 'i686');
    expect([...variables]).toEqual([
      ['arch', 'i686'],
      ['basearch', 'i386'],
      ['releasever', 'latest'],
      ['releasever_major', '2023'],
      ['releasever_minor', '4'],
      ['contentdir', 'pub/rocky'],
    ]);
  });

  it.each([
    ['$releasever/${releasever}-$releasever.', '9/9-9.'],
    ['$releasevers', '$releasevers'],
    ['${no:-else}${no:+x}${releasever:+then}${releasever:-x}', 'elsethen9'],
    ['100$', '100$'],
  ])('in %s', (text, expected) => {
    expect(expandRpm(text, VARIABLES)).toBe(expected);
  });

  it.each<readonly [readonly string[], string | null]>([
    [['noarch', 'x86_64'], 'x86_64'],
    [['i686', 'i686', 'x86_64'], 'x86_64'],
    [['i686'], 'i686'],
    [['noarch'], null],
  ])('packages for %j are of an image for %s', (arches, expected) => {
    expect(rpmArchitecture(arches.map((arch) => ({ kind: 'rpm' as const, arch })))).toBe(expected);
  });
});

it('an INI file is read as dnf does', () => {
  const sections = parseIni('x=1\n[a]\n; no\nB = c = d\nlist=1\n 2\n\t3\n[__proto__]\nb=1\n[a]\nmore=1\n');
  expect([...(sections.get('a') ?? [])]).toEqual([
    ['b', 'c = d'],
    ['list', '1\n2\n3'],
    ['more', '1'],
  ]);
  expect([...(sections.get('__proto__') ?? [])]).toEqual([['b', '1']]);
});
