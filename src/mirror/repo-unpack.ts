/** The content of a repository's file, by what it starts with: gzip, zstd, xz or as it is. */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import zlib from 'node:zlib';
import { LzmaError } from '../distro/deb-lzma.ts';
import { xzParts } from '../distro/deb-xz.ts';
import { RepoFormatError } from '../distro/repo-store.ts';
import { LayerError } from '../registry/layers/layer-error.ts';
import { isZstd, zstdFrames } from '../registry/layers/zstd-frames.ts';

const CHUNK = 256 * 1024;
/** 2^27 is what the zstd tool itself allows. */
const ZSTD_WINDOW = 27;

/**
 * @param maxBytes of the content.
 * @throws {RepoFormatError} when it cannot be unpacked here, or is larger.
 */
export async function* unpacked(file: Buffer, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let size = 0;
  try {
    for await (const part of partsOf(file)) {
      size += part.length;
      if (size > maxBytes) throw new RepoFormatError('it is too large when unpacked');
      yield part;
    }
  } catch (error) {
    if (error instanceof LzmaError || error instanceof LayerError) throw new RepoFormatError(error.message);
    // Only of the unpacking: what the reader of the parts throws does not come by here.
    throw error instanceof RepoFormatError ? error : new RepoFormatError('it cannot be unpacked');
  }
}

async function* partsOf(file: Buffer): AsyncGenerator<Buffer, void, undefined> {
  const source = Readable.from(slices(file));
  if (file[0] === 0x1f && file[1] === 0x8b) {
    yield* source.pipe(zlib.createGunzip({ chunkSize: CHUNK })) as AsyncIterable<Buffer>;
  } else if (isZstd(file)) {
    if (typeof zlib.createZstdDecompress !== 'function') {
      throw new RepoFormatError('it is compressed with zstd, which this version of Node cannot unpack');
    }
    const params = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW };
    const decoder = zlib.createZstdDecompress({ chunkSize: CHUNK, params });
    const frames = Readable.from(zstdFrames(source));
    frames.once('error', (error) => decoder.destroy(error));
    yield* frames.pipe(decoder) as AsyncIterable<Buffer>;
  } else if (file.subarray(0, 6).equals(XZ)) {
    for (const part of xzParts(file)) {
      // It is good only until the next one is asked for.
      yield Buffer.from(part);
      // Unfolding is work of this very thread: others have their turn between.
      await nextTurn();
    }
  } else if (file.toString('latin1', 0, 3) === 'BZh') {
    throw new RepoFormatError('it is compressed with bzip2, which Relock cannot unpack');
  } else yield* slices(file);
}

const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

function* slices(file: Buffer): Generator<Buffer> {
  for (let at = 0; at < file.length; at += CHUNK) yield file.subarray(at, at + CHUNK);
}
