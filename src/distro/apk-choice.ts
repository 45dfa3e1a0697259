/**
 * Which version of each installed package `apk upgrade` would choose: of every name the best one that the image's world and
 * the other choices allow. A small part of apk's solver: it moves what is installed, and brings nothing new by itself. Pure.
 */
import { compareApkVersions } from '../images/apk-version.ts';
import type { InstalledApk } from './apk-index.ts';
import { isAskedFor, type ApkDependency, type ApkRecord } from './apk-record.ts';

/** A version of a package that can be had. */
export interface ApkChoice {
  readonly record: ApkRecord;
  /** Index in the list of sources; null: installed, and offered by none. */
  readonly from: number | null;
  readonly isInstalled: boolean;
  /** From a repository that the package may come from by itself. */
  readonly isPreferred: boolean;
}

export interface ApkChooser {
  readonly installed: readonly InstalledApk[];
  /** `etc/apk/world`; null: there is none, and all that is installed counts as wanted. */
  readonly world: readonly ApkDependency[] | null;
  /** What can be had of a name, the installed version included. */
  readonly choicesOf: (name: string) => readonly ApkChoice[];
  /** Whether a package that is not installed can be had for it. */
  readonly isOffered: (dependency: ApkDependency) => boolean;
}

export interface ApkPlan {
  /** What is chosen, by name. */
  readonly chosen: ReadonlyMap<string, ApkChoice>;
  /** The best choice of each name, before any was given up. */
  readonly best: ReadonlyMap<string, ApkChoice>;
  /** Of names whose best choice was given up: who forbade it (`world`, or a package's name). */
  readonly heldBy: ReadonlyMap<string, string>;
  /** Installed, but wanted by nothing after the upgrade: apk takes them away. */
  readonly unwanted: ReadonlySet<string>;
}

/** Threat: an index that is made to be slow. */
const MAX_STEPS = 20_000_000;

/** @returns null when the packages depend on each other in too many ways. */
export function chooseApks(chooser: ApkChooser): ApkPlan | null {
  const { installed, world } = chooser;
  const left = new Map<string, readonly ApkChoice[]>();
  const heldBy = new Map<string, string>();
  for (const { name, version } of installed) {
    // What is older is left to apk's moods: that is no upgrade, and the installed one need not go.
    const all = chooser
      .choicesOf(name)
      .filter(({ record }) => (compareApkVersions(record.version, version) ?? 0) >= 0);
    left.set(name, all.sort(compareChoices));
  }
  const best = firstsOf(left);
  const chosenOf = (name: string): ApkChoice | undefined => left.get(name)?.[0];

  /** Gives up the best choice of a name. @returns false when it is the last one. */
  function giveUp(name: string, by: string): boolean {
    const choices = left.get(name) ?? [];
    if (choices.length < 2) return false;
    left.set(name, choices.slice(1));
    if (!heldBy.has(name)) heldBy.set(name, by);
    return true;
  }

  /** Goes on to the next choice of `name` that is what `dependency` asks for, if there is one. */
  function yieldTo(name: string, dependency: ApkDependency, by: string): boolean {
    const choices = left.get(name) ?? [];
    const next = choices.findIndex(({ record }) => fits(record, dependency));
    if (next <= 0) return false;
    left.set(name, choices.slice(next));
    if (!heldBy.has(name)) heldBy.set(name, by);
    return true;
  }

  const providers = providersOf(left);
  let steps = 0;

  function isMet(dependency: ApkDependency, of: string): boolean {
    const own = chosenOf(dependency.name);
    const isRight = (name: string): boolean => {
      const choice = chosenOf(name);
      steps += choice?.record.provides.length ?? 0;
      return choice !== undefined && provides(choice.record, dependency);
    };
    steps += 1;
    const all = [...(own === undefined ? [] : [dependency.name]), ...(providers.get(dependency.name) ?? [])];
    if (dependency.isConflict) return !all.some((name) => name !== of && isRight(name));
    if (all.some(isRight)) return true;
    // Something new may come for it; a package that is there under this very name would have to be another version.
    return own === undefined && chooser.isOffered(dependency);
  }

  /** Two packages cannot provide one name, each in a version of its own. @returns whether anything changed. */
  function part(name: string): boolean {
    const own = chosenOf(name)?.record;
    if (own === undefined || (left.get(name) ?? []).length < 2) return false;
    const isTaken = own.provides.some((provided) => {
      if (provided.version === '' || provided.name === name) return false;
      return [provided.name, ...(providers.get(provided.name) ?? [])].some((other) => {
        const record = other === name ? undefined : chosenOf(other)?.record;
        steps += record?.provides.length ?? 0;
        if (record === undefined) return false;
        return (
          record.name === provided.name ||
          record.provides.some((each) => each.name === provided.name && each.version !== '')
        );
      });
    });
    return isTaken && giveUp(name, 'another package that provides the same');
  }

  /** @returns whether anything changed. */
  function settle(dependency: ApkDependency, of: string | null): boolean {
    if (isMet(dependency, of ?? '')) return false;
    const by = of ?? 'world';
    for (const name of [dependency.name, ...(providers.get(dependency.name) ?? [])]) {
      if (name !== of && yieldTo(name, dependency, by)) return true;
    }
    return of !== null && giveUp(of, dependency.name);
  }

  for (let isMoving = true; isMoving;) {
    if (steps > MAX_STEPS) return null;
    isMoving = (world ?? []).some((dependency) => settle(dependency, null));
    if (isMoving) continue;
    isMoving = installed.some(
      ({ name }) =>
        (chosenOf(name)?.record.depends ?? []).some((dependency) => settle(dependency, name)) || part(name),
    );
  }
  const chosen = firstsOf(left);
  return { chosen, best, heldBy, unwanted: world === null ? new Set() : unwantedOf(chosen, world) };
}

function firstsOf(choices: ReadonlyMap<string, readonly ApkChoice[]>): ReadonlyMap<string, ApkChoice> {
  return new Map(
    [...choices].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first] as const])),
  );
}

/** The best first: from where it may come by itself, then the newest, then the installed one. */
function compareChoices(a: ApkChoice, b: ApkChoice): number {
  return (
    Number(b.isPreferred) - Number(a.isPreferred) ||
    (compareApkVersions(b.record.version, a.record.version) ?? 0) ||
    Number(b.isInstalled) - Number(a.isInstalled) ||
    (a.from ?? -1) - (b.from ?? -1)
  );
}

function provides(record: ApkRecord, dependency: ApkDependency): boolean {
  if (record.name === dependency.name) return isAskedFor(dependency, record.version);
  return record.provides.some(
    ({ name, version }) => name === dependency.name && isAskedFor(dependency, version),
  );
}

/** A version does what a dependency asks for: it provides it, or, of a conflict, does not. */
function fits(record: ApkRecord, dependency: ApkDependency): boolean {
  return provides(record, dependency) !== dependency.isConflict;
}

/** Names of packages by what any of their versions provides. */
function providersOf(
  choices: ReadonlyMap<string, readonly ApkChoice[]>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const [name, versions] of choices) {
    for (const { record } of versions) {
      for (const provided of record.provides) {
        const names = found.get(provided.name) ?? new Set();
        found.set(provided.name, names.add(name));
      }
    }
  }
  return new Map([...found].map(([name, names]) => [name, [...names]]));
}

function unwantedOf(
  chosen: ReadonlyMap<string, ApkChoice>,
  world: readonly ApkDependency[],
): ReadonlySet<string> {
  const providers = providersOf(new Map([...chosen].map(([name, choice]) => [name, [choice]])));
  const wanted = new Set<string>();
  const queue: string[] = [];
  const want = ({ name, isConflict }: ApkDependency): void => {
    if (isConflict) return;
    for (const each of chosen.has(name) ? [name] : (providers.get(name) ?? [])) {
      if (wanted.has(each)) continue;
      wanted.add(each);
      queue.push(each);
    }
  };
  world.forEach(want);
  const isThere = (condition: ApkDependency): boolean => {
    const names = [condition.name, ...(providers.get(condition.name) ?? [])];
    const isRight = (name: string): boolean => {
      const choice = chosen.get(name);
      return wanted.has(name) && choice !== undefined && provides(choice.record, condition);
    };
    return names.some(isRight) !== condition.isConflict;
  };
  for (;;) {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      chosen.get(next)?.record.depends.forEach(want);
    for (const [name, { record }] of chosen) {
      if (!wanted.has(name) && record.installIf.length > 0 && record.installIf.every(isThere)) {
        wanted.add(name);
        queue.push(name);
      }
    }
    if (queue.length === 0) break;
  }
  return new Set([...chosen.keys()].filter((name) => !wanted.has(name)));
}
