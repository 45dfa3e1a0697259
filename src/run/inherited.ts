/** Descriptors that whoever started us left open, and that our children would get without anybody's wish. */
import { openSync, readFileSync, readdirSync } from 'node:fs';

/** O_CLOEXEC in `flags` of proc_pid_fdinfo(5), which is octal. */
const CLOSE_ON_EXEC = 0o2000000;
/** Beyond it the list of a child's streams would be absurdly long. */
const HIGHEST = 65_535;

let known: { readonly numbers: readonly number[]; readonly nothing: number } | null = null;

/**
 * Threat: a pipe or socket of a CI runner, a supervisor or a container engine that a package's code writes to. Node closes its own
 * descriptors in children, not those that it was born with.
 * @param from the first number that the child does not get on purpose.
 * @returns what `spawn` wants for the descriptors from there on: /dev/null in place of each of these.
 */
export function coverInherited(from: number): ('ignore' | number)[] {
  known ??= readInherited();
  const { numbers, nothing } = known;
  const highest = Math.max(...numbers, 0);
  if (highest < from) return [];
  return Array.from({ length: highest + 1 - from }, (_, index) =>
    numbers.includes(from + index) ? nothing : 'ignore',
  );
}

/** Once: whatever is opened later is Node's own. Without /proc (macOS) nothing is known, and nothing covered. */
function readInherited(): { readonly numbers: readonly number[]; readonly nothing: number } {
  const numbers = openDescriptors().filter((fd) => fd > 2 && fd <= HIGHEST && isInherited(fd));
  return { numbers, nothing: numbers.length === 0 ? -1 : openSync('/dev/null', 'r+') };
}

function openDescriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
