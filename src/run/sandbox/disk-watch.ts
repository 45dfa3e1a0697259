/** How much a sandbox has written to the disk. */
import { lstat, opendir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskWatch {
  /** Whether too much has been written. */
  look(): Promise<boolean>;
}

/** What an empty file takes: a name, an inode. */
const FILE_BYTES = 4096;
/** Of the file system that must stay free, whoever has filled it. */
const RESERVE_BYTES = 256 * 1024 ** 2;
const RESERVE_PART = 0.01;
/** Clocks of file systems run a little behind. */
const CLOCK_SLACK_MS = 1000;

interface Room {
  readonly folder: string;
  readonly freeBytes: number;
  readonly freeFiles: number;
  readonly totalBytes: number;
}

/**
 * Free room is read at each look, which costs nothing; only when so much is gone are the files counted that were changed since the
 * start, for others write to the same disk.
 * @param openFiles bytes of files that are in no folder any more.
 */
export function createDiskWatch(
  folders: readonly string[],
  limitBytes: number,
  openFiles: () => Promise<number>,
): DiskWatch {
  const since = Date.now() - CLOCK_SLACK_MS;
  const before = roomOf(folders);
  let restUntil = 0;
  return {
    async look() {
      let taken = 0;
      let full = false;
      for (const start of await before) {
        const now = await room(start.folder);
        if (now === null) continue;
        const bytes = start.freeBytes - now.freeBytes;
        taken = Math.max(taken, bytes, (start.freeFiles - now.freeFiles) * FILE_BYTES);
        const reserve = Math.min(RESERVE_BYTES, now.totalBytes * RESERVE_PART);
        full ||= now.freeBytes < reserve && bytes > reserve / 4;
      }
      if (full) return true;
      if (taken <= limitBytes || performance.now() < restUntil) return false;
      const started = performance.now();
      const found = await changedBytes(folders, since, limitBytes);
      restUntil = performance.now() + 5 * (performance.now() - started);
      if (found.bytes > limitBytes || found.bytes + (await openFiles()) > limitBytes) return true;
      // Threat: files in a folder that nobody may read, or deeper than a path can be long.
      return found.unread && taken > 2 * limitBytes;
    },
  };
}

/** One for each file system. */
async function roomOf(folders: readonly string[]): Promise<readonly Room[]> {
  const rooms = new Map<number, Room>();
  for (const folder of folders) {
    const device = (await stat(folder).catch(() => null))?.dev;
    const found = device === undefined || rooms.has(device) ? null : await room(folder);
    if (device !== undefined && found !== null) rooms.set(device, found);
  }
  return [...rooms.values()];
}

async function room(folder: string): Promise<Room | null> {
  const found = await statfs(folder).catch(() => null);
  if (found === null) return null;
  const { bsize, bfree, blocks, ffree } = found;
  return { folder, freeBytes: bfree * bsize, freeFiles: ffree, totalBytes: blocks * bsize };
}

async function changedBytes(
  folders: readonly string[],
  since: number,
  enough: number,
): Promise<{ readonly bytes: number; readonly unread: boolean }> {
  const open = [...folders];
  const counted = new Set<string>();
  let bytes = 0;
  let unread = false;
  for (let folder = open.pop(); folder !== undefined && bytes <= enough; folder = open.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        const path = join(folder, entry.name);
        const info = await lstat(path).catch(() => null);
        if (info === null) continue;
        if (info.isDirectory()) open.push(path);
        const id = `${info.dev}:${info.ino}`;
        if (info.ctimeMs < since || (info.nlink > 1 && counted.has(id))) continue;
        if (info.nlink > 1) counted.add(id);
        bytes += Math.max(info.blocks * 512, FILE_BYTES);
        if (bytes > enough) break;
      }
    } catch (error) {
      unread ||= !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
    }
  }
  return { bytes, unread };
}
