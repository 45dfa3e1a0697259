/** What the inputs of a compile run ask for, in the order in which pip reads them. */
import { parse } from 'smol-toml';
import type { Tree } from '../../model.ts';
import type { GlobalOption, Requirement } from '../requirements/file.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { folderOf, readText, resolveInside } from '../tree.ts';
import { hasOption, valuesOf } from './chosen-options.ts';
import { tableAt } from '../toml.ts';
import type { TomlTable } from './files.ts';
import { isProjectFile } from './project-input.ts';
import type { CompileSpec } from './spec.ts';

export interface Wish {
  readonly requirement: Requirement;
  /** It only bounds (`-c`); it asks for nothing. */
  readonly isConstraint: boolean;
  /**
   * pip-compile writes its marker into the lock. It loses that of an extra's requirement when it reads pyproject.toml
   * without a build.
   */
  readonly showsMarker: boolean;
}

export interface WrittenGlobal {
  readonly option: GlobalOption;
  readonly path: string;
}

export interface Wishes {
  readonly wishes: readonly Wish[];
  readonly globals: readonly WrittenGlobal[];
  /** `[project] name` as written, by input (as on the command line). */
  readonly projectNames: ReadonlyMap<string, string>;
  /** Extras asked for. */
  readonly extras: readonly string[];
  /** Some wishes are known only to a build backend: setup.py, setup.cfg, dynamic dependencies. */
  readonly hasHidden: boolean;
}

const MAX_FILES = 2000;

/** Reads inputs and constraints, through `-r` and `-c`. Never throws. */
export function readWishes(spec: CompileSpec, tree: Tree): Wishes {
  const wishes: Wish[] = [];
  const globals: WrittenGlobal[] = [];
  const projectNames = new Map<string, string>();
  const extras = new Set(valuesOf(spec.options, '--extra').flatMap((value) => value.split(',')));
  let hasHidden = false;
  let files = 0;

  function readFile(path: string, isConstraint: boolean, above: readonly string[]): void {
    files += 1;
    const text = above.includes(path) || files > MAX_FILES ? null : readText(tree, path);
    if (text === null) return;
    for (const entry of parseRequirements(text).entries) {
      if (entry.kind === 'requirement') wishes.push({ requirement: entry, isConstraint, showsMarker: true });
      else if (entry.kind === 'option') globals.push({ option: entry, path });
      else if (entry.kind !== 'unreadable') {
        const next = resolveInside(folderOf(path), entry.path);
        if (next !== null) readFile(next, isConstraint || entry.kind === 'constraint', [...above, path]);
      }
    }
  }

  for (const input of spec.inputs) {
    const path = resolveInside(spec.cwd, input);
    if (path === null) continue;
    if (!isProjectFile(path)) {
      readFile(path, false, []);
      continue;
    }
    const project = path.endsWith('.toml') ? readProjectTable(tree, path) : {};
    const dynamic = project['dynamic'];
    const { name } = project;
    if (typeof name === 'string') projectNames.set(input, name);
    else hasHidden = true;
    const isDynamic = Array.isArray(dynamic) && dynamic.some((one) => String(one).endsWith('dependencies'));
    if (isDynamic) hasHidden = true;
    const optional = tableAt(project, 'optional-dependencies');
    if (hasOption(spec.options, '--all-extras')) for (const extra of Object.keys(optional)) extras.add(extra);
    for (const requirement of requirementsOf(project['dependencies'])) {
      wishes.push({ requirement, isConstraint: false, showsMarker: true });
    }
    for (const [extra, list] of Object.entries(optional)) {
      if (!extras.has(extra)) continue;
      for (const requirement of requirementsOf(list)) {
        wishes.push({ requirement, isConstraint: false, showsMarker: isDynamic });
      }
    }
  }
  for (const constraint of valuesOf(spec.options, '--constraint')) {
    const path = resolveInside(spec.cwd, constraint);
    if (path !== null) readFile(path, true, []);
  }
  return { wishes, globals, projectNames, extras: [...extras], hasHidden };
}

function readProjectTable(tree: Tree, path: string): TomlTable {
  try {
    return tableAt(parse(readText(tree, path) ?? ''), 'project');
  } catch {
    // The solver says what is wrong with it.
    return {};
  }
}

function requirementsOf(list: unknown): readonly Requirement[] {
  return (Array.isArray(list) ? list : [])
    .filter((item) => typeof item === 'string')
    .flatMap((item) => parseRequirements(item.replaceAll(/[\r\n]+/gu, ' ')).entries)
    .filter((entry) => entry.kind === 'requirement');
}
