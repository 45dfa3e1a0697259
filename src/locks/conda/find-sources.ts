/** Which files a conda lock is made from: what the policy says, what the lock records, else what lies beside it. Pure. */
import { policyFor } from '../../config/lock-policy.ts';
import { POLICY_PATH, type Policy } from '../../config/policy.ts';
import type { Reason, Tree } from '../../model.ts';
import { folderOf, readText, reason, resolveInside, whyUnreadable } from '../tree.ts';
import { readSource } from './read-source.ts';
import { NOTHING_ASKED, type Source } from './source.ts';

export interface FoundSources {
  readonly sources: readonly Source[];
  /** How they were learned, for people. */
  readonly from: string;
}

/** More are no lock of people's. */
const MOST_SOURCES = 100;
const NAME_THEM = `Name its sources as \`inputs\` under [[lock]] in ${POLICY_PATH}, or restore them.`;

const known = new WeakMap<Tree, ReadonlySet<string>>();

/** Whether there is such a file, read or not. */
export function isFile(tree: Tree, path: string): boolean {
  let paths = known.get(tree);
  if (paths === undefined) {
    paths = new Set(tree.paths);
    known.set(tree, paths);
  }
  return paths.has(path);
}

/** @param recorded as the lock writes them: relative to its folder, or absolute on another machine. */
export function findSources(
  tree: Tree,
  policy: Policy,
  lock: string,
  recorded: readonly string[],
): FoundSources | Reason {
  const { inputs } = policyFor(policy, lock);
  if (inputs !== undefined) return readAll(tree, lock, inputs, `\`inputs\` in ${POLICY_PATH}`);
  if (recorded.length === 0) {
    return reason('missing-input', `${lock} records no file that it was made from.`, NAME_THEM);
  }
  const paths: string[] = [];
  for (const written of recorded.slice(0, MOST_SOURCES)) {
    const path = findWritten(tree, folderOf(lock), written);
    if (path === null) {
      return reason(
        'missing-input',
        `${lock} was made from \`${written.slice(0, 200)}\`, which is not in the repository.`,
        NAME_THEM,
      );
    }
    paths.push(path);
  }
  return readAll(tree, lock, paths, `\`sources\` of ${lock}`);
}

/** The sources at these paths; those that are there but were not read may ask for anything. */
export function readAll(
  tree: Tree,
  lock: string,
  paths: readonly string[],
  from: string,
): FoundSources | Reason {
  const sources: Source[] = [];
  for (const path of new Set(paths)) {
    if (!isFile(tree, path)) {
      return reason(
        'missing-input',
        `${lock} is made from ${path} (${from}), which is not there.`,
        NAME_THEM,
      );
    }
    const file = tree.files.get(path);
    if (file !== undefined && file.kind !== 'text') {
      const why = whyUnreadable(tree, path);
      return reason('manifest-unreadable', why?.message ?? `${path} cannot be read.`, why?.fix);
    }
    const text = readText(tree, path);
    const source =
      text === null ? { ...NOTHING_ASKED, path, usesPip: true } : readSource(path, text, folderOf(lock));
    if ('code' in source) return source;
    sources.push(source);
  }
  return { sources, from };
}

/** An absolute path of another machine is looked for by its ending, the longest first. */
function findWritten(tree: Tree, folder: string, written: string): string | null {
  const path = written.replaceAll('\\', '/');
  const inside = resolveInside(folder, path);
  if (inside !== null) return isFile(tree, inside) ? inside : null;
  const absolute = /^(?:[A-Za-z]:)?\/(.*)$/u.exec(path)?.[1];
  const parts = absolute?.split('/') ?? [];
  for (let at = 0; at < Math.min(parts.length, 40); at += 1) {
    const ending = resolveInside('.', parts.slice(at).join('/'));
    if (ending !== null && isFile(tree, ending)) return ending;
  }
  return null;
}
