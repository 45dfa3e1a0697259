/** One solve by uv, with what it takes when the lock's Python is not here. Pure: steps of data. */
import { builtPackages, mustBuild, withoutLog } from '../build-log.ts';
import type { Command, CommandResult, Reason } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { normaliseText } from '../tree.ts';
import type { PythonPlan } from './python-plan.ts';
import type { CompileSpec } from './spec.ts';

type RunOrWrite = Extract<Step, { do: 'run' | 'write' }>;

export type Solving<Result> = Generator<RunOrWrite, Result, StepResult>;

export type Solved =
  | { readonly kind: 'solved'; readonly text: string; readonly notes: readonly string[] }
  | { readonly kind: 'failed'; readonly command: Command; readonly result: CommandResult }
  | { readonly kind: 'python-missing'; readonly reason: Reason };

export interface UvAsk {
  readonly spec: CompileSpec;
  readonly facts: Facts;
  readonly plan: PythonPlan;
  /** Exact version of uv, or null for the one Relock brings. */
  readonly version: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** `python`: arguments that choose the Python. */
  argv(python: readonly string[]): readonly [string, ...string[]];
  readonly python: readonly string[];
  /** The failure may come from an outdated page of the index. */
  isStale(command: Command, result: CommandResult): boolean;
}

/**
 * Where the Python is not here, uv builds source distributions with another one and only warns; what they then say of their
 * dependencies can be another Python's truth. `--no-build` is no way out: it makes uv take an older release that has a wheel.
 * So uv solves with its log of builds on, and a solve during which anything was built is thrown away.
 */
export function* runUv(ask: UvAsk): Solving<Solved> {
  const { plan, facts } = ask;
  if (plan.kind !== 'absent') return yield* runOnce(ask, ask.python, {});
  const first = yield* runOnce(ask, ask.python, {
    UV_PYTHON_DOWNLOADS: 'never',
    RUST_LOG: 'uv_distribution::source=debug',
  });
  if (first.kind === 'python-missing') return first;
  const { stderr } = first;
  const built = builtPackages(stderr);
  if (built.length === 0) {
    if (first.kind === 'failed') return { ...first, result: { ...first.result, stderr: withoutLog(stderr) } };
    const note = `Solved for Python ${plan.version} without an interpreter of that version: nothing had to be built.`;
    return { ...first, notes: [note] };
  }
  if (!facts.pythonDownloads) {
    const { lock, python } = ask.spec;
    return {
      kind: 'python-missing',
      reason: mustBuild(lock, { ...python, version: plan.version }, built),
    };
  }
  return yield* runOnce(ask, ['--python', plan.version, ...withoutPythonVersion(ask, plan.version)], {
    UV_PYTHON_DOWNLOADS: 'automatic',
  });
}

/** A fetched interpreter is the newest patch; a version that the lock's own command names stays. */
function withoutPythonVersion({ spec, python }: UvAsk, version: string): readonly string[] {
  return spec.kind === 'uv-pip-compile' || version.split('.').length > 2 ? python : [];
}

type Once = Solved & { readonly stderr: string };

function* runOnce(
  ask: UvAsk,
  python: readonly string[],
  env: Readonly<Record<string, string>>,
): Solving<Once> {
  const once = yield* runWith(ask, ask.argv(python), env);
  // Caches on the way serve an old page now and then.
  return once.kind === 'failed' && ask.isStale(once.command, once.result)
    ? yield* runWith(ask, [...ask.argv(python), '--refresh'], env)
    : once;
}

function* runWith(ask: UvAsk, argv: Command['argv'], env: Readonly<Record<string, string>>): Solving<Once> {
  const { spec, facts } = ask;
  const command: Command = {
    tool: { name: 'uv', version: ask.version, python: null, with: [] },
    argv,
    cwd: spec.cwd,
    env: { ...ask.env, ...env },
    outputs: [spec.lock],
    timeoutSeconds: facts.timeoutSeconds,
  };
  const { result, files } = yield { do: 'run', command };
  if (result === null) throw new TypeError('A run step was answered without a result.');
  const text = files[spec.lock] ?? null;
  const { stderr } = result;
  if (result.exitCode !== 0 || text === null) return { kind: 'failed', command, result, stderr };
  return { kind: 'solved', text: normaliseText(text), notes: [], stderr };
}
