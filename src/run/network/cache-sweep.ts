/**
 * Keeps the cache's folder within its bound: what was used longest ago goes first. Other processes may read and write
 * meanwhile: a file that is gone is a miss to them, and one that is gone already is none of ours.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readEntry } from './cache-entry.ts';
import { PLACES } from './cache-store.ts';

const DAY_MILLISECONDS = 24 * 3_600_000;
/** What a small file costs on the disk. */
const BLOCK_BYTES = 4096;
/** Below the bound, so that not every run has to sweep. */
const GOAL = 0.9;
const AT_A_TIME = 32;

interface Found {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Removes entries, and the bodies that no entry names any more, until all takes less than `maxBytes`; and what a killed
 * process left behind a day ago or more.
 * @param now milliseconds since 1970.
 * @returns bytes that are left.
 */
export async function sweepCache(folder: string, maxBytes: number, now: number): Promise<number> {
  for (const file of await filesIn(folder, PLACES.incoming)) {
    if (now - file.time > DAY_MILLISECONDS) await remove(file.path);
  }
  const entries: (Found & { readonly body: string | null })[] = [];
  await each(await filesIn(folder, PLACES.entries), async (file) => {
    const key = file.path.slice(-'.json'.length - 64, -'.json'.length);
    const entry = readEntry(await readFile(file.path, 'utf8').catch(() => ''), key);
    if (entry === null) await remove(file.path);
    else entries.push({ ...file, body: entry.length === 0 ? null : entry.sha256 });
  });
  const bodies = new Map((await filesIn(folder, PLACES.bodies)).map((file) => [file.path.slice(-64), file]));

  let left = 0;
  const kept = new Set<string>();
  const goal = total(entries, bodies) > maxBytes ? maxBytes * GOAL : maxBytes;
  entries.sort((one, other) => other.time - one.time);
  for (const entry of entries) {
    const body = entry.body === null ? undefined : bodies.get(entry.body);
    const isLost = entry.body !== null && body === undefined;
    const more = entry.bytes + (body === undefined || kept.has(body.path) ? 0 : body.bytes);
    if (isLost || left + more > goal) {
      await remove(entry.path);
      continue;
    }
    left += more;
    if (body !== undefined) kept.add(body.path);
  }
  const named = new Set(entries.map((entry) => entry.body));
  for (const [sha256, file] of bodies) {
    if (kept.has(file.path)) continue;
    // One that no entry names may be about to get its entry.
    if (named.has(sha256) || now - file.time > DAY_MILLISECONDS) await remove(file.path);
    else left += file.bytes;
  }
  return left;
}

function total(
  entries: readonly { readonly bytes: number }[],
  bodies: ReadonlyMap<string, { readonly bytes: number }>,
): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.bytes;
  for (const body of bodies.values()) bytes += body.bytes;
  return bytes;
}

/** All files of one place, in whatever order. */
async function filesIn(folder: string, place: string): Promise<Found[]> {
  const root = join(folder, place);
  const names = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: Found[] = [];
  await each(names, async (name) => {
    if (!name.isFile()) return;
    const path = join(name.parentPath, name.name);
    const status = await stat(path).catch(() => null);
    if (status === null) return;
    const bytes = Math.ceil(status.size / BLOCK_BYTES) * BLOCK_BYTES;
    found.push({ path, bytes, time: status.mtimeMs });
  });
  return found;
}

async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const item of rest) await act(item);
    }),
  );
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** What the folder took at the last count; a guess, since processes do not wait for one another. */
export interface CacheSize {
  readonly bytes: number;
  /** Milliseconds since 1970: the last sweep. */
  readonly swept: number;
}

/** Null when it was never counted. */
export async function readSize(folder: string): Promise<CacheSize | null> {
  try {
    const value = JSON.parse(await readFile(sizePath(folder), 'utf8')) as { bytes: unknown; swept: unknown };
    const { bytes, swept } = value;
    return typeof bytes === 'number' && typeof swept === 'number' ? { bytes, swept } : null;
  } catch {
    return null;
  }
}

/** Rejects when the disk fails. */
export async function writeSize(folder: string, size: CacheSize): Promise<void> {
  const beside = join(folder, `size-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(beside, JSON.stringify(size), { mode: 0o600, flag: 'wx' });
    await rename(beside, sizePath(folder));
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** True when the bound may be passed, or nobody has looked for a day. */
export function isDue(size: CacheSize | null, added: number, maxBytes: number, now: number): boolean {
  return size === null || size.bytes + added > maxBytes || Math.abs(now - size.swept) > DAY_MILLISECONDS;
}

function sizePath(folder: string): string {
  return join(folder, 'size.json');
}
