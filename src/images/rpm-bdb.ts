/**
 * rpm's old database `Packages`, a Berkeley DB hash (RHEL and its rebuilds up to 8, Amazon Linux 2), in either byte order.
 * Only reads forward through the hash pages; no look-up is needed. Pure.
 */
import { FormatError } from './format-error.ts';

const HASH_MAGIC = 0x06_15_61;
const META_TYPE = 8;
const HASH_TYPES: ReadonlySet<number> = new Set([2, 13]);
const OVERFLOW_TYPE = 7;
const PAGE_HEADER = 26;
const KEY_OR_DATA = 1;
const OFF_PAGE = 3;
const OFF_PAGE_ITEM = 12;
const SMALLEST_PAGE = 512;
const LARGEST_PAGE = 65_536;
/** Of what a header weighs at least: rpm keeps a counter of four bytes under key 0. */
const SMALLEST_HEADER = 16;

interface Book {
  readonly file: Buffer;
  readonly page: number;
  readonly pages: number;
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  /** Overflow pages that were read: each belongs to one value. */
  readonly used: Set<number>;
}

/** @throws FormatError */
export function* bdbBlobs(file: Buffer): Generator<Buffer> {
  const book = open(file);
  for (let page = 1; page < book.pages; page += 1) {
    const start = page * book.page;
    if (!HASH_TYPES.has(file.readUInt8(start + 25))) continue;
    yield* valuesOf(book, start);
  }
}

function open(file: Buffer): Book {
  if (file.length < SMALLEST_PAGE) throw new FormatError('it is no Berkeley DB');
  const little = file.readUInt32LE(12) === HASH_MAGIC;
  if (!little && file.readUInt32BE(12) !== HASH_MAGIC) {
    throw new FormatError('it is no hash of Berkeley DB');
  }
  const u16 = (at: number): number => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const page = u32(20);
  if (file.readUInt8(25) !== META_TYPE || file.readUInt8(24) !== 0) {
    throw new FormatError('it is encrypted, or no hash of Berkeley DB');
  }
  if (page < SMALLEST_PAGE || page > LARGEST_PAGE || (page & (page - 1)) !== 0) {
    throw new FormatError('its page size is none');
  }
  const pages = u32(32) + 1;
  if (pages * page > file.length) throw new FormatError('it is cut off');
  return { file, page, pages, u16, u32, used: new Set() };
}

/** Items go from the page's end downwards: keys at even places of the index, their values at odd ones. */
function* valuesOf(book: Book, start: number): Generator<Buffer> {
  const count = book.u16(start + 20);
  if (PAGE_HEADER + count * 2 > book.page) throw new FormatError('a page of it is damaged');
  for (let index = 1; index < count; index += 2) {
    const from = book.u16(start + PAGE_HEADER + index * 2);
    const to = book.u16(start + PAGE_HEADER + (index - 1) * 2);
    if (from < PAGE_HEADER || from >= to || to > book.page) throw new FormatError('a page of it is damaged');
    const type = book.file.readUInt8(start + from);
    if (type === OFF_PAGE) {
      if (to - from < OFF_PAGE_ITEM) throw new FormatError('a page of it is damaged');
      yield overflow(book, book.u32(start + from + 4), book.u32(start + from + 8));
    } else if (type === KEY_OR_DATA && to - from - 1 >= SMALLEST_HEADER) {
      yield book.file.subarray(start + from + 1, start + to);
    }
  }
}

function overflow(book: Book, first: number, length: number): Buffer {
  if (length > book.file.length) throw new FormatError('a package is larger than the file');
  const parts: Buffer[] = [];
  let left = length;
  for (let page = first; left > 0;) {
    const start = page * book.page;
    if (page === 0 || page >= book.pages || book.used.has(page)) {
      throw new FormatError('the pages of a package are damaged');
    }
    book.used.add(page);
    const bytes = book.u16(start + 22);
    if (book.file.readUInt8(start + 25) !== OVERFLOW_TYPE || bytes === 0 || PAGE_HEADER + bytes > book.page) {
      throw new FormatError('the pages of a package are damaged');
    }
    parts.push(book.file.subarray(start + PAGE_HEADER, start + PAGE_HEADER + Math.min(bytes, left)));
    left -= bytes;
    page = book.u32(start + 16);
  }
  return Buffer.concat(parts);
}
