/**
 * A reader of tar streams that keeps nothing but what it is told to keep, and writes nothing anywhere.
 *
 * Our own, in the place of a library: a layer is hostile, and the limits (a header's records, the number of entries, the
 * kept bytes) have to stand inside the reader; the ones on npm collect records of any size.
 */
import { LayerError } from './layer-error.ts';
import type { TarHeader } from './tar-header.ts';
import { BLOCK, isZero, parseHeader, parsePax } from './tar-header.ts';

export interface TarEntry {
  /** Without leading `/` and `./` and trailing `/`; null: it has `..` in it, or is the root. */
  readonly path: string | null;
  readonly type: 'file' | 'hard-link' | 'symlink' | 'folder' | 'other';
  /** Of a hard link: a path like `path`. */
  readonly linkTarget: string | null;
  /** Bytes. */
  readonly size: number;
  /** Its content is stored with holes and is not read. */
  readonly sparse: boolean;
}

export interface TarVisitor {
  /** Called for every entry. @returns how many bytes of its content are wanted; `content` is called when that is > 0. */
  readonly entry: (entry: TarEntry) => number;
  /** The wanted bytes of the entry before; shorter than what was wanted only when the entry is. */
  readonly content: (bytes: Buffer) => void;
}

export interface TarReader {
  /** @throws LayerError */
  readonly write: (chunk: Buffer) => void;
  /** @throws LayerError when the tar stops in the middle of an entry. */
  readonly end: () => void;
}

/** Go's, so that of most engines: for names and pax records. */
const LARGEST_RECORD = 1024 * 1024;
/** Linux' PATH_MAX. */
const LONGEST_PATH = 4096;

/** What a special entry says of the next one. */
interface Said {
  path: string | null;
  linkTarget: string | null;
  size: number | null;
  sparse: boolean;
}

const NOTHING_SAID: Readonly<Said> = { path: null, linkTarget: null, size: null, sparse: false };

export function createTarReader(visitor: TarVisitor): TarReader {
  const header = Buffer.alloc(BLOCK);
  let filled = 0;
  let said: Said = { ...NOTHING_SAID };
  /** More header blocks of GNU's old sparse format come before the content. */
  let extended = false;
  /** Bytes of content and padding that are still to come. */
  let left = 0;
  let kept: Buffer | null = null;
  let keptBytes = 0;
  let whenKept: ((bytes: Buffer) => void) | null = null;
  let zeros = 0;
  let ended = false;

  const keep = (bytes: number, then: (bytes: Buffer) => void): void => {
    if (bytes === 0) return then(Buffer.alloc(0));
    // Its pages are only taken from the system as bytes arrive: a size that is a lie costs nothing.
    kept = Buffer.allocUnsafeSlow(bytes);
    keptBytes = 0;
    whenKept = then;
  };

  const onHeader = (): void => {
    if (isZero(header)) {
      zeros += 1;
      ended = zeros === 2;
      return;
    }
    zeros = 0;
    const parsed = parseHeader(header);
    if ('xgLK'.includes(parsed.flag)) {
      if (parsed.size > LARGEST_RECORD) throw new LayerError('a name in it is longer than 1 MiB');
      left = padded(parsed.size);
      keep(parsed.size, (bytes) => listen(said, parsed.flag, bytes));
      return;
    }
    const size = contentSize(parsed, said);
    left = padded(size);
    extended = parsed.extended;
    const wanted = visitor.entry(entryOf(parsed, said, size));
    said = { ...NOTHING_SAID };
    if (wanted > 0) keep(Math.min(wanted, size), visitor.content);
  };

  const onContent = (chunk: Buffer): void => {
    left -= chunk.length;
    if (kept === null) return;
    keptBytes += chunk.copy(kept, keptBytes);
    if (keptBytes < kept.length) return;
    const [bytes, then] = [kept, whenKept];
    kept = null;
    then?.(bytes);
  };

  /** @returns how far it came. */
  const step = (chunk: Buffer, at: number): number => {
    // What follows two blocks of zeros is padding.
    if (ended) return chunk.length;
    if (filled === 0 && left > 0 && !extended) {
      const bytes = Math.min(left, chunk.length - at);
      onContent(chunk.subarray(at, at + bytes));
      return at + bytes;
    }
    const bytes = chunk.copy(header, filled, at, Math.min(chunk.length, at + BLOCK - filled));
    filled += bytes;
    if (filled < BLOCK) return at + bytes;
    filled = 0;
    if (extended) extended = header.readUInt8(504) !== 0;
    else onHeader();
    return at + bytes;
  };

  return {
    write(chunk) {
      for (let at = 0; at < chunk.length;) at = step(chunk, at);
    },
    end() {
      if (filled > 0 || left > 0 || extended) throw new LayerError('it is cut off in the middle of an entry');
    },
  };
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** Links, devices and folders have no content, whatever size they name. */
function contentSize(header: TarHeader, said: Readonly<Said>): number {
  return '123456'.includes(header.flag) ? 0 : (said.size ?? header.size);
}

function listen(said: Said, flag: string, bytes: Buffer): void {
  // A global record ('g') names commits and comments; no engine takes paths from it.
  if (flag === 'g') return;
  if (flag === 'L') said.path = untilNul(bytes);
  if (flag === 'K') said.linkTarget = untilNul(bytes);
  if (flag !== 'x') return;
  const records = parsePax(bytes);
  said.path = records.get('GNU.sparse.name') ?? records.get('path') ?? said.path;
  said.linkTarget = records.get('linkpath') ?? said.linkTarget;
  said.sparse ||= [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  const size = records.get('size');
  if (size === undefined) return;
  if (!/^\d{1,16}$/u.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new LayerError('a size in it is none');
  }
  said.size = Number(size);
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function entryOf(header: TarHeader, said: Readonly<Said>, size: number): TarEntry {
  const written = said.path ?? header.path;
  const type = header.flag === '0' && written.endsWith('/') ? 'folder' : typeOf(header.flag);
  return {
    path: normalisePath(written),
    type,
    linkTarget: type === 'hard-link' ? normalisePath(said.linkTarget ?? header.linkTarget) : null,
    size,
    sparse: said.sparse || header.flag === 'S',
  };
}

function typeOf(flag: string): TarEntry['type'] {
  switch (flag) {
    case '0':
    case 'S':
      return 'file';
    case '1':
      return 'hard-link';
    case '2':
      return 'symlink';
    case '5':
      return 'folder';
    default:
      return 'other';
  }
}

/** Threat: `../../etc/passwd`; nothing is ever written, but such a name must not pass for another path either. */
function normalisePath(path: string): string | null {
  if (path.length > LONGEST_PATH) return null;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts.join('/');
}
