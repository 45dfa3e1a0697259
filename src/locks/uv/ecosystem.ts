/** uv.lock of projects and workspaces, and `NAME.py.lock` of scripts (PEP 723). Pure. */
import { basename } from 'node:path/posix';
import { policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { PythonChoice, Reason, Skip, Target, Tree } from '../../model.ts';
import { distinctRemotes } from '../compile/remotes.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { placeOf } from '../toml.ts';
import { choosePython } from '../python-choice.ts';
import { lowerBound, minorOf } from '../python-versions.ts';
import { replay } from '../replay.ts';
import { folderOf, readText, reason, whyUnreadable } from '../tree.ts';
import { readUvLock } from './lock-file.ts';
import type { UvLockFile } from './lock-file.ts';
import { directNames, parseUvLock } from './parse.ts';
import { inFolder, readUvProject, workspaceAbove } from './project.ts';
import type { Placed, UvProject } from './project.ts';
import { lockRemotes, manifestRemotes } from './remotes.ts';
import { relock } from './steps.ts';
import type { UvLock } from './steps.ts';
import { chooseUv } from './tool-version.ts';

export const uvEcosystem: LockEcosystem = { name: 'uv', kinds: ['uv'], detect };

function detect(tree: Tree, policy: Policy): Detection {
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  for (const path of tree.files.keys()) {
    const read = readOne(tree, policy, path);
    if (read === null) continue;
    if ('code' in read) skips.push({ path, kind: 'uv', reason: read });
    else locks.push(plannedLock(read));
  }
  return { locks, skips };
}

function plannedLock(lock: UvLock): PlannedLock {
  return {
    target: lock.target,
    next: (facts, history) => replay(relock(lock, facts), history),
    parse: (text) => parseUvLock(lock.path, text),
  };
}

/** null when the path is no lock of uv's. */
function readOne(tree: Tree, policy: Policy, path: string): UvLock | Reason | null {
  const name = basename(path);
  if (name !== 'uv.lock' && !name.endsWith('.py.lock')) return null;
  const problem = whyUnreadable(tree, path);
  if (problem !== null) return problem;
  const before = readLock(tree, path);
  if ('code' in before) return before;
  return name === 'uv.lock'
    ? projectLock(tree, policy, path, before)
    : scriptLock(tree, policy, path, before);
}

/** A lock that cannot be read cannot be compared either; uv would stop at it as well. */
function readLock(tree: Tree, path: string): UvLockFile | Reason {
  try {
    return readUvLock(path, readText(tree, path) ?? '');
  } catch (error) {
    if (!(error instanceof LockSyntaxError)) throw error;
    return reason(
      'lock-unreadable',
      error.message,
      `Repair ${path}, or remove it and make it anew with \`uv lock\`.`,
    );
  }
}

function projectLock(tree: Tree, policy: Policy, path: string, before: UvLockFile): UvLock | Reason {
  const folder = folderOf(path);
  const above = workspaceAbove(tree, folder);
  if (above !== null) {
    return reason(
      'ambiguous-manifest',
      `${folder} is a member of the workspace of ${inFolder(above, 'pyproject.toml')}, whose lock is ${inFolder(above, 'uv.lock')}: uv never reads ${path}.`,
      `Remove ${path}.`,
    );
  }
  const project = readUvProject(tree, folder);
  if ('code' in project) return project;
  const lost = lostMembers(path, project, before);
  if (lost !== null) return lost;
  const remotes = distinctRemotes([
    ...manifestRemotes(tree, filesOf(project)),
    ...lockRemotes(path, before, directNames(before)),
  ]);
  return uvLockOf(tree, policy, { path, project, before, remotes, script: null });
}

/** A checkout without the members would give a lock without their packages. */
function lostMembers(path: string, project: UvProject, before: UvLockFile): Reason | null {
  if (project.memberGlobs.length === 0 || project.manifests.length > 1) return null;
  const lost = before.members.filter((name) => !project.names.includes(name));
  if (lost.length === 0) return null;
  const globs = project.memberGlobs.slice(0, 8).map((glob) => `\`${glob.slice(0, 60)}\``);
  return reason(
    'missing-workspace-members',
    `${path} is of a workspace with ${lost.slice(0, 5).join(', ')}, but the members of ${project.manifests[0] ?? ''} (${globs.join(', ')}) match no folder with a pyproject.toml.`,
    'Check the members out (a submodule, perhaps), or correct `members` under [tool.uv.workspace].',
  );
}

function scriptLock(tree: Tree, policy: Policy, path: string, before: UvLockFile): UvLock | Reason {
  const script = path.slice(0, -'.lock'.length);
  if (!tree.paths.includes(script)) {
    return reason(
      'manifest-missing',
      `There is no ${script}, the script whose lock ${path} is.`,
      'Remove the lock if nothing uses it any more.',
    );
  }
  const remotes = lockRemotes(path, before, new Set());
  return uvLockOf(tree, policy, { path, project: null, before, remotes, script });
}

interface Found {
  readonly path: string;
  readonly project: UvProject | null;
  readonly before: UvLockFile | null;
  readonly remotes: Target['remotes'];
  readonly script: string | null;
}

function filesOf(project: UvProject): readonly string[] {
  return [...project.manifests, ...(project.settingsFile === null ? [] : [project.settingsFile])];
}

function uvLockOf(tree: Tree, policy: Policy, found: Found): UvLock {
  const { path, project, before, script } = found;
  const inLock =
    project !== null && project.requiresPython.length > 0 ? null : pythonInLock(tree, path, before);
  const manifests = project?.manifests ?? (script === null ? [] : [script]);
  const { notes, ...python } = choosePython(tree, policy, {
    lock: path,
    manifests,
    inLock: inLock?.choice ?? null,
  });
  const command = script === null ? [] : ['--script', basename(script)];
  return {
    path,
    cwd: folderOf(path),
    script,
    ownNames: [...new Set([...(project?.names ?? []), ...builtHere(before)])],
    requiresPython: inLock === null ? (project?.requiresPython ?? []) : [inLock.range],
    requiredVersion: project?.requiredVersion ?? null,
    ownDefaultIndex: project?.ownDefaultIndex ?? false,
    target: {
      path,
      kind: 'uv',
      manifests,
      inputs: project === null ? manifests : filesOf(project),
      writes: [path],
      tool: chooseUv(policyFor(policy, path), project?.requiredVersion ?? null),
      python,
      cwd: folderOf(path),
      command: ['uv', 'lock', ...command, '--upgrade'],
      remotes: found.remotes,
      notes,
    },
  };
}

/** Names of what the lock takes from folders. */
function builtHere(before: UvLockFile | null): readonly string[] {
  return (before?.packages ?? []).flatMap(({ name, source }) =>
    source !== null && /^(?:directory|editable|virtual)$/u.test(source.kind) ? [name] : [],
  );
}

/**
 * Where no manifest has `requires-python`, uv takes the interpreter's minor version for it and writes that into the lock:
 * another interpreter would make a lock for another Python.
 */
function pythonInLock(
  tree: Tree,
  path: string,
  before: UvLockFile | null,
): { readonly choice: PythonChoice; readonly range: Placed } | null {
  const said = before?.requiresPython ?? null;
  const version = said === null ? null : lowerBound(said);
  if (said === null || version === null) return null;
  const place = placeOf(path, readText(tree, path) ?? '', 'requires-python');
  return {
    choice: { version: minorOf(version), from: `${place} requires-python = "${said}"` },
    range: { value: path.endsWith('.py.lock') ? said : `==${minorOf(version)}.*`, place },
  };
}

/**
 * The uv.lock that an export needs but the repository does not keep: made for the export, and taken away again.
 * @param target the export's own target, under whose name failures are told.
 */
export function lockForExport(tree: Tree, policy: Policy, folder: string, target: Target): UvLock | Reason {
  const project = readUvProject(tree, folder);
  if ('code' in project) return project;
  const lock = uvLockOf(tree, policy, {
    path: inFolder(folder, 'uv.lock'),
    project,
    before: null,
    remotes: [],
    script: null,
  });
  return { ...lock, target: { ...target, tool: lock.target.tool, python: lock.target.python } };
}
