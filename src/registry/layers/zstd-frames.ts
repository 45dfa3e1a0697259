/**
 * Cuts a zstd stream (RFC 8878) at the borders of its frames.
 *
 * Node's decompressor takes a write that holds the end of one frame and the start of the next for the end of all, and
 * drops the rest without a word. Layers of several frames are common (zstd:chunked, pzstd).
 */
import { LayerError } from './layer-error.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_FIRST = 0x184d_2a50;
const SKIPPABLE_LAST = 0x184d_2a5f;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const RLE = 1;

/** Whether bytes start like zstd: a frame, or a skippable one. */
export function isZstd(head: Buffer): boolean {
  return head.length >= MAGIC_BYTES && (head.readUInt32LE(0) === MAGIC || isSkippable(head));
}

function isSkippable(head: Buffer): boolean {
  const magic = head.readUInt32LE(0);
  return magic >= SKIPPABLE_FIRST && magic <= SKIPPABLE_LAST;
}

/** What the next few bytes are, that are looked at whole. */
type Part = 'magic' | 'skipped-size' | 'descriptor' | 'fields' | 'block';

interface Place {
  readonly part: Part;
  /** How many bytes the part has. */
  readonly need: number;
  /** Bytes that only go by before the part. */
  readonly body: number;
  /** After these bytes the frame is over. */
  readonly last: boolean;
  /** Whether the frame ends with a checksum. */
  readonly checksum: boolean;
}

const START: Place = { part: 'magic', need: MAGIC_BYTES, body: 0, last: false, checksum: false };

/**
 * @param chunks the compressed stream, in any pieces.
 * @returns the same bytes, no piece with parts of two frames.
 * @throws LayerError when something else follows a frame.
 */
export async function* zstdFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let place = START;
  const head = Buffer.alloc(16);
  let filled = 0;
  for await (const chunk of chunks) {
    let at = 0;
    let from = 0;
    while (at < chunk.length) {
      const bytes = Math.min(place.body, chunk.length - at);
      at += bytes;
      place = { ...place, body: place.body - bytes };
      if (place.body === 0 && !place.last) {
        const piece = chunk.copy(head, filled, at, Math.min(chunk.length, at + place.need - filled));
        filled += piece;
        at += piece;
        if (filled < place.need) break;
        place = next(place, head.subarray(0, filled));
        filled = 0;
      }
      if (place.body === 0 && place.last) {
        yield chunk.subarray(from, at);
        from = at;
        place = START;
      }
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
}

/** What follows a part, given its bytes. */
function next(place: Place, bytes: Buffer): Place {
  switch (place.part) {
    case 'magic':
      if (isSkippable(bytes)) return { ...START, part: 'skipped-size', need: 4 };
      if (!isZstd(bytes)) throw new LayerError('something that is no zstd follows in it');
      return { ...START, part: 'descriptor', need: 1 };
    case 'skipped-size':
      return { ...START, body: bytes.readUInt32LE(0), last: true };
    case 'descriptor':
      return afterDescriptor(bytes.readUInt8(0));
    case 'fields':
      return { ...place, part: 'block', need: BLOCK_HEADER_BYTES };
    case 'block': {
      const word = bytes.readUIntLE(0, BLOCK_HEADER_BYTES);
      const last = (word & 1) === 1;
      const content = ((word >> 1) & 3) === RLE ? 1 : word >> 3;
      return { ...place, last, body: content + (last && place.checksum ? CHECKSUM_BYTES : 0) };
    }
  }
}

/** The fields after the descriptor: window, dictionary, content size, as its bits say (3.1.1.1.1). */
function afterDescriptor(descriptor: number): Place {
  const single = (descriptor & 0x20) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const checksum = (descriptor & 4) !== 0;
  return { ...START, part: 'fields', need: window + dictionary + size, checksum };
}
