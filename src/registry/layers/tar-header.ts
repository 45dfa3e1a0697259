/** One header of a tar: ustar (POSIX.1-1988), pax records (POSIX.1-2001), and GNU's and the old form of numbers. */
import { LayerError } from './layer-error.ts';

export const BLOCK = 512;

export interface TarHeader {
  /** As written, without the folder of `prefix`es; unchecked. */
  readonly path: string;
  /** The type flag: `0` a file, `5` a folder, `x` records for what follows. */
  readonly flag: string;
  readonly linkTarget: string;
  /** Bytes of content that follow. */
  readonly size: number;
  /** GNU's old sparse format: more blocks of header follow. */
  readonly extended: boolean;
}

/** @throws LayerError when it is no header. */
export function parseHeader(block: Buffer): TarHeader {
  if (!hasRightSum(block)) throw new LayerError('it is no tar, or damaged: a header has another checksum');
  const name = text(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  const flag = String.fromCharCode(block.readUInt8(156));
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    flag: flag === '\0' || flag === '7' ? '0' : flag,
    linkTarget: text(block, 157, 100),
    size: number(block, 124, 12),
    extended: flag === 'S' && block.readUInt8(482) !== 0,
  };
}

export function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of all bytes, with blanks in the sum's own place; some old tars summed signed bytes. */
function hasRightSum(block: Buffer): boolean {
  let unsigned = 0;
  let signed = 0;
  for (const [index, byte] of block.entries()) {
    const value = index >= 148 && index < 156 ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  const written = number(block, 148, 8);
  return written === unsigned || written === signed;
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal, or big-endian binary where the first bit is set (GNU). */
function number(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  const first = field.readUInt8(0);
  if (first >= 0x80) {
    // A set second bit would make it negative.
    let value = first & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    if (first >= 0xc0 || !Number.isSafeInteger(value))
      throw new LayerError('it is damaged: a size in a header is none');
    return value;
  }
  const digits = field.toString('latin1').replace(/^[ \0]+/u, '');
  const octal = /^[0-7]*/u.exec(digits)?.[0] ?? '';
  const rest = digits.slice(octal.length);
  if (rest !== '' && rest[0] !== ' ' && rest[0] !== '\0')
    throw new LayerError('it is no tar, or damaged: a number in a header is none');
  return octal === '' ? 0 : Number.parseInt(octal, 8);
}

/**
 * `25 path=some/long/name` and a newline, again and again; the number is the record's length in bytes.
 * @throws LayerError when a record does not fit.
 */
export function parsePax(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    // Some writers fill up with NULs.
    if (bytes[at] === 0) break;
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 || space - at > 8 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end <= space + 1 || end > bytes.length || bytes[end - 1] !== 0x0a) {
      throw new LayerError('a pax record in it is damaged');
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals === -1 || equals >= end) throw new LayerError('a pax record in it is damaged');
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1));
    at = end;
  }
  return records;
}
