/** Pipfile.lock: found beside its Pipfile, made anew by Pipenv for the Pipfile's Python. Pure. */
import { policyFor } from '../../config/lock-policy.ts';
import type { Policy } from '../../config/policy.ts';
import type { PythonChoice, Reason, Skip, Target, Tree } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { changedNote, readManifest, tryRead, whyConflicted } from '../manifest.ts';
import { projectFiles, whyPathsFail } from '../path-dependencies.ts';
import { tableAt, textAt } from '../toml.ts';
import { choosePython } from '../python-choice.ts';
import { folderOf, readText, reason, resolveInside, whyUnreadable } from '../tree.ts';
import { readJsonObject } from './json.ts';
import { raiseToMarkers } from './marker-python.ts';
import { parsePipfileLock } from './parse.ts';
import { hasPipfileChanged } from './pipfile-hash.ts';
import { choosePipenv } from './pipenv-version.ts';
import { readPipfile } from './pipfile.ts';
import type { Pipfile } from './pipfile.ts';
import { nextPipenvStep } from './steps.ts';
import type { PipenvPlan } from './steps.ts';

const LOCK = 'Pipfile.lock';
const MANIFEST = 'Pipfile';

export const pipenvEcosystem: LockEcosystem = {
  name: 'pipenv',
  kinds: ['pipenv'],
  detect,
};

function detect(tree: Tree, policy: Policy): Detection {
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  for (const path of tree.files.keys()) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === LOCK) {
      const planned = planLock(tree, policy, path);
      if ('code' in planned) skips.push({ path, kind: 'pipenv', reason: planned });
      else locks.push(planned);
    } else if (name === MANIFEST && !tree.files.has(`${path}.lock`)) {
      const message = `${path} has no ${LOCK} beside it.`;
      const missing = reason('lock-missing', message, 'Run `pipenv lock` once and commit the lock.');
      skips.push({ path, kind: 'pipenv', reason: missing });
    }
  }
  return { locks, skips };
}

function planLock(tree: Tree, policy: Policy, path: string): PlannedLock | Reason {
  const unreadable = whyUnreadable(tree, path);
  if (unreadable !== null) return unreadable;
  const manifest = path.slice(0, -'.lock'.length);
  const read = readManifest(tree, path, manifest, readPipfile);
  if ('code' in read) return read;
  const lock = readText(tree, path) ?? '';
  return (
    whyConflicted(path, lock) ??
    whyNoLock(path, lock) ??
    whyPathsFail(tree, manifest, read.value.paths) ??
    plannedLock(tree, policy, { path, lock, manifest, pipfile: read.value })
  );
}

/** A lock that cannot be read cannot be compared either; some releases of Pipenv stop at it with a stack. */
function whyNoLock(path: string, lock: string): Reason | null {
  try {
    parsePipfileLock(path, lock, new Set());
    return null;
  } catch (error) {
    if (!(error instanceof LockSyntaxError)) throw error;
    return reason(
      'lock-unreadable',
      error.message,
      `Repair ${path}, or remove it and make it anew with \`pipenv lock\`.`,
    );
  }
}

interface Found {
  readonly path: string;
  readonly lock: string;
  readonly manifest: string;
  readonly pipfile: Pipfile;
}

function plannedLock(tree: Tree, policy: Policy, { path, lock, manifest, pipfile }: Found): PlannedLock {
  const wanted = policyFor(policy, path).toolVersion;
  const tool = choosePipenv(tree, path, wanted, pipfile);
  const inLock = pipfile.python ?? pythonOf(path, lock, 'requires');
  const question = { lock: path, manifests: [manifest], inLock };
  const chosen = raiseToMarkers(path, lock, choosePython(tree, policy, question));
  // Pipenv of 2017 and 2018 wrote down the interpreter that it ran on.
  const python =
    chosen.version === null ? (pythonOf(path, lock, 'host-environment-markers') ?? chosen) : chosen;
  const pylock = pylockBeside(tree, path, pipfile);
  const target: Target = {
    path,
    kind: 'pipenv',
    manifests: [manifest],
    inputs: [manifest, ...projectFiles(tree, manifest, pipfile.paths)],
    writes: pylock === null ? [path] : [path, pylock],
    tool,
    python: { version: python.version, from: python.from },
    cwd: folderOf(path),
    command: ['pipenv', 'lock'],
    remotes: pipfile.remotes,
    notes: [
      ...chosen.notes,
      ...variableNotes(manifest, pipfile),
      ...(hasPipfileChanged(path, lock, pipfile.root) === true ? [changedNote(manifest, path)] : []),
    ],
  };
  const plan: PipenvPlan = {
    target,
    manifest,
    sources: pipfile.sources,
    versionIsOrdered: wanted !== undefined,
    lock,
    pylock: pylock === null ? null : { path: pylock, text: readText(tree, pylock) ?? '' },
  };
  return {
    target,
    next: (facts, history) => nextPipenvStep(plan, facts, history),
    parse: (now, read) => {
      const manifestNow = read(manifest);
      const known = manifestNow === null ? null : tryRead(manifest, manifestNow, readPipfile);
      return parsePipfileLock(path, now, known === null || 'code' in known ? new Set() : known.value.direct);
    },
  };
}

/** The lock in the standard format that Pipenv makes beside its own, or null. */
function pylockBeside(tree: Tree, path: string, { pylock }: Pipfile): string | null {
  const beside = pylock === null ? null : resolveInside(folderOf(path), pylock);
  const text = beside === null ? null : readText(tree, beside);
  return text !== null && /^created-by = "pipenv"$/mu.test(text) ? beside : null;
}

/** A Python that `_meta` of the lock names, or null. */
function pythonOf(
  path: string,
  lock: string,
  key: 'requires' | 'host-environment-markers',
): PythonChoice | null {
  try {
    const said = tableAt(readJsonObject(path, lock), '_meta', key);
    const version = textAt(said, 'python_full_version') ?? textAt(said, 'python_version');
    if (version === null || !/^[23]\.\d{1,2}(?:\.\d{1,2})?$/u.test(version)) return null;
    return { version, from: `_meta.${key} of ${path}` };
  } catch (error) {
    // The run itself says what is wrong with the lock.
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}

function variableNotes(manifest: string, pipfile: Pipfile): readonly string[] {
  return pipfile.sources
    .filter(({ variables }) => variables === 'credentials')
    .map(
      ({ name }) =>
        `The source ${name.slice(0, 60)} of ${manifest} takes its credentials from environment variables, which a locker does not get: they have to be configured for its host.`,
    );
}
