/** The processes of one sandbox: how many, and how much memory they hold. */
import { closeSync, constants, openSync, readFileSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import type { Limit } from './confined.ts';

export interface ProcessWatch {
  /** The limit that is exceeded now; null: none. */
  look(): Promise<Limit | null>;
  /** Whether they hold too much memory that no process shows as its own: slower, to be asked seldom. */
  lookDeeper(): Promise<boolean>;
  /** Bytes of files that are open but in no folder any more. */
  openFiles(): Promise<number>;
  /** Whether the processes can be seen yet. */
  attached(): boolean;
  close(): void;
}

/** For so long at most a sandbox may hide its processes from us: setting it up takes some milliseconds. */
const UNSEEN_MS = 15_000;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

/** @param pid of the sandbox's first process. */
export function createProcessWatch(
  pid: number,
  limits: { readonly memoryBytes: number; readonly processes: number },
): ProcessWatch {
  const started = performance.now();
  let folder: number | null = null;
  let closed = false;
  /** The sandbox's own /proc, which shows nothing but its processes. A held descriptor cannot be led elsewhere. */
  const proc = (): string | null => {
    if (folder === null && !closed) folder = openProc(pid);
    return folder === null ? null : `/proc/self/fd/${folder}`;
  };
  return {
    async look() {
      const root = proc();
      // Threat: a program that makes itself unreadable at once, so as not to be counted.
      if (root === null) return performance.now() - started > UNSEEN_MS ? 'processes' : null;
      const ids = processIds(root);
      if (ids.length > limits.processes) return 'processes';
      let threads = 0;
      let bytes = temporaryBytes(root);
      for (const id of ids) {
        const found = usage(`${root}/${id}`);
        threads += found.threads;
        bytes += found.bytes;
      }
      if (threads > limits.processes) return 'processes';
      if (bytes <= limits.memoryBytes) return null;
      // Counted like this, what processes share counts for each: a slower count before they are judged.
      return (await sharedOnce(root, ids)) > limits.memoryBytes ? 'memory' : null;
    },
    async lookDeeper() {
      const root = proc();
      return root !== null && (await sharedMappings(root)) > limits.memoryBytes;
    },
    async openFiles() {
      const root = proc();
      return root === null ? 0 : deletedBytes(root);
    },
    attached: () => folder !== null,
    close() {
      closed = true;
      if (folder !== null) closeSync(folder);
      folder = null;
    },
  };
}

/**
 * The first process may be looked into by root only; the one that it starts is an ordinary one. Until the new root is in place,
 * theirs is ours, with the /proc of the whole machine.
 */
function openProc(pid: number): number | null {
  for (const each of [pid, ...childrenOf(pid)]) {
    try {
      const path = `/proc/${each}/root/proc`;
      if (statSync(path).dev === statSync('/proc').dev) continue;
      const opened = openSync(path, FOLDER);
      if (processIds(`/proc/self/fd/${opened}`).includes('1')) return opened;
      closeSync(opened);
    } catch {
      // Not yet, or not this one.
    }
  }
  return null;
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').map(Number).filter(Boolean).slice(0, 10);
  } catch {
    return [];
  }
}

function processIds(root: string): readonly string[] {
  try {
    return readdirSync(root).filter((name) => /^\d+$/u.test(name));
  } catch {
    return [];
  }
}

/** proc_pid_status(5): resident and swapped out. */
function usage(folder: string): { readonly threads: number; readonly bytes: number } {
  const text = statusOf(folder);
  const threads = field(text, 'Threads', '');
  const memory = memoryOf(text);
  if (memory !== null || threads <= 1) return { threads, bytes: memory ?? 0 };
  // Threat: the first thread has ended, and the process shows no memory any more though others hold it.
  for (const task of processIds(`${folder}/task`)) {
    const bytes = memoryOf(statusOf(`${folder}/task/${task}`));
    if (bytes !== null) return { threads, bytes };
  }
  return { threads, bytes: 0 };
}

function statusOf(folder: string): string {
  try {
    return readFileSync(`${folder}/status`, 'latin1');
  } catch {
    return '';
  }
}

function memoryOf(status: string): number | null {
  if (!status.includes('\nVmRSS:')) return null;
  return (field(status, 'VmRSS', ' kB') + field(status, 'VmSwap', ' kB')) * 1024;
}

/** A name in `Name:` has its line feeds escaped, so that no process can write a line of its own. */
function field(text: string, name: string, unit: string): number {
  const at = text.indexOf(`\n${name}:`);
  if (at < 0) return 0;
  const line = text.slice(at + name.length + 2, text.indexOf('\n', at + 1));
  return Number(line.replace(unit, '').trim());
}

/** Files in the sandbox's memory. */
function temporaryBytes(root: string): number {
  let bytes = 0;
  for (const path of ['tmp', 'dev/shm']) {
    try {
      const { bsize, blocks, bfree } = statfsSync(`${root}/../${path}`);
      bytes += bsize * (blocks - bfree);
    } catch {
      // Gone.
    }
  }
  return bytes;
}

async function sharedOnce(root: string, ids: readonly string[]): Promise<number> {
  let bytes = temporaryBytes(root);
  for (const id of ids) {
    const text = await readFile(`${root}/${id}/smaps_rollup`, 'latin1').catch(() => '');
    bytes +=
      text === ''
        ? usage(`${root}/${id}`).bytes
        : (field(text, 'Pss', ' kB') + field(text, 'SwapPss', ' kB')) * 1024;
  }
  return bytes;
}

/**
 * Threat: memory that is mapped to be shared, filled, and then let go of or left to a child that never touches it. It is there for
 * as long as the mapping is, and counts for nobody: its extent is counted instead.
 * @see proc_pid_maps(5)
 */
async function sharedMappings(root: string): Promise<number> {
  const ends = new Map<string, number>();
  for (const id of processIds(root)) {
    const text = await readFile(`${root}/${id}/maps`, 'latin1').catch(() => '');
    for (const line of text.split('\n')) {
      if (!line.endsWith('/dev/zero (deleted)')) continue;
      const [range = '', , offset = '', , inode = ''] = line.split(' ');
      const [from = 0, to = 0] = range.split('-').map((word) => Number.parseInt(word, 16));
      const end = Number.parseInt(offset, 16) + to - from;
      ends.set(inode, Math.max(ends.get(inode) ?? 0, end));
    }
  }
  return [...ends.values()].reduce((sum, size) => sum + size, 0);
}

async function deletedBytes(root: string): Promise<number> {
  const sizes = new Map<string, number>();
  for (const id of processIds(root)) {
    for (const name of await readdir(`${root}/${id}/fd`).catch(() => [])) {
      const path = `${root}/${id}/fd/${name}`;
      const target = await readlink(path).catch(() => '');
      if (!target.endsWith(' (deleted)')) continue;
      const info = await stat(path).catch(() => null);
      if (info?.isFile() === true) sizes.set(`${info.dev}:${info.ino}`, info.blocks * 512);
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
