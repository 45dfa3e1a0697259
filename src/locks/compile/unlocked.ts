/** Inputs that nothing is made from. */
import type { Skip } from '../../model.ts';
import { folderOf, reason, resolveInside } from '../tree.ts';
import type { DetectedLock } from './detected.ts';
import type { Files } from './files.ts';
import { stemOf } from './working-folder.ts';

/** `MANIFEST.in`, `config.h.in` and the like are no requirements: the name has to say so. */
const INPUT_NAME =
  /(?:^|\/)(?:[^/]*(?:requirements|reqs)[^/]*\.in|(?:requirements|reqs|deps)\/(?:[^/]+\/)?[^/]+\.in)$/iu;

/**
 * @param locks those that were understood: what they read is not without a lock.
 * @param lockPaths all of this family, skipped ones too.
 */
export function findUnlocked(
  files: Files,
  locks: readonly DetectedLock[],
  lockPaths: ReadonlySet<string>,
): readonly Skip[] {
  const inputs = files.tree.paths.filter(
    (path) => INPUT_NAME.test(path) && files.requirements(path) !== null,
  );
  const used = new Set(locks.flatMap((lock) => [...lock.inputs, ...lock.manifests]));
  for (const path of inputs) {
    for (const entry of files.requirements(path)?.entries ?? []) {
      if (entry.kind !== 'include' && entry.kind !== 'constraint') continue;
      const included = resolveInside(folderOf(path), entry.path);
      if (included !== null) used.add(included);
    }
  }
  const skips: Skip[] = [];
  for (const path of inputs) {
    if (used.has(path)) continue;
    const entries = files.requirements(path)?.entries ?? [];
    const isRequirements =
      entries.some((entry) => entry.kind === 'requirement' && entry.name !== null) &&
      !entries.some((entry) => entry.kind === 'unreadable');
    const expected = `${stemOf(path)}.txt`;
    if (!isRequirements || lockPaths.has(expected) || files.has(expected) || hasOtherLock(path, lockPaths))
      continue;
    skips.push({
      path,
      kind: 'pip-compile',
      reason: reason(
        'lock-missing',
        `No lock of the repository is made from ${path}; ${expected} is not there.`,
        `Make it once, for example with \`pip-compile ${path}\`, and commit it.`,
      ),
    });
  }
  return skips;
}

/** `requirements.lock` of `requirements.in`, or `requirements-py39.txt`: skipped for a reason of its own, but there. */
function hasOtherLock(input: string, lockPaths: ReadonlySet<string>): boolean {
  const stem = stemOf(input);
  return [...lockPaths].some((lock) => lock.startsWith(`${stem}.`) || lock.startsWith(`${stem}-`));
}
