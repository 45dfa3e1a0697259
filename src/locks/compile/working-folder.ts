/** From which folder a command ran: nobody records it, so it is the one from which the inputs exist. */
import { folderOf, relativeTo, resolveInside } from '../tree.ts';
import { foldersUpTo, posixPath, resolveWritten } from './files.ts';
import type { Files } from './files.ts';
import { isProjectFile } from './project-input.ts';

export interface PlacedInput {
  /** As the command line names it, relative to the folder. */
  readonly written: string;
  /** Repository-relative. */
  readonly path: string;
}

export interface Placed {
  readonly cwd: string;
  readonly inputs: readonly PlacedInput[];
  /** The output of the command is this lock. */
  readonly outputMatches: boolean;
  /** Where the command writes by its own words; null when it does not say. */
  readonly output: string | null;
}

export type Placement =
  | { readonly kind: 'placed'; readonly placed: Placed }
  /** `missing` are repository-relative, as seen from the likeliest folder. */
  | {
      readonly kind: 'missing';
      readonly cwd: string;
      readonly missing: readonly string[];
      readonly all: boolean;
    }
  | { readonly kind: 'outside'; readonly written: string }
  /** The command names no input, and no folder has one that the tool would take by itself. */
  | { readonly kind: 'no-input' };

export interface AskedCommand {
  /** As written; empty: the tool's own defaults. */
  readonly inputs: readonly string[];
  readonly output: string | null;
  /** `cd DIR` before it or `--directory DIR`. */
  readonly cd: string | null;
}

/** In this order, as pip-compile looks for them. */
const DEFAULT_INPUTS = ['requirements.in', 'setup.py', 'pyproject.toml', 'setup.cfg'];

/** Finds the folder for a command that names its inputs, or has the tool's defaults for them. */
export function placeCommand(files: Files, lock: string, asked: AskedCommand): Placement {
  const candidates = candidateFolders(files, lock, asked);
  let best: { readonly tried: Tried; readonly score: number } | null = null;
  for (const cwd of candidates) {
    const tried = tryFolder(files, lock, asked, cwd);
    if (tried === null) continue;
    const score = scoreOf(tried);
    if (best === null || score > best.score) best = { tried, score };
  }
  if (best === null) {
    const outside = asked.inputs.find((written) =>
      candidates.every((cwd) => resolveWritten(files, cwd, written) === null),
    );
    return outside === undefined ? { kind: 'no-input' } : { kind: 'outside', written: outside };
  }
  const { tried } = best;
  if (tried.missing.length > 0) {
    return {
      kind: 'missing',
      cwd: tried.placed.cwd,
      missing: tried.missing,
      all: tried.missing.length === tried.placed.inputs.length,
    };
  }
  return { kind: 'placed', placed: tried.placed };
}

interface Tried {
  readonly placed: Placed;
  readonly missing: readonly string[];
  /** The first input and the lock differ by their ending only. */
  readonly paired: boolean;
}

function tryFolder(files: Files, lock: string, asked: AskedCommand, cwd: string): Tried | null {
  const names = asked.inputs.length > 0 ? asked.inputs : defaultInputs(files, cwd);
  if (names.length === 0) return null;
  const inputs: PlacedInput[] = [];
  for (const name of names) {
    const path = resolveWritten(files, cwd, name);
    if (path === null) return null;
    const written = posixPath(name);
    const plain = resolveInside(cwd, written) === path ? written : relativeTo(cwd, path);
    // `./requirements.in` stays: annotations repeat it.
    inputs.push({ written: plain, path });
  }
  const output = outputOf(files, cwd, asked, inputs);
  return {
    placed: { cwd, inputs, outputMatches: output === lock, output },
    missing: inputs.filter(({ path }) => !files.has(path)).map(({ path }) => path),
    paired: stemOf(inputs[0]?.path ?? '') === stemOf(lock),
  };
}

function scoreOf({ placed, missing, paired }: Tried): number {
  const found = placed.inputs.length - missing.length;
  const share = found / placed.inputs.length;
  return (missing.length === 0 ? 100 : 10 * share) + (placed.outputMatches ? 20 : 0) + (paired ? 5 : 0);
}

/** Where the tool writes: `--output-file`, else what pip-compile derives from its first input. */
function outputOf(
  files: Files,
  cwd: string,
  asked: AskedCommand,
  inputs: readonly PlacedInput[],
): string | null {
  if (asked.output !== null && asked.output !== '-') return resolveWritten(files, cwd, asked.output);
  const [first] = inputs;
  if (first === undefined || asked.output === '-') return null;
  if (isProjectFile(first.path)) return resolveInside(folderOf(first.path), 'requirements.txt');
  return `${stemOf(first.path)}.txt`;
}

function defaultInputs(files: Files, cwd: string): readonly string[] {
  const found = DEFAULT_INPUTS.find((name) => files.has(cwd === '.' ? name : `${cwd}/${name}`));
  return found === undefined ? [] : [found];
}

/** The root, the folders down to the lock, and any from which both output and input would be right. */
function candidateFolders(files: Files, lock: string, asked: AskedCommand): readonly string[] {
  const near = foldersUpTo(folderOf(lock));
  const { cd } = asked;
  if (cd !== null) {
    const folders = near.map((folder) => resolveInside(folder, cd)).filter((folder) => folder !== null);
    const there = folders.filter((folder) => files.hasFolder(folder));
    if (there.length > 0) return there;
  }
  const [first] = asked.inputs;
  if (asked.output === null || first === undefined || !posixPath(asked.output).startsWith('../')) return near;
  const ending = posixPath(first).replace(/^(?:\.{1,2}\/)+/u, '');
  const others = files
    .endingWith(ending)
    .slice(0, 50)
    .map((path) => path.slice(0, -ending.length).replace(/\/$/u, '') || '.')
    .filter((folder) => resolveInside(folder, posixPath(asked.output ?? '')) === lock);
  return [...near, ...others];
}

/** Without its last ending. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? path : path.slice(0, path.length - (name.length - dot));
}

/** The input that stands beside a lock under the same name: `x.in` of `x.txt`. */
export function neighbourOf(files: Files, lock: string): string | null {
  const path = `${stemOf(lock)}.in`;
  return path !== lock && files.has(path) ? path : null;
}
