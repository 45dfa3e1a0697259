/** Another process with a store, to be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface StoreProcess {
  readonly pid: number;
  readonly firstLine: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** `hold`: opens the store and keeps it. `hang`: queues six jobs and hangs in the first. Resolves at its first line. */
export async function startStoreProcess(options: {
  readonly dataFolder: string;
  readonly mode: 'hold' | 'hang';
}): Promise<StoreProcess> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('store-process-main.ts', import.meta.url)), options.dataFolder, options.mode],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout }), 'line');
  const [firstLine] = (await Promise.race([line, gone.then(() => ['it ended without a word'])])) as [string];
  return {
    pid: child.pid ?? -1,
    firstLine,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
