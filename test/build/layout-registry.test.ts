import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { layoutOfArchive } from '../../src/build/archive-layout.ts';
import { readLayout } from '../../src/build/layout-registry.ts';
import type { ImageContent } from '../../src/images/content.ts';
import { writeLayout } from '../../src/registry/oci-layout.ts';
import { readImages } from '../../src/registry/layers/read-image.ts';
import { folder } from '../support/folder.ts';
import { makeTar } from '../support/images/make-tar.ts';
import { memoryRegistry, putImage } from '../support/images/memory-registry.ts';

const RELEASE = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' };
const METADATA = {
  path: 'usr/lib/python3/dist-packages/a-1.dist-info/METADATA',
  content: 'Metadata-Version: 2.1\nName: a\nVersion: 1\n',
};

async function written(): Promise<{ readonly path: string; readonly published: ImageContent }> {
  const registry = memoryRegistry();
  const reference = putImage(registry, { layers: [[RELEASE], [METADATA]], config: { User: 'app' } });
  const path = join(folder(), 'layout');
  await writeLayout({
    registry,
    reference,
    platform: 'linux/amd64',
    folder: path,
    blobs: join(folder(), 'blobs'),
  });
  const [published] = await readImages(registry, [reference], 'linux/amd64');
  return { path, published: published! };
}

async function read(path: string): Promise<ImageContent> {
  const layout = readLayout(path);
  const [content] = await readImages(layout, [layout.reference], 'linux/amd64');
  return content!;
}

const sha = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a layout on the disk', () => {
  it('reads as the image in the registry that it was written from', async () => {
    const { path, published } = await written();
    expect(await read(path)).toEqual(published);
    const layout = readLayout(path);
    expect(await layout.digestOf(layout.reference)).toBe(published.manifestDigest);
    expect(await layout.tags(layout.reference)).toEqual([]);
  });

  it('reads the one image of an index that does not tell its platform, and the right one of several', async () => {
    const { path, published } = await written();
    const entry = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: published.manifestDigest,
      size: 1,
    };
    const index = (manifests: readonly object[]): void =>
      writeFileSync(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    index([entry]);
    expect(await read(path)).toEqual(published);
    const other = {
      ...entry,
      digest: `sha256:${'0'.repeat(64)}`,
      platform: { os: 'linux', architecture: 's390x' },
    };
    index([other, { ...entry, platform: { os: 'linux', architecture: 'amd64' } }]);
    expect(await read(path)).toEqual(published);
    index([other]);
    await expect(read(path)).rejects.toThrow(/lacks a part/u);
    index([{ ...entry, digest: 'sha256:../../../etc/passwd' }]);
    await expect(read(path)).rejects.toThrow(/names a part by/u);
  });

  it.each([
    ['a part that was changed', (blob: string) => writeFileSync(blob, 'other'), /not what its digest says/u],
    [
      'a part that is a link',
      (blob: string) => {
        rmSync(blob);
        symlinkSync('/etc/passwd', blob);
      },
      /lacks a part/u,
    ],
    [
      'a part that is a pipe',
      (blob: string) => {
        rmSync(blob);
        execFileSync('/usr/bin/mkfifo', [blob]);
      },
      /is no file/u,
    ],
  ])('refuses %s', async (_what, change, message) => {
    const { path, published } = await written();
    const layer = published.layers[1]?.digest.slice('sha256:'.length) ?? '';
    change(join(path, 'blobs/sha256', layer));
    expect((await read(path)).unread).toMatch(message);
  });

  it('gives no blob past its limit', async () => {
    const { path, published } = await written();
    const layout = readLayout(path);
    const stream = await layout.blob(layout.reference, published.layers[0]?.digest ?? '', 3);
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('what docker saves', () => {
  function archive(
    list: unknown = [{ Config: 'blobs/sha256/c', Layers: ['one/layer.tar', 'blobs/two'] }],
  ): string {
    const base = makeTar([RELEASE]);
    const root = folder({
      'manifest.json': JSON.stringify(list),
      'blobs/sha256/c': JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        config: { User: 'app' },
        rootfs: { type: 'layers', diff_ids: [`sha256:${sha(base)}`] },
      }),
      'blobs/one': base,
      'blobs/two': gzipSync(makeTar([METADATA])),
      'one/layer.tar': { link: '../blobs/one' },
      away: { link: '/etc/passwd' },
    });
    return root;
  }

  it('becomes a layout with packed layers', async () => {
    const path = join(folder(), 'layout');
    await layoutOfArchive(archive(), path);
    const content = await read(path);
    expect(content).toMatchObject({ unread: null, os: { id: 'debian' }, config: { user: 'app' } });
    expect(content.packages).toMatchObject([{ name: 'a' }]);
    expect(content.layers[0]?.compressed).toBeLessThan(content.layers[0]?.uncompressed ?? 0);
    expect(readdirSync(join(path, 'blobs/sha256'))).toHaveLength(4);
  });

  it.each([
    ['no list', {}],
    ['no name', [{ Config: 'blobs/sha256/c', Layers: [1] }]],
    ['a link away', [{ Config: 'away', Layers: [] }]],
    ['a path away', [{ Config: '../../etc/passwd', Layers: [] }]],
    ['nothing', [{ Config: 'none', Layers: [] }]],
    ['a folder', [{ Config: 'blobs', Layers: [] }]],
  ])('is refused with %s', async (_what, list) => {
    const path = join(folder(), 'layout');
    mkdirSync(path);
    await expect(layoutOfArchive(archive(list), path)).rejects.toMatchObject({ code: 'manifest-invalid' });
  });
});
