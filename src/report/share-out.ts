/** Release notes made harmless and shortened so that all of them fit, each package with its share. Pure. */
import { splitBreaking } from '../notes/breaking.ts';
import type { NotesVersion, ReleaseNotes } from '../notes/model.ts';
import { harmlessMarkdown, harmlessWithin } from './foreign.ts';

export interface SharedVersion {
  readonly version: NotesVersion;
  /** What may break; harmless Markdown, empty: nothing, or no room. */
  readonly breaking: string;
  /** Everything else; harmless Markdown. */
  readonly text: string;
  /** Some of its text is not here. */
  readonly cut: boolean;
}

export interface SharedNotes {
  readonly notes: ReleaseNotes;
  /** Newest first; those of which nothing is here are left out. */
  readonly versions: readonly SharedVersion[];
  /** How many versions are left out for want of room. */
  readonly left: number;
}

/** For what stands around the text of one version: its name, date and link. */
const AROUND_VERSION = 160;
/** Of one package; what comes after it is not even looked at. */
const MAX_PACKAGE = 40_000;

interface Part {
  readonly breaking: string;
  readonly rest: string;
  readonly size: number;
}

interface Prepared {
  readonly notes: ReleaseNotes;
  readonly parts: readonly Part[];
  readonly size: number;
}

/**
 * Gives each package an equal share; what one does not need goes to those that need more. In a package what breaks comes
 * first, then the newest versions.
 * @param budget characters for all texts together.
 */
export function shareOut(all: readonly ReleaseNotes[], budget: number): readonly SharedNotes[] {
  const prepared = all.map(prepare);
  const shares = sharesOf(
    prepared.map(({ size }) => size),
    budget,
  );
  return prepared.map((one, index) => fill(one, shares[index] ?? 0));
}

function prepare(notes: ReleaseNotes): Prepared {
  let size = 0;
  const parts = notes.versions.map(({ text }): Part => {
    if (size > MAX_PACKAGE) return { breaking: '', rest: text, size: 0 };
    const definitions = text.split('\n').filter((line) => /^ {0,3}\[[^\]]{1,200}\]: /u.test(line));
    const split = splitBreaking(text);
    const breaking = split.breaking.length === 0 ? '' : [...split.breaking, '', ...definitions].join('\n');
    const rest = [split.rest, '', ...definitions].join('\n');
    const part = { breaking, rest, size: harmlessMarkdown(breaking).length + harmlessMarkdown(rest).length };
    size += part.size + AROUND_VERSION;
    return part;
  });
  return { notes, parts, size: Math.min(size, MAX_PACKAGE) };
}

/** Fills up all at once until each has what it needs, or all is given away. */
function sharesOf(needs: readonly number[], budget: number): readonly number[] {
  const shares = needs.map(() => 0);
  const order = needs
    .map((need, index) => ({ need, index }))
    .sort((a, b) => a.need - b.need || a.index - b.index);
  let left = Math.max(0, budget);
  for (const [done, { need, index }] of order.entries()) {
    const share = Math.min(need, Math.floor(left / (order.length - done)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

function fill({ notes, parts }: Prepared, share: number): SharedNotes {
  let left = share;
  const opened = new Set<number>();
  const take = (text: string, index: number): { readonly text: string; readonly cut: boolean } => {
    const room = left - (opened.has(index) ? 0 : AROUND_VERSION);
    if (text.trim() === '') return { text: '', cut: false };
    const taken = room <= 0 ? { text: '', cut: true } : harmlessWithin(text, room);
    if (taken.text !== '') opened.add(index);
    // No older version gets the crumbs that a newer one could not use.
    left = taken.cut ? 0 : room - taken.text.length;
    return taken;
  };
  const breaking = parts.map((part, index) => take(part.breaking, index));
  const rest = parts.map((part, index) => take(part.rest, index));
  const versions = notes.versions.map((version, index): SharedVersion => {
    const first = breaking[index];
    const second = rest[index];
    return {
      version,
      breaking: first?.text ?? '',
      text: second?.text ?? '',
      cut: first?.cut === true || second?.cut === true,
    };
  });
  const shown = versions.filter((one) => one.breaking !== '' || one.text !== '' || !one.cut);
  return { notes, versions: shown, left: versions.length - shown.length };
}
