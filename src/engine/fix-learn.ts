/** What the index tells of a group of locks that a fix is looked for: releases, who is in the way, and who holds that. */
import { compareVersions } from '../diff/python-version.ts';
import { heldBy, holderOf, type Blocked, type Blocker } from '../fix/blocked.ts';
import { releasesAbove, type Candidates } from '../fix/candidates.ts';
import { questionAbout, type Asked } from '../fix/question.ts';
import { indexReleases, requiredPackages } from '../pypi/requires.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import { createLimiter } from '../run/limiter.ts';
import type { LockedParent, QuestionsInput, RemainingQuestion } from '../scan/why-questions.ts';
import type { IndexRelease } from '../scan/why-releases.ts';
import { whyRemains, type Knowledge, type RequiredPackage } from '../scan/why.ts';

const MAX_REQUESTS = 8;
/** Packages above packages that are followed. */
const MAX_DEPTH = 5;
/** Parents whose wishes are asked for, of a lock that does not tell who wants what. */
const MAX_PARENTS = 60;

/** Packages that are in the way as they are locked. */
export interface Hints {
  readonly caps: ReadonlySet<string>;
  /** By name: the lowest release that lets what it caps in. */
  readonly likely: ReadonlyMap<string, string>;
}

export interface Learning {
  /** By name; null: the index does not tell, or may not be asked. */
  releases(names: readonly string[]): Promise<ReadonlyMap<string, readonly IndexRelease[] | null>>;
  hints(asked: readonly Asked[]): Promise<Hints>;
  /** Who holds it; null: nobody that can be told. `detail`: the locker's words. */
  blocked(asked: Asked, detail: string): Promise<Blocked | null>;
}

export interface LearningOptions {
  readonly index: SimpleClient;
  readonly input: QuestionsInput;
  /** The lock's Python, where it is for one alone; else null. */
  readonly python: string | null;
  /** False: names must not be told to the index. */
  readonly mayAsk: boolean;
}

/** Never throws: what the index does not tell is not known. */
export function createLearning({ index, input, python, mayAsk }: LearningOptions): Learning {
  const limited = createLimiter(MAX_REQUESTS);
  const pages = new Map<string, Promise<readonly IndexRelease[] | null>>();
  const wishes = new Map<string, Promise<readonly RequiredPackage[] | null>>();
  const knownReleases = new Map<string, readonly IndexRelease[]>();
  const knownWishes = new Map<string, readonly RequiredPackage[]>();
  const known: Knowledge = {
    requires: ({ name, version }) => knownWishes.get(keyOf(name, version)) ?? null,
    releases: (name) => knownReleases.get(name) ?? null,
    cutoff: null,
  };

  const releasesOf = (name: string): Promise<readonly IndexRelease[] | null> =>
    once(pages, name, async () => {
      const project = mayAsk ? await limited(() => index.project(name)).catch(() => null) : null;
      const found = project === null ? null : indexReleases(project);
      if (found !== null) knownReleases.set(name, found);
      return found;
    });

  const wishesOf = ({ name, version }: LockedParent): Promise<readonly RequiredPackage[] | null> =>
    once(wishes, keyOf(name, version), async () => {
      const text = mayAsk ? await limited(() => index.metadata(name, version)).catch(() => null) : null;
      const found = text === null ? null : requiredPackages(text);
      if (found !== null) knownWishes.set(keyOf(name, version), found);
      return found;
    });

  const ask = async (asked: Asked): Promise<RemainingQuestion | null> => {
    const question = questionAbout(asked, input);
    if (question === null) return null;
    await Promise.all([
      releasesOf(question.name),
      ...question.parents.slice(0, MAX_PARENTS).map((parent) => wishesOf(parent)),
    ]);
    return { ...question, parents: question.parents.slice(0, MAX_PARENTS) };
  };

  /** Whether a release of a parent lets none of what is wanted in. */
  const isHolder = async (question: RemainingQuestion, parent: LockedParent): Promise<boolean> => {
    await wishesOf(parent);
    const alone = { ...question, parents: [parent], bounds: [] };
    return holderOf(alone, whyRemains(alone, known))?.kind === 'package';
  };

  const above = async ({ name, version }: LockedParent): Promise<Candidates> =>
    releasesAbove((await releasesOf(name)) ?? [], { locked: [version], python, isAffected: () => false });

  /** Newer releases of a parent from the lowest on that lets something in; as if each newer one did, once one does. */
  const letting = async (question: RemainingQuestion, parent: LockedParent): Promise<readonly string[]> => {
    const { versions } = await above(parent);
    const isHeldBy = async (at: number): Promise<boolean> =>
      isHolder(question, { name: parent.name, version: versions[at] ?? '' });
    if (versions.length === 0 || (await isHeldBy(versions.length - 1))) return [];
    let [low, high] = [0, versions.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await isHeldBy(middle)) low = middle + 1;
      else high = middle;
    }
    return versions.slice(low);
  };

  const chase = async (asked: Asked, hints: MutableHints, depth: number): Promise<void> => {
    const question = await ask(asked);
    if (question === null) return;
    for (const parent of question.parents) {
      if (hints.caps.has(parent.name) || !(await isHolder(question, parent))) continue;
      hints.caps.add(parent.name);
      const wanted = await letting(question, parent);
      const [lowest] = wanted;
      if (lowest === undefined || depth >= MAX_DEPTH) continue;
      hints.likely.set(parent.name, lowest);
      await chase({ lock: asked.lock, ...parent, wanted }, hints, depth + 1);
    }
  };

  /** A parent of which a newer release would do, and that nobody holds, is not what keeps it: the next one is looked for. */
  const holders = async (asked: Asked, depth: number): Promise<readonly Blocker[]> => {
    let question = await ask(asked);
    while (question !== null) {
      const holder = holderOf(question, whyRemains(question, known));
      if (holder === null) return [];
      if (holder.kind !== 'package') return [holder];
      const parent = { name: holder.package, version: holder.version };
      const wanted = await letting(question, parent);
      if (wanted.length === 0) {
        const newest = (await above(parent)).versions.at(-1);
        return [{ ...holder, newest: newest ?? holder.version }];
      }
      const upwards = { lock: asked.lock, ...parent, wanted };
      const more = depth < MAX_DEPTH ? await holders(upwards, depth + 1) : [];
      if (more.length > 0) return [holder, ...more];
      question = without(question, parent);
    }
    return [];
  };

  return {
    async releases(names) {
      const found = await Promise.all(names.map(async (name) => [name, await releasesOf(name)] as const));
      return new Map(found);
    },
    async hints(all) {
      const hints: MutableHints = { caps: new Set(), likely: new Map() };
      for (const asked of all) await chase(asked, hints, 0);
      return hints;
    },
    async blocked(asked, detail) {
      const by = await holders(asked, 0);
      const [lowest = ''] = [...asked.wanted].sort(compareVersions);
      return by.length === 0 ? null : heldBy(by, `${asked.name} ${lowest}`, detail);
    },
  };
}

interface MutableHints {
  readonly caps: Set<string>;
  readonly likely: Map<string, string>;
}

function without(question: RemainingQuestion, parent: LockedParent): RemainingQuestion {
  const parents = question.parents.filter(
    ({ name, version }) => name !== parent.name || version !== parent.version,
  );
  return { ...question, parents };
}

function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const had = made.get(key);
  if (had !== undefined) return had;
  const promise = make();
  made.set(key, promise);
  return promise;
}

function keyOf(name: string, version: string): string {
  return `${name}@${version}`;
}
