/** A small cache of the service's answers on disk, shared by processes; whatever goes wrong with it costs a request, no more. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Part of every file's place: a change of what is stored must not be read by an older or newer Relock. */
const FORMAT = 'v1';
const DIGEST_LENGTH = 64;
const HOUR_MS = 3_600_000;
/** Written since the last sweep: then another is due although the hour is not over. */
const SWEEP_AFTER_BYTES = 16 * 1024 * 1024;
/** A file of this name notes when the folder was last swept. */
const SWEPT = 'swept';

export interface AnswerCache {
  /** null: not there, cut short or otherwise not what was written. */
  read(key: readonly string[]): Promise<string | null>;
  write(key: readonly string[], text: string): Promise<void>;
  /** Removes the oldest answers when there is more than allowed; looks at most once an hour, whichever process does it. */
  sweep(): Promise<void>;
}

/**
 * @param folder absolute; null: nothing is kept. @param maxBytes of all answers together; what an hour brings may come on top.
 * @param now milliseconds since 1970.
 */
export function createAnswerCache(folder: string | null, maxBytes: number, now: () => number): AnswerCache {
  if (folder === null) {
    return { read: async () => null, write: async () => undefined, sweep: async () => undefined };
  }
  const root = join(folder, 'osv', FORMAT);
  let written = 0;
  // Hashed, since keys come from elsewhere and must not make a path.
  const place = (key: readonly string[]): string => {
    const digest = sha256(JSON.stringify(key));
    return join(root, digest.slice(0, 2), digest.slice(2, 40));
  };
  return {
    async read(key) {
      const file = await readFile(place(key), 'utf8').catch(() => '');
      const text = file.slice(DIGEST_LENGTH + 1);
      return file.slice(0, DIGEST_LENGTH) === sha256(text) ? text : null;
    },
    async write(key, text) {
      await replace(place(key), `${sha256(text)}\n${text}`);
      written += text.length;
    },
    async sweep() {
      const marker = join(root, SWEPT);
      if (written === 0) return;
      const last = await stat(marker).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      if (written < SWEEP_AFTER_BYTES && now() - last < HOUR_MS) return;
      written = 0;
      await replace(marker, '');
      await removeOldest(root, maxBytes, now()).catch(() => undefined);
    },
  };
}

/** Down to four fifths, so that the next answer does not call for the next sweep. */
async function removeOldest(root: string, maxBytes: number, now: number): Promise<void> {
  const files: { readonly path: string; readonly bytes: number; readonly mtimeMs: number }[] = [];
  for (const found of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!found.isFile() || found.name === SWEPT) continue;
    const path = join(found.parentPath, found.name);
    const about = await stat(path).catch(() => null);
    if (about === null) continue;
    // What a killed process left half-written.
    if (found.name.includes('.') && now - about.mtimeMs > HOUR_MS) await rm(path, { force: true });
    else files.push({ path, bytes: about.size, mtimeMs: about.mtimeMs });
  }
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= maxBytes) return;
  for (const { path, bytes } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (total <= maxBytes * 0.8) return;
    await rm(path, { force: true });
    total -= bytes;
  }
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch {
    await rm(beside, { force: true }).catch(() => undefined);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
