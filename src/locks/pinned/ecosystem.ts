/** Hand-pinned requirements: `name==version` lines with no compiler behind them. Last in precedence. */
import type { Policy } from '../../config/policy.ts';
import { policyFor } from '../../config/lock-policy.ts';
import type { LockContent, Reason, Skip, Target, Tree } from '../../model.ts';
import type { Detection, LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { choosePython } from '../python-choice.ts';
import type { PythonAnswer } from '../python-choice.ts';
import { compareVersions, minorOf } from '../python-versions.ts';
import { imagesThatInstall } from '../python-images.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { mergePackages, nameOfLocation, pinnedVersion, union } from '../requirements/pins.ts';
import { folderOf, readText, reason, relativeTo } from '../tree.ts';
import { headOf, inputsOfCompiledLocks, isAnnotated, toolsHead } from './compiled-inputs.ts';
import { compiledByFolder, compiledLockThatItRepeats, lockThatItRepeats } from './exported.ts';
import type { CompiledLock } from './exported.ts';
import { closureReader, remotesOf } from './includes.ts';
import type { Closure } from './includes.ts';
import { whyLowerBounds } from './lower-bounds.ts';
import { readPins } from './pins.ts';
import type { PinnedFile } from './pins.ts';
import { allowsPrereleases, namesOwnIndex } from './solver-input.ts';
import { solveArguments } from './solve-command.ts';
import { nextPinnedStep } from './steps.ts';

export const pinnedEcosystem: LockEcosystem = { name: 'pinned', kinds: ['pinned'], detect };

const NAME =
  /(?:^|\/)(?:[^/]*(?:requirements|constraints|reqs)[^/]*\.(?:txt|pip|reqs|lock|freeze|frozen)|(?:requirements|reqs)\/[^/]+\.(?:txt|pip)|[^/]+\.(?:pip|reqs))$/iu;
/** Other people's files, installed or vendored. */
const NOT_OURS = /(?:^|\/)(?:node_modules|site-packages|\.venv|venv|\.tox|\.nox)\//u;
const TEST_DATA =
  /(?:^|\/)(?:(?:fixtures?|test[-_]?data|__fixtures__)\/|tests?\/(?:[^/]+\/)*(?:mock|data|resources?|samples?)(?:s|[-_][^/]*)?\/)/iu;

type Found = PlannedLock | Skip | null;

/** What every file of one tree is asked for, each worked out once. */
interface Surroundings {
  readonly tree: Tree;
  readonly policy: Policy;
  readonly paths: ReadonlySet<string>;
  readonly closures: ReadonlyMap<string, Closure>;
  /** By folder. */
  readonly compiled: ReadonlyMap<string, readonly CompiledLock[]>;
}

function detect(tree: Tree, policy: Policy): Detection {
  const candidates = [...tree.files.keys()].filter((path) => NAME.test(path) && !NOT_OURS.test(path)).sort();
  const inputs = candidates.length === 0 ? new Set<string>() : inputsOfCompiledLocks(tree);
  const paths = new Set(tree.paths);
  const readClosure = closureReader(tree, paths);
  const closures = new Map(candidates.map((path) => [path, readClosure(path)]));
  const compiled = compiledByFolder(tree, candidates);
  const around: Surroundings = { tree, policy, paths, closures, compiled };
  const locks: PlannedLock[] = [];
  const skips: Skip[] = [];
  for (const path of candidates) {
    const found = inputs.has(path) ? null : look(around, path);
    if (found === null) continue;
    if ('target' in found) locks.push(found);
    else skips.push(found);
  }
  return { locks, skips };
}

function look(around: Surroundings, path: string): Found {
  const text = readText(around.tree, path);
  if (text === null) return null;
  const pinned = readPins(text);
  const why =
    whyNotByHand(around, path, pinned) ??
    toolThatWrote(path, text) ??
    whyNoPinnedFile(path, pinned) ??
    whyLowerBounds(around.policy, path, text);
  if (why === 'not-requirements') return null;
  const closure = around.closures.get(path);
  const problem = why ?? closure?.problem ?? null;
  if (problem !== null) return { path, kind: 'pinned', reason: problem };
  return closure === undefined ? null : planLock(around, path, pinned, closure);
}

function toolThatWrote(path: string, text: string): Reason | null {
  const head = toolsHead(text);
  if (head === null && !isAnnotated(text)) return null;
  const shown = head === null ? 'its annotations (`# via`) show' : `its head (\`${head.slice(0, 80)}\`) says`;
  if (head !== null && !/pip-compile|pip compile/u.test(headOf(text))) {
    return reason(
      'unsupported-kind',
      `A tool wrote ${path}, as ${shown}; it is no hand-pinned file.`,
      'Make it anew with that tool.',
    );
  }
  return reason(
    'header-not-understood',
    `A compiler wrote ${path}, as ${shown}, and nothing says how to run it again.`,
    'Name its `inputs` under [[lock]] in .github/relock.toml.',
  );
}

/** Files whose pins are another file's: moving them alone would part the two. */
function whyNotByHand({ tree, compiled }: Surroundings, path: string, pinned: PinnedFile): Reason | null {
  const pins = [...pinned.moving, ...pinned.held];
  if (pins.length === 0) return null;
  const exported = lockThatItRepeats(tree, path, pins);
  if (exported !== null) {
    return reason(
      'unsupported-kind',
      `Every pin in it repeats ${exported}: it looks exported from there, and moving it alone would part the two.`,
      `Export it again after ${exported} has moved.`,
    );
  }
  const neighbours = compiled.get(folderOf(path)) ?? [];
  const copied = neighbours.some((lock) => lock.path === path)
    ? null
    : compiledLockThatItRepeats(neighbours, pinned);
  if (copied === null) return null;
  return reason(
    'unsupported-kind',
    `Every pin in it repeats ${copied}, which a compiler writes: it looks taken from there, and moving it alone would part the two.`,
    `Take it from ${copied} again after that has moved.`,
  );
}

function whyNoPinnedFile(path: string, pinned: PinnedFile): Reason | 'not-requirements' | null {
  const { file, moving, held } = pinned;
  const pins = [...moving, ...held];
  const unreadable = file.entries.find((entry) => entry.kind === 'unreadable');
  if (pins.length === 0) {
    // Prose, a word list.
    if (unreadable !== undefined || file.entries.length === 0) return 'not-requirements';
    return reason('nothing-pinned', 'No line names an exact version (`name==1.2.3`).');
  }
  if (path.includes('{{')) {
    return reason('unsupported-kind', 'It is a template, from which other repositories are made.');
  }
  if (TEST_DATA.test(path)) return reason('unsupported-kind', 'It lies in a folder of test data.');
  if (unreadable !== undefined) {
    return reason(
      'lock-unreadable',
      `${path}:${unreadable.line} is no requirement: ${unreadable.why} (\`${unreadable.text.slice(0, 80)}\`).`,
      'pip refuses this line too.',
    );
  }
  if (moving.length > 0) return null;
  const [first] = held;
  return reason(
    'nothing-pinned',
    `Every pin in it is one that stays: ${first?.requirement.writtenName ?? ''} ${first?.why ?? ''}.`,
  );
}

function planLock(
  around: Surroundings,
  path: string,
  pinned: PinnedFile,
  closure: Closure,
): PlannedLock | Skip {
  const { policy, paths, closures } = around;
  const above = [...closures.keys()].filter((other) => closures.get(other)?.files.includes(path));
  const { notes, ...python } = pythonOf(around, path, above);
  if (python.version !== null && compareVersions(minorOf(python.version), OLDEST_PYTHON) < 0) {
    return { path, kind: 'pinned', reason: tooOld(path, python.version, python.from) };
  }
  const uvVersion = policyFor(policy, path).toolVersion ?? null;
  const temporary = temporaryFiles(paths, path);
  const prereleases = allowsPrereleases(closure.entries);
  const hasHashes = pinned.moving.some(({ requirement }) => requirement.hashes.length > 0);
  const input = relativeTo(closure.cwd, temporary.input);
  const target: Target = {
    path,
    kind: 'pinned',
    manifests: [path],
    inputs: [path, ...closure.files].sort(),
    writes: [path],
    tool: {
      name: 'uv',
      version: uvVersion,
      // Said in the plan alone: the reader of a pull request has no use for the copy.
      from: `hand-pinned: uv solves ${input}, a copy with \`>=\` for \`==\`, and Relock puts the versions back${uvVersion === null ? '' : '; tool-version of [[lock]] in .github/relock.toml'}`,
    },
    python,
    cwd: closure.cwd,
    command: [...solveArguments(python, prereleases, hasHashes), input],
    remotes: remotesOf(closure.entries),
    notes,
  };
  const lock = {
    target,
    uvVersion,
    prereleases,
    ownIndex: namesOwnIndex(closure.entries),
    includes: closure.files,
    temporary,
    beside: installedBeside(closures, path, above),
  };
  return {
    target,
    next: (facts, history) => nextPinnedStep(lock, facts, history),
    parse: (text) => parsePinned(path, text),
  };
}

/** uv refuses to solve for older ones. */
const OLDEST_PYTHON = '3.6';

function tooOld(path: string, version: string, from: string): Reason {
  return reason(
    'tool-does-not-run-on-locked-python',
    `${path} is for Python ${version} (${from}), and uv, which solves hand-pinned files, knows Python ${OLDEST_PYTHON} and later only.`,
    'Set `python` for it under [[lock]] in .github/relock.toml when it is for a newer one by now.',
  );
}

/** The files above and all that they read (their constraints, other layers), which a file is installed together with. */
function installedBeside(
  closures: Surroundings['closures'],
  path: string,
  above: readonly string[],
): readonly string[] {
  const own = new Set([path, ...(closures.get(path)?.files ?? [])]);
  const files = above.flatMap((file) => [file, ...(closures.get(file)?.files ?? [])]);
  return [...new Set(files)].filter((file) => !own.has(file));
}

/** A file that no image installs itself is for the image that installs a file above it. */
function pythonOf({ tree, policy }: Surroundings, path: string, above: readonly string[]): PythonAnswer {
  const own = choosePython(tree, policy, { lock: path, manifests: [], inLock: null });
  if (policyFor(policy, path).python !== undefined || imagesThatInstall(tree, path).length > 0) return own;
  const installed = above.find((other) => imagesThatInstall(tree, other).length > 0);
  if (installed === undefined) return own;
  const answer = choosePython(tree, policy, { lock: installed, manifests: [], inLock: null });
  return { ...answer, from: `${answer.from}, through ${installed}` };
}

/** Names beside the file that nothing has: threat: a link placed there would be written through. */
function temporaryFiles(taken: ReadonlySet<string>, path: string): PlannedTemporary {
  const folder = folderOf(path);
  const name = nameIn(path);
  const free = (ending: string): string => {
    for (let count = 0; ; count += 1) {
      const file = `.relock-${name}${count === 0 ? '' : `-${count}`}.${ending}`;
      const candidate = folder === '.' ? file : `${folder}/${file}`;
      if (!taken.has(candidate)) return candidate;
    }
  };
  return { input: free('in'), output: free('out'), constraints: free('constraints') };
}

type PlannedTemporary = Parameters<typeof nextPinnedStep>[0]['temporary'];

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Every line that pins a version or names a URL; all are direct. Lines without an exact version lock nothing.
 * @throws {LockSyntaxError} for a line that pip would refuse.
 */
function parsePinned(path: string, text: string): LockContent {
  const packages = parseRequirements(text).entries.flatMap((entry) => {
    if (entry.kind === 'unreadable')
      throw new LockSyntaxError(path, entry.line, `not a requirement: ${entry.why}`);
    if (entry.kind !== 'requirement') return [];
    const version = pinnedVersion(entry);
    const name = entry.name ?? nameOfLocation(entry.url ?? '', path);
    if (name === null || (version === null && entry.url === null)) return [];
    const hashes = union(entry.hashes);
    return [{ name, version, source: entry.url, hashes, direct: true, via: [], groups: [] }];
  });
  return { packages: mergePackages(packages) };
}
