/** Running Relock and others as users do, and reading wall time and peak memory of their process. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const POLL_MS = 20;

export interface Measured {
  readonly seconds: number;
  /** Peak resident memory of that process alone, children aside; MB; null where there is no /proc. */
  readonly peakMb: number | null;
  readonly exitCode: number | null;
  readonly stdout: string;
}

/** @param entry the script that Node runs: the sources, or the compiled package. */
export async function relock(args: readonly string[], entry = MAIN): Promise<Measured> {
  return measured(process.execPath, [entry, ...args]);
}

export async function measured(program: string, args: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  let peakMb: number | null = null;
  const poll = setInterval(() => {
    peakMb = peakOf(child.pid) ?? peakMb;
  }, POLL_MS);
  const exitCode = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  clearInterval(poll);
  return {
    seconds: (performance.now() - start) / 1000,
    peakMb,
    exitCode,
    stdout: Buffer.concat(chunks).toString('utf8'),
  };
}

/** The kernel's own high-water mark, so that a peak between two looks is not missed. */
function peakOf(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(?<kb>\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      ?.groups?.['kb'];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
