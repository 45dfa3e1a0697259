/** Random access to the many small files of one large ZIP archive (PKWARE APPNOTE 6.3). */
import type { FileHandle } from 'node:fs/promises';
import { callbackify } from 'node:util';
import zlib from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl';
import type { Entry } from 'yauzl';
import { throwIfAborted } from './send.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL_SIGNATURE = 0x02014b50;
const DIRECTORY_READ_AHEAD = 1024 * 1024;
/** What deflate may add to what cannot be packed, generously. */
const PACKING_BYTES = 64 * 1024;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

export interface ZipLimits {
  readonly entries: number;
  /** Of one file, unpacked. */
  readonly entryBytes: number;
  /** Of all files, unpacked. */
  readonly totalBytes: number;
}

/** One file, as the archive's directory tells of it. */
export interface ZipEntry {
  /** Of its local header. */
  readonly offset: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly crc: number;
  readonly method: number;
}

/**
 * All files of the archive that hold anything, in the order of their places.
 * @throws {Error} when the archive is broken or beyond the limits, in words that follow `FILE: `.
 * @throws {CancelledError}
 */
export async function listEntries(
  handle: FileHandle,
  limits: ZipLimits,
  signal: AbortSignal | null,
): Promise<readonly ZipEntry[]> {
  const { size } = await handle.stat();
  // Names stay bytes: none becomes a path.
  const zip = await fromRandomAccessReaderPromise(readerOf(handle), size, {
    autoClose: false,
    decodeStrings: false,
  });
  const entries: ZipEntry[] = [];
  let seen = 0;
  let total = 0;
  let packed = 0;
  for await (const entry of zip.eachEntry()) {
    seen += 1;
    if (seen % 1000 === 0) throwIfAborted(signal);
    if (seen > limits.entries) throw new Error(`it has more than ${limits.entries} files`);
    // A folder.
    if (entry.uncompressedSize === 0 && entry.compressedSize <= 2) continue;
    const found = checked(entry, size, limits);
    entries.push(found);
    total += found.bytes;
    packed += found.packedBytes;
    // Threat: files that unpack to far more than anyone sends, also by many names for the same bytes.
    if (total > limits.totalBytes)
      throw new Error(`its files unpack to more than ${limits.totalBytes} bytes`);
    if (packed > size) throw new Error('its files overlap');
  }
  await mustEnd(handle, Number(zip.readEntryCursor), size);
  return entries.sort((a, b) => a.offset - b.offset);
}

/**
 * Threat: an archive whose count of files is too small, by a mistake of its writer (16 bits) or of a disk: what is not counted
 * would pass for not known to be vulnerable.
 */
async function mustEnd(handle: FileHandle, cursor: number, size: number): Promise<void> {
  const next = await createReadAhead(handle, 0)(Math.min(cursor, size - 4), 4);
  if (next.readUInt32LE(0) === CENTRAL_SIGNATURE) throw new Error('it has more files than it counts');
}

function checked(entry: Entry, size: number, limits: ZipLimits): ZipEntry {
  const name = JSON.stringify(entry.fileNameRaw.toString('latin1').slice(0, 100));
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) throw new Error(`${name} in it is encrypted`);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
    throw new Error(`${name} in it is packed in an unknown way (${entry.compressionMethod})`);
  // Packed it is never larger than that, but for a few bytes, unless someone wants memory of us.
  if (Math.max(entry.uncompressedSize, entry.compressedSize - PACKING_BYTES) > limits.entryBytes)
    throw new Error(`${name} in it is larger than ${limits.entryBytes} bytes`);
  if (entry.relativeOffsetOfLocalHeader + LOCAL_BYTES + entry.compressedSize > size)
    throw new Error(`${name} in it lies beyond its end`);
  return {
    offset: entry.relativeOffsetOfLocalHeader,
    packedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    crc: entry.crc32,
    method: entry.compressionMethod,
  };
}

/** By itself yauzl reads the directory in two small reads for each file, which takes most of the time; and it never closes ours. */
function readerOf(handle: FileHandle): RandomAccessReader {
  const readAt = createReadAhead(handle, DIRECTORY_READ_AHEAD);
  const read = callbackify(async (buffer: Buffer, offset: number, length: number, position: number) => {
    (await readAt(position, length)).copy(buffer, offset);
    return length;
  });
  return Object.assign(Reflect.construct(RandomAccessReader, []) as RandomAccessReader, { read });
}

/** @returns bytes of a file at a place, at least as many as asked for. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

/**
 * Reads ahead, for files that are asked for in the order of their places.
 * @param ahead bytes. @throws {Error} past the end.
 */
export function createReadAhead(handle: FileHandle, ahead: number): ReadAt {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return async (position, length) => {
    if (position < start || position + length > start + window.length) {
      const buffer = Buffer.allocUnsafe(Math.max(length, ahead));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled < length) throw new Error('it is cut short');
      start = position;
      window = buffer.subarray(0, filled);
    }
    return window.subarray(position - start, position - start + length);
  };
}

/** @throws {Error} when what is there is not what the directory says. */
export async function readEntry(readAt: ReadAt, entry: ZipEntry): Promise<Buffer> {
  const local = await readAt(entry.offset, LOCAL_BYTES);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Error('it is broken (no local header)');
  const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await readAt(start, entry.packedBytes);
  const bytes = entry.method === STORED ? packed : inflate(packed, entry.bytes);
  if (bytes.length !== entry.bytes)
    throw new Error('it is broken (a file is not as long as its directory says)');
  // Not in Node 20 before 20.15.
  if (typeof zlib.crc32 === 'function' && zlib.crc32(bytes) !== entry.crc)
    throw new Error('it is broken (a checksum does not match)');
  return bytes;
}

function inflate(packed: Buffer, bytes: number): Buffer {
  try {
    // Threat: a stream that unpacks to far more than the directory says.
    return zlib.inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (error) {
    throw new Error('it is broken (a file cannot be unpacked)', { cause: error });
  }
}
