/** poetry.lock: found beside its pyproject.toml, made anew by the Poetry that wrote it. Pure. */
import type { Policy } from '../../config/policy.ts';
import { policyFor } from '../../config/lock-policy.ts';
import type { Reason, Skip, Target, Tree } from '../../model.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { choosePython } from '../python-choice.ts';
import { folderOf, readText, reason, resolveInside, whyUnreadable } from '../tree.ts';
import { hasManifestChanged } from './content-hash.ts';
import { readLockHead } from './lock-head.ts';
import { changedNote, readManifest, tryRead, whyConflicted } from '../manifest.ts';
import { parsePoetryLock } from './parse.ts';
import { projectFiles, whyPathsFail } from '../path-dependencies.ts';
import { choosePoetry } from './poetry-version.ts';
import { readProject } from './project.ts';
import type { PoetryProject } from './project.ts';
import { lockCommand, nextPoetryStep } from './steps.ts';
import type { PoetryPlan } from './steps.ts';

const LOCK = 'poetry.lock';
const MANIFEST = 'pyproject.toml';
/** Locks of other tools for the same pyproject.toml. */
const OTHER_LOCKS = ['uv.lock', 'pdm.lock'];

export const poetryEcosystem: LockEcosystem = {
  name: 'poetry',
  kinds: ['poetry'],
  detect,
};

function detect(tree: Tree, policy: Policy): Detection {
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  for (const path of named(tree, LOCK)) {
    const planned = planLock(tree, policy, path);
    if ('code' in planned) skips.push({ path, kind: 'poetry', reason: planned });
    else locks.push(planned);
  }
  const lockedBy = new Map(
    locks.flatMap(({ target }) => target.inputs.map((input): [string, string] => [input, target.path])),
  );
  for (const path of named(tree, MANIFEST)) {
    const missing = whyLockMissing(tree, path, lockedBy);
    if (missing !== null) skips.push({ path, kind: 'poetry', reason: missing });
  }
  return { locks, skips };
}

function named(tree: Tree, name: string): readonly string[] {
  return [...tree.files.keys()].filter((path) => path === name || path.endsWith(`/${name}`));
}

function beside(path: string, name: string): string {
  return resolveInside(folderOf(path), name) ?? name;
}

function has(tree: Tree, path: string): boolean {
  return tree.files.has(path);
}

/** A manifest of Poetry's without any lock, or null. */
function whyLockMissing(tree: Tree, manifest: string, lockedBy: ReadonlyMap<string, string>): Reason | null {
  const text = readText(tree, manifest);
  if (text === null || !/^\s*\[tool\.poetry[\].]/mu.test(text)) return null;
  if ([LOCK, ...OTHER_LOCKS].some((name) => has(tree, beside(manifest, name)))) return null;
  const project = tryRead(manifest, text, readProject);
  if ('code' in project) return project;
  if (!project.value.usesPoetry) return null;
  const above = lockedBy.get(manifest);
  if (above !== undefined) {
    const message = `${manifest} has no ${LOCK} of its own: ${above} locks what it needs.`;
    return reason('lock-missing', message);
  }
  return reason(
    'lock-missing',
    `${manifest} has [tool.poetry], but no ${LOCK} is beside it.`,
    'Nothing to do for a library that is not locked; else run `poetry lock` once and commit the lock.',
  );
}

function planLock(tree: Tree, policy: Policy, path: string): PlannedLock | Reason {
  const unreadable = whyUnreadable(tree, path);
  if (unreadable !== null) return unreadable;
  const manifest = beside(path, MANIFEST);
  const read = readManifest(tree, path, manifest, readProject);
  if ('code' in read) return read;
  const { text, value: project } = read;
  const lock = readText(tree, path) ?? '';
  return (
    whyNotPoetry(tree, path, manifest, project) ??
    whyConflicted(path, lock) ??
    whyPathsFail(tree, manifest, project.paths) ??
    plannedLock(tree, policy, { path, lock, manifest, text, project })
  );
}

function whyNotPoetry(tree: Tree, path: string, manifest: string, project: PoetryProject): Reason | null {
  if (project.usesPoetry) return null;
  const other = OTHER_LOCKS.find((name) => has(tree, beside(path, name)));
  if (other !== undefined) {
    return reason(
      'ambiguous-manifest',
      `${manifest} has no [tool.poetry] and is locked by ${beside(path, other)} too: ${path} seems to be left over.`,
      `Remove the lock that is not used.`,
    );
  }
  if (project.hasProject) return null;
  return reason(
    'manifest-missing',
    `${manifest} has neither [tool.poetry] nor [project], so it is not what ${path} was made from.`,
    `Remove the lock, or restore the manifest.`,
  );
}

interface Found {
  readonly path: string;
  readonly lock: string;
  readonly manifest: string;
  readonly text: string;
  readonly project: PoetryProject;
}

function plannedLock(tree: Tree, policy: Policy, found: Found): PlannedLock {
  const { path, lock, manifest, text, project } = found;
  const tool = choosePoetry({
    lock: path,
    head: readLockHead(lock),
    wanted: policyFor(policy, path).toolVersion,
    requires: project.requiresPoetry,
    hasGroups: project.hasGroups,
  });
  const python = choosePython(tree, policy, { lock: path, manifests: [manifest], inLock: null });
  // Poetry's own settings for the project.
  const settings = beside(path, 'poetry.toml');
  const target: Target = {
    path,
    kind: 'poetry',
    manifests: [manifest],
    inputs: [
      manifest,
      ...(has(tree, settings) ? [settings] : []),
      ...projectFiles(tree, manifest, project.paths),
    ],
    writes: [path],
    tool: { name: tool.name, version: tool.version, from: tool.from },
    python: { version: python.version, from: python.from },
    cwd: folderOf(path),
    command: lockCommand(tool.version),
    remotes: project.remotes,
    notes: [
      ...tool.notes,
      ...python.notes,
      ...(hasManifestChanged(lock, project.root) === true ? [changedNote(manifest, path)] : []),
      ...otherLockNotes(tree, path),
    ],
  };
  const plan: PoetryPlan = {
    target,
    pythonRanges: project.pythonRanges,
    sources: project.sources,
    lock,
    manifest: text,
  };
  return {
    target,
    next: (facts, history) => nextPoetryStep(plan, facts, history),
    parse: (now, read) => {
      const manifestNow = read(manifest);
      const known = manifestNow === null ? null : tryRead(manifest, manifestNow, readProject);
      return parsePoetryLock(path, now, known === null || 'code' in known ? new Map() : known.value.direct);
    },
  };
}

function otherLockNotes(tree: Tree, path: string): readonly string[] {
  return OTHER_LOCKS.filter((name) => has(tree, beside(path, name))).map(
    (name) => `${beside(path, name)} locks the same pyproject.toml: two locks for one manifest drift apart.`,
  );
}
