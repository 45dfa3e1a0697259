/** One layer, from the registry's stream through its compression and its tar; only what is wanted stays in memory. */
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import type { ImageWant } from '../../images/content.ts';
import type { LayerFacts } from '../../images/layer-stack.ts';
import { createLayerCollector } from './layer-collector.ts';
import { LayerError } from './layer-error.ts';
import type { LayerBudget } from './limits.ts';
import { createTarReader } from './tar.ts';
import { isZstd, zstdFrames } from './zstd-frames.ts';

const CHUNK = 128 * 1024;
const SNIFF = 4;

/**
 * @param source the blob; always read to its end, where the registry client checks its digest, or destroyed.
 * @throws LayerError when it is no layer or past the budget; whatever `source` throws; the signal's reason.
 */
export async function readLayer(
  source: Readable,
  want: ImageWant,
  budget: LayerBudget,
  signal: AbortSignal,
): Promise<LayerFacts> {
  const collector = createLayerCollector(want, budget);
  const tar = createTarReader(collector);
  let uncompressed = 0;
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      uncompressed += chunk.length;
      budget.uncompressedBytes -= chunk.length;
      if (budget.uncompressedBytes < 0) throw new LayerError('it is too large when unpacked');
      tar.write(chunk);
    }
  };
  const abort = (): void => {
    source.destroy(signal.reason instanceof Error ? signal.reason : new LayerError('it was given up'));
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const bytes = counted(source, budget);
    const head = await firstBytes(bytes);
    const whole = startingWith(head, bytes);
    const decoder = decoderOf(head);
    await (decoder === null
      ? take(whole)
      : pipeline(isZstd(head) ? zstdFrames(whole) : whole, decoder, take));
    tar.end();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw isZlibError(error) ? new LayerError(`it cannot be unpacked (${error.message})`) : error;
  } finally {
    signal.removeEventListener('abort', abort);
    source.destroy();
  }
  return { ...collector.facts(), uncompressed };
}

/** Node's own words for what zlib and zstd found: no text of the layer's. */
function isZlibError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && /^(?:Z_|ZSTD_|ERR_ZLIB|ERR_STREAM)/u.test(error.code);
}

async function* counted(source: Readable, budget: LayerBudget): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of source) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    budget.compressedBytes -= bytes.length;
    if (budget.compressedBytes < 0) throw new LayerError('it is too large');
    yield bytes;
  }
}

async function firstBytes(bytes: AsyncGenerator<Buffer, void, undefined>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < SNIFF) {
    const next = await bytes.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* startingWith(
  head: Buffer,
  bytes: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  yield head;
  yield* bytes;
}

/** By the first bytes, not by the media type: registries and tools mislabel, engines look at the bytes too. */
function decoderOf(head: Buffer): Duplex | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return zlib.createGunzip({ chunkSize: CHUNK });
  if (!isZstd(head)) return null;
  // Node 22.15 and later have it.
  if (typeof zlib.createZstdDecompress !== 'function') {
    throw new LayerError('it is compressed with zstd, which this version of Node cannot unpack');
  }
  // Threat: a frame may ask for a window of gigabytes; 2^27 is what the zstd tool itself allows.
  return zlib.createZstdDecompress({
    chunkSize: CHUNK,
    params: { [zlib.constants.ZSTD_d_windowLogMax]: 27 },
  });
}
