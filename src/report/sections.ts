/** Fitting a text under a limit by leaving whole sections out, and saying so. */

/** A part of a report that stands or falls as a whole. */
export interface Section {
  /** Markdown without blank lines around it. */
  readonly text: string;
  /** Lower goes first when the whole is too long; 9 never goes. */
  readonly drop: number;
  /** How the note says that it is missing: `the tool output of poetry.lock`. */
  readonly name: string;
}

const BETWEEN = '\n\n';
/** Room kept for the note that names what was left out. */
const NOTE_ROOM = 1200;

/**
 * Joins sections, leaving out the least important and, among those, the longest first, until all fit.
 * @param limit in UTF-16 code units, as GitHub counts a body.
 * @param note makes the closing note from the names of what is missing.
 */
export function fitSections(
  sections: readonly Section[],
  limit: number,
  note: (names: readonly string[]) => string,
): string {
  const kept = new Set(sections.filter(({ text }) => text !== ''));
  let size = [...kept].reduce((sum, { text }) => sum + text.length + BETWEEN.length, 0);
  if (size <= limit) return [...kept].map(({ text }) => text).join(BETWEEN);
  const candidates = [...kept]
    .filter(({ drop }) => drop < 9)
    .sort((a, b) => a.drop - b.drop || b.text.length - a.text.length);
  const missing: string[] = [];
  for (const section of candidates) {
    if (size <= limit - NOTE_ROOM) break;
    kept.delete(section);
    size -= section.text.length + BETWEEN.length;
    missing.push(section.name);
  }
  const text = [...[...kept].map((section) => section.text), note(missing).slice(0, NOTE_ROOM)].join(BETWEEN);
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
