/** Configuration files of the lockers: pip-tools' own, which only pip-compile reads, and `[tool.uv]`, which uv reads itself. */
import type { Reason, Remote } from '../../model.ts';
import { folderOf, reason, resolveInside } from '../tree.ts';
import { isTable, tableAt } from '../toml.ts';
import { foldersUpTo } from './files.ts';
import type { Files, TomlTable } from './files.ts';
import { PIP_COMPILE_OPTIONS } from './option-tables.ts';
import { uvRemotes } from './project-input.ts';
import { readArguments } from './read-options.ts';
import type { ReadArguments } from './read-options.ts';

export interface PipToolsConfig {
  readonly path: string;
  /** Understood and checked like a command line. */
  readonly args: ReadArguments;
}

/** Options of pip-sync, which share the table. */
const SYNC_ONLY = new Set(['ask', 'force', 'python-executable', 'user']);

/**
 * Reads `[tool.pip-tools]` and `[tool.pip-tools.compile]` as pip-compile does: of the file that `--config` names, else of
 * the first `.pip-tools.toml` or `pyproject.toml` in the folders of the inputs, else of the working folder.
 * @returns null when there is none, a reason when it holds an option that is refused.
 */
export function readPipToolsConfig(
  files: Files,
  lock: string,
  cwd: string,
  inputs: readonly string[],
  named: string | null,
): PipToolsConfig | Reason | null {
  let path: string | null = null;
  if (named !== null) {
    path = resolveInside(cwd, named);
    if (path === null || !files.has(path)) {
      return reason(
        path === null ? 'path-outside-repository' : 'missing-input',
        `${lock}: \`--config ${named}\` names a file that is not in the repository.`,
        'Put the file into the repository.',
      );
    }
  } else {
    const folders = inputs.length > 0 ? inputs.map((input) => folderOf(input)) : [cwd];
    path =
      folders
        .flatMap((folder) => ['.pip-tools.toml', 'pyproject.toml'].map((name) => inFolder(folder, name)))
        .find((candidate) => files.has(candidate)) ?? null;
  }
  const config = path === null ? null : files.toml(path);
  if (path === null || config === null) return null;
  const common = tableAt(config, 'tool', 'pip-tools');
  const table = { ...common, ...tableAt(common, 'compile') };
  const args = argumentsOf(table);
  if (args.length === 0) return null;
  const read = readArguments(PIP_COMPILE_OPTIONS, args, path);
  return 'code' in read ? read : { path, args: read };
}

function argumentsOf(table: TomlTable): readonly string[] {
  const args: string[] = [];
  const inputs: string[] = [];
  for (const [key, said] of Object.entries(table)) {
    const name = key.replaceAll('_', '-');
    if (isTable(said) || SYNC_ONLY.has(name)) continue;
    const values = Array.isArray(said) ? said : [said];
    if (name === 'src-files') {
      inputs.push(...values.filter((value) => typeof value === 'string'));
      continue;
    }
    for (const value of values) args.push(...argumentOf(name, value));
  }
  return inputs.length > 0 ? [...args, '--', ...inputs] : args;
}

function argumentOf(name: string, value: unknown): readonly string[] {
  if (typeof value === 'boolean') {
    const rule = PIP_COMPILE_OPTIONS.bySpelling.get(`--${name}`);
    const isNegation = rule?.negation === `--${name}`;
    if (value) return [`--${name}`];
    // `generate-hashes = false` says nothing, `annotate = false` and `no-annotate = true` say the same.
    if (rule === undefined || rule.negation === null) return [];
    return [isNegation ? rule.name : rule.negation];
  }
  return typeof value === 'string' || typeof value === 'number' ? [`--${name}=${value}`] : [];
}

export interface UvConfig {
  readonly path: string;
  /** Keys of `[tool.uv.pip]` (`[pip]` of uv.toml) that change the result, sorted. */
  readonly keys: readonly string[];
  readonly python: string | null;
  readonly generateHashes: boolean;
  /** `[tool.uv] required-version`. */
  readonly requiredVersion: string | null;
  readonly remotes: readonly Remote[];
}

const IDLE_KEYS = new Set(['compile-bytecode', 'link-mode', 'system', 'break-system-packages', 'cache-dir']);

/** What uv reads by itself when it runs in `cwd`: the nearest uv.toml or pyproject.toml with `[tool.uv]`. */
export function readUvConfig(files: Files, cwd: string): UvConfig | null {
  for (const folder of foldersUpTo(cwd).toReversed()) {
    const own = inFolder(folder, 'uv.toml');
    const pyproject = inFolder(folder, 'pyproject.toml');
    const [path, uv] = files.has(own)
      ? [own, files.toml(own)]
      : [pyproject, tableAt(files.toml(pyproject), 'tool', 'uv')];
    if (uv === null || Object.keys(uv).length === 0) continue;
    const pip = tableAt(uv, 'pip');
    const python = pip['python-version'];
    const required = uv['required-version'];
    return {
      path,
      keys: Object.keys(pip)
        .filter((key) => !IDLE_KEYS.has(key))
        .sort(),
      python: typeof python === 'string' && /^\d\.\d{1,3}(?:\.\d{1,3})?$/u.test(python) ? python : null,
      generateHashes: pip['generate-hashes'] === true,
      requiredVersion: typeof required === 'string' ? required : null,
      remotes: uvRemotes(uv, path),
    };
  }
  return null;
}

export function inFolder(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}
