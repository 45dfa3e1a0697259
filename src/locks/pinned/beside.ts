/** The files that a hand-pinned file is solved together with: those that it reads, and those that are installed with it. */
import type { Facts } from '../ecosystem.ts';
import { readText } from '../tree.ts';
import { readPins, type Pin } from './pins.ts';
import { demandsAbove, relaxedFile, type Relax } from './solver-input.ts';
import type { PinnedLock } from './steps.ts';

/** Every pin of such a file, whether it moves or stays. */
export function pinsBeside({ includes, beside }: PinnedLock, { tree }: Facts): readonly Pin[] {
  return [...includes, ...beside].flatMap((path) => {
    const { moving, held } = readPins(readText(tree, path) ?? '');
    return [...moving, ...held];
  });
}

/** What the files above demand, at the time of the run: text of a file of constraints, or null when they demand nothing. */
export function demandsOf({ beside }: PinnedLock, { tree }: Facts, relax: Relax): string | null {
  const above = beside.map((path) => readPins(readText(tree, path) ?? ''));
  return demandsAbove(above, () => null) === '' ? null : demandsAbove(above, relax);
}

/** Texts of the files that the lock reads while uv solves, and as they are: only those in which a pin gives way. */
export function relaxedIncludes(
  { includes }: PinnedLock,
  { tree }: Facts,
  relax: Relax,
): {
  readonly relaxed: Readonly<Record<string, string>>;
  readonly original: Readonly<Record<string, string>>;
} {
  const relaxed: Record<string, string> = {};
  const original: Record<string, string> = {};
  for (const path of includes) {
    const file = tree.files.get(path);
    if (file?.kind !== 'text') continue;
    const pinned = readPins(file.text);
    if ([...pinned.moving, ...pinned.held].every((pin) => relax(pin) === null)) continue;
    relaxed[path] = relaxedFile(pinned, relax);
    original[path] = file.text;
  }
  return { relaxed, original };
}
