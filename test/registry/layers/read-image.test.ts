import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ImageContent, ImageWant } from '../../../src/images/content.ts';
import type { ReadImagesOptions } from '../../../src/registry/layers/read-image.ts';
import { readImages } from '../../../src/registry/layers/read-image.ts';
import { LAYER_LIMITS } from '../../../src/registry/layers/limits.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { RegistryError } from '../../../src/registry/registry-error.ts';
import type { MadeEntry } from '../../support/images/make-tar.ts';
import { makeTar } from '../../support/images/make-tar.ts';
import type { MadeImage, MemoryRegistry } from '../../support/images/memory-registry.ts';
import { memoryRegistry, putImage, putIndex, referenceTo } from '../../support/images/memory-registry.ts';

const DEBIAN: MadeEntry = {
  path: 'usr/lib/os-release',
  content: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
};
const RELEASE_LINK: MadeEntry = { path: 'etc/os-release', flag: '2', linkTarget: '../usr/lib/os-release' };

function dpkg(...packages: readonly string[]): MadeEntry {
  const content = packages.map((each) => {
    const [name, version] = each.split(' ');
    return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n`;
  });
  return { path: 'var/lib/dpkg/status', content: content.join('\n') };
}

function dist(folder: string, name: string, version: string): MadeEntry {
  return {
    path: `${folder}/${name}-${version}.dist-info/METADATA`,
    content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nAbout it\n`,
  };
}

async function readOne(
  image: MadeImage,
  options: ReadImagesOptions = {},
  registry: MemoryRegistry = memoryRegistry(),
): Promise<ImageContent> {
  const [content] = await readImages(registry, [putImage(registry, image)], 'linux/amd64', options);
  if (content === undefined) throw new Error('nothing was read');
  return content;
}

function names(content: ImageContent): readonly string[] {
  return content.packages.map((each) => `${each.kind} ${each.name} ${each.version}`);
}

const SITE = 'usr/local/lib/python3.12/site-packages';

it('an image in layers: the newest database, all Python, release, configuration, sizes', async () => {
  const base = makeTar([DEBIAN, RELEASE_LINK, dpkg('libc6 2.36', 'bash 5.2')]);
  const content = await readOne({
    layers: [
      zstdCompressSync(base),
      [
        dpkg('libc6 2.36', 'bash 5.3', 'curl 7.88'),
        dist(SITE, 'pip', '24.0'),
        {
          path: 'usr/local/include/python3.12/patchlevel.h',
          content: '#define PY_VERSION            "3.12.4"\n',
        },
      ],
      [dist(SITE, 'Flask_Thing', '3.0')],
    ],
    config: {
      Env: ['PATH=/usr/bin', 'PYTHON_VERSION=3.12.4'],
      User: 'app',
      ExposedPorts: { '8080/tcp': {} },
      Labels: { a: 'b' },
      Cmd: ['python3'],
      Entrypoint: null,
    },
    created: '2025-11-01T10:00:00.123456789Z',
    annotations: { 'org.opencontainers.image.revision': 'abc' },
  });
  expect(names(content)).toEqual([
    'deb bash 5.3',
    'deb curl 7.88',
    'deb libc6 2.36',
    'python flask-thing 3.0',
    'python pip 24.0',
  ]);
  expect(content).toMatchObject({
    platform: 'linux/amd64',
    os: { id: 'debian', version: '12', name: 'Debian 12' },
    pythons: [{ version: '3.12.4', location: 'usr/local' }],
    created: '2025-11-01T10:00:00.123Z',
    config: {
      env: ['PATH=/usr/bin', 'PYTHON_VERSION=3.12.4'],
      user: 'app',
      entrypoint: [],
      cmd: ['python3'],
      ports: ['8080/tcp'],
      labels: { a: 'b' },
    },
    annotations: { 'org.opencontainers.image.revision': 'abc' },
    unread: null,
    notes: [],
  });
  expect(content.layers[0]).toMatchObject({ uncompressed: base.length });
  expect(content.layers.map((layer) => layer.compressed > 0)).toEqual([true, true, true]);
});

describe('what newer layers hide', () => {
  const old: readonly MadeEntry[] = [dist('venv/lib', 'a', '1'), dist('venv/lib', 'b', '1')];
  it.each<[string, readonly MadeEntry[], readonly string[]]>([
    ['nothing', [{ path: 'other', content: 'x' }], ['a', 'b']],
    ['a file', [{ path: 'venv/lib/a-1.dist-info/.wh.METADATA' }], ['b']],
    ['a folder', [{ path: 'venv/lib/.wh.a-1.dist-info' }], ['b']],
    ['a folder far above', [{ path: '.wh.venv' }], []],
    ['a folder whose name only starts alike', [{ path: '.wh.ven' }, { path: 'venv/.wh.li' }], ['a', 'b']],
    ['the content of a folder', [{ path: 'venv/.wh..wh..opq' }], []],
    ['everything', [{ path: '.wh..wh..opq' }], []],
    [
      'all but what the same layer brings, whatever the order',
      [dist('venv/lib', 'c', '1'), { path: 'venv/.wh..wh..opq' }],
      ['c'],
    ],
    [
      'a whiteout and the same path again',
      [{ path: 'venv/lib/.wh.a-1.dist-info' }, dist('venv/lib', 'a', '1')],
      ['a', 'b'],
    ],
    ['a link in the place of a folder', [{ path: 'venv', flag: '2', linkTarget: 'opt' }], []],
    ['a file in the place of a folder', [{ path: 'venv/lib', content: 'x' }], []],
  ])('%s', async (_, layer, left) => {
    expect((await readOne({ layers: [old, layer] })).packages.map((each) => each.name)).toEqual(left);
  });

  it('a database that was taken away', async () => {
    expect((await readOne({ layers: [[dpkg('a 1')], [{ path: 'var/lib/.wh.dpkg' }]] })).packages).toEqual([]);
  });

  it('what was hidden and is there again two layers later', async () => {
    const layers = [old, [{ path: '.wh.venv' }], [dist('venv/lib', 'a', '2')]];
    expect(names(await readOne({ layers }))).toEqual(['python a 2']);
  });
});

describe('which layers are read', () => {
  const layers: MadeImage['layers'] = [
    [DEBIAN, RELEASE_LINK, dpkg('a 1')],
    [dpkg('a 2')],
    [dist('x', 'p', '1')],
  ];
  it.each<[ImageWant, number, readonly string[]]>([
    [{ system: true, release: false, python: false }, 2, ['deb a 2']],
    [{ system: true, release: true, python: false }, 3, ['deb a 2']],
    [{ system: true, release: false, python: true }, 3, ['deb a 2', 'python p 1']],
  ])('%j', async (want, count, found) => {
    const registry = memoryRegistry();
    const content = await readOne({ layers }, { want }, registry);
    // The configuration is a blob too.
    expect(registry.asked).toHaveLength(count + 1);
    expect(names(content)).toEqual(found);
    expect(content.layers.filter((layer) => layer.uncompressed !== null)).toHaveLength(count);
  });

  it('a layer that two images have is fetched once', async () => {
    const registry = memoryRegistry();
    const base: readonly MadeEntry[] = [
      DEBIAN,
      RELEASE_LINK,
      dpkg('a 1'),
      dist('x', 'p', '1'),
      dist('x', 'q', '1'),
    ];
    const empty: readonly MadeEntry[] = [];
    const old = putImage(registry, { layers: [base, empty, [dist('y', 'r', '1')], empty] });
    const now = putImage(registry, {
      layers: [base, empty, [{ path: 'x/.wh.q-1.dist-info' }], empty],
      created: '2025-12-01T00:00:00Z',
    });
    const [first, second] = await readImages(registry, [old, now], 'linux/amd64');
    expect(new Set(registry.asked).size).toBe(registry.asked.length);
    expect(first?.packages.map((each) => each.name)).toEqual(['a', 'p', 'q', 'r']);
    expect(second?.packages.map((each) => each.name)).toEqual(['a', 'p']);
    expect(second?.os?.id).toBe('debian');
    expect(second?.layers.every((layer) => layer.uncompressed !== null)).toBe(true);
  });

  it('a layer that an image has twice is fetched once', async () => {
    const registry = memoryRegistry();
    const content = await readOne({ layers: [[dpkg('a 1')], [], [dist('x', 'p', '1')], []] }, {}, registry);
    expect(registry.asked).toHaveLength(4);
    expect(names(content)).toEqual(['deb a 1', 'python p 1']);
  });
});

describe('unusual images', () => {
  it('scratch: nothing inside, and no complaint', async () => {
    const content = await readOne({ layers: [[{ path: 'app', content: 'x' }]] });
    expect(content).toMatchObject({ os: null, packages: [], pythons: [], unread: null, notes: [] });
    expect(await readOne({ layers: [] })).toMatchObject({ packages: [], layers: [], unread: null });
  });

  it('distroless: one file a package, over several layers', async () => {
    const part = (name: string): readonly MadeEntry[] => [
      {
        path: `./var/lib/dpkg/status.d/${name}`,
        content: `Package: ${name}\nVersion: 1\nArchitecture: amd64\nDescription: x\n`,
      },
      { path: `./var/lib/dpkg/status.d/${name}.md5sums`, content: 'Package: no\nVersion: 1\n' },
    ];
    const content = await readOne({
      layers: [[...part('base-files'), DEBIAN], part('libc6'), part('python3.11-minimal')],
    });
    expect(names(content)).toEqual(['deb base-files 1', 'deb libc6 1', 'deb python3.11-minimal 1']);
    expect(content.packages[0]?.location).toBe('var/lib/dpkg/status.d/base-files');
    expect(content.os?.id).toBe('debian');
  });

  it('alpine', async () => {
    const apk =
      'C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nF:lib\n\nP:python3\nV:3.12.8-r1\nA:x86_64\no:python3\n\n';
    const content = await readOne({
      layers: [
        [
          { path: 'lib/apk/db/installed', content: apk },
          { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.21.0\n' },
        ],
      ],
    });
    expect(names(content)).toEqual(['apk musl 1.2.5-r0', 'apk python3 3.12.8-r1']);
    expect(content.pythons).toEqual([{ version: '3.12.8', location: 'python3' }]);
    expect(content.os?.version).toBe('3.21.0');
  });
});

describe('indexes', () => {
  it('the manifest of the platform', async () => {
    const registry = memoryRegistry();
    const amd64 = putImage(registry, { layers: [[dpkg('a 1')]] });
    const arm64 = putImage(registry, { layers: [[dpkg('a 2')]], architecture: 'arm64' });
    const index = putIndex(registry, [
      { reference: amd64, architecture: 'amd64' },
      { reference: arm64, architecture: 'arm64' },
      { reference: amd64, architecture: 'unknown' },
    ]);
    const [content] = await readImages(registry, [index], 'linux/arm64/v8');
    expect(content).toMatchObject({ platform: 'linux/arm64', manifestDigest: arm64.digest, notes: [] });
    await expect(readImages(registry, [index], 'linux/s390x')).rejects.toThrow(
      'has no image for linux/s390x; it has linux/amd64, linux/arm64.',
    );
  });

  it('a lone manifest of another platform is read, with a note', async () => {
    expect((await readOne({ layers: [], architecture: 's390x' })).notes[0]).toContain(
      'is for linux/s390x, not for linux/amd64',
    );
  });
});

describe('what cannot be read', () => {
  const layers: MadeImage['layers'] = [[DEBIAN, dpkg('a 1')], [dist('x', 'p', '1')]];

  async function readSpoilt(change: (bytes: Buffer) => Buffer, which = 1): Promise<ImageContent> {
    const registry = memoryRegistry();
    const image = putImage(registry, { layers, config: { User: 'app' } });
    const [whole] = await readImages(registry, [image], 'linux/amd64');
    registry.spoil(whole?.layers[which]?.digest ?? '', change);
    const [content] = await readImages(registry, [image], 'linux/amd64');
    if (content === undefined) throw new Error('nothing was read');
    return content;
  }

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    [
      'cut',
      (bytes) => bytes.subarray(0, -20),
      /^Layer sha256:\w{12} could not be read: The blob has another digest/u,
    ],
    ['another layer', () => makeTar([dist('x', 'evil', '1')]).subarray(0, 1024), /another digest|longer/u],
    ['longer than announced', (bytes) => Buffer.concat([bytes, bytes]), /longer than announced/u],
  ])('a layer that is %s: no packages, the rest stays', async (_, change, message) => {
    for (const which of [0, 1]) {
      const content = await readSpoilt(change, which);
      expect(content.unread).toMatch(message);
      expect(content).toMatchObject({ packages: [], os: null, config: { user: 'app' } });
    }
  });

  it('a database that is a link, or damaged', async () => {
    const link = await readOne({
      layers: [[{ path: 'var/lib/dpkg/status', flag: '2', linkTarget: '/elsewhere' }]],
    });
    expect(link.unread).toBe('var/lib/dpkg/status is a link, or stored in a way that is not read.');
    const damaged = await readOne({
      layers: [[{ path: 'var/lib/rpm/rpmdb.sqlite', content: 'SQLite format 3\0oh' }]],
    });
    expect(damaged.unread).toBe('var/lib/rpm/rpmdb.sqlite could not be read: it is no SQLite database.');
  });

  it('a layer that its publisher keeps elsewhere, and images past the limits', async () => {
    const foreign = await readOne({
      layers,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    });
    expect(foreign.unread).toContain('its publisher keeps it outside of registries');
    const large = await readOne({ layers }, { limits: { ...LAYER_LIMITS, compressedBytes: 100 } });
    expect(large.unread).toMatch(/^The layers are \d+ bytes large; at most 100 are read\.$/u);
  });

  it('a registry that stops half-way', async () => {
    const registry = memoryRegistry();
    const image = putImage(registry, { layers });
    const stuck: Registry = {
      ...registry,
      blob: async (reference, digest, limit) =>
        registry.asked.length === 0 ? registry.blob(reference, digest, limit) : new Readable({ read() {} }),
    };
    const limits = { ...LAYER_LIMITS, seconds: 0.05 };
    const [slow] = await readImages(stuck, [image], 'linux/amd64', { limits });
    expect(slow?.unread).toContain('the image took longer than 0.05 seconds');
  });

  it('cancelled: the reason is thrown', async () => {
    await expect(readOne({ layers }, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
  });

  it('no image at all', async () => {
    const registry = memoryRegistry();
    const other = registry.put(
      Buffer.from(JSON.stringify({ mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: {} })),
    );
    await expect(readImages(registry, [referenceTo(other)], 'linux/amd64')).rejects.toThrow(RegistryError);
    await expect(readImages(registry, [referenceTo('sha256:0')], 'linux/amd64')).rejects.toThrow(
      RegistryError,
    );
  });
});
