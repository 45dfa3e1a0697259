/** The Dockerfiles of a repository from which something is published, most likely. Pure. */
import { readLines } from '../images/dockerfile-lines.ts';
import { isIgnored } from '../config/lock-policy.ts';
import type { Policy } from '../config/policy.ts';
import { folderOf, resolveInside } from '../locks/tree.ts';
import type { Tree } from '../model.ts';

/** A Dockerfile, and the folder that its build most likely sees. */
export interface FoundDockerfile {
  readonly path: string;
  readonly text: string;
  readonly context: string;
  /** Whether its name or folder says that it is for development, tests, or an example. */
  readonly isAside: boolean;
}

const NAME = /^(?:(?:Dockerfile|Containerfile)(?:[._-][^/]*)?|[^/]*\.(?:[Dd]ockerfile|[Cc]ontainerfile))$/u;
const NO_DOCKERFILE = /\.(?:dockerignore|md|txt|j2|tmpl|tpl|in|erb)$/iu;
const ASIDE_FOLDER =
  /(?:^|\/)(?:\.[^/]+|tests?|testing|testdata|fixtures?|examples?|samples?|docs?|vendor|third_party|node_modules|benchmarks?|ci|dev|demo)\//iu;
const ASIDE_NAME =
  /(?:^|[._-])(?:dev|devel|development|tests?|testing|ci|debug|local|lint|docs?|base|build|builder)(?:$|[._-])/iu;
const MOST = 50;

/** In the order of their paths; those that are ignored by the policy, or have no FROM, left out. */
export function findDockerfiles(tree: Tree, policy: Policy): readonly FoundDockerfile[] {
  const all = new Set(tree.paths);
  const found: FoundDockerfile[] = [];
  for (const path of tree.paths) {
    if (found.length >= MOST) break;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!NAME.test(name) || NO_DOCKERFILE.test(name) || isIgnored(policy, path)) continue;
    const file = tree.files.get(path);
    const lines = file?.kind === 'text' ? readLines(file.text) : null;
    if (file?.kind !== 'text' || lines?.instructions.some(({ keyword }) => keyword === 'FROM') !== true)
      continue;
    const sources = lines.instructions.flatMap(({ keyword, flags, words }) =>
      (keyword === 'COPY' || keyword === 'ADD') && !flags.some((flag) => flag.name === 'from')
        ? words.slice(0, -1).map(({ text }) => text)
        : [],
    );
    const isAside = ASIDE_FOLDER.test(path) || ASIDE_NAME.test(name);
    found.push({ path, text: file.text, context: contextOf(path, sources, all), isAside });
  }
  return found;
}

/** The root, or its own folder where more of what it copies lies there. */
function contextOf(path: string, sources: readonly string[], all: ReadonlySet<string>): string {
  const folder = folderOf(path);
  if (folder === '.') return '.';
  const plain = sources.slice(0, 200).filter((source) => /^[\w./@+-]+$/u.test(source));
  const there = (base: string): number =>
    plain.filter((source) => {
      const inside = resolveInside(base, source.replace(/^\/+/u, ''));
      return inside !== null && inside !== base && isThere(inside, all);
    }).length;
  const own = there(folder);
  return own > 0 && own >= there('.') ? folder : plain.length === 0 ? folder : '.';
}

function isThere(path: string, all: ReadonlySet<string>): boolean {
  if (all.has(path)) return true;
  for (const one of all) if (one.startsWith(`${path}/`)) return true;
  return false;
}
