/** An OCI image layout on the disk, read as a registry is: what was built as what was published. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import type { ImageReference } from '../images/model.ts';
import { MAX_MANIFEST_BYTES, readManifest } from '../registry/manifest.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { Registry, RegistryManifest } from '../registry/registry.ts';

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

export interface LayoutRegistry extends Registry {
  /** Of the folder's own index; every method takes it, with any other digest of the layout in its place. */
  readonly reference: ImageReference;
}

/**
 * A reference without a digest stands for the folder's one image (Buildah does not say for which platform it is), or for its
 * `index.json` where there are several, whatever name and tag it has. Every blob is checked against
 * its digest, and no link is followed: a builder, or a step that broke out of it, may have written the folder.
 * @param folder absolute. @see image-spec, image-layout.md
 */
export function readLayout(folder: string): LayoutRegistry {
  const reference: ImageReference = {
    registry: 'localhost',
    repository: 'built',
    tag: null,
    digest: null,
    text: 'the image that was built',
  };
  async function load(wanted: ImageReference): Promise<RegistryManifest> {
    const { digest, text } = wanted;
    const path = digest === null ? join(folder, 'index.json') : blobPath(folder, digest, text);
    const manifest = readManifest({
      bytes: await readWhole(path, text),
      contentType: digest === null ? INDEX_TYPE : null,
      expected: digest === null ? [] : [digest],
      image: text,
    });
    const only = digest === null ? onlyDigest(manifest.json['manifests']) : null;
    return only === null ? manifest : load({ ...wanted, digest: only });
  }
  return {
    reference,
    digestOf: async (wanted) => (await load(wanted)).digest,
    manifest: load,
    async blob(wanted, digest, limitBytes) {
      const handle = await openPlain(blobPath(folder, digest, wanted.text), wanted.text);
      return checked(handle.createReadStream(), wanted.text, digest, limitBytes);
    },
    tags: async () => [],
  };
}

function onlyDigest(manifests: unknown): string | null {
  if (!Array.isArray(manifests) || manifests.length !== 1) return null;
  const { digest } = (manifests[0] ?? {}) as Readonly<Record<string, unknown>>;
  return typeof digest === 'string' ? digest : null;
}

function blobPath(folder: string, digest: string, image: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/u.exec(digest)?.[1];
  if (hex === undefined) throw invalid(image, `names a part by ${JSON.stringify(digest.slice(0, 80))}`);
  return join(folder, 'blobs', 'sha256', hex);
}

async function openPlain(path: string, image: string): Promise<Awaited<ReturnType<typeof open>>> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((cause: unknown) => {
    throw invalid(image, 'lacks a part that it names', cause);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw invalid(image, 'has a part that is no file');
}

async function readWhole(path: string, image: string): Promise<Buffer> {
  const handle = await openPlain(path, image);
  try {
    const { size } = await handle.stat();
    if (size > MAX_MANIFEST_BYTES) throw invalid(image, 'has a manifest that is too large');
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await handle.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function checked(source: Readable, image: string, digest: string, limitBytes: number): Readable {
  const hash = createHash('sha256');
  let size = 0;
  const checking = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limitBytes) {
        done(
          new RegistryError(
            'too-large',
            `${image} was not read: ${digest} is larger than ${limitBytes} bytes.`,
          ),
        );
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const is = `sha256:${hash.digest('hex')}`;
      done(is === digest ? null : invalid(image, 'has a part that is not what its digest says'));
    },
  });
  source.once('error', (error) => checking.destroy(error));
  checking.once('close', () => source.destroy());
  return source.pipe(checking);
}

function invalid(image: string, why: string, cause: unknown = null): RegistryError {
  const text = `${image} cannot be used: its layout ${why}.`;
  return new RegistryError('manifest-invalid', text, '', { cause });
}
