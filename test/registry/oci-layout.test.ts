import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { ImageReference } from '../../src/images/model.ts';
import { writeLayout, type LayoutRequest } from '../../src/registry/oci-layout.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import { folder as temporary } from '../support/folder.ts';
import {
  memoryRegistry,
  putImage,
  putIndex,
  referenceTo,
  type MemoryRegistry,
} from '../support/images/memory-registry.ts';

const BASE = Buffer.alloc(100_000, 'base');
const APP = Buffer.alloc(30_000, 'app');
const NEWER = Buffer.alloc(20_000, 'newer');

function scene() {
  const registry = memoryRegistry();
  const root = temporary();
  const reference = putImage(registry, { layers: [BASE, APP] });
  const write = (folder: string, of: ImageReference = reference, more: Partial<LayoutRequest> = {}) =>
    writeLayout({
      registry,
      reference: of,
      platform: 'linux/amd64',
      folder: join(root, folder),
      blobs: join(root, 'blobs'),
      ...more,
    });
  return { registry, root, reference, write };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: unknown;
}

/** As image-layout.md says: every descriptor leads to a blob of that size and digest. */
function checked(layout: string): { readonly index: Descriptor; readonly layers: readonly Descriptor[] } {
  const read = ({ digest, size }: Descriptor): Buffer => {
    const bytes = readFileSync(join(layout, 'blobs', ...digest.split(':')));
    expect(digestOf(bytes)).toBe(digest);
    expect(bytes).toHaveLength(size);
    return bytes;
  };
  expect(JSON.parse(readFileSync(join(layout, 'oci-layout'), 'utf8'))).toEqual({
    imageLayoutVersion: '1.0.0',
  });
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: readonly Descriptor[];
  };
  expect(manifests).toHaveLength(1);
  const index = manifests[0]!;
  const manifest = JSON.parse(read(index).toString('utf8')) as {
    mediaType: string;
    config: Descriptor;
    layers: readonly Descriptor[];
  };
  expect(index.mediaType).toBe(manifest.mediaType);
  for (const one of [manifest.config, ...manifest.layers]) read(one);
  return { index, layers: manifest.layers };
}

async function failure(asked: Promise<unknown>): Promise<RegistryError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RegistryError)) throw new Error(`No RegistryError: ${String(error)}`);
  return error;
}

describe('writeLayout', () => {
  it('writes a layout in which everything is what its digest says', async () => {
    const { root, reference, write } = scene();
    const written = await write('one');
    const { index, layers } = checked(join(root, 'one'));
    expect(index).toMatchObject({
      digest: reference.digest,
      platform: { os: 'linux', architecture: 'amd64' },
    });
    expect(layers.map(({ digest }) => digest)).toEqual([digestOf(BASE), digestOf(APP)]);
    expect(written).toMatchObject({ folder: join(root, 'one'), manifestDigest: reference.digest });
    expect(written.bytes).toBeGreaterThan(130_000);
    expect(readdirSync(join(root, 'one')).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(readdirSync(join(root, 'one/blobs/sha256'))).toHaveLength(4);
  });

  it('takes the platform’s manifest out of an index', async () => {
    const { registry, root, reference, write } = scene();
    const arm = putImage(registry, { layers: [NEWER], architecture: 'arm64' });
    const index = putIndex(registry, [
      { reference, architecture: 'amd64' },
      { reference: arm, architecture: 'arm64' },
    ]);
    await write('arm', index, { platform: 'linux/arm64/v8' });
    const { index: own, layers } = checked(join(root, 'arm'));
    expect(own).toMatchObject({
      digest: arm.digest,
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    });
    expect(layers.map(({ digest }) => digest)).toEqual([digestOf(NEWER)]);
    expect((await failure(write('s390x', index, { platform: 'linux/s390x' }))).message).toContain(
      'has no image for linux/s390x',
    );
  });

  it('fetches what two images share once, and keeps it once', async () => {
    const { registry, root, write } = scene();
    const next = putImage(registry, { layers: [BASE, NEWER, NEWER] });
    const [one, two] = [await write('one'), await write('two', next)];
    expect(registry.asked.filter((digest) => digest === digestOf(BASE))).toHaveLength(1);
    expect(registry.asked.filter((digest) => digest === digestOf(NEWER))).toHaveLength(1);
    expect(two.fetched).toBeLessThan(two.bytes - 100_000);
    expect(one.fetched).toBeGreaterThan(130_000);
    const inodes = ['one', 'two'].map(
      (name) => statSync(join(root, name, 'blobs', ...digestOf(BASE).split(':'))).ino,
    );
    expect(inodes[0]).toBe(inodes[1]);
    rmSync(join(root, 'blobs'), { recursive: true });
    checked(join(root, 'one'));
    checked(join(root, 'two'));
  });

  it('writes two at the same time', async () => {
    const { registry, root, write } = scene();
    await Promise.all([write('one'), write('two', putImage(registry, { layers: [BASE, NEWER] }))]);
    checked(join(root, 'one'));
    checked(join(root, 'two'));
    expect(readdirSync(join(root, 'blobs')).filter((name) => name.length > 64)).toEqual([]);
  });

  it.each([
    ['with another content', (bytes: Buffer) => Buffer.alloc(bytes.length, 'evil'), 'manifest-invalid'],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 100), 'manifest-invalid'],
    ['longer than announced', (bytes: Buffer) => Buffer.concat([bytes, bytes]), 'too-large'],
  ])('a layer %s leaves nothing behind, and the next try is clean', async (_, change, code) => {
    const { registry, root, write } = scene();
    registry.spoil(digestOf(APP), change);
    expect((await failure(write('one'))).code).toBe(code);
    expect(readdirSync(root)).toEqual(['blobs']);
    expect(readdirSync(join(root, 'blobs'))).not.toContain(digestOf(APP).slice(7));
    expect(readdirSync(join(root, 'blobs')).filter((name) => name.length > 64)).toEqual([]);
    registry.spoil(digestOf(APP), (bytes) => bytes);
    await write('one');
    checked(join(root, 'one'));
  });

  it('does not take a part of a blob that is left in the store for the whole', async () => {
    const { root, write } = scene();
    mkdirSync(join(root, 'blobs'));
    writeFileSync(join(root, 'blobs', digestOf(BASE).slice(7)), BASE.subarray(0, 5));
    expect((await write('one')).fetched).toBeGreaterThan(130_000);
    checked(join(root, 'one'));
  });

  it('refuses what is too large before it fetches anything', async () => {
    const { registry, write, root } = scene();
    const error = await failure(write('one', undefined, { limits: { bytes: 130_000 } }));
    expect(error.code).toBe('too-large');
    expect(error.message).toMatch(
      /^registry\.test\/library\/image was not fetched: it is 13\d{4} bytes large, and at most 130000 bytes of an image are\.$/u,
    );
    expect(registry.asked).toEqual([]);
    expect(existsSync(join(root, 'blobs'))).toBe(false);
    const { bytes } = await write('exact');
    await write('again', undefined, { limits: { bytes } });
  });

  it.each([
    ['sizes that are lies', (size: number) => size + 1, 'is not as large as its manifest says'],
    ['sizes that add up to nothing', () => Number.MAX_SAFE_INTEGER, 'was not fetched'],
  ])('refuses %s', async (_, lie, told) => {
    const { registry, write } = scene();
    const config = Buffer.from('{}');
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'c', digest: registry.put(config), size: 2 },
      layers: [{ mediaType: 'l', digest: registry.put(APP), size: lie(APP.length) }],
    };
    const made = referenceTo(registry.put(Buffer.from(JSON.stringify(manifest))));
    expect((await failure(write('one', made))).message).toContain(told);
  });

  it('refuses layers that are kept elsewhere', async () => {
    const { registry, write } = scene();
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const error = await failure(write('one', putImage(registry, { layers: [APP], mediaType })));
    expect(error.message).toContain('outside of registries');
    expect(registry.asked).toEqual([]);
  });

  it('does not write where something is already', async () => {
    const { root, write } = scene();
    mkdirSync(join(root, 'one'));
    await expect(write('one')).rejects.toThrow('is there already');
    expect(readdirSync(root).sort()).toEqual(['blobs', 'one']);
    expect(readdirSync(join(root, 'one'))).toEqual([]);
  });

  it('ends with the run, in the middle of a layer', async () => {
    const { registry, root, write } = scene();
    const stop = new AbortController();
    const hanging: MemoryRegistry = {
      ...registry,
      blob: async () => {
        const stream = new PassThrough();
        stream.write('first');
        setTimeout(() => stop.abort(new CancelledError('The run was cancelled.')), 20);
        return stream;
      },
    };
    await expect(write('one', undefined, { registry: hanging, signal: stop.signal })).rejects.toThrow(
      CancelledError,
    );
    expect(readdirSync(root)).toEqual(['blobs']);
    expect(readdirSync(join(root, 'blobs'))).toEqual([]);
    await expect(write('one', undefined, { signal: stop.signal })).rejects.toThrow(CancelledError);
  });
});
