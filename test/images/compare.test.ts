import { describe, expect, it } from 'vitest';
import { compareImages } from '../../src/images/compare.ts';
import { diffPackages } from '../../src/images/compare-packages.ts';
import type { ImageContent, ImagePackage, ImagePackageKind } from '../../src/images/content.ts';
import { compareRevisions, sourceRevisionOf } from '../../src/images/source-revision.ts';

function one(text: string, location = 'db'): ImagePackage {
  const [kind = '', name = '', version = '', arch = ''] = text.split(' ');
  return {
    kind: kind as ImagePackageKind,
    name,
    version,
    arch,
    source: name,
    sourceVersion: version,
    location,
  };
}

function diff(from: readonly ImagePackage[], to: readonly ImagePackage[]) {
  const { added, removed, moved } = diffPackages(from, to);
  return [
    ...added.map((each) => `+ ${each.name} ${each.version}`),
    ...removed.map((each) => `- ${each.name} ${each.version}`),
    ...moved.map((each) => `${each.direction} ${each.name} ${each.from} ${each.to}`),
  ];
}

describe('packages', () => {
  it('added, removed, moved in both directions, unchanged', () => {
    const from = [
      'deb bash 5.2-1 amd64',
      'deb libc6 2.36-9+deb12u9 amd64',
      'deb old 1 amd64',
      'deb same 1 amd64',
      'python pip 24.0',
      'python odd what',
    ].map((each) => one(each));
    const to = [
      'deb bash 5.2-1~bpo amd64',
      'deb libc6 2.36-9+deb12u10 amd64',
      'deb new 1 amd64',
      'deb same 1 amd64',
      'python pip 24.0.0',
      'python odd ever',
    ].map((each) => one(each));
    expect(diff(from, to)).toEqual([
      '+ new 1',
      '- old 1',
      'down bash 5.2-1 5.2-1~bpo',
      'up libc6 2.36-9+deb12u9 2.36-9+deb12u10',
      'other odd what ever',
      'other pip 24.0 24.0.0',
    ]);
    expect(diff(from, from)).toEqual([]);
  });

  it('another architecture is another package; another minor of Python is not', () => {
    expect(diff([one('deb a 1 amd64')], [one('deb a 1 i386')])).toEqual(['+ a 1', '- a 1']);
    expect(
      diff(
        [one('python pip 24', 'usr/local/lib/python3.11/site-packages')],
        [one('python pip 25', 'usr/local/lib/python3.12/site-packages')],
      ),
    ).toEqual(['up pip 24 25']);
    expect(diff([one('python pip 24', 'venv')], [one('python pip 24', 'other')])).toEqual([
      '+ pip 24',
      '- pip 24',
    ]);
  });

  it('several versions of one package', () => {
    const kernels = (...versions: readonly string[]) =>
      versions.map((version) => one(`rpm kernel ${version} x86_64`));
    expect(diff(kernels('5-1', '6-1', '7-1'), kernels('6-1', '7-1', '8-1'))).toEqual(['up kernel 5-1 8-1']);
    expect(diff(kernels('10-1', '9-1'), kernels('11-1'))).toEqual(['- kernel 10-1', 'up kernel 9-1 11-1']);
  });
});

const BASE: ImageContent = {
  platform: 'linux/amd64',
  manifestDigest: 'sha256:a',
  os: null,
  pythons: [],
  created: null,
  packages: [one('deb a 1 amd64'), one('python p 1')],
  config: {
    env: ['PATH=/bin', 'A=1', 'GONE='],
    user: '',
    workdir: '/',
    entrypoint: [],
    cmd: ['sh'],
    ports: ['80/tcp'],
    labels: { a: '1' },
  },
  annotations: {},
  layers: [
    { digest: 'sha256:1', compressed: 10, uncompressed: 100 },
    { digest: 'sha256:2', compressed: 20, uncompressed: 200 },
  ],
  unread: null,
  notes: [],
};

describe('images', () => {
  it('configuration, sizes, counts', () => {
    const to: ImageContent = {
      ...BASE,
      config: {
        env: ['PATH=/bin', 'A=1=2', 'NEW'],
        user: 'app',
        workdir: '/',
        entrypoint: ['x'],
        cmd: ['sh'],
        ports: ['80/tcp', '443/tcp'],
        labels: JSON.parse('{"__proto__": "x"}') as Record<string, string>,
      },
      layers: [
        { digest: 'sha256:1', compressed: 10, uncompressed: 100 },
        { digest: 'sha256:3', compressed: 5, uncompressed: null },
      ],
    };
    const comparison = compareImages(BASE, to);
    expect(comparison.config.map(({ what, name, from, to: now }) => [what, name, from, now])).toEqual([
      ['env', 'A', '1', '1=2'],
      ['env', 'GONE', '', null],
      ['env', 'NEW', null, ''],
      ['user', '', '', 'app'],
      ['entrypoint', '', '[]', '["x"]'],
      ['port', '443/tcp', null, ''],
      ['label', '__proto__', null, 'x'],
      ['label', 'a', '1', null],
    ]);
    expect(comparison.shared).toEqual({ layers: 1, compressed: 10 });
    expect(comparison.from).toMatchObject({
      layers: 2,
      compressed: 30,
      uncompressed: 300,
      counts: [
        { kind: 'deb', count: 1 },
        { kind: 'python', count: 1 },
      ],
    });
    expect(comparison.to).toMatchObject({ compressed: 15, uncompressed: null });
    expect(comparison.packages).toEqual({ added: [], removed: [], moved: [] });
  });

  it('nothing is called removed when one side could not be read', () => {
    const comparison = compareImages(BASE, { ...BASE, packages: [], unread: 'Layer x could not be read.' });
    expect(comparison.packages).toBeNull();
    expect(comparison.to.unread).toBe('Layer x could not be read.');
  });
});

describe('sources', () => {
  const SOURCE = 'org.opencontainers.image.source';
  const REVISION = 'org.opencontainers.image.revision';
  const REV = '0123456789abcdef0123456789abcdef01234567';
  const read = (source: string, revision: string, labels: Record<string, string> = {}) =>
    sourceRevisionOf({
      annotations: { [SOURCE]: source, [REVISION]: revision },
      config: { ...BASE.config, labels },
    });

  it.each([
    ['https://github.com/o/r', `https://github.com/o/r/commit/${REV}`],
    [
      `https://github.com/docker-library/python.git#${REV}:3.12/slim`,
      `https://github.com/docker-library/python/commit/${REV}`,
    ],
    ['https://gitlab.example.org/a/b/c.git', `https://gitlab.example.org/a/b/c/-/commit/${REV}`],
    ['https://github.com/o/r/tree/main/x', 'https://github.com/o/r/tree/main/x'],
    ['https://code.example.org/r', 'https://code.example.org/r'],
  ])('%s', (source, url) => {
    expect(read(source, REV)?.url).toBe(url);
  });

  it.each(['', 'javascript:alert(1)', 'https://user:secret@github.com/o/r', 'git@github.com:o/r', 'o/r'])(
    '%j is no address',
    (source) => {
      expect(read(source, REV)).toBeNull();
    },
  );

  it('labels where there are no annotations; a revision that is none; both revisions', () => {
    expect(
      sourceRevisionOf({
        annotations: {},
        config: { ...BASE.config, labels: { [SOURCE]: 'https://github.com/o/r/' } },
      }),
    ).toEqual({ repository: 'https://github.com/o/r', revision: null, url: 'https://github.com/o/r' });
    expect(read('https://github.com/o/r', 'main](http://evil)')?.revision).toBeNull();
    const [a, b] = [
      read('https://github.com/o/r', 'a'.repeat(40)),
      read('https://github.com/o/r', 'b'.repeat(40)),
    ];
    expect(compareRevisions(a, b)).toBe(
      `https://github.com/o/r/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
    );
    expect(compareRevisions(a, a)).toBeNull();
    expect(compareRevisions(a, read('https://github.com/o/other', REV))).toBeNull();
  });
});
