/** A pretend ecosystem whose locks are `NAME.fake` files; its "tool" is whatever the test's runner does. */
import type { Facts, LockEcosystem, PlannedLock, Step, StepResult } from '../../src/locks/ecosystem.ts';
import type { Command, CommandResult, LockedPackage, Target } from '../../src/model.ts';

export function target(path: string, more: Partial<Target> = {}): Target {
  return {
    path,
    kind: 'unknown',
    manifests: [],
    inputs: [],
    writes: [path],
    tool: { name: 'fake', version: null, from: 'test' },
    python: { version: null, from: 'test' },
    cwd: '.',
    command: ['fake', 'lock', path],
    remotes: [],
    notes: [],
    ...more,
  };
}

function locked(name: string, version: string | null, more: Partial<LockedPackage> = {}): LockedPackage {
  return { name, version, source: null, hashes: [], direct: true, via: [], groups: [], ...more };
}

function commandFor(path: string): Command {
  return {
    tool: { name: 'uv', version: null, python: null, with: [] },
    argv: ['uv', 'lock', path],
    cwd: '.',
    env: {},
    outputs: [path],
    timeoutSeconds: 5,
  };
}

export const GOOD: CommandResult = { exitCode: 0, timedOut: false, stdout: '', stderr: '', seconds: 0.1 };

/** A lock of lines `name version`; `inputs` are the other locks that it reads. */
export function fakeLock(
  path: string,
  more: Partial<Target> = {},
  next: (facts: Facts, history: readonly StepResult[]) => Step = (_, history) => oneCommand(path, history),
): PlannedLock {
  return {
    target: target(path, more),
    next,
    parse: (text) => ({
      packages: text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const [name = '', version = ''] = line.split(' ');
          return locked(name, version);
        }),
    }),
  };
}

export function oneCommand(path: string, history: readonly StepResult[]): Step {
  const [first] = history;
  if (first === undefined) return { do: 'run', command: commandFor(path) };
  if (first.result?.exitCode === 0) return { do: 'done', solver: 'fake 1.0', notes: [] };
  const reason = {
    code: 'tool-failed',
    message: `${path} did not work.`,
    fix: '',
    detail: first.result?.stderr ?? '',
  } as const;
  return { do: 'fail', reason };
}

export function fakeEcosystem(locks: readonly PlannedLock[]): LockEcosystem {
  return { name: 'fake', kinds: ['unknown'], detect: () => ({ locks, skips: [] }) };
}
