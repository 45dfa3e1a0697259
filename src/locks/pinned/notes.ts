/** What a reader should know of a hand-pinned file that was made anew. */
import { lt } from '@renovatebot/pep440';
import type { Target } from '../../model.ts';
import type { Facts } from '../ecosystem.ts';
import type { Edited, NewPin } from './edit.ts';
import type { Pin, PinnedFile } from './pins.ts';

/** Which Python was taken when nothing says which. */
export function notesOnPython({ python }: Target, { pythons }: Facts): readonly string[] {
  const [newest] = pythons;
  if (python.version !== null || newest === undefined) return [];
  return [`Solved for Python ${newest.version}, the newest one here: ${python.from}.`];
}

/** Pins that stay, gathered by why; and pins that move back. */
export function notesOnPins(
  pinned: PinnedFile,
  news: ReadonlyMap<string, NewPin>,
  edited: Edited,
): readonly string[] {
  const why = new Map<string, string[]>();
  const add = ({ requirement }: Pin, reason: string): void => {
    why.set(reason, [...(why.get(reason) ?? []), `${requirement.writtenName} (line ${requirement.line})`]);
  };
  for (const pin of pinned.held) add(pin, pin.why);
  for (const pin of pinned.moving) {
    if (!news.has(pin.name)) add(pin, 'is for other environments than the one solved for');
  }
  for (const pin of edited.untouched) add(pin, 'is written in a way that Relock does not edit');
  const stay = [...why].map(([reason, pins]) => `Left as it is, since it ${reason}: ${pins.join(', ')}.`);
  const back = movedBack(edited.moved, news).map(
    ({ name, version, requirement }) =>
      `${requirement.writtenName} moves back from ${version} to ${news.get(name)?.version ?? ''}: no newer one fits the other lines.`,
  );
  return [...stay, ...back];
}

/** Pins whose new version is lower than the present one. */
function movedBack(pins: readonly Pin[], news: ReadonlyMap<string, NewPin>): readonly Pin[] {
  return pins.filter(({ name, version }) => {
    const next = news.get(name);
    return next !== undefined && lt(next.version, version);
  });
}
