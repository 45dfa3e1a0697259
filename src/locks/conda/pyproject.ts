/** pyproject.toml as conda-lock reads it: `[tool.conda-lock]`, and the dependencies of PEP 621, Poetry, Flit and PDM. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isTable, itemsOf, readToml, tableAt, textAt, valueAt, type Table } from '../toml.ts';
import { normaliseText } from '../tree.ts';
import { checkChannel, repositoryRemotes } from './environment.ts';
import { NOTHING_ASKED, type Source } from './source.ts';
import { readPipSpec, type PipSpec } from './spec.ts';

/**
 * @param cwd where conda-lock runs: paths in requirements are relative to it.
 * @throws {LockSyntaxError} when it is no TOML, or asks for what must not be given to conda-lock.
 */
export function readCondaPyproject(path: string, written: string, cwd: string): Source {
  const text = normaliseText(written);
  const root = readToml(path, text);
  const settings = tableAt(root, 'tool', 'conda-lock');
  const own = tableAt(settings, 'dependencies');
  const channels = textsOf(valueAt(settings, 'channels')).filter((channel) => channel !== 'nodefaults');
  for (const channel of channels) checkChannel(path, text, channel);
  const project = valueAt(settings, 'skip-non-conda-lock') === true ? [] : projectSpecs(path, root, cwd);
  const byPip = textAt(settings, 'default-non-conda-source') === 'pip';
  // `{ source = "pypi" }` takes one of the project's own from the Python index.
  const moved = Object.entries(own).flatMap(([name, how]) => (isFromIndex(how) ? [normaliseName(name)] : []));
  const conda = Object.entries(own).flatMap(([name, how]) => (isFromIndex(how) ? [] : [name.toLowerCase()]));
  const names = project.map(({ name }) => name).filter((name) => name !== '');
  const remotes = project.flatMap(({ remote }) => remote ?? []);
  return {
    ...NOTHING_ASKED,
    path,
    channels: channels.length === 0 ? null : channels,
    platforms: textsOf(valueAt(settings, 'platforms')),
    conda: new Set([...conda, ...(byPip ? [] : names)]),
    pip: new Set([...(byPip ? names : []), ...moved, ...fromUrl(project)]),
    usesPip: (byPip && names.length > 0) || moved.length > 0 || remotes.length > 0,
    turnsNames: project.length > 0 && !byPip,
    allowsPypi: valueAt(settings, 'allow-pypi-requests') !== false,
    remotes: [...repositoryRemotes(path, text, textsOf(valueAt(settings, 'pip-repositories'))), ...remotes],
  };
}

/** Whether conda-lock would lock anything out of a pyproject.toml that nobody named to it. */
export function hasCondaSettings(path: string, text: string): boolean {
  try {
    return Object.keys(tableAt(readToml(path, text), 'tool', 'conda-lock')).length > 0;
  } catch (error) {
    if (error instanceof LockSyntaxError) return false;
    throw error;
  }
}

function projectSpecs(path: string, root: Table, cwd: string): readonly PipSpec[] {
  const written = [
    ...textsOf(valueAt(tableAt(root, 'project'), 'dependencies')),
    ...Object.values(tableAt(root, 'project', 'optional-dependencies')).flatMap(textsOf),
    ...textsOf(valueAt(tableAt(root, 'tool', 'flit', 'metadata'), 'requires')),
    ...Object.values(tableAt(root, 'tool', 'flit', 'metadata', 'requires-extra')).flatMap(textsOf),
    ...Object.values(tableAt(root, 'tool', 'pdm', 'dev-dependencies')).flatMap(textsOf),
  ].flatMap((line) => readPipSpec(path, cwd, line, null) ?? []);
  const poetry = tableAt(root, 'tool', 'poetry');
  const tables = [
    tableAt(poetry, 'dependencies'),
    tableAt(poetry, 'dev-dependencies'),
    ...Object.values(tableAt(poetry, 'group')).map((group) => tableAt(group, 'dependencies')),
  ];
  return [
    ...written,
    ...tables.flatMap((table) => Object.entries(table).flatMap((entry) => poetrySpec(path, cwd, ...entry))),
  ];
}

function poetrySpec(path: string, cwd: string, name: string, how: unknown): readonly PipSpec[] {
  if (!isTable(how)) return [{ name: normaliseName(name), remote: null, leftOut: null }];
  const git = textAt(how, 'git');
  const url = git === null ? (textAt(how, 'url') ?? textAt(how, 'path')) : `git+${git}`;
  const spec = url === null ? name : `${name} @ ${url}`;
  return [readPipSpec(path, cwd, spec, null) ?? []].flat();
}

function fromUrl(project: readonly PipSpec[]): readonly string[] {
  return project.filter(({ remote }) => remote !== null).map(({ name }) => name);
}

function isFromIndex(how: unknown): boolean {
  return isTable(how) && textAt(how, 'source') === 'pypi';
}

function textsOf(value: unknown): readonly string[] {
  return itemsOf(value).filter((item) => typeof item === 'string');
}
