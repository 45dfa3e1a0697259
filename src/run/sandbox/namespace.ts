/** A running sandbox as seen from outside: its first process, by which all of it is ended at once. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Namespace {
  /** Process id, as we see it, of PID 1 inside: with it every process of the sandbox ends, whatever it ignores. */
  readonly pid: number;
  /** SIGKILL. @returns false when it is gone. */
  kill(): boolean;
  /** Kills what is left, and waits until it is gone. */
  ended(): Promise<void>;
}

const MOST_MS = 5000;

/** @returns null when there is no such process any more. */
export function namespaceOf(pid: number): Namespace | null {
  const born = statOf(pid)?.born;
  if (born === undefined) return null;
  /** Not another process that got its number. */
  const there = (): boolean => {
    const now = statOf(pid);
    // A zombie's processes are all gone; whoever inherited it has only not looked yet.
    return now !== null && now.born === born && now.state !== 'Z' && now.state !== 'X';
  };
  const kill = (): boolean => {
    try {
      return there() && process.kill(pid, 'SIGKILL');
    } catch {
      return false;
    }
  };
  return {
    pid,
    kill,
    async ended() {
      const limit = performance.now() + MOST_MS;
      for (let wait = 1; kill() && performance.now() < limit; wait = Math.min(wait * 2, 50))
        await sleep(wait);
    },
  };
}

/** proc_pid_stat(5). The second field, a program's name in parentheses, may hold anything. */
function statOf(pid: number): { readonly state: string; readonly born: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const born = fields[19];
    return state === undefined || born === undefined ? null : { state, born };
  } catch {
    return null;
  }
}
