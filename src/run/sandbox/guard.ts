/** One running sandbox: what bubblewrap tells of it, the watch over its limits, and its end. */
import type { Limit } from './confined.ts';
import { watchLimits } from './limits.ts';
import type { Limits, Watch } from './limits.ts';
import { namespaceOf } from './namespace.ts';
import type { Namespace } from './namespace.ts';

export interface Guard {
  /** A piece of what bubblewrap tells: JSON objects, first the process id of PID 1, last the exit code if the program ran. */
  told(this: void, chunk: Buffer): void;
  /** The size of a piece of the child's output. */
  printed(this: void, bytes: number): void;
  /** Kills all of it. @returns false when there is nothing yet to kill: it will be, as soon as it is there. */
  stop(this: void): boolean;
  /** To be called when bubblewrap has ended: kills what it left, and waits for that. */
  end(): Promise<void>;
  programRan(): boolean;
  /** Whether it was ended by us. */
  stopped(): boolean;
  exceeded(): Limit | null;
}

/** @param writable folders whose disk is watched. */
export function createGuard(limits: Limits, writable: readonly string[]): Guard {
  let text = '';
  let namespace: Namespace | null = null;
  let watch: Watch | null = null;
  let exceeded: Limit | null = null;
  let stopped = false;
  let bytesPrinted = 0;

  const stop = (): boolean => {
    stopped = true;
    return namespace?.kill() === true;
  };
  const exceed = (limit: Limit): void => {
    exceeded ??= limit;
    stop();
  };
  return {
    told(chunk) {
      text += chunk.toString('latin1');
      const pid = /"child-pid": (\d+)/u.exec(text)?.[1];
      if (namespace !== null || pid === undefined) return;
      namespace = namespaceOf(Number(pid));
      if (namespace === null) return;
      if (stopped) namespace.kill();
      else watch = watchLimits(namespace, limits, writable, exceed);
    },
    printed(bytes) {
      bytesPrinted += bytes;
      if (bytesPrinted > limits.outputBytes && !stopped) exceed('output');
    },
    stop,
    async end() {
      watch?.stop();
      await namespace?.ended();
    },
    programRan: () => text.includes('"exit-code"'),
    stopped: () => stopped,
    exceeded: () => exceeded,
  };
}
