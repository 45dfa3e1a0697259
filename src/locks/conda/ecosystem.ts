/** Locks of conda-lock, known by what is in them: unified ones, and lists of exact packages for one platform. Pure. */
import { isIgnored, policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { LockKind, Reason, Skip, Tree } from '../../model.ts';
import { LockSyntaxError, type Detection, type LockEcosystem, type PlannedLock } from '../ecosystem.ts';
import { readText, reason, whyUnreadable } from '../tree.ts';
import { tryUnified } from './compare.ts';
import { readExplicitHead, type ExplicitHead } from './explicit-file.ts';
import { looksUnified } from './lock-file.ts';
import { parseExplicit } from './parse.ts';
import { planExplicit } from './plan-explicit.ts';
import { planUnified, platformsOf, type ReadLock } from './plan-unified.ts';
import { lockOf, type ExplicitFile, type Rendering } from './renders.ts';
import { unlockedEnvironments } from './unlocked.ts';

export const condaEcosystem: LockEcosystem = {
  name: 'conda',
  kinds: ['conda-lock', 'conda-explicit'],
  detect,
};

const YAML_NAME = /\.ya?ml$/iu;
const LIST_NAME = /\.(?:lock|txt|ya?ml)$|(?:^|\/)[^/.]*(?:explicit|conda)[^/]*$/iu;
const UNIFIED_NAME = /(?:^|[./-])conda-lock\.ya?ml$/u;
/** Unread files that are locks by their names alone. */
const KNOWN_NAMES: readonly { readonly name: RegExp; readonly kind: LockKind }[] = [
  { name: UNIFIED_NAME, kind: 'conda-lock' },
  { name: /(?:^|\/)conda-[a-z0-9]+-[a-z0-9_]+\.lock$/u, kind: 'conda-explicit' },
];

interface Listed {
  readonly path: string;
  readonly head: ExplicitHead;
}

function detect(tree: Tree, policy: Policy): Detection {
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  const unified: ReadLock[] = [];
  const lists: Listed[] = [];
  for (const path of tree.files.keys()) {
    const found = look(tree, path);
    if (found === null) continue;
    if ('reason' in found) skips.push(found);
    else if ('head' in found) lists.push(found);
    else unified.push(found);
  }
  const renderings = unified.filter(({ path }) => !isLeftAlone(policy, path)).flatMap(renderingOf);
  const files = lists.flatMap((list) => fileOf(tree, list)).filter(({ path }) => !isLeftAlone(policy, path));
  const take = (path: string, kind: LockKind, planned: PlannedLock | Reason): void => {
    if ('code' in planned) skips.push({ path, kind, reason: planned });
    else locks.push(planned);
  };
  for (const lock of unified) {
    take(lock.path, 'conda-lock', planUnified(tree, policy, lock, files, renderings));
  }
  const sourceOf = new Map(files.map((file) => [file.path, lockOf(file, renderings)?.path]));
  for (const { path, head } of lists) {
    const source = sourceOf.get(path);
    if (source === undefined) take(path, 'conda-explicit', planList(tree, policy, path, head));
    else if (!locks.some(({ target }) => target.path === source)) {
      const why = reason('missing-input', `${path} is rendered from ${source}, which cannot be made anew.`);
      skips.push({ path, kind: 'conda-explicit', reason: why });
    }
  }
  skips.push(...unlockedEnvironments(tree, locks, skips));
  return { locks, skips };
}

/** What a file is, by its content. */
function look(tree: Tree, path: string): ReadLock | Listed | Skip | null {
  const file = tree.files.get(path);
  if (file?.kind !== 'text') {
    const known = KNOWN_NAMES.find(({ name }) => name.test(path));
    const why = known === undefined ? null : whyUnreadable(tree, path);
    return known === undefined || why === null ? null : { path, kind: known.kind, reason: why };
  }
  if (LIST_NAME.test(path)) {
    const head = readExplicitHead(file.text);
    if (head !== null) return { path, head };
  }
  if (!YAML_NAME.test(path)) return null;
  if (looksUnified(file.text)) return { path, lock: tryUnified(path, readText(tree, path) ?? '') };
  if (!UNIFIED_NAME.test(path)) return null;
  return {
    path,
    kind: 'conda-lock',
    reason: reason(
      'lock-unreadable',
      `${path} has the name of a lock of conda-lock, and not its content (\`metadata\`, \`package\`).`,
      'Make it anew once with `conda-lock lock`, or remove it.',
    ),
  };
}

function planList(tree: Tree, policy: Policy, path: string, head: ExplicitHead): PlannedLock | Reason {
  if (head.by === 'conda-lock') return planExplicit(tree, policy, path, head);
  return reason(
    'unsupported-kind',
    `${path} lists the packages of an environment that was there (\`conda list --explicit\` or the like), and not of a solution for something asked for.`,
    'Make it anew with the tool that wrote it, or lock the environment file with conda-lock, whose locks Relock makes anew.',
  );
}

function renderingOf({ path, lock }: ReadLock): readonly Rendering[] {
  if (lock === null) return [];
  const { metadata, entries } = lock;
  return [{ path, platforms: platformsOf(lock), contentHash: metadata.contentHash, entries }];
}

/** As it matters to what it is rendered from; nothing where that cannot be told. */
function fileOf(tree: Tree, { path, head }: Listed): readonly ExplicitFile[] {
  const { platform } = head;
  if (head.by === null || platform === null) return [];
  try {
    const nothing = { conda: new Set<string>(), pip: new Set<string>() };
    const { packages } = parseExplicit(path, readText(tree, path) ?? '', head, nothing);
    return [{ ...head, path, platform, names: new Set(packages.map(({ name }) => name)) }];
  } catch (error) {
    if (error instanceof LockSyntaxError) return [];
    throw error;
  }
}

function isLeftAlone(policy: Policy, path: string): boolean {
  return isIgnored(policy, path) || policyFor(policy, path).enabled === false;
}
