/** Explicit and environment files beside a unified lock, which `conda-lock render` writes from it. Pure. */
import { basename } from 'node:path/posix';
import type { Reason } from '../../model.ts';
import { folderOf, reason, relativeTo } from '../tree.ts';
import type { ExplicitHead } from './explicit-file.ts';
import type { LockEntry } from './lock-file.ts';

/** One file that is rendered. */
export interface Render {
  readonly path: string;
  readonly form: 'explicit' | 'env';
  readonly platform: string;
  /** Which categories it is rendered with: `--no-dev-dependencies`, `-e docs`. */
  readonly options: readonly string[];
}

/** A file as `readExplicitHead` knows it, with its platform. */
export interface ExplicitFile extends ExplicitHead {
  readonly path: string;
  readonly platform: string;
  /** Names of the packages in it. */
  readonly names: ReadonlySet<string>;
}

/** A unified lock as far as it matters here. */
export interface Rendering {
  readonly path: string;
  readonly platforms: readonly string[];
  readonly contentHash: ReadonlyMap<string, string>;
  readonly entries: readonly LockEntry[];
}

/**
 * The unified lock that a file is rendered from: the one whose hash it carries, else the only one in its folder that has its
 * platform; null when there is none.
 */
export function lockOf(file: ExplicitFile, locks: readonly Rendering[]): Rendering | null {
  const having = locks.filter(({ platforms }) => platforms.includes(file.platform));
  const same = having.filter(
    ({ contentHash }) => file.inputHash !== null && contentHash.get(file.platform) === file.inputHash,
  );
  const near = having.filter(({ path }) => folderOf(path) === folderOf(file.path));
  const exact = same.length === 1 ? same[0] : same.find((one) => near.includes(one));
  return exact ?? (near.length === 1 && same.length === 0 ? (near[0] ?? null) : null);
}

export function renderOf(file: ExplicitFile, lock: Rendering): Render {
  return { path: file.path, form: file.form, platform: file.platform, options: categoriesOf(file, lock) };
}

/** Files are rendered with `dev` and without other categories, unless what they hold says otherwise. */
function categoriesOf(file: ExplicitFile, lock: Rendering): readonly string[] {
  const categories = new Map<string, Set<string>>();
  for (const { name, platform, category } of lock.entries) {
    if (platform !== file.platform) continue;
    const known = categories.get(name);
    if (known === undefined) categories.set(name, new Set([category]));
    else known.add(category);
  }
  const counts = new Map<string, { all: number; there: number }>();
  for (const [name, of] of categories) {
    const [only] = of;
    if (of.size !== 1 || only === undefined || only === 'main') continue;
    const count = counts.get(only) ?? { all: 0, there: 0 };
    count.all += 1;
    if (file.names.has(name)) count.there += 1;
    counts.set(only, count);
  }
  return [...counts].flatMap(([category, { all, there }]) => {
    const isIn = there * 2 > all;
    if (category === 'dev') return isIn ? [] : ['--no-dev-dependencies'];
    return isIn && /^[\w.-]{1,100}$/u.test(category) ? ['--extras', category] : [];
  });
}

/**
 * What `--filename-template` must be to write a file, seen from the folder where conda-lock runs.
 * Threat: the template is a Python format, in which braces of a file's name would mean something.
 */
export function templateOf(path: string, form: 'explicit' | 'env', cwd: string): string | Reason {
  const template = form === 'env' ? path.replace(/\.yml$/u, '') : path;
  if (/[{}]/u.test(path) || (form === 'env' ? template === path : path.endsWith('.yml'))) {
    return reason(
      'unsupported-kind',
      `conda-lock cannot write a file of the name ${basename(path)} from this lock.`,
      form === 'env' ? 'Give it a name that ends in .yml.' : 'Give it another name.',
    );
  }
  return optionPath(relativeTo(cwd, template));
}

/** A path as the value of an option, which must not look like an option itself. */
export function optionPath(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}
