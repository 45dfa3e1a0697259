/** Which Dockerfile installs a lock, and on which Python. Pure. */
import { posix } from 'node:path';
import { globMatcher } from '../config/glob.ts';
import { readStages } from '../images/dockerfile-python.ts';
import type { DockerStage, StagePython } from '../images/dockerfile-python.ts';
import type { Tree } from '../model.ts';
import { folderOf, readText, resolveInside } from './tree.ts';

export interface ImageAnswer extends StagePython {
  readonly dockerfile: string;
}

/** How sure it is that a stage installs the lock. */
type Strength = 'installs' | 'sibling';

interface Candidate {
  readonly answer: ImageAnswer;
  readonly strength: Strength;
  /** The Dockerfile that installs it, and how far it is. */
  readonly path: string;
  readonly distance: number;
  readonly stage: number;
}

const DOCKERFILE = /(?:^|\/)(?:(?:Dockerfile|Containerfile|dockerfile)(?:[._-][^/]*)?|[^/]*[Dd]ockerfile)$/u;
/** Commands that install what a lock of that name holds. */
const INSTALLERS: readonly { readonly lock: RegExp; readonly command: RegExp }[] = [
  { lock: /^poetry\.lock$/u, command: /\bpoetry\b.*\b(?:install|sync|export)\b/su },
  { lock: /^Pipfile\.lock$/u, command: /\bpipenv\b.*\b(?:install|sync|requirements)\b/su },
  { lock: /^uv\.lock$/u, command: /\buv\b.*\b(?:sync|run|export)\b/su },
  { lock: /^pylock\./u, command: /pylock/u },
];
/** Threat: a repository of ten thousand Dockerfiles. Those nearest to the lock are read. */
const MOST_FILES = 100;
const MOST_NAMED = 50;
const MOST_SOURCES = 500;

/** Reads each Dockerfile once for all locks of a run. */
const stagesOfTree = new WeakMap<Tree, Map<string, readonly DockerStage[]>>();
const dockerfilesOfTree = new WeakMap<Tree, readonly Dockerfile[]>();

interface Dockerfile {
  readonly path: string;
  /** Of its folder. */
  readonly parts: readonly string[];
}

/**
 * The Pythons on which Dockerfiles install `lock`, the most telling first: stages that install it before those that
 * install its neighbour, the nearest Dockerfile first, then the last stage.
 */
export function imagesThatInstall(tree: Tree, lock: string): readonly ImageAnswer[] {
  const home = folderOf(lock);
  const candidates: Candidate[] = [];
  const parts = partsOf(home);
  const nearest = dockerfiles(tree)
    .map((one) => ({ path: one.path, distance: stepsBetween(parts, one.parts) }))
    .sort((a, b) => a.distance - b.distance || compareNames(a.path, b.path))
    .slice(0, MOST_FILES);
  for (const { path, distance } of nearest) {
    for (const [stage, one] of stages(tree, path).entries()) {
      const strength = strengthOf(tree, path, one, lock);
      const answer = strength === null ? null : answerOf(tree, path, one);
      if (strength !== null && answer !== null) candidates.push({ answer, strength, path, distance, stage });
    }
  }
  return candidates
    .sort(
      (a, b) =>
        rank(a.strength) - rank(b.strength) ||
        Number(isForDevelopment(a.path)) - Number(isForDevelopment(b.path)) ||
        a.distance - b.distance ||
        Number(isForProduction(b.path)) - Number(isForProduction(a.path)) ||
        compareNames(a.path, b.path) ||
        b.stage - a.stage,
    )
    .map(({ answer }) => answer);
}

/** What a stage says itself, else the Dockerfile of the repository that its base image is built from. */
function answerOf(tree: Tree, path: string, stage: DockerStage): ImageAnswer | null {
  if (stage.python !== null) return { ...stage.python, dockerfile: path };
  const seen = new Set([path]);
  for (let { base } = stage; ;) {
    const own = dockerfileOfImage(tree, base);
    const last = own === null || seen.has(own) ? undefined : stages(tree, own).at(-1);
    if (own === null || last === undefined) return null;
    if (last.python !== null) {
      return { ...last.python, dockerfile: own, text: `${last.python.text}, the base of ${path}` };
    }
    seen.add(own);
    ({ base } = last);
  }
}

/** `org/base:latest` is what `Dockerfile.base`, `base.Dockerfile` or `base/Dockerfile` builds, when there is only one. */
function dockerfileOfImage(tree: Tree, image: string): string | null {
  const bare = (image.split('@', 1)[0] ?? '').toLowerCase();
  const name = bare.slice(bare.lastIndexOf('/') + 1).split(':', 1)[0] ?? '';
  if (name === '') return null;
  const names = new Set([
    `dockerfile.${name}`,
    `dockerfile-${name}`,
    `dockerfile_${name}`,
    `${name}.dockerfile`,
  ]);
  const found = dockerfiles(tree).filter(({ path, parts }) => {
    const file = posix.basename(path).toLowerCase();
    return names.has(file) || (file === 'dockerfile' && parts.at(-1)?.toLowerCase() === name);
  });
  return found.length === 1 ? (found[0]?.path ?? null) : null;
}

function strengthOf(tree: Tree, dockerfile: string, stage: DockerStage, lock: string): Strength | null {
  const name = posix.basename(lock);
  const taken = howTaken(tree, dockerfile, stage.sources, lock);
  const installer = INSTALLERS.find((one) => one.lock.test(name));
  if (installer !== undefined) {
    if (taken === 'named') return 'installs';
    if (!stage.commands.some((command) => installer.command.test(command))) return null;
    const own = lockOf(tree, dockerfile, name);
    if (taken === 'folder' || own === lock) return 'installs';
    return taken === 'all' && own === null && isBelow(lock, folderOf(dockerfile)) ? 'installs' : null;
  }
  if (taken === 'named') return 'installs';
  if (taken === null && lockOf(tree, dockerfile, name) !== lock) return null;
  const installed = requirementFiles(stage.commands).map((file) => fileInTree(tree, dockerfile, file));
  if (installed.includes(lock)) return 'installs';
  return installed.some((path) => path !== null && folderOf(path) === folderOf(lock)) ? 'sibling' : null;
}

/** Files named after `-r` or `--requirement`, and by `uv pip sync FILE`. */
function requirementFiles(commands: readonly string[]): readonly string[] {
  const found = commands
    .join('\n')
    .matchAll(/(?:\s-r[\s=]*|--requirements?[\s=]+|\bpip\s+sync\s+|\bpip-sync\s+)["']?([^\s"'&|;]+)/gu);
  return [...found].slice(0, MOST_NAMED).map((match) => match[1] ?? '');
}

/**
 * The file of the repository that a path in the image most likely is: `/app/requirements/prod.txt` is
 * `requirements/prod.txt` of the Dockerfile's folder or of one above; by its name alone when only one file has it.
 */
function fileInTree(tree: Tree, dockerfile: string, named: string): string | null {
  const parts = posix
    .normalize(named)
    .split('/')
    .filter((part) => part !== '' && part !== '..');
  const contexts = foldersUp(folderOf(dockerfile));
  for (let start = Math.max(0, parts.length - 8); start < parts.length; start += 1) {
    for (const context of contexts) {
      const path = resolveInside(context, parts.slice(start).join('/'));
      if (path !== null && tree.files.has(path)) return path;
    }
  }
  const name = parts.at(-1);
  const same = [...tree.files.keys()].filter((path) => posix.basename(path) === name);
  return same.length === 1 ? (same[0] ?? null) : null;
}

/**
 * How the build context's files that a stage takes have to do with the lock: it is named, its folder is, or everything is
 * taken. A path counts for the nearest context in which it exists: the Dockerfile's own folder first, then those above.
 */
function howTaken(
  tree: Tree,
  dockerfile: string,
  sources: readonly string[],
  lock: string,
): 'named' | 'folder' | 'all' | null {
  const contexts = foldersUp(folderOf(dockerfile));
  const ways = new Set(
    sources.slice(0, MOST_SOURCES).map((source) => {
      const relative = posix.normalize(source.replace(/^\/+/u, '') || '.').replace(/\/$/u, '');
      if (/^[.*/]+$/u.test(relative)) return 'all';
      return /[*?[]/u.test(relative)
        ? byGlob(contexts, relative, lock)
        : byPath(tree, contexts, relative, lock);
    }),
  );
  return (['named', 'folder', 'all'] as const).find((way) => ways.has(way)) ?? null;
}

function byGlob(contexts: readonly string[], glob: string, lock: string): 'named' | 'folder' | null {
  for (const context of contexts) {
    const matches = globMatcher(resolveInside(context, glob) ?? '');
    if (matches(lock)) return 'named';
    if (matches(folderOf(lock))) return 'folder';
  }
  return null;
}

function byPath(
  tree: Tree,
  contexts: readonly string[],
  relative: string,
  lock: string,
): 'named' | 'folder' | null {
  for (const context of contexts) {
    const path = resolveInside(context, relative);
    if (path === null) return null;
    if (path === lock) return 'named';
    if (isBelow(lock, path)) return 'folder';
    if (tree.files.has(path)) return null;
  }
  return null;
}

function isBelow(path: string, folder: string): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}

/** The nearest file of a name at or above the Dockerfile's folder. */
function lockOf(tree: Tree, dockerfile: string, name: string): string | null {
  for (const folder of foldersUp(folderOf(dockerfile))) {
    const path = resolveInside(folder, name);
    if (path !== null && tree.files.has(path)) return path;
  }
  return null;
}

/** A folder and all above it, up to the root. */
export function foldersUp(folder: string): readonly string[] {
  const found = [folder];
  for (let at = folder; at !== '.'; at = posix.dirname(at)) found.push(posix.dirname(at));
  return found;
}

function dockerfiles(tree: Tree): readonly Dockerfile[] {
  let found = dockerfilesOfTree.get(tree);
  if (found === undefined) {
    found = [...tree.files.keys()]
      .filter((path) => DOCKERFILE.test(path))
      .map((path) => ({ path, parts: partsOf(folderOf(path)) }));
    dockerfilesOfTree.set(tree, found);
  }
  return found;
}

function partsOf(folder: string): readonly string[] {
  return folder === '.' ? [] : folder.split('/');
}

function stages(tree: Tree, path: string): readonly DockerStage[] {
  let known = stagesOfTree.get(tree);
  if (known === undefined) {
    known = new Map();
    stagesOfTree.set(tree, known);
  }
  let found = known.get(path);
  if (found === undefined) {
    found = readStages(readText(tree, path) ?? '');
    known.set(path, found);
  }
  return found;
}

/** Steps from one folder to another, up and down. */
function stepsBetween(from: readonly string[], to: readonly string[]): number {
  let common = 0;
  while (common < from.length && from[common] === to[common]) common += 1;
  return from.length + to.length - 2 * common;
}

function rank(strength: Strength): number {
  return strength === 'installs' ? 0 : 1;
}

const DEVELOPMENT =
  /(?:^|[/._-])(?:dev|devel|develop|development|devcontainer|local|tests?|testing|ci|debug|docs?|lint|examples?)(?=$|[/._-])/iu;

/** An image for people who work on the project, not the one that runs. */
function isForDevelopment(path: string): boolean {
  return DEVELOPMENT.test(path);
}

function isForProduction(path: string): boolean {
  return /(?:^|[/._-])(?:prod|production|release)(?=$|[/._-])/iu.test(path);
}

/** `Dockerfile` before its variants, then by name. */
function compareNames(a: string, b: string): number {
  return plain(a) - plain(b) || (a < b ? -1 : Number(a > b));
}

function plain(path: string): number {
  return /(?:^|\/)(?:Dockerfile|Containerfile)$/u.test(path) ? 0 : 1;
}
