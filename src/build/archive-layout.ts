/** What `docker save` writes, made into an OCI image layout whose layers are compressed as in a registry. */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { RegistryError } from '../registry/registry-error.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const MOST_LAYERS = 1000;
const LARGEST_JSON = 4 * 1024 * 1024;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * @param unpacked absolute folder with the archive's files. @param folder absolute; is made. Layers get gzip's usual level, so
 *   that their sizes compare with those of a registry; their digests do not.
 * @throws {RegistryError} when it is no such archive. @see the image specification of Docker 1.2 (`manifest.json`)
 */
export async function layoutOfArchive(unpacked: string, folder: string): Promise<void> {
  const top = await realpath(unpacked);
  const { config, layers } = parseList(await readSmall(top, 'manifest.json'));
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const configBytes = await readSmall(top, config);
  const described: Descriptor[] = [];
  for (const layer of layers) described.push(await addLayer(await inside(top, layer), blobs));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: await addText(configBytes, CONFIG, blobs),
    layers: described,
  });
  const index = { schemaVersion: 2, manifests: [await addText(Buffer.from(manifest), MANIFEST, blobs)] };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

function parseList(bytes: Buffer): { readonly config: string; readonly layers: readonly string[] } {
  let list: unknown;
  try {
    list = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('its list of images is no JSON');
  }
  const first: unknown = Array.isArray(list) ? list[0] : null;
  const { Config: config, Layers: layers } = (first ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof config !== 'string' || !Array.isArray(layers) || layers.length > MOST_LAYERS) {
    throw invalid('its list of images names none');
  }
  const names = layers.filter((name): name is string => typeof name === 'string');
  if (names.length !== layers.length) throw invalid('a layer has no name');
  return { config, layers: names };
}

/** Older ones have links from a layer to the same one of another image. Threat: a link out of the archive. */
async function inside(top: string, name: string): Promise<string> {
  const real = await realpath(join(top, name)).catch(() => null);
  if (real === null || !real.startsWith(top + sep)) throw invalid('a part of it is not there');
  if (!(await stat(real)).isFile()) throw invalid('a part of it is no file');
  return real;
}

async function readSmall(top: string, name: string): Promise<Buffer> {
  const path = await inside(top, name);
  if ((await stat(path)).size > LARGEST_JSON) throw invalid('its configuration is too large');
  return readFile(path);
}

async function addText(bytes: Buffer, mediaType: string, blobs: string): Promise<Descriptor> {
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(blobs, hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

async function addLayer(path: string, blobs: string): Promise<Descriptor> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const start = Buffer.alloc(2);
  await handle.read(start, 0, 2, 0);
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  const hash = createHash('sha256');
  let size = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const source = handle.createReadStream({ start: 0 });
  const unfinished = join(blobs, 'unfinished');
  const target = createWriteStream(unfinished);
  await (isPacked ? pipeline(source, counting, target) : pipeline(source, createGzip(), counting, target));
  const hex = hash.digest('hex');
  await rename(unfinished, join(blobs, hex));
  return { mediaType: LAYER, digest: `sha256:${hex}`, size };
}

function invalid(why: string): RegistryError {
  return new RegistryError('manifest-invalid', `What the builder wrote is no image: ${why}.`);
}
