/** Which of the names that a build publishes stands for it. Pure. */
import { effectiveTag, parseReference } from '../images/reference.ts';

export interface Chosen {
  readonly ref: string | null;
  readonly certain: boolean;
}

/**
 * @param names as far as they could be read; null for one that could not.
 * @returns the one tagged `latest`, else the only one. Certain when nothing else could be meant.
 */
export function chooseReference(names: readonly (string | null)[]): Chosen {
  const read = names.filter((name) => name !== null);
  const refs = [...new Set(read.flatMap((name) => usable(name) ?? []))];
  const latest = refs.find((ref) => ref.endsWith(':latest'));
  if (latest !== undefined) return { ref: latest, certain: hasRegistry(latest) };
  const [first = null] = refs;
  const only = first !== null && refs.length === 1 && names.length === read.length;
  return { ref: first, certain: only && hasRegistry(first) };
}

/** With its tag; null when it is no name to publish under. */
function usable(name: string): string | null {
  const reference = parseReference(name);
  if (reference === null || reference.digest !== null) return null;
  return `${reference.tag === null ? name : reference.text.slice(0, -reference.tag.length - 1)}:${effectiveTag(reference) ?? 'latest'}`;
}

/** A name without a path (`app:latest`) is one of this machine. */
function hasRegistry(ref: string): boolean {
  return ref.includes('/');
}
