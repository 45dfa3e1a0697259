/**
 * The steps of one hand-pinned file: uv solves a copy of it whose pins are opened, and the versions it chose go back into
 * the file. Where uv refuses, pins that the cool-down hides are looked for, and the bounds are loosened once; pins that the
 * first solve does not need (markers of other environments) get a second one for all platforms.
 */
import type { Reason, Target } from '../../model.ts';
import type { Facts, Step, StepResult } from '../ecosystem.ts';
import { replay } from '../replay.ts';
import type { Script } from '../replay.ts';
import { union } from '../requirements/pins.ts';
import { reason } from '../tree.ts';
import { pinsBeside } from './beside.ts';
import { movePins } from './edit.ts';
import type { NewPin } from './edit.ts';
import { hiddenPins, isHidden, NONE_HIDDEN, relaxAll, relaxHidden, unseenPackage } from './hidden.ts';
import type { Hidden } from './hidden.ts';
import { notesOnPins, notesOnPython } from './notes.ts';
import { readPins } from './pins.ts';
import type { PinnedFile } from './pins.ts';
import { onlyVersions, solve } from './solve.ts';
import type { Solution, Solving } from './solve.ts';
import { hasPrerelease, openedInput, universalInput } from './solver-input.ts';
import type { Bound } from './solver-input.ts';

const MOVES_BACK =
  'The lines of the file allow no solution in which every pin is at least what it is now: solved without that.';

/** Brand-new packages, of which the cool-down hides every release: each costs a solve. */
const MOST_UNSEEN = 4;

/** What is known of the file from the plan. */
export interface PinnedLock {
  readonly target: Target;
  /** Exact uv version that policy asks for, else null. */
  readonly uvVersion: string | null;
  /** `--pre` is among its lines or those it reads. */
  readonly prereleases: boolean;
  /** Its lines, or those it reads, name an index in place of the public one. */
  readonly ownIndex: boolean;
  /** Every file that it reads, directly or not. */
  readonly includes: readonly string[];
  /** Repository-relative paths of temporary files, none of which is there. */
  readonly temporary: { readonly input: string; readonly output: string; readonly constraints: string };
  /** Files above it, with all that they read: what it is installed together with. */
  readonly beside: readonly string[];
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
  readonly hidden: Hidden;
  readonly notes: readonly string[];
}

function* solveOpened(lock: PinnedLock, facts: Facts, pinned: PinnedFile): Solving<Solved | Reason> {
  let failure = reason('internal', `${lock.target.path} was not solved.`);
  const bounds: readonly Bound[] = hasPrerelease(pinned.moving)
    ? ['stable', 'current', 'none']
    : ['current', 'none'];
  let hidden: Hidden | null = facts.cutoff === null ? NONE_HIDDEN : null;
  for (const bound of bounds) {
    let solved = yield* solveBound(lock, facts, pinned, { bound, hidden: hidden ?? NONE_HIDDEN });
    if ('code' in solved && isUnsolvable(solved) && hidden === null) {
      hidden = yield* findHidden(lock, facts, pinned);
      if (hidden.size > 0) solved = yield* solveBound(lock, facts, pinned, { bound, hidden });
    }
    if (!('code' in solved)) {
      const { pins, notes } = withHidden(pinned, onlyVersions(solved), hidden ?? NONE_HIDDEN);
      return {
        pins,
        hidden: hidden ?? NONE_HIDDEN,
        notes: bound === 'none' ? [MOVES_BACK, ...notes] : notes,
      };
    }
    // Without lower bounds, uv tries releases so old that their failures tell nothing of the file.
    if (bound !== 'none') failure = solved;
    if (!isUnsolvable(solved)) break;
  }
  return failure;
}

function isUnsolvable({ code }: Reason): boolean {
  return code === 'unsatisfiable' || code === 'index-skew';
}

function* solveBound(
  lock: PinnedLock,
  facts: Facts,
  pinned: PinnedFile,
  { bound, hidden }: { readonly bound: Bound; readonly hidden: Hidden },
): Solving<Solution | Reason> {
  const relax = relaxHidden(hidden);
  return yield* solve(lock, facts, {
    pinned,
    universal: false,
    relax,
    text: (constraints) => openedInput(pinned, { bound, constraints, relax }),
  });
}

/** Has uv solve for what it sees of each pin; where not even that can be solved, no pin counts as hidden. */
function* findHidden(lock: PinnedLock, facts: Facts, pinned: PinnedFile): Solving<Hidden> {
  const pins = [...pinned.moving, ...pinned.held, ...pinsBeside(lock, facts)];
  const without = new Set<string>();
  for (;;) {
    const relax = relaxAll(without);
    const solved = yield* solve(lock, facts, {
      pinned,
      universal: false,
      relax,
      text: (constraints) => openedInput(pinned, { bound: 'none', constraints, relax }),
    });
    if (!('code' in solved)) return hiddenPins(pins, onlyVersions(solved), without);
    const unseen = without.size < MOST_UNSEEN ? unseenPackage(pins, solved.detail) : null;
    if (unseen === null || without.has(unseen)) return NONE_HIDDEN;
    without.add(unseen);
  }
}

/** Hidden pins stay at their present version. */
function withHidden(
  { moving }: PinnedFile,
  solved: ReadonlyMap<string, NewPin>,
  hidden: Hidden,
): Pick<Solved, 'pins' | 'notes'> {
  const stay = moving.filter((pin) => isHidden(pin, hidden));
  if (stay.length === 0) return { pins: solved, notes: [] };
  const pins = new Map(solved);
  for (const { name, version, requirement } of stay) pins.set(name, { version, hashes: requirement.hashes });
  const names = union(stay.map(({ name }) => name)).join(', ');
  return { pins, notes: [`Left as it is, since the cool-down has nothing newer for it: ${names}.`] };
}

/** Pins that the environment of the first solve does not use; what cannot be solved for them stays as it is. */
function* solveOthers(
  lock: PinnedLock,
  facts: Facts,
  pinned: PinnedFile,
  { pins, hidden }: Solved,
): Solving<ReadonlyMap<string, NewPin>> {
  if (pinned.moving.every(({ name }) => pins.has(name))) return new Map();
  const relax = relaxHidden(hidden);
  const solved = yield* solve(lock, facts, {
    pinned,
    universal: true,
    relax,
    text: (constraints) => universalInput(pinned, pins, { constraints, relax }),
  });
  return 'code' in solved ? new Map() : onlyVersions(solved);
}

function cleanup({ temporary }: PinnedLock): Readonly<Record<string, null>> {
  return { [temporary.input]: null, [temporary.output]: null, [temporary.constraints]: null };
}
