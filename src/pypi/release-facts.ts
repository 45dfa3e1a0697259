/** Asks the index about the releases that locks moved to, while a run goes on, as `links.ts` does for links. */
import { eq } from '@renovatebot/pep440';
import { factsKey, factsWanted, releaseFacts } from '../diff/release-facts.ts';
import type { FactsWanted, ReleaseFacts } from '../diff/release-facts.ts';
import { licenceIn, type Licence } from '../diff/licences.ts';
import { CancelledError } from '../errors.ts';
import { normaliseName } from '../locks/package-name.ts';
import type { Change } from '../model.ts';
import { createLimiter } from '../run/limiter.ts';
import { versionOfFile } from './file-name.ts';
import type { IndexFile, SimpleClient } from './simple-client.ts';

/** As many as links are asked for. */
const MAX_PACKAGES = 400;
const MAX_SIDE_BY_SIDE = 8;

/** Asks for facts while a run goes on, each move once, at most `MAX_PACKAGES` of them. */
export interface FactsFinder {
  /** Starts asking; does not wait, does not throw. */
  ask(changes: readonly Change[]): void;
  /**
   * Facts by `factsKey` of all that was asked for and answered in time.
   * @param timeoutMs from now.
   * @throws {CancelledError} when the run was cancelled.
   */
  found(timeoutMs: number): Promise<ReadonlyMap<string, ReleaseFacts>>;
}

/** @param signal ends the waiting. */
export function createFactsFinder(index: SimpleClient, signal: AbortSignal): FactsFinder {
  const asked = new Map<string, Promise<void>>();
  const facts = new Map<string, ReleaseFacts>();
  const limited = createLimiter(MAX_SIDE_BY_SIDE);

  const licenceOf = async (name: string, version: string | null): Promise<Licence | null> => {
    const metadata = version === null ? null : await index.metadata(name, version);
    return metadata === null ? null : licenceIn(metadata);
  };

  const askOne = async ({ name, from, to }: FactsWanted, key: string): Promise<void> => {
    const { files = [] } = (await index.project(name)) ?? {};
    const before = from === null ? [] : filesOf(files, name, from);
    const after = filesOf(files, name, to);
    const set = (licenceBefore: Licence | null, licenceAfter: Licence | null): void => {
      const known = releaseFacts({ before, after, licenceBefore, licenceAfter });
      if (known !== null) facts.set(key, known);
    };
    // What is known already stands when the metadata comes too late.
    set(null, null);
    if (before.length === 0 || after.length === 0) return;
    set(...(await Promise.all([licenceOf(name, from), licenceOf(name, to)])));
  };

  return {
    ask(changes) {
      for (const change of [...changes].sort((a, b) => Number(b.direct) - Number(a.direct))) {
        const wanted = factsWanted(change);
        const key = factsKey(change);
        if (wanted === null || key === null || asked.has(key) || asked.size >= MAX_PACKAGES) continue;
        const answer = limited(() => askOne(wanted, key));
        // An index that does not answer tells nothing; the map has no entry then.
        asked.set(
          key,
          answer.catch(() => undefined),
        );
      }
    },
    async found(timeoutMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const stop = (): void => resolve();
      const timer = setTimeout(stop, timeoutMs);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      await Promise.race([Promise.all(asked.values()), late]);
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) throw new CancelledError('The run was cancelled.');
      // In a fixed order, whoever answered first; a copy, since what still comes must not change a report.
      return new Map([...facts].sort(([one], [other]) => (one < other ? -1 : 1)));
    },
  };
}

/** Big projects have thousands of files, of some hundred versions. */
function filesOf(files: readonly IndexFile[], name: string, version: string): readonly IndexFile[] {
  const project = normaliseName(name);
  const same = new Map<string, boolean>();
  return files.filter(({ filename }) => {
    const of = versionOfFile(filename, project);
    if (of === null) return false;
    const known = same.get(of) ?? eq(of, version);
    same.set(of, known);
    return known;
  });
}
