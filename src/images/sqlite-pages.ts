/** The pages of a SQLite file, as its write-ahead log has them (sqlite.org/fileformat2.html, 1.3 and 4). Pure. */
import { FormatError } from './format-error.ts';

export interface Pages {
  /** Bytes of a page that may be used. */
  readonly usable: number;
  /** By number, from 1. @throws FormatError when there is none. */
  readonly page: (number: number) => Buffer;
}

const MAGIC = 'SQLite format 3\0';
const FILE_HEADER = 100;
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const LOG_MAGIC_LITTLE = 0x377f_0682;
const LOG_MAGIC_BIG = 0x377f_0683;
/** SQLite's own: a page never has less room. */
const LEAST_USABLE = 480;

/**
 * @param log what was not yet written back into the file, or null.
 * @throws FormatError
 */
export function openPages(file: Buffer, log: Buffer | null): Pages {
  if (file.length < FILE_HEADER || file.toString('latin1', 0, 16) !== MAGIC) {
    throw new FormatError('it is no SQLite database');
  }
  const written = file.readUInt16BE(16);
  const size = written === 1 ? 65_536 : written;
  const usable = size - file.readUInt8(20);
  if (size < 512 || (size & (size - 1)) !== 0 || usable < LEAST_USABLE) {
    throw new FormatError('its page size is none');
  }
  const newer = log === null ? new Map<number, number>() : pagesOfLog(log, size);
  const page = (number: number): Buffer => {
    const at = newer.get(number);
    const [from, start] = at === undefined || log === null ? [file, (number - 1) * size] : [log, at];
    if (number < 1 || start + size > from.length) throw new FormatError(`it has no page ${number}`);
    return from.subarray(start, start + usable);
  };
  return { usable, page };
}

/** Where the newest committed copy of each page stands; frames after the last commit, or of another salt, do not count. */
function pagesOfLog(log: Buffer, size: number): ReadonlyMap<number, number> {
  const committed = new Map<number, number>();
  if (log.length < LOG_HEADER) return committed;
  const magic = log.readUInt32BE(0);
  if (magic !== LOG_MAGIC_LITTLE && magic !== LOG_MAGIC_BIG) return committed;
  if (log.readUInt32BE(8) !== size) throw new FormatError('its write-ahead log has another page size');
  const sum = checksum(log, magic === LOG_MAGIC_LITTLE);
  let state = sum([0, 0], 0, FRAME_HEADER);
  let pending = new Map<number, number>();
  for (let at = LOG_HEADER; at + FRAME_HEADER + size <= log.length; at += FRAME_HEADER + size) {
    if (log.compare(log, 16, 24, at + 8, at + 16) !== 0) break;
    state = sum(sum(state, at, at + 8), at + FRAME_HEADER, at + FRAME_HEADER + size);
    if (state[0] !== log.readUInt32BE(at + 16) || state[1] !== log.readUInt32BE(at + 20)) break;
    pending.set(log.readUInt32BE(at), at + FRAME_HEADER);
    if (log.readUInt32BE(at + 4) === 0) continue;
    for (const [number, start] of pending) committed.set(number, start);
    pending = new Map();
  }
  return committed;
}

type Sum = readonly [number, number];

/** Section 4.2: a checksum over pairs of words, going on from frame to frame. */
function checksum(log: Buffer, little: boolean): (state: Sum, from: number, to: number) => Sum {
  const word = (at: number): number => (little ? log.readUInt32LE(at) : log.readUInt32BE(at));
  return ([first, second], from, to) => {
    let [a, b] = [first, second];
    for (let at = from; at < to; at += 8) {
      a = (a + word(at) + b) >>> 0;
      b = (b + word(at + 4) + a) >>> 0;
    }
    return [a, b];
  };
}
