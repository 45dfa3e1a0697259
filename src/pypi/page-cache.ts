/** A small cache of index pages and metadata on disk; whatever goes wrong with it costs a request, no more. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Part of every file's place: a change of what is stored must not be read by an older or newer Relock. */
const FORMAT = 'v1';

interface StoredPage {
  /** For `If-None-Match`; null when the index gave none. */
  readonly etag: string | null;
  /** Milliseconds since 1970: until then the page is taken without asking. */
  readonly freshUntil: number;
  readonly data: unknown;
}

export interface PageCache {
  readPage(name: string): Promise<StoredPage | null>;
  writePage(name: string, page: StoredPage): Promise<void>;
  /** Metadata never changes once a release is out. */
  readMetadata(name: string, version: string): Promise<string | null>;
  writeMetadata(name: string, version: string, text: string): Promise<void>;
}

/** @param folder absolute; null: nothing is kept. @param index whose answers they are: two indexes share nothing. */
export function createPageCache(folder: string | null, index: string): PageCache {
  const place = (kind: string, ...key: readonly string[]): string | null => {
    // Hashed, since names and versions come from elsewhere and must not make a path.
    const digest = createHash('sha256')
      .update(JSON.stringify([index, ...key]))
      .digest('hex');
    return folder === null
      ? null
      : join(folder, 'index', FORMAT, kind, digest.slice(0, 2), digest.slice(2, 40));
  };
  return {
    async readPage(name) {
      const text = await read(place('pages', name));
      if (text === null) return null;
      try {
        return JSON.parse(text) as StoredPage;
      } catch {
        return null;
      }
    },
    writePage: (name, page) => write(place('pages', name), JSON.stringify(page)),
    readMetadata: (name, version) => read(place('metadata', name, version)),
    writeMetadata: (name, version, text) => write(place('metadata', name, version), text),
  };
}

async function read(path: string | null): Promise<string | null> {
  return path === null ? null : readFile(path, 'utf8').catch(() => null);
}

async function write(path: string | null, text: string): Promise<void> {
  if (path === null) return;
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch {
    await rm(beside, { force: true }).catch(() => undefined);
  }
}
