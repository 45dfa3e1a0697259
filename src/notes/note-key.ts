/** Of which changes notes are wanted, and what they are filed under. Pure. */
import type { Change } from '../model.ts';
import type { NotesWanted } from './model.ts';
import { isBetween } from './versions.ts';

/** `name@from..to`; null: no notes are wanted, since it is not direct, or did not go forward between two versions. */
export function noteKey(change: Change): string | null {
  const wanted = notesWanted(change);
  return wanted === null ? null : `${wanted.package}@${wanted.from}..${wanted.to}`;
}

/** What conda manages is of no Python index: its name may be another package's there. */
export function notesWanted({ name, from, to, direct, conda }: Change): NotesWanted | null {
  if (!direct || from === null || to === null || conda?.manager === 'conda') return null;
  return isBetween(to, { from, to }) ? { package: name, from, to } : null;
}
