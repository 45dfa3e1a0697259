/** rpm's own database format "ndb" (`Packages.db`, SUSE): slots that point to blobs, little-endian. Pure. */
import { FormatError } from './format-error.ts';

const PAGE = 4096;
const SLOT = 16;
const BLOCK = 16;
const BLOB_HEADER = 16;
const HEADER_MAGIC = 0x506d_7052;
const SLOT_MAGIC = 0x746f_6c53;
const BLOB_MAGIC = 0x5362_6c42;

/** @throws FormatError */
export function* ndbBlobs(file: Buffer): Generator<Buffer> {
  if (file.length < PAGE || file.readUInt32LE(0) !== HEADER_MAGIC) {
    throw new FormatError('it is no ndb database');
  }
  if (file.readUInt32LE(4) !== 0) throw new FormatError('its ndb version is not known');
  const slots = file.readUInt32LE(12) * (PAGE / SLOT);
  if (slots * SLOT > file.length) throw new FormatError('its slots are cut off');
  let given = 0;
  // The first two places are the header's.
  for (let index = 2; index < slots; index += 1) {
    const at = index * SLOT;
    if (file.readUInt32LE(at) !== SLOT_MAGIC) throw new FormatError('a slot of it is damaged');
    const number = file.readUInt32LE(at + 4);
    if (number === 0) continue;
    const blob = readBlob(file, number, file.readUInt32LE(at + 8) * BLOCK);
    given += blob.length;
    // Threat: many slots that point to one big blob.
    if (given > file.length) throw new FormatError('its slots overlap');
    yield blob;
  }
}

function readBlob(file: Buffer, number: number, at: number): Buffer {
  if (at + BLOB_HEADER > file.length) throw new FormatError('a package is cut off');
  if (file.readUInt32LE(at) !== BLOB_MAGIC || file.readUInt32LE(at + 4) !== number) {
    throw new FormatError('a package is not where its slot says');
  }
  const length = file.readUInt32LE(at + 12);
  const start = at + BLOB_HEADER;
  if (start + length > file.length) throw new FormatError('a package is cut off');
  return file.subarray(start, start + length);
}
