/** What Relock says of an image of the RPM family, in the words of the real dnf's answer. */
import type { SystemUpdates } from '../../src/distro/model.ts';

/** `name arch version`, or `old -> new arch version` for what is replaced; sorted. */
export function linesOfUpdates(updates: SystemUpdates): readonly string[] {
  if (updates.state === 'unknown') return [updates.reason.message];
  const replaced = new Map(
    updates.notes.flatMap((note) => {
      const match = /^(\S+) is replaced by (\S+)\.$/u.exec(note);
      return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
    }),
  );
  return updates.updates
    .map(({ name, arch, to }) => {
      const other = replaced.get(name);
      return other === undefined ? `${name} ${arch} ${to}` : `${name} -> ${other} ${arch} ${to}`;
    })
    .sort();
}
