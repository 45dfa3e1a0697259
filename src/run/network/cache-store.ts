/** The cache's folder: bodies by their digest, entries by their key. Several processes share it; each write is a rename. */
import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createReadStream, constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { entryText, MAX_ENTRY_BYTES, readEntry, type CacheEntry } from './cache-entry.ts';
import type { Span } from './cache-range.ts';

/** Bodies up to this size are read at once, and checked each time. */
const AT_ONCE_BYTES = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
/** An entry's time of use is written no oftener than this. */
const TOUCH_MILLISECONDS = 10 * 60_000;
const MAX_REMEMBERED = 20_000;

/** Where things lie below the cache's folder. */
export const PLACES = { bodies: 'blobs', entries: 'entries', incoming: 'incoming' } as const;

/** A body on its way in. */
export interface Incoming {
  /** Resolves once the pieces before this one are written. Rejects when the disk fails. */
  write(piece: Buffer): Promise<void>;
  /** @returns digest (hex) and length of all that was written. */
  finish(): Promise<{ readonly sha256: string; readonly length: number }>;
  /** After `finish`: puts it in its place. */
  keep(): Promise<void>;
  /** May be called at any time, and after `keep`. Never rejects. */
  discard(): Promise<void>;
}

export interface CacheStore {
  /** Null when there is none, or none that can be used. Notes that it was used. Never rejects. */
  entry(key: string): Promise<CacheEntry | null>;
  /** Rejects when the disk fails. */
  writeEntry(entry: CacheEntry): Promise<void>;
  /** Never rejects. */
  dropEntry(key: string): Promise<void>;
  /** An entry's body, or a part of it; null when it is gone or not what was stored. Never rejects. */
  body(entry: CacheEntry, span: Span | null): Promise<Readable | null>;
  /** Rejects when the disk fails. */
  receive(): Promise<Incoming>;
}

/** @param folder absolute; made when it is needed. @param now milliseconds since 1970. */
export function createCacheStore(folder: string, now: () => number): CacheStore {
  /** Digest -> the very file that was found right in this process. */
  const checked = new Map<string, string>();

  const entryPath = (key: string): string => join(folder, PLACES.entries, key.slice(0, 2), `${key}.json`);
  const bodyPath = (sha256: string): string => join(folder, PLACES.bodies, sha256.slice(0, 2), sha256);

  function remember(sha256: string, identity: string): void {
    if (checked.size >= MAX_REMEMBERED) checked.clear();
    checked.set(sha256, identity);
  }

  async function openIncoming(): Promise<{ path: string; file: FileHandle }> {
    const path = join(folder, PLACES.incoming, randomBytes(12).toString('hex'));
    return { path, file: await making(path, () => open(path, 'wx', 0o600)) };
  }

  async function entry(key: string): Promise<CacheEntry | null> {
    try {
      const file = await open(entryPath(key), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const { size, mtimeMs } = await file.stat();
        const read = size > MAX_ENTRY_BYTES ? null : readEntry(await file.readFile('utf8'), key);
        if (read === null) await dropEntry(key);
        else if (Math.abs(now() - mtimeMs) > TOUCH_MILLISECONDS)
          await file.utimes(now() / 1000, now() / 1000);
        return read;
      } finally {
        await file.close();
      }
    } catch {
      return null;
    }
  }

  async function dropEntry(key: string): Promise<void> {
    await rm(entryPath(key), { force: true }).catch(() => undefined);
  }

  /** @returns null when the file is not what was stored. @throws when there is none, or the disk fails. */
  async function readBody(entry: CacheEntry, span: Span | null): Promise<Readable | null> {
    const { sha256, length } = entry;
    const file = await open(bodyPath(sha256), constants.O_RDONLY | constants.O_NOFOLLOW);
    let isOpen = true;
    try {
      const identity = await identityOf(file, length);
      if (identity === null) return null;
      if (length <= AT_ONCE_BYTES) {
        const all = await file.readFile();
        if (digestOf(all) !== sha256 || all.length !== length) return null;
        return Readable.from([span === null ? all : all.subarray(span.start, span.end + 1)], {
          objectMode: false,
        });
      }
      // Threat: a fault of the disk, or a hand in the folder, gives a body that upstream never sent.
      if (checked.get(sha256) !== identity) {
        if ((await digestOfFile(file)) !== sha256) return null;
        remember(sha256, identity);
      }
      isOpen = false;
      const { start, end } = span ?? { start: 0, end: length - 1 };
      // The stream closes the file.
      return createReadStream('', { fd: file, start, end, highWaterMark: PIECE_BYTES });
    } finally {
      if (isOpen) await file.close();
    }
  }

  return {
    entry,
    dropEntry,
    async writeEntry(entry) {
      const text = entryText(entry);
      if (Buffer.byteLength(text) > MAX_ENTRY_BYTES) return;
      const { path, file } = await openIncoming();
      try {
        try {
          await file.writeFile(text);
          await file.utimes(now() / 1000, now() / 1000);
        } finally {
          await file.close();
        }
        const place = entryPath(entry.key);
        await making(place, () => rename(path, place));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    async body(entry, span) {
      if (entry.length === 0) return Readable.from([]);
      try {
        const body = await readBody(entry, span);
        if (body !== null) return body;
        // When the entry is the wrong one, nothing is lost but a download.
        await rm(bodyPath(entry.sha256), { force: true });
      } catch (error) {
        // Another process evicted it; anything else (too many open files) may pass.
        if (!isMissing(error)) return null;
      }
      await dropEntry(entry.key);
      return null;
    },
    async receive() {
      const { path, file } = await openIncoming();
      const hash = createHash('sha256');
      let length = 0;
      let sha256 = '';
      let writing: Promise<unknown> = Promise.resolve();
      let isClosed = false;

      async function close(): Promise<void> {
        if (isClosed) return;
        isClosed = true;
        await file.close();
      }

      return {
        async write(piece) {
          hash.update(piece);
          length += piece.length;
          await writing;
          // One piece is written while the next one arrives.
          writing = writeAll(file, piece);
          writing.catch(() => undefined);
        },
        async finish() {
          await writing;
          sha256 = hash.digest('hex');
          return { sha256, length };
        },
        async keep() {
          const place = bodyPath(sha256);
          await making(place, () => rename(path, place));
          const identity = await identityOf(file, length);
          if (identity !== null) remember(sha256, identity);
          await close();
        },
        async discard() {
          await writing.catch(() => undefined);
          await close().catch(() => undefined);
          await rm(path, { force: true }).catch(() => undefined);
        },
      };
    },
  };
}

/** Does something with a path, and once more when its folder had to be made first. */
async function making<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await act();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function writeAll(file: FileHandle, piece: Buffer): Promise<void> {
  for (let done = 0; done < piece.length;) done += (await file.write(piece, done)).bytesWritten;
}

/** Tells this file, as it is now, from any other; null when it is no file of that length. */
async function identityOf(file: FileHandle, length: number): Promise<string | null> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await file.stat();
  return size === length ? `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}` : null;
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function digestOfFile(file: FileHandle): Promise<string> {
  const hash: Hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}
