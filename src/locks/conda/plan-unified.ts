/** One unified lock: what it records, and what is passed to conda-lock for it. Pure. */
import { basename } from 'node:path/posix';
import { policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { Reason, Tree } from '../../model.ts';
import type { PlannedLock } from '../ecosystem.ts';
import { whyConflicted } from '../manifest.ts';
import { folderOf, reason } from '../tree.ts';
import { changedWishes, saysTheSame, tryUnified } from './compare.ts';
import { findSources } from './find-sources.ts';
import type { LockMetadata, UnifiedLock } from './lock-file.ts';
import { readCondaOptions } from './options.ts';
import { parseUnified } from './parse.ts';
import { lockText, plannedCondaLock } from './plan-lock.ts';
import { lockOf, renderOf, templateOf, type ExplicitFile, type Rendering } from './renders.ts';
import type { CondaPlan, Checked } from './steps.ts';

/** A unified lock that was read, or null where it cannot be. */
export interface ReadLock {
  readonly path: string;
  readonly lock: UnifiedLock | null;
}

/** Platforms as conda names them. Threat: what looks like an option. */
const PLATFORM = /^[a-z0-9]{1,20}-[a-z0-9_]{1,20}$/u;

/** @param files explicit and environment files of the repository that may be rendered from it. */
export function planUnified(
  tree: Tree,
  policy: Policy,
  { path, lock }: ReadLock,
  files: readonly ExplicitFile[],
  locks: readonly Rendering[],
): PlannedLock | Reason {
  const text = lockText(tree, path);
  const conflict = whyConflicted(path, text);
  if (conflict !== null) return conflict;
  if (lock === null) {
    return reason(
      'lock-unreadable',
      `${path} cannot be read as a lock of conda-lock, so nobody knows what it was made from.`,
      'Make it anew once with `conda-lock lock`.',
    );
  }
  const { metadata } = lock;
  const found = findSources(tree, policy, path, metadata.sources);
  if ('code' in found) return found;
  const renders = rendersOf(tree, policy, path, files, locks);
  if ('code' in renders) return renders;
  const platforms = platformsOf(lock);
  const wrong = platforms.find((platform) => !PLATFORM.test(platform));
  if (wrong !== undefined) {
    return reason(
      'lock-unreadable',
      `${path} is for \`${wrong.slice(0, 60)}\`, which is no platform of conda's.`,
    );
  }
  return plannedCondaLock(tree, policy, {
    path,
    kind: 'conda-lock',
    found,
    platforms,
    channels: metadata.channels,
    output: { form: 'lock', name: basename(path), choices: choicesOf(metadata, renders.length > 0) },
    custom: metadata.custom,
    renders,
    notes: [...gitNotes(path, metadata), ...renderNotes(renders, files, metadata)],
    check: (before, after) => check(path, platforms, before, after),
    parse: (now, asked) => parseUnified(path, now, asked),
  });
}

/** As its metadata says, else as its packages do. */
export function platformsOf({ metadata, entries }: UnifiedLock): readonly string[] {
  return metadata.platforms.length > 0
    ? metadata.platforms
    : [...new Set(entries.map(({ platform }) => platform))].sort();
}

/** A lock with the SHA-256 of its sources and without their MD5 cannot be read back, and so not be rendered. */
function choicesOf({ choices }: LockMetadata, isRendered: boolean): readonly string[] {
  const lacks = isRendered && choices.includes('input_sha') && !choices.includes('input_md5');
  return lacks ? [...choices, 'input_md5'] : choices;
}

function rendersOf(
  tree: Tree,
  policy: Policy,
  path: string,
  files: readonly ExplicitFile[],
  locks: readonly Rendering[],
): CondaPlan['renders'] | Reason {
  const renders: { render: ReturnType<typeof renderOf>; template: string }[] = [];
  const cwd = folderOf(path);
  for (const file of files) {
    const lock = lockOf(file, locks);
    if (lock === null || lock.path !== path) continue;
    const template = templateOf(file.path, file.form, cwd);
    if (typeof template !== 'string') return template;
    const options = readCondaOptions(tree, policyFor(policy, file.path).options ?? [], folderOf(file.path));
    if ('code' in options) return options;
    const wanted = options.args.length > 0 ? onlyCategories(options.args) : null;
    const render = renderOf(file, lock);
    renders.push({ render: wanted === null ? render : { ...render, options: wanted }, template });
  }
  return renders;
}

/** The options that `conda-lock render` has in common with `lock`. */
function onlyCategories(args: readonly string[]): readonly string[] {
  return args.flatMap((word, index) => {
    if (word === '--no-dev-dependencies') return [word];
    return word === '--extras' ? [word, args[index + 1] ?? ''] : [];
  });
}

function gitNotes(path: string, { hasGit }: LockMetadata): readonly string[] {
  if (!hasGit) return [];
  return [`${path} records the commit and author it was made with; made by Relock it records none.`];
}

function renderNotes(
  renders: CondaPlan['renders'],
  files: readonly ExplicitFile[],
  { contentHash }: LockMetadata,
): readonly string[] {
  return renders.flatMap(({ render }) => {
    const file = files.find((one) => one.path === render.path);
    const stale =
      file !== undefined && file.inputHash !== null && contentHash.get(file.platform) !== file.inputHash;
    if (!stale) return [`${render.path} is rendered from it.`];
    return [
      `${render.path} is rendered from it, although it was made from something else before (its input_hash is another): what differs was not kept.`,
    ];
  });
}

function check(path: string, platforms: readonly string[], before: string, after: string): Checked {
  const now = tryUnified(path, after);
  if (now === null) {
    const problem = reason(
      'tool-failed',
      `What conda-lock wrote into ${path} cannot be read as a lock.`,
      'Please report this.',
    );
    return { problem, isSame: false, notes: [] };
  }
  const absolute = now.metadata.sources.find((source) => source.startsWith('/'));
  if (absolute !== undefined) {
    const problem = reason(
      'unexpected-write',
      `This version of conda-lock writes whole paths of the machine that it runs on into ${path}.`,
      'Name a newer one with `tool-version` under [[lock]] in .github/relock.toml, or none.',
    );
    return { problem, isSame: false, notes: [] };
  }
  const there = platformsOf(now);
  const lost = platforms.filter((platform) => !there.includes(platform));
  if (lost.length > 0) {
    const problem = reason(
      'unexpected-write',
      `conda-lock left ${lost.join(', ')} out of ${path}, which it was asked for.`,
      'Please report this.',
    );
    return { problem, isSame: false, notes: [] };
  }
  const old = tryUnified(path, before);
  return {
    problem: null,
    isSame: saysTheSame(path, before, after),
    notes: old === null ? [] : changedWishes(path, old.metadata, now.metadata),
  };
}
