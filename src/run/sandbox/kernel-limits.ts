/** Limits that the kernel holds by itself, as programs that start the next one: setrlimit(2) and nice(2) are not Node's. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Limits } from './limits.ts';

const PRLIMIT = '/usr/bin/prlimit';
const NICE = ['/usr/bin/nice', '-n', '10'];

/** Above the limit that is judged: see `control-group.ts`. */
const SPARE = 32;

/** Of one process; each may hold some 200 kB of the kernel's memory that nobody is charged for. */
const OPEN_FILES = 4096;

/** Before bubblewrap: no core dumps, no single file larger than all together may be, and not too many open at once. */
export function outerLimits(limits: Limits): readonly string[] {
  if (!there(PRLIMIT)) return [];
  const files = Math.min(OPEN_FILES, hardLimit('Max open files'));
  const bytes = Math.min(limits.diskBytes, hardLimit('Max file size'));
  return [PRLIMIT, '--core=0', `--fsize=${bytes}`, `--nofile=${files}`, '--'];
}

/**
 * Inside, before the program: behind us in line for the processor, so that a child which takes all of it does not keep us from
 * ending it (the sandbox's first process is as we are), and at most so many processes. The latter holds for root nowhere, and
 * before Linux 5.14 counts all processes of a user.
 */
export function innerLimits(limits: Limits): readonly string[] {
  const words: string[] = [];
  if (there('/usr/bin/nice')) words.push(...NICE);
  if (process.getuid?.() !== 0 && countsByNamespace() && there(PRLIMIT)) {
    words.push(PRLIMIT, `--nproc=${Math.min(limits.processes + SPARE, hardLimit('Max processes'))}`, '--');
  }
  return words;
}

function countsByNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

/** Our own, which cannot be raised. */
function hardLimit(name: string): number {
  try {
    const lines = readFileSync('/proc/self/limits', 'latin1').split('\n');
    const value = Number(
      lines
        .find((line) => line.startsWith(name))
        ?.slice(name.length)
        .trim()
        .split(/\s+/u)[1],
    );
    return Number.isNaN(value) ? Infinity : value;
  } catch {
    return Infinity;
  }
}

function there(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
