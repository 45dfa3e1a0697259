/** The commands of conda-lock for one lock. Pure. */
import type { Command } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import { folderOf, relativeTo, resolveInside } from '../tree.ts';
import { optionPath, type Render } from './renders.ts';
import { condaLockTool, PY_RATTLER } from './solver.ts';

/** What is passed to `conda-lock lock`, whatever solves. */
export interface LockWords {
  readonly cwd: string;
  /** Repository-relative. */
  readonly sources: readonly string[];
  readonly platforms: readonly string[];
  /** Only where no source names any. */
  readonly channels: readonly string[];
  /** What the policy adds. */
  readonly options: readonly string[];
  /** As seen from `cwd`. */
  readonly virtualPackages: string | null;
  /** What is to be written. */
  readonly output:
    | { readonly form: 'lock'; readonly name: string; readonly choices: readonly string[] }
    | { readonly form: 'explicit' | 'env'; readonly template: string };
}

/** Helping files in the private copy, which are never published. They lie where conda-lock runs. */
export const METADATA_FILE = '.relock-metadata.json';
export const LOOKUP_FILE = '.relock-pypi-to-conda.json';
/** Where the solver tells of packages whose time nobody knows. */
export const NOTES_FILE = '.relock-conda-notes.txt';
/** With an explicit lock alone, conda-lock would take pip pins of a `conda-lock.yml` that happens to be there. */
const NO_LOCK = '.relock-none.yml';

/** The words that a person would type. */
export function lockWords(words: LockWords): readonly string[] {
  const { output } = words;
  return [
    'conda-lock',
    'lock',
    ...words.sources.flatMap((path) => ['-f', optionPath(relativeTo(words.cwd, path))]),
    ...words.platforms.flatMap((platform) => ['-p', platform]),
    ...words.channels.flatMap((channel) => ['-c', channel]),
    ...(words.virtualPackages === null ? [] : ['--virtual-package-spec', optionPath(words.virtualPackages)]),
    ...words.options,
    ...(output.form === 'lock'
      ? [...output.choices.flatMap((choice) => ['--md', choice]), '--lockfile', optionPath(output.name)]
      : ['-k', output.form, '--filename-template', output.template]),
  ];
}

export interface CondaRun {
  /** Exact version, or null: the newest. */
  readonly version: string | null;
  /** Absolute path of the operator's conda; null: Relock brings the solver. */
  readonly conda: string | null;
  /** Name of the index as Poetry's inside conda-lock is told; null: it asks the public one by itself. */
  readonly index: string | null;
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  // A keyring may ask for a password that nobody types, for ever.
  POETRY_KEYRING_ENABLED: 'false',
  PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
  POETRY_NO_INTERACTION: '1',
};

/** @param more further arguments: helping files. */
export function lockCommand(
  words: LockWords,
  run: CondaRun,
  more: readonly string[],
  outputs: readonly string[],
  facts: Facts,
): Command {
  const [name, verb, ...rest] = lockWords(words);
  const alone = words.output.form === 'lock' ? [] : ['--lockfile', NO_LOCK];
  return {
    tool: toolOf(run),
    argv: [
      name ?? 'conda-lock',
      verb ?? 'lock',
      '--conda',
      run.conda ?? '{bin}/relock-conda',
      ...rest,
      ...alone,
      ...more,
    ],
    cwd: words.cwd,
    env: {
      ...ENVIRONMENT,
      ...(run.index === null ? {} : { POETRY_REPOSITORIES_RELOCK_URL: run.index }),
      // Read by the solver that Relock brings: channels tell when each package was built.
      ...(facts.cutoff === null
        ? {}
        : { RELOCK_EXCLUDE_NEWER: facts.cutoff, RELOCK_CONDA_NOTES: NOTES_FILE }),
    },
    outputs,
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** Writes one file from the unified lock at `lock`. */
export function renderCommand(
  lock: string,
  render: Render,
  template: string,
  run: CondaRun,
  facts: Facts,
): Command {
  const cwd = folderOf(lock);
  return {
    tool: toolOf(run),
    argv: [
      'conda-lock',
      'render',
      '-k',
      render.form,
      '-p',
      render.platform,
      ...render.options,
      '--filename-template',
      template,
      optionPath(relativeTo(cwd, lock)),
    ],
    cwd,
    env: {},
    outputs: [render.path],
    timeoutSeconds: facts.timeoutSeconds,
  };
}

/** A helping file's path in the repository. */
export function helpingFile(cwd: string, name: string): string {
  return resolveInside(cwd, name) ?? name;
}

function toolOf({ version, conda }: CondaRun): Command['tool'] {
  return condaLockTool(version, conda === null);
}

/** What solved, for people. */
export function solverOf({ version, conda }: CondaRun): string {
  const by = conda === null ? `py-rattler ${PY_RATTLER}` : conda.slice(conda.lastIndexOf('/') + 1);
  return `conda-lock${version === null ? '' : ` ${version}`} with ${by}`;
}
