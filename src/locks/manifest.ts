/** Why the manifest beside a lock cannot be used, whatever its kind. Pure. */
import type { Reason, Tree } from '../model.ts';
import { LockSyntaxError } from './ecosystem.ts';
import { readText, reason, whyUnreadable } from './tree.ts';
import { conflictLine } from './toml.ts';

/** More is no manifest of people's. Threat: looking up the line of each of its entries takes the square of its size. */
const LONGEST = 1_000_000;

/**
 * Reads the manifest that a lock was made from.
 * @param read may throw LockSyntaxError.
 */
export function readManifest<T extends object>(
  tree: Tree,
  lock: string,
  manifest: string,
  read: (path: string, text: string) => T,
): { readonly text: string; readonly value: T } | Reason {
  const name = manifest.slice(manifest.lastIndexOf('/') + 1);
  if (!tree.files.has(manifest)) {
    return reason(
      'manifest-missing',
      `${lock} has no ${name} beside it.`,
      `Remove the lock, or restore ${manifest}.`,
    );
  }
  const text = readText(tree, manifest);
  if (text === null) {
    const why = whyUnreadable(tree, manifest);
    return reason('manifest-unreadable', why?.message ?? `${manifest} cannot be read.`, why?.fix);
  }
  const value = tryRead(manifest, text, read);
  return 'code' in value ? value : { text, value: value.value };
}

/** Reads a manifest's text; a fault in it is a reason. */
export function tryRead<T>(
  manifest: string,
  text: string,
  read: (path: string, text: string) => T,
): { readonly value: T } | Reason {
  if (text.length > LONGEST) {
    return reason(
      'manifest-unreadable',
      `${manifest} has ${text.length} characters, more than a manifest can reasonably have.`,
    );
  }
  try {
    return { value: read(manifest, text) };
  } catch (error) {
    if (error instanceof LockSyntaxError) {
      return reason('manifest-unreadable', error.message, `Mend ${manifest}.`);
    }
    throw error;
  }
}

/** What a reader should know of a lock that was not made from the manifest as it is now. */
export function changedNote(manifest: string, lock: string): string {
  return `${manifest} has changed since ${lock} was made (the hash in the lock shows it): what moves may come from that in part.`;
}

/** A lock that a merge left in pieces. */
export function whyConflicted(lock: string, text: string): Reason | null {
  const line = conflictLine(text);
  if (line === null) return null;
  return reason(
    'lock-unreadable',
    `${lock}:${line}: an unresolved merge conflict is in the file.`,
    'Resolve the conflict: take one side whole and lock again.',
  );
}
