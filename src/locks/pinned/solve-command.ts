/** The uv command that solves an opened copy of a hand-pinned file. */
import { fullVersion } from '../compile/python-plan.ts';
import { minorOf } from '../python-versions.ts';
import { relativeTo } from '../tree.ts';
import type { Command, PythonChoice } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import type { PinnedLock } from './steps.ts';

interface SolveOptions {
  readonly hashes: boolean;
  /** Solve for all platforms, not only for this one. */
  readonly universal: boolean;
  readonly python: PythonWay;
}

/**
 * How uv comes by the lock's Python: it is `here`; it is `absent`, so that nothing may be built, and uv tells what it
 * builds all the same; or uv is to `fetch` it.
 */
type PythonWay = 'here' | 'absent' | 'fetch';

/** The log names every source distribution that uv builds (or had built before) to learn its dependencies. */
const DOWNLOADS: Readonly<Record<PythonWay, Readonly<Record<string, string>>>> = {
  here: {},
  absent: { UV_PYTHON_DOWNLOADS: 'never', RUST_LOG: 'uv_distribution::source=debug' },
  fetch: { UV_PYTHON_DOWNLOADS: 'automatic' },
};

/** Paths are relative to the folder where the command runs. */
export function solveCommand(
  lock: PinnedLock,
  facts: Facts,
  { hashes, universal, python }: SolveOptions,
): Command {
  const { target, temporary } = lock;
  return {
    tool: { name: 'uv', version: lock.uvVersion, python: null, with: [] },
    argv: [
      ...solveArguments(target.python, lock.prereleases, hashes),
      // Says only what went wrong.
      '--quiet',
      '--no-config',
      ...interpreterArguments(target.python, facts, python),
      ...(universal ? ['--universal'] : []),
      '--output-file',
      relativeTo(target.cwd, temporary.output),
      relativeTo(target.cwd, temporary.input),
    ],
    cwd: target.cwd,
    env: {
      // A default index from outside would win over the file's own.
      ...(facts.index.isMirror && !lock.ownIndex ? { UV_DEFAULT_INDEX: facts.index.url } : {}),
      ...DOWNLOADS[python],
    },
    outputs: [temporary.output],
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** The part that a person would type too. */
export function solveArguments(
  python: PythonChoice,
  prereleases: boolean,
  hashes: boolean,
): [string, ...string[]] {
  return [
    'uv',
    'pip',
    'compile',
    '--no-header',
    '--no-annotate',
    // pip looks at all indexes alike.
    '--index-strategy',
    'unsafe-best-match',
    ...(hashes ? ['--generate-hashes'] : []),
    ...(prereleases ? ['--prerelease', 'allow'] : []),
    ...(python.version === null ? [] : ['--python-version', fullVersion(python.version)]),
  ];
}

/** Whether the lock's Python is on this machine: whether uv can build source distributions for it. */
export function pythonWay({ version }: PythonChoice, { pythons }: Facts): 'here' | 'absent' {
  return version === null || interpreterFor(version, pythons) !== undefined ? 'here' : 'absent';
}

/** The interpreter that builds source distributions: one of the lock's own Python, since metadata can differ. */
function interpreterArguments(
  { version }: PythonChoice,
  { pythons }: Facts,
  way: PythonWay,
): readonly string[] {
  if (way === 'absent') return [];
  if (way === 'fetch') return ['--python', version ?? ''];
  const fitting = version === null ? pythons[0] : interpreterFor(version, pythons);
  return fitting === undefined ? [] : ['--python', fitting.path];
}

function interpreterFor(version: string, pythons: Facts['pythons']): Facts['pythons'][number] | undefined {
  return (
    pythons.find((python) => python.version === version) ??
    pythons.find((python) => minorOf(python.version) === minorOf(version))
  );
}
