/** Records of SQLite tables (sqlite.org/fileformat2.html, 2.1). Pure. */
import { FormatError } from './format-error.ts';

export type Value = string | number | Buffer | null;

const MOST_COLUMNS = 100;

/**
 * A variable-length integer, as far as a number holds it.
 * @returns its value and the offset after it. @throws FormatError
 */
export function varint(bytes: Buffer, at: number): readonly [number, number] {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    if (at + index >= bytes.length) throw new FormatError('a number of it is cut off');
    const byte = bytes.readUInt8(at + index);
    // The ninth byte counts whole; what is past 2^53 (a negative row number) is of no use here, and no length either.
    if (index === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value, at + 9];
}

/** @throws FormatError when the record does not fit its own lengths. */
export function readRecord(bytes: Buffer): readonly Value[] {
  const [headerLength, afterLength] = varint(bytes, 0);
  if (headerLength > bytes.length) throw new FormatError('a row of it is damaged');
  const values: Value[] = [];
  let data = headerLength;
  for (let at = afterLength; at < headerLength;) {
    const [type, next] = varint(bytes, at);
    const length = lengthOf(type);
    if (data + length > bytes.length || values.length >= MOST_COLUMNS) {
      throw new FormatError('a row of it is damaged');
    }
    values.push(valueOf(type, bytes.subarray(data, data + length)));
    data += length;
    at = next;
  }
  return values;
}

const LENGTHS: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  const length = LENGTHS[type];
  if (length === undefined) throw new FormatError('a value of it is of no known type');
  return length;
}

function valueOf(type: number, bytes: Buffer): Value {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString('utf8');
  if (type === 8 || type === 9) return type - 8;
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length);
  // NULL (a row number that stands for its column), and numbers that no page can have.
  return null;
}
