/** Comments that stand beside a place of a file. Pure. */
import { lineAt } from './located-text.ts';

const MOST_LINES = 3;

/** A file and where its lines begin. */
export interface Lines {
  readonly file: string;
  readonly starts: readonly number[];
}

/** Whole-line comments right above the line on which `offset` stands, the nearest first, without their `#`. */
export function commentsAbove({ file, starts }: Lines, offset: number): readonly string[] {
  const found: string[] = [];
  const line = lineAt(starts, offset);
  for (let above = line - 1; above >= 1 && found.length < MOST_LINES; above -= 1) {
    const text = file.slice(starts[above - 1], starts[above]).trim();
    if (!text.startsWith('#')) break;
    found.push(text.slice(1).trim());
  }
  return found;
}

/** The comment that ends the line on which `offset` stands, as YAML has them; empty when there is none. */
export function commentAfter({ file, starts }: Lines, offset: number): readonly string[] {
  const end = starts[lineAt(starts, offset)] ?? file.length;
  const rest = file.slice(offset, end);
  const comment = /^["']?[ \t]{1,200}#(.*)/u.exec(rest)?.[1];
  return comment === undefined ? [] : [comment.trim()];
}
