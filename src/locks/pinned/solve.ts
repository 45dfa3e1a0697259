/** One solve of a hand-pinned file by uv. Pure: steps of data. */
import type { Command, Reason } from '../../model.ts';
import { builtPackages, mustBuild, withoutLog } from '../build-log.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { explainFailure } from '../failure.ts';
import { whyNoDownload } from '../python-download.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { pinnedVersion, union } from '../requirements/pins.ts';
import { demandsOf, relaxedIncludes } from './beside.ts';
import type { NewPin } from './edit.ts';
import type { PinnedFile } from './pins.ts';
import { pythonWay, solveCommand } from './solve-command.ts';
import type { Relax } from './solver-input.ts';
import type { PinnedLock } from './steps.ts';

export type Solving<Result> = Generator<Extract<Step, { do: 'run' | 'write' }>, Result, StepResult>;

export interface Question {
  readonly pinned: PinnedFile;
  readonly universal: boolean;
  readonly relax: Relax;
  /** The text to solve. @param constraints name of a further file of constraints beside it, or null. */
  readonly text: (constraints: string | null) => string;
}

/** Every version that uv chose for a name. */
export type Solution = ReadonlyMap<string, readonly NewPin[]>;

/** Writes the input, runs uv, reads its output; files that the input reads are changed for the while. */
export function* solve(lock: PinnedLock, facts: Facts, question: Question): Solving<Solution | Reason> {
  const { input, output, constraints } = lock.temporary;
  const { relaxed, original } = relaxedIncludes(lock, facts, question.relax);
  const demands = demandsOf(lock, facts, question.relax);
  const named = demands === null ? null : constraints.slice(constraints.lastIndexOf('/') + 1);
  const files: Readonly<Record<string, string | null>> = {
    ...relaxed,
    [input]: question.text(named),
    // An old one would be taken for preferences.
    [output]: null,
    ...(demands === null ? {} : { [constraints]: demands }),
  };
  yield { do: 'write', files };
  const solved = yield* runUv(lock, facts, question);
  if (Object.keys(original).length > 0) yield { do: 'write', files: original };
  return solved;
}

/** With what it takes when the lock's Python is not here. */
function* runUv(lock: PinnedLock, facts: Facts, { pinned, universal }: Question): Solving<Solution | Reason> {
  const hashes = pinned.moving.some(({ requirement }) => requirement.hashes.length > 0);
  const way = pythonWay(lock.target.python, facts);
  const first = yield* runSolve(lock, facts, solveCommand(lock, facts, { hashes, universal, python: way }));
  const built = way === 'absent' ? builtPackages(first.stderr) : [];
  if (built.length === 0) return first.solved;
  // Built under whatever Python there is: what they say of their dependencies can be another Python's truth.
  const missing = mustBuild(lock.target.path, lock.target.python, built);
  if (!facts.pythonDownloads) return missing;
  const fetched = solveCommand(lock, facts, { hashes, universal, python: 'fetch' });
  const second = yield* runSolve(lock, facts, fetched);
  return second.noPython === null ? second.solved : { ...missing, detail: second.noPython.detail };
}

interface Ran {
  readonly solved: Solution | Reason;
  readonly stderr: string;
  /** Why uv could not fetch the Python, or null. */
  readonly noPython: Reason | null;
}

function* runSolve(lock: PinnedLock, facts: Facts, command: Command): Solving<Ran> {
  const { target } = lock;
  const { cutoff } = facts;
  const { result, files } = yield { do: 'run', command };
  if (result === null) throw new TypeError('A run step was answered without a result.');
  const { stderr } = result;
  const text = files[lock.temporary.output] ?? null;
  const noPython = whyNoDownload(target.path, target.python, result);
  if (result.exitCode === 0 && text !== null) return { solved: readSolution(text), stderr, noPython };
  const failure = explainFailure({
    target,
    command,
    result: { ...result, stderr: withoutLog(stderr) },
    cutoff,
  });
  if (noPython === null && failure.code === 'package-not-found') {
    return { solved: (yield* whyRefused(lock, facts, command)) ?? failure, stderr, noPython };
  }
  return { solved: noPython ?? failure, stderr, noPython };
}

/**
 * When uv looks at all indexes alike, one that answers 401 or 403 counts as one that has nothing, without a word. Looking at
 * them one by one, uv names it.
 */
function* whyRefused(lock: PinnedLock, { cutoff }: Facts, command: Command): Solving<Reason | null> {
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
    cutoff,
  });
  return said.code === 'authentication-required' ? said : null;
}

function readSolution(text: string): Solution {
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
export function onlyVersions(solved: Solution): ReadonlyMap<string, NewPin> {
  const single = new Map<string, NewPin>();
  for (const [name, versions] of solved) {
    const [only] = versions;
    if (only !== undefined && versions.length === 1) single.set(name, only);
  }
  return single;
}
