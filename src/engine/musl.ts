/** Whether packages of the locks have no wheels for the musl of an Alpine image, so that they are built in it. */
import { muslNote, needsGlibc, systemOfReference } from '../images/abandoned.ts';
import type { Lifecycles, SystemRelease } from '../images/lifecycles.ts';
import type { PlannedImage } from '../images/plan-images.ts';
import type { ImageResult } from '../images/result.ts';
import { CancelledError } from '../errors.ts';
import type { PlannedLock } from '../locks/ecosystem.ts';
import type { Tree } from '../model.ts';
import { createLimiter } from '../run/limiter.ts';

/** Names of a release's files on the index; none where it is not there. */
export type FileNames = (name: string, version: string) => Promise<readonly string[]>;

const MOST_PACKAGES = 300;
const PARALLEL = 8;

/**
 * Adds a note to each image with musl. The index is asked only where there is one.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function withMuslNotes(
  results: readonly ImageResult[],
  locks: readonly PlannedLock[],
  tree: Tree,
  { lifecycles, fileNames }: { readonly lifecycles: Lifecycles; readonly fileNames: FileNames },
): Promise<readonly ImageResult[]> {
  const systems = results.map(
    ({ comparisons, image }) =>
      comparisons[0]?.to.os ?? systemOfReference(lifecycles, image.reference) ?? namedAlpine(image),
  );
  if (!systems.some((system) => system?.id === 'alpine')) return results;
  const names = await glibcOnly(locks, tree, fileNames);
  return results.map((result, index) => {
    const note = muslNote(systems[index] ?? null, names);
    return note === null ? result : { ...result, notes: [...result.notes, note] };
  });
}

/** `python:3.12-alpine` names no release of Alpine. */
function namedAlpine({ tag }: PlannedImage): SystemRelease | null {
  return /(?:^|[-_])alpine(?:$|[-_])/u.test(tag ?? '') ? { id: 'alpine', version: '', name: 'Alpine' } : null;
}

async function glibcOnly(
  locks: readonly PlannedLock[],
  tree: Tree,
  fileNames: FileNames,
): Promise<readonly string[]> {
  const limited = createLimiter(PARALLEL);
  const found = await Promise.all(
    pinned(locks, tree).map(async ([name, version]) =>
      limited(async () => {
        try {
          return needsGlibc(await fileNames(name, version)) ? name : null;
        } catch (error) {
          if (error instanceof CancelledError) throw error;
          return null;
        }
      }),
    ),
  );
  return found.filter((name) => name !== null).sort();
}

/** Packages of an index, each once. A lock that cannot be read is its own failure. */
function pinned(locks: readonly PlannedLock[], tree: Tree): readonly (readonly [string, string])[] {
  const versions = new Map<string, string>();
  const read = (path: string): string | null => {
    const file = tree.files.get(path);
    return file?.kind === 'text' ? file.text : null;
  };
  for (const lock of locks) {
    try {
      for (const { name, version, source, conda } of lock.parse(read(lock.target.path) ?? '', read)
        .packages) {
        if (version !== null && source === null && conda === undefined) versions.set(name, version);
      }
    } catch {
      continue;
    }
  }
  return [...versions].slice(0, MOST_PACKAGES);
}
