/** The uv command that solves an opened copy of a hand-pinned file. */
import { minorOf } from '../python-versions.ts';
import type { Command, PythonChoice } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import type { PinnedLock } from './steps.ts';

interface SolveOptions {
  readonly hashes: boolean;
  /** Solve for all platforms, not only for this one. */
  readonly universal: boolean;
  /** Packages that the cool-down does not hold for. */
  readonly young: readonly string[];
}

/** For `--exclude-newer-package`, which old uvs give no other way to lift. */
const NO_CUTOFF = '2100-01-01T00:00:00Z';

/** Paths are relative to the file's folder, where the command runs. */
export function solveCommand(
  lock: PinnedLock,
  facts: Facts,
  { hashes, universal, young }: SolveOptions,
): Command {
  const { target, temporary } = lock;
  return {
    tool: { name: 'uv', version: lock.uvVersion, python: null, with: [] },
    argv: [
      ...solveArguments(target.python, lock.prereleases, hashes),
      // Says only what went wrong.
      '--quiet',
      '--no-config',
      ...interpreterArguments(target.python, facts),
      ...(universal ? ['--universal'] : []),
      ...young.flatMap((name) => ['--exclude-newer-package', `${name}=${NO_CUTOFF}`]),
      '--output-file',
      nameOf(temporary.output),
      nameOf(temporary.input),
    ],
    cwd: target.cwd,
    env: {
      ...(facts.cooldown === null ? {} : { UV_EXCLUDE_NEWER: facts.cooldown.cutoff }),
      // A default index from outside would win over the file's own.
      ...(facts.index.isMirror && !lock.ownIndex ? { UV_DEFAULT_INDEX: facts.index.url } : {}),
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
    ...(python.version === null ? [] : ['--python-version', python.version]),
  ];
}

/**
 * The interpreter that builds source distributions: one of the lock's own Python, or none at all, since metadata built
 * under another Python can be wrong.
 */
function interpreterArguments(
  { version }: PythonChoice,
  { pythons, pythonDownloads }: Facts,
): readonly string[] {
  if (version === null) {
    const [newest] = pythons;
    return newest === undefined ? [] : ['--python', newest.path];
  }
  const fitting =
    pythons.find((python) => python.version === version) ??
    pythons.find((python) => minorOf(python.version) === minorOf(version));
  if (fitting !== undefined) return ['--python', fitting.path];
  return pythonDownloads ? ['--python', version] : ['--no-build'];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
