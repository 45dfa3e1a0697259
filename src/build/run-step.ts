/** One program of a build: behind walls where it builds itself, watched in time, memory and disk in any case. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError } from '../errors.ts';
import type { RunChild } from '../run/child.ts';
import type { ConfinedResult } from '../run/sandbox/confined.ts';
import { createDiskWatch } from '../run/sandbox/disk-watch.ts';
import { createGuard } from '../run/sandbox/guard.ts';
import { innerLimits, outerLimits } from '../run/sandbox/kernel-limits.ts';
import { readLayout } from '../run/sandbox/layout.ts';
import type { Builder, BuildLimits, BuildStep } from './model.ts';
import { programFolder, wallArguments } from './walls.ts';

export interface StepOptions {
  readonly builder: Builder;
  readonly run: RunChild;
  readonly limits: BuildLimits;
  /** The whole environment, but for the step's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly readable: readonly string[];
  /** Also what the disk limit is for. */
  readonly writable: readonly string[];
  /** false: where the builder stands behind walls, it has not even loopback. */
  readonly network: boolean;
  readonly seconds: number;
  readonly signal: AbortSignal | null;
}

/** Of each stream. */
const KEPT_BYTES = 256 * 1024;
/** Lower descriptors may be taken by the program that maps users, which starts bubblewrap. */
const PIPES = 7;
const STATUS_FD = 2 + PIPES;
const DISK_EVERY_MS = 1000;

/**
 * @throws {CancelledError} when the signal aborts, after all has ended. @throws {EnvironmentError} when it cannot be started.
 */
export async function runStep(step: BuildStep, options: StepOptions): Promise<ConfinedResult> {
  return options.builder.walls === null ? runBare(step, options) : runWalled(step, options);
}

async function runWalled(step: BuildStep, options: StepOptions): Promise<ConfinedResult> {
  const { builder, limits, readable, writable, network, run } = options;
  const words = wallArguments({
    layout: await readLayout(),
    readable: [...readable, ...programFolder(builder.path)],
    writable,
    network,
    statusFd: STATUS_FD,
  });
  const bwrap = builder.walls?.bwrap ?? 'bwrap';
  const [file = bwrap, ...args] = [
    ...outerLimits(limits),
    // Maps the range of users that the system lends to this one, so that nobody else's files can be reached.
    ...(isRoot() ? [] : [builder.path, 'unshare']),
    bwrap,
    ...words,
    ...innerLimits(limits),
    ...step.argv,
  ];
  const guard = createGuard(limits, writable);
  try {
    const result = await run({
      file,
      args,
      cwd: '/',
      env: { ...options.env, ...step.env },
      timeoutSeconds: options.seconds,
      signal: options.signal,
      maxOutputBytes: KEPT_BYTES,
      pipes: PIPES,
      stop: guard.stop,
      onOutput: guard.printed,
      onStart(_pid, pipes) {
        for (const pipe of pipes) pipe.resume();
        pipes.at(-1)?.on('data', guard.told);
      },
    });
    return { ...result, exceeded: guard.exceeded() };
  } finally {
    await guard.end();
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The client of a daemon: its own memory is small; what it writes is not. */
async function runBare(step: BuildStep, options: StepOptions): Promise<ConfinedResult> {
  const [file, ...args] = step.argv;
  const full = new AbortController();
  const over = new AbortController();
  const { signal } = options;
  const disk = createDiskWatch(options.writable, options.limits.diskBytes, async () => 0);
  const watching = (async () => {
    while (!over.signal.aborted) {
      await sleep(DISK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      if (!over.signal.aborted && (await disk.look().catch(() => false))) full.abort();
    }
  })();
  const started = performance.now();
  try {
    const result = await options.run({
      file,
      args,
      cwd: '/',
      env: { ...options.env, ...step.env },
      timeoutSeconds: options.seconds,
      signal: signal === null ? full.signal : AbortSignal.any([signal, full.signal]),
      maxOutputBytes: KEPT_BYTES,
    });
    return { ...result, exceeded: null };
  } catch (error) {
    if (!(error instanceof CancelledError) || !full.signal.aborted || signal?.aborted === true) throw error;
    const seconds = (performance.now() - started) / 1000;
    return { exitCode: null, timedOut: false, stdout: '', stderr: '', seconds, exceeded: 'disk' };
  } finally {
    over.abort();
    await watching;
  }
}
