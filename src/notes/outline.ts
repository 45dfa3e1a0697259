/** Headings of a text file: Markdown (ATX, setext), reStructuredText (adornments), plain lines. Pure. */

export type TextFormat = 'markdown' | 'rst' | 'plain';

export interface Heading {
  /** Its first line, counted from 0 (an overline included). */
  readonly start: number;
  /** The first line after it. */
  readonly end: number;
  /** 1 is the outermost. */
  readonly level: number;
  readonly text: string;
}

export function formatOf(path: string): TextFormat {
  if (/\.(?:md|markdown|mkd)$/iu.test(path)) return 'markdown';
  return /\.(?:rst|rest)$/iu.test(path) ? 'rst' : 'plain';
}

export function headingsOf(lines: readonly string[], format: TextFormat): readonly Heading[] {
  if (format === 'markdown') return markdownHeadings(lines);
  return format === 'rst' ? adorned(lines) : plainHeadings(lines);
}

function markdownHeadings(lines: readonly string[]): readonly Heading[] {
  const found: Heading[] = [];
  let fence = '';
  for (const [at, line] of lines.entries()) {
    const mark = /^ {0,3}(?<mark>`{3,}|~{3,})/u.exec(line)?.groups?.['mark'] ?? '';
    if (fence !== '') {
      if (mark.startsWith(fence)) fence = '';
      continue;
    }
    fence = mark;
    // Many write `##1.2.3`.
    const marks = /^ {0,3}(?<marks>#{1,6})(?=\s|$|\[?v?\d+\.)/iu.exec(line)?.groups?.['marks'];
    if (marks !== undefined) {
      const text = line
        .trim()
        .slice(marks.length)
        .replace(/#+\s*$/u, '')
        .trim();
      found.push({ start: at, end: at + 1, level: marks.length, text });
    } else if (/^ {0,3}(?:={2,}|-{2,})\s*$/u.test(line)) {
      const above = lines[at - 1] ?? '';
      const alone = (lines[at - 2] ?? '').trim() === '' || found.at(-1)?.end === at - 1;
      if (above.trim() !== '' && alone && !/^\s*(?:[-*+>#|]|\d+[.)]\s)/u.test(above))
        found.push({
          start: at - 1,
          end: at + 1,
          level: line.trim().startsWith('=') ? 1 : 2,
          text: above.trim(),
        });
    }
  }
  return found;
}

/** docutils: the order in which styles first appear is the order of their levels. */
function adorned(lines: readonly string[]): readonly Heading[] {
  const styles: string[] = [];
  const found: Heading[] = [];
  for (let at = 0; at + 1 < lines.length; at += 1) {
    const text = lines[at] ?? '';
    const under = adornment(lines[at + 1] ?? '');
    if (text.trim() === '' || under === null || adornment(text) !== null) continue;
    const over = adornment(lines[at - 1] ?? '') === under && (found.at(-1)?.end ?? 0) <= at - 1;
    if (/^\s/u.test(text) && !over) continue;
    // Shorter lines than the title are tolerated from four marks on.
    if ((lines[at + 1] ?? '').trimEnd().length < Math.min(4, text.trim().length)) continue;
    const style = `${over ? 'over' : ''}${under}`;
    if (!styles.includes(style)) styles.push(style);
    found.push({
      start: over ? at - 1 : at,
      end: at + 2,
      level: styles.indexOf(style) + 1,
      text: text.trim(),
    });
    at += 1;
  }
  return found;
}

/** The character of a line that is made of one mark, or null. */
function adornment(line: string): string | null {
  const text = line.trimEnd();
  const mark = text[0] ?? '';
  return text.length >= 2 && /^[!-/:-@[-`{-~]$/u.test(mark) && text === mark.repeat(text.length)
    ? mark
    : null;
}

/** Every line at the margin that is no item: which of them are headings, their versions tell. */
function plainHeadings(lines: readonly string[]): readonly Heading[] {
  return lines.flatMap((line, at) => {
    if (!/^[\p{L}\p{N}[(*=#]/u.test(line) || /^[*#=] {2,}|^\* /u.test(line)) return [];
    const end = at + (adornment(lines[at + 1] ?? '') === null ? 1 : 2);
    return [{ start: at, end, level: 1, text: line.replace(/^[=#* ]+|[=#* ]+$/gu, '') }];
  });
}
