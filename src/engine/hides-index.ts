/** Whether a lock's packages are of an index whose names are nobody's business. Pure. */
import type { LockKind, Target } from '../model.ts';

/** Kinds of locks that do not say of every package where it came from. */
const SOURCELESS: ReadonlySet<LockKind> = new Set([
  'pip-compile',
  'pip-compile-multi',
  'uv-pip-compile',
  'pinned',
  'pipenv',
]);

/**
 * Whether the packages of a lock may all come from an index that stands for the public one.
 * Threat: the public index would be told their names, and its packages of the same names would lend them their links.
 */
export function hidesItsIndex({ kind, remotes }: Target): boolean {
  return SOURCELESS.has(kind) && remotes.some(({ purpose }) => purpose === 'index');
}
