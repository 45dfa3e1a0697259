/**
 * The steps of one hand-pinned file: uv solves a copy of it whose pins are opened, and the versions it chose go back into
 * the file. Where uv refuses, the bounds are loosened once; pins that the first solve does not need (markers of other
 * environments) get a second one for all platforms.
 */
import type { Command, Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import { replay } from '../replay.ts';
import type { Script } from '../replay.ts';
import { whyNoDownload } from '../python-download.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { pinnedVersion, union } from '../requirements/pins.ts';
import { reason } from '../tree.ts';
import { movePins } from './edit.ts';
import { builtPackages, withoutLog } from '../build-log.ts';
import { mustBuild } from './builds.ts';
import { movedBack, notesOnPins, notesOnPython } from './notes.ts';
import type { NewPin } from './edit.ts';
import { readPins } from './pins.ts';
import type { PinnedFile } from './pins.ts';
import { hasPrerelease, openedInput, universalInput } from './solver-input.ts';
import type { Bound } from './solver-input.ts';
import { pythonWay, solveCommand } from './solve-command.ts';

const MOVES_BACK =
  'The lines of the file allow no solution in which every pin is at least what it is now: solved without that.';

/** What is known of the file from the plan. */
export interface PinnedLock {
  readonly target: Target;
  /** Exact uv version that policy asks for, else null. */
  readonly uvVersion: string | null;
  /** `--pre` is among its lines or those it reads. */
  readonly prereleases: boolean;
  /** Its lines, or those it reads, name an index in place of the public one. */
  readonly ownIndex: boolean;
  /** Packages pinned by other lines than those that move: a cool-down must not forbid what is there already. */
  readonly fixed: readonly string[];
  /** Repository-relative paths of temporary files, none of which is there. */
  readonly temporary: { readonly input: string; readonly output: string; readonly constraints: string };
  /** What files above demand (`demandsAbove`), at the time of the run. */
  readonly demands: (facts: Facts) => string;
}

/** `PlannedLock.next` of this kind. */
export function nextPinnedStep(lock: PinnedLock, facts: Facts, history: readonly StepResult[]): Step {
  return replay(relock(lock, facts), history);
}

function* relock(lock: PinnedLock, facts: Facts): Script {
  const { path } = lock.target;
  const file = facts.tree.files.get(path);
  if (file?.kind !== 'text') {
    return { do: 'fail', reason: reason('lock-missing', `${path} is no longer there.`) };
  }
  const pinned = readPins(file.text);
  const solved = yield* solveOpened(lock, facts, pinned);
  if ('code' in solved) {
    yield { do: 'write', files: cleanup(lock) };
    return { do: 'fail', reason: solved };
  }
  const others = yield* solveOthers(lock, facts, pinned, solved);
  const news = new Map([...others, ...solved.pins]);
  const edited = movePins(file.text, pinned.moving, news);
  yield { do: 'write', files: { [path]: edited.text, ...cleanup(lock) } };
  const notes = [...notesOnPython(lock.target, facts), ...solved.notes, ...notesOnPins(pinned, news, edited)];
  return { do: 'done', solver: `uv ${lock.uvVersion ?? facts.uvVersion}`, notes };
}

interface Solved {
  readonly pins: ReadonlyMap<string, NewPin>;
  /** Packages whose present version is younger than the cool-down allows, and stays. */
  readonly young: readonly string[];
  readonly notes: readonly string[];
}

type Solving<Result> = Generator<Extract<Step, { do: 'run' | 'write' }>, Result, StepResult>;

function* solveOpened(lock: PinnedLock, facts: Facts, pinned: PinnedFile): Solving<Solved | Reason> {
  let failure = reason('internal', `${lock.target.path} was not solved.`);
  for (const { bound, young } of attempts(lock, facts, pinned)) {
    const text = openedInput(pinned, { bound, constraints: constraintsOf(lock, facts) });
    const solved = yield* solve(lock, facts, { text, pinned, universal: false, young });
    if (!('code' in solved)) {
      const pins = onlyVersions(solved);
      if (bound !== 'none') return { pins, young, notes: [] };
      return (yield* keepYoung(lock, facts, pinned, pins)) ?? { pins, young, notes: [MOVES_BACK] };
    }
    // Without lower bounds, uv tries releases so old that their failures tell nothing of the file.
    if (bound !== 'none') failure = solved;
    if (solved.code !== 'unsatisfiable' && solved.code !== 'index-skew') break;
  }
  return failure;
}

interface Attempt {
  readonly bound: Bound;
  readonly young: readonly string[];
}

function attempts(lock: PinnedLock, { cooldown }: Facts, { moving }: PinnedFile): readonly Attempt[] {
  const bounds: readonly Bound[] = hasPrerelease(moving)
    ? ['stable', 'current', 'none']
    : ['current', 'none'];
  const young = cooldown === null ? [] : lock.fixed;
  const all = bounds.map((bound) => ({ bound, young }));
  const [first] = bounds;
  return first === undefined || young.length === 0 ? all : [{ bound: first, young: [] }, ...all];
}

/**
 * Under a cool-down, a pin moves back when its present version is too young itself. No release younger than that may
 * enter, but one that is there already (a security fix, put in by hand) must not be undone.
 * @returns null when there is no such pin, or when holding them all cannot be solved.
 */
function* keepYoung(
  lock: PinnedLock,
  facts: Facts,
  pinned: PinnedFile,
  pins: ReadonlyMap<string, NewPin>,
): Solving<Solved | null> {
  const back = facts.cooldown === null ? [] : movedBack(pinned.moving, pins);
  if (back.length === 0) return null;
  const names = union(back.map(({ name }) => name));
  const young = union(names, lock.fixed);
  const constraints = constraintsOf(lock, facts);
  const text = openedInput(pinned, { bound: 'current', constraints, kept: new Set(names) });
  const solved = yield* solve(lock, facts, { text, pinned, universal: false, young });
  if ('code' in solved) return null;
  const note = `Left as it is, since the cool-down has nothing newer for it: ${names.join(', ')}.`;
  return { pins: onlyVersions(solved), young, notes: [note] };
}

/** Pins that the environment of the first solve does not use; what cannot be solved for them stays as it is. */
function* solveOthers(
  lock: PinnedLock,
  facts: Facts,
  pinned: PinnedFile,
  { pins, young }: Solved,
): Solving<ReadonlyMap<string, NewPin>> {
  if (pinned.moving.every(({ name }) => pins.has(name))) return new Map();
  const text = universalInput(pinned, pins, constraintsOf(lock, facts));
  const solved = yield* solve(lock, facts, { text, pinned, universal: true, young });
  return 'code' in solved ? new Map() : onlyVersions(solved);
}

interface Question {
  readonly text: string;
  readonly pinned: PinnedFile;
  readonly universal: boolean;
  readonly young: readonly string[];
}

/** Writes the input, runs uv, reads its output: every version that it chose for a name. */
function* solve(
  lock: PinnedLock,
  facts: Facts,
  { text, pinned, universal, young }: Question,
): Solving<ReadonlyMap<string, readonly NewPin[]> | Reason> {
  const { input, output, constraints } = lock.temporary;
  const demands = lock.demands(facts);
  yield {
    do: 'write',
    // An old output would be taken for preferences.
    files: { [input]: text, [output]: null, ...(demands === '' ? {} : { [constraints]: demands }) },
  };
  const hashes = pinned.moving.some(({ requirement }) => requirement.hashes.length > 0);
  const way = pythonWay(lock.target.python, facts);
  const first = yield* runSolve(lock, solveCommand(lock, facts, { hashes, universal, young, python: way }));
  const built = way === 'absent' ? builtPackages(first.stderr) : [];
  if (built.length === 0) return first.solved;
  // Built under whatever Python there is: what they say of their dependencies can be another Python's truth.
  const missing = mustBuild(lock.target, built);
  if (!facts.pythonDownloads) return missing;
  const fetched = solveCommand(lock, facts, { hashes, universal, young, python: 'fetch' });
  const second = yield* runSolve(lock, fetched);
  return second.noPython === null ? second.solved : { ...missing, detail: second.noPython.detail };
}

interface Ran {
  readonly solved: ReadonlyMap<string, readonly NewPin[]> | Reason;
  readonly stderr: string;
  /** Why uv could not fetch the Python, or null. */
  readonly noPython: Reason | null;
}

function* runSolve(lock: PinnedLock, command: Command): Solving<Ran> {
  const { target } = lock;
  const { result, files } = yield { do: 'run', command };
  if (result === null) throw new TypeError('A run step was answered without a result.');
  const { stderr } = result;
  const text = files[lock.temporary.output] ?? null;
  const noPython = whyNoDownload(target.path, target.python, result);
  if (result.exitCode === 0 && text !== null) return { solved: readSolution(text), stderr, noPython };
  const failure = explainFailure({ target, command, result: { ...result, stderr: withoutLog(stderr) } });
  if (noPython === null && failure.code === 'package-not-found') {
    return { solved: (yield* whyRefused(lock, command)) ?? failure, stderr, noPython };
  }
  return { solved: noPython ?? failure, stderr, noPython };
}

/**
 * When uv looks at all indexes alike, one that answers 401 or 403 counts as one that has nothing, without a word. Looking at
 * them one by one, uv names it.
 */
function* whyRefused(lock: PinnedLock, command: Command): Solving<Reason | null> {
  const [program, ...words] = command.argv;
  const at = words.indexOf('--index-strategy');
  const again: Command = { ...command, argv: [program, ...words.toSpliced(at, 2)] };
  const { result } = yield { do: 'run', command: again };
  if (result === null || result.exitCode === 0) return null;
  const { target } = lock;
  const said = explainFailure({
    target,
    command: again,
    result: { ...result, stderr: withoutLog(result.stderr) },
  });
  return said.code === 'authentication-required' ? said : null;
}

function readSolution(text: string): ReadonlyMap<string, readonly NewPin[]> {
  const found = new Map<string, NewPin[]>();
  for (const entry of parseRequirements(text).entries) {
    if (entry.kind !== 'requirement' || entry.name === null) continue;
    const version = pinnedVersion(entry);
    if (version === null) continue;
    const versions = found.get(entry.name) ?? [];
    if (!versions.some((each) => each.version === version)) {
      versions.push({ version, hashes: union(entry.hashes) });
    }
    found.set(entry.name, versions);
  }
  return found;
}

/** Leaves out names that a universal solve gave several versions. */
function onlyVersions(solved: ReadonlyMap<string, readonly NewPin[]>): ReadonlyMap<string, NewPin> {
  const single = new Map<string, NewPin>();
  for (const [name, versions] of solved) {
    const [only] = versions;
    if (only !== undefined && versions.length === 1) single.set(name, only);
  }
  return single;
}

function constraintsOf(lock: PinnedLock, facts: Facts): string | null {
  const { constraints } = lock.temporary;
  return lock.demands(facts) === '' ? null : constraints.slice(constraints.lastIndexOf('/') + 1);
}

function cleanup({ temporary }: PinnedLock): Readonly<Record<string, null>> {
  return { [temporary.input]: null, [temporary.output]: null, [temporary.constraints]: null };
}
