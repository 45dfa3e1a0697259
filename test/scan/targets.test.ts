import { describe, expect, it } from 'vitest';
import type { ImageContent, ImagePackage } from '../../src/images/content.ts';
import type { LockedPackage } from '../../src/model.ts';
import {
  imageTarget,
  imageTargets,
  lockTarget,
  lockTargets,
  packagesOfTargets,
} from '../../src/scan/targets.ts';

function locked(name: string, version: string | null, more: Partial<LockedPackage> = {}): LockedPackage {
  return { name, version, source: null, hashes: [], direct: true, via: [], groups: [], ...more };
}

const conda = (platform: string, manager: 'conda' | 'pip') => ({
  conda: { platform, manager, build: null, channel: manager === 'conda' ? 'conda-forge' : null },
});

const PUBLIC = { sendsNames: true, hidesIndex: false };
const OFFLINE = { sendsNames: false, hidesIndex: true };

function namesOf(
  packages: readonly { readonly name: string; readonly version: string }[],
): readonly string[] {
  return packages.map(({ name, version }) => `${name} ${version}`);
}

describe('lockTarget', () => {
  it('has the packages of the public index, each version once', () => {
    const target = lockTarget(
      'a/poetry.lock',
      {
        packages: [
          locked('jinja2', '2.10'),
          locked('numpy', '1.26.0'),
          locked('Jinja2', '2.10', { groups: ['dev'] }),
          locked('numpy', '2.1.0'),
        ],
      },
      PUBLIC,
    );
    expect(target).toEqual({
      kind: 'lock',
      location: 'a/poetry.lock',
      platform: null,
      packages: [pypi('jinja2', '2.10'), pypi('numpy', '1.26.0'), pypi('numpy', '2.1.0')],
      unread: null,
      notChecked: [],
    });
  });

  it('tells what no scanner can look up', () => {
    const { packages, notChecked } = lockTarget(
      'l',
      {
        packages: [
          locked('a', '1.0'),
          locked('git', '1.0', { source: 'git+https://forge.test/x@abc' }),
          locked('path', '1.0', { source: 'libs/path' }),
          locked('url', '1.0', { source: 'https://files.test/url-1.0-py3-none-any.whl#sha256=1' }),
          locked('none', null),
          locked('odd', '2004d-x y'),
          locked('openssl', '3.0.1', conda('linux-64', 'conda')),
          locked('openssl', '3.0.1', conda('osx-64', 'conda')),
          locked('requests', '2.19.0', conda('linux-64', 'conda')),
          locked('flask', '0.12', conda('linux-64', 'pip')),
        ],
      },
      PUBLIC,
    );
    expect(namesOf(packages)).toEqual(['a 1.0', 'flask 0.12']);
    expect(notChecked).toEqual([
      '2 packages that conda manages, since no advisory database has the builds of conda (openssl, requests)',
      '3 packages from a repository, a URL or a folder (git, path, url)',
      '1 package without an exact version (none)',
      '1 package with a version that PEP 440 does not know (odd)',
    ]);
  });

  it('sends no name of a package from an index of its own', () => {
    const content = {
      packages: [
        locked('a', '1.0'),
        locked('secret-b', '1.0', { source: 'https://pypi.corp.test/simple/' }),
        locked('secret-c', '1.0', { source: 'https://u@pypi.corp.test' }),
      ],
    };
    const sent = lockTarget('l', content, PUBLIC);
    expect(namesOf(sent.packages)).toEqual(['a 1.0']);
    expect(sent.notChecked).toEqual([
      '2 packages from an index of their own, whose names are not sent to a public service (secret-b, secret-c)',
    ]);
    const kept = lockTarget('l', content, OFFLINE);
    expect(namesOf(kept.packages)).toEqual(['a 1.0', 'secret-b 1.0', 'secret-c 1.0']);
    expect(kept.notChecked).toEqual([]);
  });

  it('sends nothing of a lock whose packages may all come from an index of its own', () => {
    const content = { packages: [locked('secret', '1.0'), locked('x', '1', { source: 'git+ssh://x/y' })] };
    expect(lockTarget('l', content, { sendsNames: true, hidesIndex: true })).toEqual({
      kind: 'lock',
      location: 'l',
      platform: null,
      packages: [],
      unread: 'its packages come from an index of its own; their names are not sent to a public service',
      notChecked: [],
    });
    expect(namesOf(lockTarget('l', content, OFFLINE).packages)).toEqual(['secret 1.0']);
  });

  it('of a lock that could not be read says so', () => {
    expect(lockTarget('l', null, PUBLIC)).toMatchObject({ packages: [], unread: 'it could not be read' });
  });

  it('an empty lock is read, and has nothing', () => {
    expect(lockTarget('l', { packages: [] }, PUBLIC)).toMatchObject({ packages: [], unread: null });
  });

  it('tells no hostile name as it is', () => {
    const packages = [locked('](https://evil.test) @all <b>', null), locked('x'.repeat(300), null)];
    expect(lockTarget('l', { packages }, PUBLIC).notChecked).toEqual([
      `2 packages without an exact version (?(https://evil.test) ?all ?b?, ${'x'.repeat(80)})`,
    ]);
    const os = { id: 'odd', version: '1', name: '`@all` <img>', codename: '' };
    expect(imageTarget('i', image([deb('a', '1')], { os }), OPEN).notChecked).toEqual([
      '1 package of ??all? ?img?, whose advisories OSV does not have',
    ]);
  });

  it('names few of many', () => {
    const packages = Array.from({ length: 300 }, (_, at) => locked(`p${String(at).padStart(3, '0')}`, null));
    expect(lockTarget('l', { packages }, PUBLIC).notChecked).toEqual([
      '300 packages without an exact version (p000, p001, p002, p003, p004 and 295 more)',
    ]);
  });
});

function pypi(name: string, version: string) {
  return { ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '' };
}

const DEBIAN = { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', codename: 'bookworm' };

function image(packages: readonly ImagePackage[], more: Partial<ImageContent> = {}): ImageContent {
  return {
    platform: 'linux/amd64',
    manifestDigest: 'sha256:1',
    os: DEBIAN,
    pythons: [],
    created: null,
    packages,
    config: { env: [], user: '', workdir: '', entrypoint: [], cmd: [], ports: [], labels: {} },
    annotations: {},
    layers: [],
    unread: null,
    notes: [],
    ...more,
  };
}

function deb(name: string, version: string, source = name, sourceVersion = version): ImagePackage {
  const location = 'var/lib/dpkg/status';
  return { kind: 'deb', name, version, arch: 'amd64', source, sourceVersion, location };
}

function python(name: string, version: string, location: string): ImagePackage {
  return { kind: 'python', name, version, arch: '', source: name, sourceVersion: version, location };
}

function other(kind: 'apk' | 'rpm', name: string, version: string): ImagePackage {
  return { kind, name, version, arch: 'x86_64', source: name, sourceVersion: version, location: 'db' };
}

const SITE = 'usr/local/lib/python3.12/site-packages';
const OPEN = { sendsNames: true, isPrivate: false, distributions: 'osv' } as const;
const DEEP = { sendsNames: false, isPrivate: true, distributions: 'all' } as const;

describe('imageTarget', () => {
  it('has the packages of the distribution by their source, and those of Python', () => {
    const content = image([
      deb('libssl3', '3.0.15-1~deb12u1', 'openssl'),
      deb('libc6', '2.36-9+deb12u10+b1', 'glibc', '2.36-9+deb12u10'),
      python('pip', '24.0', SITE),
      python('pip', '24.0', 'opt/venv/lib/python3.12/site-packages'),
    ]);
    expect(imageTarget('python:3.12', content, OPEN)).toEqual({
      kind: 'image',
      location: 'python:3.12',
      platform: 'linux/amd64',
      packages: [
        {
          ecosystem: 'Debian:12',
          name: 'libc6',
          version: '2.36-9+deb12u10+b1',
          source: 'glibc',
          sourceVersion: '2.36-9+deb12u10',
          arch: 'amd64',
        },
        {
          ecosystem: 'Debian:12',
          name: 'libssl3',
          version: '3.0.15-1~deb12u1',
          source: 'openssl',
          sourceVersion: '3.0.15-1~deb12u1',
          arch: 'amd64',
        },
        pypi('pip', '24.0'),
      ],
      unread: null,
      notChecked: [],
    });
  });

  it.each([
    ['Debian’s own', [deb('python3-six', '1.16.0-4')], 'usr/lib/python3/dist-packages', false],
    ['pip’s on Debian', [deb('python3-six', '1.16.0-4')], 'usr/local/lib/python3.11/dist-packages', true],
    ['without dpkg’s database', [], 'usr/lib/python3/dist-packages', true],
    ['Alpine’s own', [other('apk', 'py3-six', '1.16.0-r9')], 'usr/lib/python3.12/site-packages', false],
    ['pip’s on Alpine', [other('apk', 'py3-six', '1.15.0-r9')], 'usr/lib/python3.12/site-packages', true],
    ['another’s on Alpine', [other('apk', 'python3', '3.12.1-r1')], 'usr/lib/python3.12/site-packages', true],
    [
      'in a venv on Alpine',
      [other('apk', 'py3-six', '1.16.0-r9')],
      'opt/v/lib/python3.12/site-packages',
      true,
    ],
    [
      'Red Hat’s own',
      [other('rpm', 'python3-six', '1.16.0-9.el9')],
      'usr/lib/python3.9/site-packages',
      false,
    ],
    ['Red Hat’s own, 64 bit', [other('rpm', 'rpm', '4-1')], 'usr/lib64/python3.9/site-packages', false],
    ['pip’s on Red Hat', [other('rpm', 'rpm', '4-1')], 'usr/local/lib/python3.9/site-packages', true],
  ])('a Python package that is %s: counted as PyPI’s or not', (_, packages, location, counted) => {
    const content = image([...packages, python('six', '1.16.0', location)], { os: null });
    const found = imageTarget('i', content, OPEN).packages.filter(({ ecosystem }) => ecosystem === 'PyPI');
    expect(found).toHaveLength(counted ? 1 : 0);
  });

  it.each([
    [
      { id: 'amzn', version: '2023', name: 'Amazon Linux 2023', codename: '' },
      '2 packages of Amazon Linux 2023, whose advisories OSV does not have',
      'Amazon Linux:2023',
    ],
    [
      { id: 'rhel', version: '9.6', name: 'Red Hat Enterprise Linux 9.6 (Plow)', codename: '' },
      '2 packages of Red Hat Enterprise Linux 9.6 (Plow), since OSV has its advisories by product stream, which images do not name',
      'Red Hat:9',
    ],
    [
      { id: 'sles', version: '15.6', name: 'SUSE Linux Enterprise Server 15 SP6', codename: '' },
      '2 packages of SUSE Linux Enterprise Server 15 SP6, since OSV has its advisories by product stream, which images do not name',
      'SUSE:15.6',
    ],
    [null, '2 packages of a distribution that the image does not name', 'rpm'],
  ])('tells of packages that OSV does not know', (os, told, name) => {
    const content = image(
      [other('rpm', 'bash', '5-1'), other('rpm', 'glibc', '2-1'), python('a', '1', SITE)],
      {
        os,
      },
    );
    const target = imageTarget('i', content, OPEN);
    expect(target.notChecked).toEqual([told]);
    expect(target.packages).toEqual([pypi('a', '1')]);
    const all = imageTarget('i', content, DEEP);
    expect(all.notChecked).toEqual([]);
    expect(all.packages.map(({ ecosystem }) => ecosystem).sort()).toEqual(['PyPI', name, name].sort());
  });

  it('of Debian testing says that it has no release', () => {
    const os = { id: 'debian', version: '', name: 'Debian GNU/Linux forky/sid', codename: 'forky' };
    const target = imageTarget('debian:sid', image([deb('bash', '5')], { os }), OPEN);
    expect(target.packages).toEqual([]);
    expect(target.unread).toBeNull();
    expect(target.notChecked).toEqual([
      '1 package of Debian GNU/Linux forky/sid, which is no release that OSV has advisories for',
    ]);
  });

  it('sends no names of Python packages of a private image', () => {
    const content = image([deb('bash', '5.2'), python('secret', '1.0', SITE), python('b', '1.0', SITE)]);
    const sent = imageTarget('corp/x:1', content, { ...OPEN, isPrivate: true });
    expect(sent.packages.map(({ name }) => name)).toEqual(['bash']);
    expect(sent.notChecked).toEqual([
      '2 Python packages of a private image, whose names are not sent to a public service (b, secret)',
    ]);
    expect(imageTarget('corp/x:1', content, DEEP).packages).toHaveLength(3);
  });

  it('leaves out Python versions that are none', () => {
    const target = imageTarget('i', image([deb('a', '1'), python('x', 'unknown.dev', SITE)]), OPEN);
    expect(target.notChecked).toEqual(['1 Python package with a version that PEP 440 does not know (x)']);
  });

  it('that could not be read is not checked', () => {
    const why = 'Layer sha256:1 could not be read: it broke off.';
    expect(imageTarget('i', image([], { unread: why }), OPEN)).toMatchObject({ packages: [], unread: why });
  });

  it('without any package is not called clean', () => {
    expect(imageTarget('scratch', image([], { os: null }), OPEN)).toMatchObject({
      packages: [],
      unread: 'no packages were found in it: it has none, or keeps them in a way that Relock does not read',
    });
  });
});

describe('both sides of a change', () => {
  it('a package that moves out of sight is left out on both', () => {
    const before = { packages: [locked('a', '1.0'), locked('b', '1.0'), locked('c', '1.0')] };
    const away = locked('b', '1.0', { source: 'git+https://forge.test/b@1' });
    const after = { packages: [locked('a', '2.0'), away] };
    const moved = lockTargets('l', before, after, PUBLIC);
    expect(namesOf(moved.before.packages)).toEqual(['a 1.0', 'c 1.0']);
    expect(moved.before.notChecked).toEqual([
      '1 package that could not be looked up on the other side of the change (b)',
    ]);
    expect(namesOf(moved.after.packages)).toEqual(['a 2.0']);
    const back = lockTargets('l', after, before, PUBLIC);
    expect([back.before, back.after]).toEqual([moved.after, moved.before]);
  });

  it('one that is there both ways on both sides stays', () => {
    const both = { packages: [locked('a', '1.0'), locked('a', '1.0', conda('osx-64', 'conda'))] };
    const { before, after } = lockTargets('l', both, both, PUBLIC);
    expect(before).toEqual(lockTarget('l', both, PUBLIC));
    expect(after).toEqual(before);
    expect(namesOf(before.packages)).toEqual(['a 1.0']);
  });

  it('a lock that is not there, or not read, takes nothing from the other side', () => {
    const after = { packages: [locked('a', '2.0')] };
    const { before, after: now } = lockTargets('l', null, after, PUBLIC);
    expect(before.unread).toBe('it could not be read');
    expect(namesOf(now.packages)).toEqual(['a 2.0']);
  });

  it('a distribution that cannot be looked up takes the other side with it, and no Python', () => {
    const sid = { id: 'debian', version: '', name: 'Debian GNU/Linux forky/sid', codename: 'forky' };
    const packages = [deb('bash', '5.2'), python('b', '1.0', SITE)];
    const { before, after } = imageTargets('i', image(packages), image(packages, { os: sid }), OPEN);
    expect(namesOf(before.packages)).toEqual(['b 1.0']);
    expect(before.notChecked).toEqual([
      '1 package of Debian GNU/Linux 12 (bookworm), since those on the other side of the change could not be looked up',
    ]);
    expect(namesOf(after.packages)).toEqual(['b 1.0']);
    const all = imageTargets('i', image(packages), image(packages, { os: sid }), DEEP);
    expect(all.before.packages.map(({ ecosystem }) => ecosystem)).toEqual(['Debian:12', 'PyPI']);
    expect(all.after.packages.map(({ ecosystem }) => ecosystem)).toEqual(['Debian', 'PyPI']);
  });

  it('another distribution that can be looked up is compared', () => {
    const trixie = { ...DEBIAN, version: '13', name: 'Debian GNU/Linux 13 (trixie)' };
    const { before, after } = imageTargets(
      'i',
      image([deb('bash', '5.2')]),
      image([deb('bash', '5.3')], { os: trixie }),
      OPEN,
    );
    expect([before, after].flatMap(({ packages }) => packages.map(({ ecosystem }) => ecosystem))).toEqual([
      'Debian:12',
      'Debian:13',
    ]);
  });
});

describe('packagesOfTargets', () => {
  it('is the union without doubles, in one order', () => {
    const a = imageTarget('i', image([deb('bash', '5.2'), python('b', '1.0', SITE)]), OPEN);
    const b = lockTarget('l', { packages: [locked('b', '1.0'), locked('a', '1.0')] }, PUBLIC);
    const names = ['bash 5.2', 'a 1.0', 'b 1.0'];
    expect(namesOf(packagesOfTargets([a, b, a]))).toEqual(names);
    expect(namesOf(packagesOfTargets([b, a]))).toEqual(names);
  });
});
