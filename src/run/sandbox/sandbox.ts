/** Children behind walls: bubblewrap around the one way in which children are started. */
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { CancelledError, EnvironmentError } from '../../errors.ts';
import type { CommandResult } from '../../model.ts';
import type { RunChild } from '../child.ts';
import { insideUser, relayFile, sandboxArguments, sandboxCommand, standInFiles } from './argv.ts';
import type { SystemLayout } from './argv.ts';
import type { ConfinedInput, ConfinedResult, RunConfined } from './confined.ts';
import { accessMounts, checkStart, readLayout } from './layout.ts';
import { createControlGroup } from './control-group.ts';
import type { ControlGroup } from './control-group.ts';
import { createGuard } from './guard.ts';
import { innerLimits, outerLimits } from './kernel-limits.ts';
import type { Limits } from './limits.ts';
import { relaySource } from './relay-source.ts';
import { seccompProgram } from './seccomp.ts';

export interface SandboxOptions {
  /** Absolute path of bubblewrap and its version: see `findSandbox`. */
  readonly bwrap: string;
  readonly version: string;
  readonly limits: Limits;
  readonly exec: RunChild;
}

/** What comes first when the machine has no memory left (0 is usual, 1000 the first of all). */
const KILLED_FIRST = '1000';
/** Of /tmp inside; a part of the memory limit, of which it counts. */
const temporaryBytes = (limits: Limits): number => Math.min(512 * 1024 ** 2, limits.memoryBytes / 4);

/** Descriptors inside: after the three usual ones, these, in this order, then the files. */
const ARGUMENTS_FD = 3;
const STATUS_FD = 4;
const SECCOMP_FD = 5;
const FILES_FD = 6;

/**
 * Each child gets namespaces of its own: it sees the system's programs, what `access` names, its own processes, and loopback with
 * a relay to the door. When it ends, by itself or at a limit, timeout or abort, everything that it started ends with it, without
 * grace.
 * @returns a runner that throws as `runChild` does, and when a path of `access` cannot be shown.
 */
export function createSandbox(options: SandboxOptions): RunConfined {
  let layout: Promise<SystemLayout> | null = null;
  return async (input) => {
    if (input.signal?.aborted === true) throw new CancelledError('The run was cancelled.');
    layout ??= readLayout();
    return runInside(input, await layout, options);
  };
}

async function runInside(
  input: ConfinedInput,
  layout: SystemLayout,
  { bwrap, version, limits, exec }: SandboxOptions,
): Promise<ConfinedResult> {
  const { access, ...childInput } = input;
  const mounts = await accessMounts(access);
  await checkStart(input, mounts);
  const seccomp = seccompProgram(process.arch);
  const user = insideUser({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });
  const files = [...standInFiles(user), ...(access.door === null ? [] : [relayFile(relaySource())])];
  const words = sandboxArguments({
    version,
    layout,
    mounts,
    env: input.env,
    cwd: input.cwd,
    relay: access.door === null ? null : { door: access.door, node: process.execPath },
    filesFrom: FILES_FD,
    files,
    statusFd: STATUS_FD,
    seccompFd: seccomp === null ? null : SECCOMP_FD,
    temporaryBytes: temporaryBytes(limits),
    user,
  });
  if (words.some((word) => word.includes('\0'))) throw notStarted(input.file, 'a NUL is in its environment');

  const [file = bwrap, ...args] = [
    ...outerLimits(limits),
    bwrap,
    ...sandboxCommand(ARGUMENTS_FD, innerLimits(limits), input, access.door !== null),
  ];
  const guard = createGuard(limits, access.writable);
  const group = createControlGroup(limits.processes);
  const running = exec({
    ...childInput,
    file,
    args,
    cwd: '/',
    env: {},
    inherit: [],
    pipes: 3 + files.length,
    stop: guard.stop,
    onOutput(bytes) {
      guard.printed(bytes);
      input.onOutput?.(bytes);
    },
    onStart(pid, pipes) {
      enrol(pid, group);
      const [argumentPipe, statusPipe, seccompPipe, ...filePipes] = pipes;
      for (const pipe of pipes) pipe.resume();
      statusPipe?.on('data', (chunk: Buffer) => guard.told(chunk));
      seccompPipe?.end(seccomp ?? '');
      for (const [index, pipe] of filePipes.entries()) pipe.end(files[index]?.text ?? '');
      // The last: bubblewrap does nothing before it has read its arguments, so that what `enrol` set holds for all inside.
      argumentPipe?.end(words.map((word) => `${word}\0`).join(''));
      input.onStart?.(pid, []);
    },
  });
  const result = await settled(running, async () => {
    await guard.end();
    await group?.remove();
  });
  if (!guard.programRan() && !guard.stopped() && result.exitCode !== 0 && result.exitCode !== null) {
    throw notStarted(input.file, `the sandbox cannot be set up (${firstLine(result.stderr)})`);
  }
  return {
    ...(guard.stopped() ? { ...result, exitCode: null } : bySignal(result)),
    exceeded: guard.exceeded(),
  };
}

async function settled(running: Promise<CommandResult>, finish: () => Promise<void>): Promise<CommandResult> {
  try {
    return await running;
  } finally {
    await finish();
  }
}

/** Told to the kernel before there is anything inside: all that is started later inherits it. */
function enrol(pid: number, group: ControlGroup | null): void {
  for (const act of [
    () => writeFileSync(`/proc/${pid}/oom_score_adj`, KILLED_FIRST),
    () => group?.add(pid),
  ]) {
    try {
      act();
    } catch {
      // It has ended already, or runs where that is forbidden.
    }
  }
}

/** Signals by which programs end; 128 and their number is what bubblewrap, as a shell, makes of them. */
const ENDING = [
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGKILL',
  'SIGPIPE',
  'SIGSEGV',
  'SIGSYS',
  'SIGTERM',
  'SIGXCPU',
  'SIGXFSZ',
] as const;

function bySignal(result: CommandResult): CommandResult {
  const signal = ENDING.find((name) => constants.signals[name] + 128 === result.exitCode);
  if (signal === undefined) return result;
  const note = `\n[ended by ${signal}, not sent by Relock]\n`;
  return { ...result, exitCode: null, stderr: result.stderr + note };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 300) ?? '';
}

function notStarted(file: string, why: string): EnvironmentError {
  return new EnvironmentError('child-not-started', `${file} cannot be started: ${why}.`);
}
