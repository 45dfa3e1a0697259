/** One file out of a ZIP archive on disk (PKWARE APPNOTE 6.3), streamed: neither is ever whole in memory. */
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const MAX_CENTRAL = 16 * 1024 * 1024;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly offset: number;
}

/**
 * @param to written anew with `mode`; must not be there.
 * @param maxBytes of the unpacked file.
 * @throws {Error} when the archive is broken, has no such file, or the file is larger.
 */
export async function extractEntry(
  archive: string,
  name: string,
  to: string,
  mode: number,
  maxBytes: number,
): Promise<void> {
  const handle = await open(archive, 'r');
  let entry: Entry;
  let start: number;
  try {
    entry = await findEntry(handle, name);
    const local = await readAt(handle, entry.offset, LOCAL_BYTES);
    if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Error('the archive is broken (no local header)');
    start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  } finally {
    await handle.close();
  }
  if (entry.bytes > maxBytes) throw new Error(`${name} is larger than ${maxBytes} bytes`);
  const end = start + entry.packedBytes - 1;
  const packed = entry.packedBytes === 0 ? Readable.from([]) : createReadStream(archive, { start, end });
  const limit = exactly(entry.bytes, name);
  const file = createWriteStream(to, { flags: 'wx', mode });
  if (entry.method === STORED) await pipeline(packed, limit, file);
  else await pipeline(packed, createInflateRaw(), limit, file);
}

async function findEntry(handle: FileHandle, name: string): Promise<Entry> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT);
  const tail = await readAt(handle, size - tailBytes, tailBytes);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw new Error('it is no ZIP archive');
  const centralBytes = tail.readUInt32LE(end + 12);
  if (centralBytes > MAX_CENTRAL) throw new Error('the archive is broken (its directory is too large)');
  const central = await readAt(handle, tail.readUInt32LE(end + 16), centralBytes);
  for (let at = 0; at + CENTRAL_BYTES <= central.length;) {
    if (central.readUInt32LE(at) !== CENTRAL_SIGNATURE) break;
    const nameBytes = central.readUInt16LE(at + 28);
    const next =
      at + CENTRAL_BYTES + nameBytes + central.readUInt16LE(at + 30) + central.readUInt16LE(at + 32);
    if (central.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes) === name) {
      const method = central.readUInt16LE(at + 10);
      if (method !== STORED && method !== DEFLATED)
        throw new Error(`${name} is packed in an unknown way (${method})`);
      return {
        method,
        packedBytes: central.readUInt32LE(at + 20),
        bytes: central.readUInt32LE(at + 24),
        offset: central.readUInt32LE(at + 42),
      };
    }
    at = next;
  }
  throw new Error(`there is no ${name} in the archive`);
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position });
  if (bytesRead < length) throw new Error('the archive is cut short');
  return buffer;
}

/** Threat: a stream that unpacks to far more than the archive says. */
function exactly(bytes: number, name: string): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      if (seen > bytes) done(new Error(`${name} is larger than the archive says`));
      else done(null, chunk);
    },
    flush(done) {
      done(seen < bytes ? new Error(`${name} is cut short`) : null);
    },
  });
}
