/** Inputs that are no requirements files: pyproject.toml, setup.py, setup.cfg, scripts. What they read, and from where. */
import type { Reason, Remote } from '../../model.ts';
import { isPublicIndex } from '../public-index.ts';
import { folderOf, resolveInside } from '../tree.ts';
import { isTable, tableAt } from '../toml.ts';
import type { Files, ReadStart } from './files.ts';
import { bareUrl } from './option-values.ts';
import { urlRemote } from './remotes.ts';

export interface ProjectReads {
  readonly files: readonly string[];
  readonly remotes: readonly Remote[];
  readonly problem: Reason | null;
}

const METADATA = ['pyproject.toml', 'setup.py', 'setup.cfg'];

/** Whether an input is a project's metadata, as pip-compile tells by its name. */
export function isProjectFile(path: string): boolean {
  return METADATA.includes(path.slice(path.lastIndexOf('/') + 1));
}

/** @returns null when the input is a requirements file. */
export function readProject(files: Files, start: ReadStart): ProjectReads | null {
  const { path } = start;
  if (!isProjectFile(path)) {
    // A script (PEP 723) or pylock.toml: uv reads these itself.
    if (!/\.(?:py|toml)$/u.test(path)) return null;
    return { files: [], remotes: [], problem: files.has(path) ? null : files.problem(path, start.namedIn) };
  }
  const folder = folderOf(path);
  const beside = METADATA.map((name) => (folder === '.' ? name : `${folder}/${name}`)).filter((other) =>
    files.has(other),
  );
  const problem = files.has(path) && path.endsWith('.py') ? null : files.problem(path, start.namedIn);
  const pyproject = files.toml(folder === '.' ? 'pyproject.toml' : `${folder}/pyproject.toml`);
  const dynamic = dynamicFiles(tableAt(pyproject, 'tool', 'setuptools', 'dynamic'))
    .map((name) => resolveInside(folder, name))
    .filter((name) => name !== null && files.has(name))
    .map((name) => name ?? '');
  return {
    files: [...beside, ...dynamic],
    remotes:
      pyproject === null
        ? []
        : projectRemotes(pyproject, folder === '.' ? 'pyproject.toml' : `${folder}/pyproject.toml`),
    problem,
  };
}

/** `[tool.setuptools.dynamic] dependencies = {file = …}`, and the same for optional ones. */
function dynamicFiles(dynamic: Readonly<Record<string, unknown>>): readonly string[] {
  const tables = [
    tableAt(dynamic, 'dependencies'),
    ...Object.values(tableAt(dynamic, 'optional-dependencies')),
  ];
  return tables.flatMap((table) => {
    const file = isTable(table) && Object.hasOwn(table, 'file') ? table['file'] : [];
    return (Array.isArray(file) ? file : [file]).filter((name) => typeof name === 'string');
  });
}

function projectRemotes(pyproject: Readonly<Record<string, unknown>>, namedIn: string): readonly Remote[] {
  const remotes: Remote[] = [];
  const project = tableAt(pyproject, 'project');
  const lists = [
    project['dependencies'],
    ...Object.values(tableAt(project, 'optional-dependencies')),
    ...Object.values(tableAt(pyproject, 'dependency-groups')),
  ];
  for (const list of lists) {
    for (const item of Array.isArray(list) ? list : []) {
      const url = typeof item === 'string' ? /@\s*(\S+)/u.exec(item.slice(0, 2000))?.[1] : undefined;
      const remote = url === undefined ? null : urlRemote(url, namedIn);
      if (remote !== null) remotes.push(remote);
    }
  }
  remotes.push(...uvRemotes(tableAt(pyproject, 'tool', 'uv'), namedIn));
  return remotes;
}

/** Indexes and sources of `[tool.uv]`, which uv reads whatever it compiles. */
export function uvRemotes(uv: Readonly<Record<string, unknown>>, namedIn: string): readonly Remote[] {
  const remotes: Remote[] = [];
  const index = (url: unknown, purpose: Remote['purpose']): void => {
    if (typeof url !== 'string' || !/^https?:\/\//iu.test(url) || isPublicIndex(url)) return;
    remotes.push({ url: bareUrl(url), purpose, namedIn });
  };
  const tables = [uv, tableAt(uv, 'pip')];
  for (const table of tables) {
    index(table['index-url'], 'index');
    for (const url of asList(table['extra-index-url'])) index(url, 'extra-index');
    for (const url of asList(table['find-links'])) index(url, 'url');
    for (const one of asList(table['index'])) {
      if (isTable(one)) index(one['url'], one['default'] === true ? 'index' : 'extra-index');
    }
  }
  for (const source of Object.values(tableAt(uv, 'sources')).flatMap((one) => asList(one))) {
    if (!isTable(source)) continue;
    const git = source['git'];
    const url = source['url'];
    const remote =
      typeof git === 'string'
        ? urlRemote(`git+${git.replace(/^git\+/u, '')}`, namedIn)
        : typeof url === 'string'
          ? urlRemote(url, namedIn)
          : null;
    if (remote !== null) remotes.push(remote);
  }
  return remotes;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
