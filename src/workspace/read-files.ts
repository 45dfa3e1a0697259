/** Reading files of a checkout into a snapshot, without following links. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Tree, TreeFile } from '../model.ts';
import { HEAD_BYTES, LOCK_HEAD, MAX_BYTES, SMALL_BYTES, wanted, type Wanted } from './wanted.ts';

const READERS = 32;

/** Reads those of `paths` that can matter to a decision. Files that vanish meanwhile are left out. */
export async function readWanted(root: string, paths: readonly string[]): Promise<Tree['files']> {
  const jobs = paths.map((path) => ({ path, how: wanted(path) })).filter(({ how }) => how !== 'no');
  return readAll(root, jobs);
}

/** Reads exactly these paths; those that are absent, and folders and the like, are left out. */
export async function readPaths(root: string, paths: readonly string[]): Promise<Tree['files']> {
  return readAll(
    root,
    paths.map((path) => ({ path, how: 'whole' as const })),
  );
}

async function readAll(
  root: string,
  jobs: readonly { readonly path: string; readonly how: Wanted }[],
): Promise<Tree['files']> {
  const read = new Map<string, TreeFile>();
  const isLinked = linkedFolders(root);
  const queue = jobs.values();
  const reader = async (): Promise<void> => {
    for (const { path, how } of queue) {
      const file = (await isLinked(dirname(path)))
        ? ({ kind: 'symlink' } as const)
        : await readOne(join(root, path), how);
      if (file !== null) read.set(path, file);
    }
  };
  await Promise.all(Array.from({ length: Math.min(READERS, jobs.length) }, reader));
  const files = new Map<string, TreeFile>();
  for (const { path } of jobs) {
    const file = read.get(path);
    if (file !== undefined) files.set(path, file);
  }
  return files;
}

/**
 * Whether a folder below `root` is, or lies behind, a symbolic link; each is looked at once.
 * Threat: a build moves the folder of its lock away and leaves a link there, to where a file of the same name lies.
 */
function linkedFolders(root: string): (folder: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>([['.', Promise.resolve(false)]]);
  const look = async (folder: string): Promise<boolean> => {
    if (await isLinked(dirname(folder))) return true;
    const info = await lstat(join(root, folder)).catch(() => null);
    return info?.isSymbolicLink() === true;
  };
  const isLinked = (folder: string): Promise<boolean> => {
    const found = known.get(folder) ?? look(folder);
    known.set(folder, found);
    return found;
  };
  return isLinked;
}

async function readOne(path: string, how: Wanted): Promise<TreeFile | null> {
  const info = await lstat(path).catch(() => null);
  if (info === null) return null;
  if (info.isSymbolicLink()) return { kind: 'symlink' };
  if (!info.isFile()) return null;
  if (info.size > MAX_BYTES) return how === 'whole' ? { kind: 'too-large', bytes: info.size } : null;
  if (how === 'if-small' && info.size > SMALL_BYTES && !(await headLooksLikeLock(path))) return null;
  const bytes = await readNoFollow(path, MAX_BYTES + 1);
  if (bytes === null) return null;
  if (bytes.length > MAX_BYTES) return { kind: 'too-large', bytes: bytes.length };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return how === 'whole' ? { kind: 'not-utf8' } : null;
  }
}

async function headLooksLikeLock(path: string): Promise<boolean> {
  const head = await readNoFollow(path, HEAD_BYTES);
  return head !== null && LOCK_HEAD.test(Buffer.from(head).toString('latin1'));
}

/** Threat: between lstat and open the file may have become a link; `O_NOFOLLOW` makes that an error. */
async function readNoFollow(path: string, limit: number): Promise<Uint8Array | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    const buffer = new Uint8Array(Math.min(size, limit));
    let offset = 0;
    while (offset < buffer.length) {
      const { bytesRead } = await handle.read(buffer, offset, buffer.length - offset, offset);
      if (bytesRead === 0) break;
      offset += bytesRead;
    }
    return buffer.subarray(0, offset);
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
