/**
 * The rows of rpm's `rpmdb.sqlite`, read from the bytes of the file (SQLite file format, sqlite.org/fileformat2.html): the
 * B-tree of the one table `Packages`, front to back, and the write-ahead log over it where one was left behind.
 *
 * Not through node:sqlite: it wants a file on disk, works in the foreground with no way to stop it, and would run whatever
 * views and triggers a hostile schema brings. Nothing of SQL is needed here. Pure.
 */
import { FormatError } from './format-error.ts';
import type { Pages } from './sqlite-pages.ts';
import { openPages } from './sqlite-pages.ts';
import type { Value } from './sqlite-record.ts';
import { readRecord, varint } from './sqlite-record.ts';

const SCHEMA_PAGE = 1;
const FILE_HEADER = 100;
const LEAF = 13;
const INTERIOR = 5;
const DEEPEST = 20;
const LARGEST_ROW = 32 * 1024 * 1024;

/**
 * The header blobs of all packages.
 * @param log the file `rpmdb.sqlite-wal`, or null.
 * @throws FormatError
 */
export function* sqliteBlobs(file: Buffer, log: Buffer | null): Generator<Buffer> {
  const pages = openPages(file, log);
  const used = new Set<number>();
  const root = rootOfPackages(pages, used);
  for (const row of rows(pages, root, used, 0)) {
    const blob = row.at(-1);
    if (!Buffer.isBuffer(blob)) throw new FormatError('a row of Packages holds no package');
    yield blob;
  }
}

function rootOfPackages(pages: Pages, used: Set<number>): number {
  for (const [type, , table, root] of rows(pages, SCHEMA_PAGE, used, 0)) {
    if (type === 'table' && table === 'Packages' && typeof root === 'number' && root > SCHEMA_PAGE)
      return root;
  }
  throw new FormatError('it has no table Packages');
}

/** Of a table's B-tree; every page is read at most once, so that a circle of pages ends. */
function* rows(pages: Pages, number: number, used: Set<number>, depth: number): Generator<readonly Value[]> {
  const page = take(pages, number, used);
  const start = number === SCHEMA_PAGE ? FILE_HEADER : 0;
  const type = page.readUInt8(start);
  const cells = page.readUInt16BE(start + 3);
  const index = start + (type === INTERIOR ? 12 : 8);
  if ((type !== LEAF && type !== INTERIOR) || depth > DEEPEST || index + cells * 2 > page.length) {
    throw new FormatError(`its page ${number} is damaged`);
  }
  for (let cell = 0; cell < cells; cell += 1) {
    const at = page.readUInt16BE(index + cell * 2);
    if (at + 4 > page.length) throw new FormatError(`its page ${number} is damaged`);
    if (type === INTERIOR) yield* rows(pages, page.readUInt32BE(at), used, depth + 1);
    else yield readRecord(payload(pages, page, at, used));
  }
  if (type === INTERIOR) yield* rows(pages, page.readUInt32BE(start + 8), used, depth + 1);
}

function take(pages: Pages, number: number, used: Set<number>): Buffer {
  if (used.has(number)) throw new FormatError('its pages go in a circle');
  used.add(number);
  return pages.page(number);
}

/** A row's bytes: what stands in the leaf, and the overflow pages that go on with it. */
function payload(pages: Pages, page: Buffer, at: number, used: Set<number>): Buffer {
  const [length, afterLength] = varint(page, at);
  const [, start] = varint(page, afterLength);
  if (length > LARGEST_ROW) throw new FormatError('a row of it is too large');
  const local = localBytes(length, pages.usable);
  if (start + local > page.length) throw new FormatError('a row of it is cut off');
  if (local === length) return page.subarray(start, start + local);
  if (start + local + 4 > page.length) throw new FormatError('a row of it is cut off');
  const parts = [page.subarray(start, start + local)];
  let next = page.readUInt32BE(start + local);
  for (let left = length - local; left > 0;) {
    const more = take(pages, next, used);
    const bytes = Math.min(left, pages.usable - 4);
    parts.push(more.subarray(4, 4 + bytes));
    next = more.readUInt32BE(0);
    left -= bytes;
  }
  return Buffer.concat(parts);
}

/** How much of a payload stands in a table's leaf itself: section 1.6 of the file format. */
function localBytes(length: number, usable: number): number {
  if (length <= usable - 35) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const some = least + ((length - least) % (usable - 4));
  return some <= usable - 35 ? some : least;
}
