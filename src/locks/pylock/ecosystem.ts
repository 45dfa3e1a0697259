/** pylock.toml and pylock.NAME.toml (PEP 751), as uv writes them. Pure. */
import { basename } from 'node:path/posix';
import { policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { PythonChoice, Reason, Remote, Skip, Target, Tree } from '../../model.ts';
import { indexFiles } from '../compile/files.ts';
import { followInputs } from '../compile/reads.ts';
import { distinctRemotes, optionRemotes } from '../compile/remotes.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { placeOf, readToml, textAt } from '../toml.ts';
import { isPublicIndex } from '../public-index.ts';
import { choosePython } from '../python-choice.ts';
import { minorOf } from '../python-versions.ts';
import { replay } from '../replay.ts';
import { namesInManifests } from '../requirements/manifest-names.ts';
import { readText, reason, resolveInside, whyUnreadable } from '../tree.ts';
import { lockForExport } from '../uv/ecosystem.ts';
import { parseUvLock } from '../uv/parse.ts';
import { inFolder, readUvProject, workspaceAbove } from '../uv/project.ts';
import { manifestRemotes } from '../uv/remotes.ts';
import type { UvLock } from '../uv/steps.ts';
import { chooseUv } from '../uv/tool-version.ts';
import { projectFolder, readPylockCommand } from './command.ts';
import type { PylockCommand } from './command.ts';
import { parsePylock } from './parse.ts';
import { pylockArguments, relockPylock } from './steps.ts';
import type { Pylock } from './steps.ts';

export const pylockEcosystem: LockEcosystem = { name: 'pylock', kinds: ['pylock'], detect };

/** PEP 751, "File Name". */
const NAME = /^pylock(?:\.[^./]+)?\.toml$/u;

function detect(tree: Tree, policy: Policy): Detection {
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  for (const path of tree.files.keys()) {
    if (!NAME.test(basename(path))) continue;
    const read = readOne(tree, policy, path);
    if ('code' in read) skips.push({ path, kind: 'pylock', reason: read });
    else locks.push(plannedLock(read));
  }
  return { locks, skips };
}

function plannedLock(lock: Pylock): PlannedLock {
  const { target } = lock.uv;
  return {
    target,
    next: (facts, history) => replay(relockPylock(lock, facts), history),
    parse: (text, read) => {
      const exported = lock.keepsLock ? read(lock.uv.path) : null;
      return parsePylock(target.path, text, {
        exported: exported === null ? null : parseUvLock(lock.uv.path, exported),
        direct: namesInManifests(target.manifests, read),
      });
    },
  };
}

function readOne(tree: Tree, policy: Policy, path: string): Pylock | Reason {
  const problem = whyUnreadable(tree, path);
  if (problem !== null) return problem;
  const text = readText(tree, path) ?? '';
  const inLock = lockHead(path, text);
  if ('code' in inLock) return inLock;
  const command = readPylockCommand(path, text, policyFor(policy, path));
  if ('code' in command) return command;
  const python =
    command.python === null ? inLock.python : { version: command.python, from: `${command.where} --python` };
  return command.kind === 'export'
    ? exportedLock(tree, policy, path, command, python)
    : compiledLock(tree, policy, path, command, python);
}

/** Who made it, and for which Python. */
function lockHead(path: string, text: string): { readonly python: PythonChoice | null } | Reason {
  try {
    const root = readToml(path, text);
    const maker = textAt(root, 'created-by') ?? 'nobody';
    if (maker !== 'uv') {
      return reason(
        'unsupported-kind',
        `${path} was made by ${maker.slice(0, 60)}; Relock makes pylock.toml anew only with uv.`,
        maker === 'pip'
          ? '`pip lock` leaves no note of its arguments; `uv pip compile -o pylock.toml` makes the same kind of file and does.'
          : `Make it anew with ${maker.slice(0, 60)}.`,
      );
    }
    const range = textAt(root, 'requires-python') ?? '';
    const version = /^>=\s*(\d\.\d{1,3}(?:\.\d{1,3})?)/u.exec(range)?.[1];
    const from = `${placeOf(path, text, 'requires-python')} requires-python = "${range.slice(0, 60)}"`;
    return { python: version === undefined ? null : { version, from } };
  } catch (error) {
    if (!(error instanceof LockSyntaxError)) throw error;
    return reason('lock-unreadable', error.message, `Repair ${path}, or remove it and make it anew.`);
  }
}

function exportedLock(
  tree: Tree,
  policy: Policy,
  path: string,
  command: PylockCommand,
  inLock: PythonChoice | null,
): Pylock | Reason {
  const project = projectFolder(tree.files, command.cwd);
  if (project === null) {
    return reason(
      'manifest-missing',
      `${command.where} exports a project, but there is no pyproject.toml in ${command.cwd} or above.`,
      '',
    );
  }
  const root = workspaceAbove(tree, project) ?? project;
  const lockPath = inFolder(root, 'uv.lock');
  const keepsLock = tree.files.has(lockPath);
  const read = readUvProject(tree, root);
  if ('code' in read) return read;
  const own = read.requiresPython.length > 0;
  const { notes, ...python } = choosePython(tree, policy, {
    lock: path,
    manifests: read.manifests,
    inLock: own ? null : inLock,
  });
  const target: Target = {
    ...targetOf(path, command, python, [...command.notes, ...notes]),
    manifests: read.manifests,
    inputs: [...read.manifests, ...(keepsLock ? [lockPath] : [])],
    tool: chooseUv(policyFor(policy, path), read.requiredVersion),
    remotes: keepsLock ? [] : manifestRemotes(tree, read.manifests),
  };
  const uv = lockForExport(tree, policy, root, target);
  if ('code' in uv) return uv;
  // Where no manifest says, uv would lock for whatever interpreter it runs on.
  const requiresPython =
    own || inLock?.version === null || inLock === null
      ? uv.requiresPython
      : [{ value: `==${minorOf(inLock.version)}.*`, place: inLock.from }];
  return { command, keepsLock, uv: { ...uv, requiresPython, target } };
}

function compiledLock(
  tree: Tree,
  policy: Policy,
  path: string,
  command: PylockCommand,
  inLock: PythonChoice | null,
): Pylock | Reason {
  const starts: { cwd: string; path: string; namedIn: string }[] = [];
  const constraints = command.options.filter(({ name }) =>
    /^--(?:constraint|override|exclude|build-constraint)$/u.test(name),
  );
  for (const written of [...command.inputs, ...constraints.map(({ value }) => value ?? '')]) {
    const input = resolveInside(command.cwd, written);
    if (input === null) {
      return reason(
        'path-outside-repository',
        `${command.where} names ${written.slice(0, 100)}, which is not inside the repository.`,
        'Name the input by a relative path.',
      );
    }
    starts.push({ cwd: command.cwd, path: input, namedIn: command.where });
  }
  const reads = followInputs(indexFiles(tree), path, starts, new Set());
  if (reads.problem !== null) return reads.problem;
  const inputs = starts.map((start) => start.path);
  const { notes, ...python } = choosePython(tree, policy, { lock: path, manifests: inputs, inLock });
  const project = projectFolder(tree.files, command.cwd);
  const settings = project === null ? null : readUvProject(tree, project);
  const requiredVersion = settings === null || 'code' in settings ? null : settings.requiredVersion;
  const ownIndex = command.options.some(
    ({ name, value }) =>
      (name === '--index-url' || name === '--default-index') && !isPublicIndex(value ?? ''),
  );
  const remotes: readonly Remote[] = command.options.flatMap(({ name, value }) =>
    optionRemotes(name, value, command.where),
  );
  const target: Target = {
    ...targetOf(path, command, python, [...command.notes, ...notes]),
    manifests: inputs,
    inputs: reads.files,
    tool: chooseUv(policyFor(policy, path), requiredVersion),
    remotes: distinctRemotes([...remotes, ...reads.remotes]),
  };
  const uv: UvLock = {
    target,
    path,
    cwd: command.cwd,
    script: null,
    ownNames: [],
    requiresPython: [],
    requiredVersion,
    ownDefaultIndex: ownIndex || (settings !== null && !('code' in settings) && settings.ownDefaultIndex),
  };
  return { command, keepsLock: false, uv };
}

function targetOf(
  path: string,
  command: PylockCommand,
  python: PythonChoice,
  notes: readonly string[],
): Omit<Target, 'manifests' | 'inputs' | 'tool' | 'remotes'> {
  const upgrade = command.kind === 'compile' ? ['--upgrade'] : [];
  return {
    path,
    kind: 'pylock',
    writes: [path],
    python,
    cwd: command.cwd,
    command: ['uv', ...pylockArguments(command), ...upgrade],
    notes,
  };
}
