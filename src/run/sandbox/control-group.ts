/** A control group for one sandbox, where we may make one: the only limit for processes that also holds for root. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ControlGroup {
  /** Takes a process in, with all that it starts from now on. */
  add(pid: number): void;
  /** To be called when all its processes have ended. */
  remove(): Promise<void>;
}

/** Above the limit that is judged, so that going past it is seen before it is prevented. */
const SPARE = 32;
const ROOT = '/sys/fs/cgroup';
const REMOVE_MS = 1000;

const PREFIX = 'relock-sandbox-';

let count = 0;

/**
 * Without one, the watch alone stops whoever forks without end, and it can be late: between two of its looks some thousand
 * processes come to be.
 * @returns null where there is no hierarchy that we may write, as in most containers and for most users.
 * @see cgroups(7), the controller `pids` of version 1 and 2
 */
export function createControlGroup(processes: number): ControlGroup | null {
  const parent = parentFolder();
  if (parent === null) return null;
  if (count === 0) sweep(parent);
  count += 1;
  const folder = join(parent, `${PREFIX}${process.pid}-${count}`);
  try {
    accessSync(parent, constants.W_OK);
    mkdirSync(folder);
  } catch {
    return null;
  }
  const group: ControlGroup = {
    add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)),
    async remove() {
      const limit = performance.now() + REMOVE_MS;
      while (!removed(folder) && performance.now() < limit) await sleep(20);
    },
  };
  try {
    writeFileSync(join(folder, 'pids.max'), String(processes + SPARE));
    return group;
  } catch {
    removed(folder);
    return null;
  }
}

/** Those that a killed process of ours left: they are empty. One that is in use cannot be removed. */
function sweep(parent: string): void {
  try {
    for (const name of readdirSync(parent)) {
      const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : undefined;
      if (owner !== undefined && !existsSync(`/proc/${owner}`)) removed(join(parent, name));
    }
  } catch {
    // Not ours to read.
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

/** Where a group of its own can be made, beside or below the one that we are in. */
function parentFolder(): string | null {
  const lines = textOf('/proc/self/cgroup').split('\n');
  for (const line of lines) {
    const [, controllers = '', ...rest] = line.split(':');
    const path = rest.join(':');
    if (controllers.split(',').includes('pids')) return join(ROOT, 'pids', path);
  }
  const own = lines.find((line) => line.startsWith('0::'))?.slice(3);
  if (own === undefined) return null;
  // Version 2: a group that holds processes has no limited groups below it, but for the root.
  const parent = join(ROOT, own === '/' ? own : dirname(own));
  return textOf(join(parent, 'cgroup.subtree_control')).split(/\s/u).includes('pids') ? parent : null;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
