/**
 * Foreign Markdown (release notes, changelogs) written anew so that it shows the same words and does nothing else.
 *
 * It is read into blocks and words (`foreign-blocks.ts`, `foreign-inline.ts`) and written from those: nothing of the text
 * itself is passed on as Markdown but words that are escaped, code, and links to checked addresses.
 *
 * Threat: mentions, references to issues and commits, closing keywords, HTML, images that tell who looked, links to
 * anywhere, footnotes, tasks, a fold, fence or table that ends early, math and diagrams, words that are hidden or run
 * backwards; and headings that stand among ours.
 */
import { readBlocks, type Block } from './foreign-blocks.ts';
import { inline, labelOf } from './foreign-inline.ts';
import type { References } from './foreign-marks.ts';
import { codeBlock, lineStart, seen } from './foreign-text.ts';
import { table } from './markdown.ts';

/** More than a reader wants of one text; in characters. */
const MAX_INPUT = 100_000;
/** Deeper lists and quotes stand on this level. */
const MAX_LISTS = 4;
const MAX_QUOTES = 2;

interface Place {
  readonly references: References;
  readonly lists: number;
  readonly quotes: number;
}

/** A piece that can be left out from the end. */
interface Piece {
  readonly text: string;
  /** Follows the piece before it without a blank line: an item of the same list. */
  readonly close: boolean;
}

/** @param text foreign Markdown. @returns Markdown without blank lines around it; empty when nothing is left. */
export function harmlessMarkdown(text: string): string {
  return joined(piecesOf(text));
}

/**
 * As much of the text as fits, in whole blocks and items.
 * @param limit in UTF-16 code units.
 */
export function harmlessWithin(
  text: string,
  limit: number,
): { readonly text: string; readonly cut: boolean } {
  const pieces = piecesOf(text);
  let size = 0;
  let kept = 0;
  for (const piece of pieces) {
    size += piece.text.length + 2;
    if (size - 2 > limit) break;
    kept += 1;
  }
  // A heading without what it is the heading of says nothing.
  while (kept < pieces.length && /^\*\*[^\n]*\*\*$/u.test(pieces[kept - 1]?.text ?? '')) kept -= 1;
  return { text: joined(pieces.slice(0, kept)), cut: kept < pieces.length || text.length > MAX_INPUT };
}

function joined(pieces: readonly Piece[]): string {
  return pieces
    .map(({ text, close }, index) => (index === 0 ? text : `${close ? '\n' : '\n\n'}${text}`))
    .join('');
}

function piecesOf(text: string): readonly Piece[] {
  const { body, references } = withoutDefinitions(
    withoutComments(seen(text.slice(0, MAX_INPUT)).replaceAll('\t', '    ')),
  );
  const place: Place = { references, lists: 0, quotes: 0 };
  return readBlocks(body).flatMap((block): readonly Piece[] => {
    if (block.kind !== 'list') {
      const lines = linesOf(block, place);
      return lines.length === 0 ? [] : [{ text: lines.join('\n'), close: false }];
    }
    return block.items.flatMap((_, index) => {
      const lines = itemLines(block, index, place);
      return lines.length === 0 ? [] : [{ text: lines.join('\n'), close: index > 0 }];
    });
  });
}

/** Comments that begin a line, or end on their own; others are words of somebody who writes about HTML. */
function withoutComments(text: string): string {
  let result = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf('<!--', from);
    const end = start === -1 ? -1 : text.indexOf('-->', start + 4);
    if (end === -1) return result + text.slice(from);
    const first = text.slice(text.lastIndexOf('\n', start) + 1, start).trim() === '';
    if (first) result += text.slice(from, start);
    else result += text.slice(from, end + 3);
    from = end + 3;
  }
}

function withoutDefinitions(text: string): { readonly body: string; readonly references: References } {
  const references = new Map<string, string>();
  let fenced = false;
  const kept = text.split('\n').filter((line) => {
    if (/^ {0,3}(?:```|~~~)/u.test(line)) fenced = !fenced;
    const found = fenced
      ? undefined
      : /^ {0,3}\[(?<label>[^\]^][^\]]{0,199})\]: {0,9}<?(?<url>[^\s<>]{1,1000})>?(?: .*)?$/u.exec(line)
          ?.groups;
    if (found === undefined) return true;
    const label = labelOf(found['label'] ?? '');
    if (!references.has(label)) references.set(label, found['url'] ?? '');
    return false;
  });
  return { body: kept.join('\n'), references };
}

function linesOf(block: Block, place: Place): readonly string[] {
  switch (block.kind) {
    case 'paragraph':
      return paragraph(inline(block.text, { ...place, emphasis: true, inTable: false, links: true }));
    case 'heading': {
      const text = inline(block.text, { ...place, emphasis: false, inTable: false, links: true });
      const bare = text.replaceAll('\n', ' ').trim();
      return bare === '' ? [] : [`**${bare}**`];
    }
    case 'code':
      return codeBlock(block.text, block.language);
    case 'quote': {
      const inner = spread(block.blocks, { ...place, quotes: place.quotes + 1 });
      return place.quotes >= MAX_QUOTES
        ? inner
        : alert(inner).map((line) => (line === '' ? '>' : `> ${line}`));
    }
    case 'list':
      return block.items.flatMap((_, index) => itemLines(block, index, place));
    case 'table': {
      const cells = block.rows.map((row) =>
        row.map((cell) =>
          inline(cell, { ...place, emphasis: true, inTable: true, links: true }).replaceAll('\n', ' '),
        ),
      );
      const [head, ...rows] = cells;
      return head === undefined ? [] : table(head, rows).split('\n');
    }
  }
}

function paragraph(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => lineStart(line))
    .filter((line) => line !== '');
}

/** GitHub's `[!NOTE]` would draw a box; the word alone does. */
function alert(lines: readonly string[]): readonly string[] {
  const [first = '', ...rest] = lines;
  const found = /^\\\[!(?<word>[A-Z]{3,12})\\\]\s*(?<after>.*)$/u.exec(first)?.groups;
  const word = found?.['word'] ?? '';
  if (word === '') return lines;
  return [`**${word[0] ?? ''}${word.slice(1).toLowerCase()}:** ${found?.['after'] ?? ''}`.trim(), ...rest];
}

/** Blocks under each other, a blank line between them unless a list follows a paragraph. */
function spread(blocks: readonly Block[], place: Place): readonly string[] {
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const next = linesOf(block, place);
    if (next.length === 0) continue;
    const close = block.kind === 'list' && blocks[index - 1]?.kind === 'paragraph' && block.first === null;
    if (lines.length > 0 && !close) lines.push('');
    lines.push(...next);
  }
  return lines;
}

function itemLines(
  { first, items }: Extract<Block, { kind: 'list' }>,
  index: number,
  place: Place,
): readonly string[] {
  const inner = spread(items[index] ?? [], { ...place, lists: place.lists + 1 });
  if (inner.length === 0) return [];
  // Its own level is full: its items follow those of the list around it, whatever marks they have.
  if (place.lists >= MAX_LISTS) return inner;
  const marker = first === null ? '- ' : `${Math.min(first + index, 999_999_999)}. `;
  const indent = ' '.repeat(marker.length);
  return inner.map((line, at) => (at === 0 ? marker + line : line === '' ? '' : indent + line));
}
