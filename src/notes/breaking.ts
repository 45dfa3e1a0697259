/** Which parts of foreign Markdown tell of something that breaks. Pure. */

/** A heading under which everything is told apart. */
const HEADING =
  /\bbreaking\b|\bbackwards?[- ]?incompatib|\bincompatible\b|\bremov(?:ed|als?)\b|\bdeprecat|\bdropped\b|\bapi changes\b|\bbehaviou?r changes\b|💥/iu;
/** A paragraph or an item that says so itself. */
const WORDS =
  /\bBREAKING\b|\bbreaking[- ]changes?\b|\bbackwards?[- ]incompatib|\bincompatible changes?\b|\b(?:drop(?:s|ped|ping)?|remov(?:e|es|ed|ing)|end(?:s|ed|ing)?) (?:\w{1,20} ){0,2}support for\b|\bno longer supports?\b|\b(?:is|are) no longer supported\b|\b(?:now )?requires? (?:at least )?python\b|\b(?:has|have) been removed\b|💥/iu;
/** How an item begins that tells of a removal: `Removed the old API`, `feat(core)!: new names`. */
const START =
  /^(?:[*_`]{1,2})?(?:(?:remove[ds]?|drop(?:s|ped)?|deprecate[ds]?|deprecations?|removals?)\b|[a-z]{2,12}(?:\([^)]{1,60}\))?!:)/iu;

export interface SplitNotes {
  /** Parts of the text, in its order. */
  readonly breaking: readonly string[];
  /** Without headings that have nothing under them any more. */
  readonly rest: string;
}

interface Part {
  readonly text: string;
  /** Of a heading; null: a paragraph or an item. */
  readonly level: number | null;
}

/**
 * Splits a text into what breaks and everything else. A heading stays with what is under it; what is marked by its own
 * words alone takes no heading along.
 * @param text foreign Markdown.
 */
export function splitBreaking(text: string): SplitNotes {
  const parts: Marked[] = [];
  /** Level of the heading that marks all that is under it. */
  let under: number | null = null;
  for (const part of partsOf(text)) {
    if (part.level !== null) {
      if (under !== null && part.level <= under) under = null;
      if (under === null && HEADING.test(part.text)) under = part.level;
    }
    parts.push({ ...part, breaks: under !== null || (part.level === null && tells(part.text)) });
  }
  // "Removed" with nothing under it, as some templates leave it.
  if (!parts.some(({ breaks, level, text }) => breaks && level === null && text.trim() !== ''))
    return { breaking: [], rest: text };
  return {
    breaking: parts.filter(({ breaks }) => breaks).map((part) => part.text),
    rest: parts
      .filter(({ breaks }, index) => !breaks && !isEmptied(parts, index))
      .map((part) => part.text)
      .join('\n'),
  };
}

interface Marked extends Part {
  readonly breaks: boolean;
}

/** A heading of which everything under it went to what breaks. */
function isEmptied(parts: readonly Marked[], index: number): boolean {
  const level = parts[index]?.level ?? null;
  if (level === null) return false;
  let taken = false;
  for (let at = index + 1; at < parts.length; at += 1) {
    const next = parts[at];
    if (next === undefined || (next.level !== null && next.level <= level)) break;
    if (next.breaks) taken = true;
    else if (next.level === null && next.text.trim() !== '') return false;
  }
  return taken;
}

/** Whether some part of a text tells of something that breaks. */
export function isBreaking(text: string): boolean {
  return splitBreaking(text).breaking.length > 0;
}

function tells(part: string): boolean {
  const short = part.slice(0, 2000);
  return WORDS.test(short) || START.test(short.trimStart().replace(/^(?:[-*+]|\d{1,3}[.)])\s{1,4}/u, ''));
}

/** Headings, items of the outermost lists with all that is inside, code with what is before it, paragraphs. */
function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let lines: string[] = [];
  let fence = '';
  const flush = (): void => {
    if (lines.length > 0) parts.push({ text: lines.join('\n'), level: null });
    lines = [];
  };
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(?<mark>`{3,}|~{3,})/u.exec(line)?.groups?.['mark'] ?? '';
    if (fence !== '') {
      lines.push(line);
      if (mark.startsWith(fence)) fence = '';
      continue;
    }
    if (mark !== '') fence = mark;
    const level = headingLevel(line);
    if (level !== null) {
      flush();
      parts.push({ text: line, level });
    } else {
      const blankBefore = lines.at(-1)?.trim() === '';
      const inside = line.trim() === '' || /^\s/u.test(line) || mark !== '';
      if (/^(?:[-*+]|\d{1,9}[.)])\s/u.test(line) || (blankBefore && !inside)) flush();
      lines.push(line);
    }
  }
  flush();
  return parts;
}

/** ATX headings, and lines that are bold as a whole. */
function headingLevel(line: string): number | null {
  const marks = /^ {0,3}(?<marks>#{1,6})(?:\s|$)/u.exec(line)?.groups?.['marks'];
  if (marks !== undefined) return marks.length;
  return /^\*\*[^*]{1,100}\*\*:?\s{0,9}$|^__[^_]{1,100}__:?\s{0,9}$/u.test(line) ? 7 : null;
}
