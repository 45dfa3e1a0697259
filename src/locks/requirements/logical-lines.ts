/** Physical lines to logical lines, as pip joins continuations and cuts comments. */
import type { LineSpan } from './file.ts';

export interface LogicalLine extends LineSpan {
  /** Without the comment, trimmed; never empty. */
  readonly text: string;
  /** Without `#`, trimmed, empty ones left out: the comment at the line's end and the indented comment lines below. */
  readonly comments: readonly string[];
}

/** Lines of a file, without their ends and without a BOM. */
export function physicalLines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/u, '').split(/\r\n|\n|\r/u);
}

/** Joins what `\` continues; a comment line ends a continuation, as in pip. */
export function logicalLines(text: string): readonly LogicalLine[] {
  const lines = physicalLines(text);
  const found: LogicalLine[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    const parts: string[] = [];
    for (;;) {
      const line = lines[at] ?? '';
      at += 1;
      const isComment = isCommentLine(line);
      if (isComment || !line.endsWith('\\') || at >= lines.length) {
        parts.push(isComment ? ` ${line}` : trimBackslashes(line));
        break;
      }
      parts.push(trimBackslashes(line));
    }
    const end = at;
    const { code, comment } = cutComment(parts.join(''));
    if (code === '') continue;
    const comments = comment === '' ? [] : [comment];
    for (; at < lines.length && isIndentedComment(lines[at] ?? ''); at += 1) {
      const below = (lines[at] ?? '').trim().slice(1).trim();
      if (below !== '') comments.push(below);
    }
    found.push({ line: start + 1, endLine: end, text: code, comments });
  }
  return found;
}

/** Where a comment starts: at a `#` that is first or has white space before it; -1 when there is none. */
export function commentStart(line: string): number {
  for (let at = line.indexOf('#'); at !== -1; at = line.indexOf('#', at + 1)) {
    if (at === 0 || /\s/u.test(line.charAt(at - 1))) return at;
  }
  return -1;
}

function cutComment(line: string): { readonly code: string; readonly comment: string } {
  const start = commentStart(line);
  if (start === -1) return { code: line.trim(), comment: '' };
  return { code: line.slice(0, start).trim(), comment: line.slice(start + 1).trim() };
}

function isCommentLine(line: string): boolean {
  return line.trimStart().startsWith('#');
}

function isIndentedComment(line: string): boolean {
  return !line.startsWith('#') && isCommentLine(line);
}

function trimBackslashes(line: string): string {
  let end = line.length;
  while (end > 0 && line.charAt(end - 1) === '\\') end -= 1;
  return line.slice(0, end);
}
