/** Where every child process is started: an argument list, never a shell; a group of its own; bounded in time and output. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledError, EnvironmentError, messageOf } from '../errors.ts';
import type { CommandResult } from '../model.ts';
import { createCappedOutput } from './capped-output.ts';
import { coverInherited } from './inherited.ts';
import { addGroup, removeGroup, signalGroup } from './live-groups.ts';
import { plainText } from './plain-text.ts';

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;
/** How long the streams may stay open after the child's end. */
const LINGER_MS = 1000;
/** How long the rest of a group may take, after its leader, to end. */
const MEMBERS_MS = 250;

export interface ChildInput {
  /** Absolute path, or a name found on `env.PATH`. */
  readonly file: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment; nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | null;
  /** Kept of each stream; the middle of a longer one is dropped. */
  readonly maxOutputBytes: number;
  /** Open file descriptors that it gets as 3, 4 and so on. */
  readonly inherit?: readonly number[];
  /** So many streams between it and us, which it gets as the next descriptors. They are closed when it has ended. */
  readonly pipes?: number;
  /** Told the process id once it runs, and our ends of `pipes`. */
  readonly onStart?: (pid: number, pipes: readonly Duplex[]) => void;
  /** Told the size of each piece that it prints. */
  readonly onOutput?: (bytes: number) => void;
  /** Ends it at the timeout or on abort in place of SIGTERM to its group; false: that was not possible. */
  readonly stop?: () => boolean;
}

export type RunChild = (input: ChildInput) => Promise<CommandResult>;

/**
 * Runs one child to its end. At the timeout or on abort the whole group gets SIGTERM, two seconds later SIGKILL; what a
 * child leaves running behind in its group is killed when it ends. A grandchild that left the group and keeps a pipe open
 * is not waited for.
 * @returns its exit code and output as plain text; any exit code, and a timeout, is a result.
 * @throws {CancelledError} when the signal aborts, after the group is dead.
 * @throws {EnvironmentError} when the child cannot be started.
 */
export async function runChild(input: ChildInput): Promise<CommandResult> {
  if (input.signal?.aborted === true) throw new CancelledError('The run was cancelled.');
  const started = performance.now();
  const { child, pid } = await start(input);
  addGroup(pid);
  try {
    input.onStart?.(pid, pipesOf(child, input));
    return await follow(child, pid, input, started);
  } finally {
    signalGroup(pid, 'SIGKILL');
    removeGroup(pid);
  }
}

async function start(input: ChildInput): Promise<{ child: ChildProcess; pid: number }> {
  const given = [
    'ignore',
    'pipe',
    'pipe',
    ...(input.inherit ?? []),
    ...Array.from({ length: input.pipes ?? 0 }, () => 'pipe' as const),
  ] as const;
  let cause: unknown;
  try {
    const child = spawn(input.file, input.args, {
      cwd: input.cwd,
      env: { ...input.env },
      detached: true,
      shell: false,
      stdio: [...given, ...coverInherited(given.length)],
    });
    if (child.pid !== undefined) return { child, pid: child.pid };
    cause = await new Promise<unknown>((resolve) => {
      child.once('error', resolve);
    });
  } catch (error) {
    cause = error;
  }
  throw await startError(cause, input);
}

function pipesOf(child: ChildProcess, input: ChildInput): readonly Duplex[] {
  const first = 3 + (input.inherit?.length ?? 0);
  const pipes = child.stdio
    .slice(first, first + (input.pipes ?? 0))
    .filter((stream): stream is Duplex & typeof stream => stream instanceof Duplex);
  // A child that ends before it has read all makes an error here; its end is told in other ways.
  for (const pipe of pipes) pipe.on('error', () => undefined);
  return pipes;
}

async function follow(
  child: ChildProcess,
  pid: number,
  input: ChildInput,
  started: number,
): Promise<CommandResult> {
  const stdout = createCappedOutput(input.maxOutputBytes);
  const stderr = createCappedOutput(input.maxOutputBytes);
  for (const [stream, output] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream?.on('data', (chunk: Buffer) => {
      output.add(chunk);
      input.onOutput?.(chunk.length);
    });
  }
  // An error after the start is one of a failed kill or a broken pipe: the exit still comes.
  child.on('error', () => undefined);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });

  let ended: 'timeout' | 'abort' | null = null;
  let killer: NodeJS.Timeout | undefined;
  const end = (why: 'timeout' | 'abort'): void => {
    if (ended !== null) return;
    ended = why;
    if (input.stop?.() !== true) signalGroup(pid, 'SIGTERM');
    killer = setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS);
  };
  const onAbort = (): void => end('abort');
  const timer = setTimeout(() => end('timeout'), input.timeoutSeconds * 1000);
  input.signal?.addEventListener('abort', onAbort, { once: true });
  if (input.signal?.aborted === true) onAbort();
  const { code, signal } = await exited;
  clearTimeout(timer);
  input.signal?.removeEventListener('abort', onAbort);
  await letGroupEnd(pid, ended !== null);
  clearTimeout(killer);
  await within(closed, LINGER_MS);
  child.stdout?.destroy();
  child.stderr?.destroy();
  for (const pipe of pipesOf(child, input)) pipe.destroy();

  if (hasEnded(ended, 'abort')) throw new CancelledError('The run was cancelled.');
  const timedOut = hasEnded(ended, 'timeout');
  const note = signal === null || timedOut ? '' : `\n[ended by ${signal}, not sent by Relock]\n`;
  return {
    exitCode: code,
    timedOut,
    stdout: plainText(stdout.text()),
    stderr: plainText(stderr.text()) + note,
    seconds: (performance.now() - started) / 1000,
  };
}

/** TypeScript takes a variable that only a callback assigns for its first value; asking here does not. */
function hasEnded(ended: 'timeout' | 'abort' | null, why: 'timeout' | 'abort'): boolean {
  return ended === why;
}

/**
 * The leader is gone; the rest of its group goes too: at once, or, where it had its SIGTERM, after a moment to end by
 * itself. The group's id answers until all its dead have been waited for, which PID 1 of a container may do late or never,
 * so that being gone is waited for only briefly.
 */
async function letGroupEnd(pid: number, graceful: boolean): Promise<void> {
  if (graceful) await groupGone(pid, MEMBERS_MS);
  if (signalGroup(pid, 'SIGKILL') && graceful) await groupGone(pid, MEMBERS_MS);
}

async function groupGone(pid: number, milliseconds: number): Promise<void> {
  const limit = performance.now() + milliseconds;
  while (signalGroup(pid, 0) && performance.now() < limit) await sleep(20);
}

async function within(promise: Promise<void>, milliseconds: number): Promise<void> {
  const limit = new AbortController();
  const timer = sleep(milliseconds, undefined, { signal: limit.signal }).catch(() => undefined);
  await Promise.race([promise, timer]);
  limit.abort();
}

async function startError(cause: unknown, input: ChildInput): Promise<EnvironmentError> {
  const folder = await stat(input.cwd).catch(() => null);
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  // ENOENT is said of the program and of the working folder alike.
  if (folder?.isDirectory() !== true) {
    return new EnvironmentError(
      'child-not-started',
      `${input.file} cannot be started: its working folder ${input.cwd} is not a folder.`,
      '',
      { cause },
    );
  }
  const why =
    code === 'ENOENT'
      ? 'there is no such program (or the interpreter that its first line names)'
      : code === 'EACCES'
        ? 'it is not an executable file'
        : code === 'E2BIG'
          ? 'its arguments and environment are too large for the system'
          : messageOf(cause);
  return new EnvironmentError('child-not-started', `${input.file} cannot be started: ${why}.`, '', { cause });
}
