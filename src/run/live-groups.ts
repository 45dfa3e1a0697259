/** The process groups of our children that are alive, so that none outlives us. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const groups = new Set<number>();
let watching = false;

/** Remembers a group (its id is the leader's process id). */
export function addGroup(id: number): void {
  groups.add(id);
  if (watching) return;
  watching = true;
  process.on('exit', killAllChildren);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

export function removeGroup(id: number): void {
  groups.delete(id);
  if (groups.size > 0 || !watching) return;
  watching = false;
  process.off('exit', killAllChildren);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** Kills every child that is alive, with all its descendants. At once, without grace; for the end of the process. */
function killAllChildren(): void {
  for (const id of groups) signalGroup(id, 'SIGKILL');
}

/** @returns false when the group is gone. */
export function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-id, signal);
    return true;
  } catch (error) {
    // A group with a member of another user (sudo, setuid) is still there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Children live in groups of their own, which a terminal's Ctrl-C does not reach. A front that handles the signal itself
 * (and aborts the run) is left to do so; without one, the signal does what it does by default, after the children.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  killAllChildren();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}
