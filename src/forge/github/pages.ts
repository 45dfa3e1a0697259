/** Cuts Markdown into pages. Pure. */

const GAP = '\n\n';

/**
 * At blank lines, outside code blocks and folds where that is possible; a block that fills more than a page is cut at
 * its lines, and a line at its characters.
 * @param limit most bytes of a page as UTF-8, at least 4: the forge counts characters, of which there are never more.
 * @returns at least one page; none is longer than the limit, and no text is lost but blank lines between them.
 */
export function pagesOf(markdown: string, limit: number): readonly string[] {
  const pages: string[] = [];
  let page: string[] = [];
  let bytes = 0;
  for (const block of blocksOf(markdown).flatMap((text) => piecesOf(text, limit))) {
    const more = size(block) + (page.length === 0 ? 0 : GAP.length);
    if (bytes + more > limit) {
      pages.push(page.join(GAP));
      page = [];
      bytes = 0;
    }
    bytes += page.length === 0 ? size(block) : more;
    page.push(block);
  }
  return [...pages, page.join(GAP)];
}

function blocksOf(markdown: string): readonly string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  let folds = 0;
  const end = (): void => {
    if (lines.length > 0) blocks.push(lines.join('\n'));
    lines = [];
  };
  for (const line of markdown.replaceAll('\r\n', '\n').split('\n')) {
    if (line === '' && fence === null && folds === 0) {
      end();
      continue;
    }
    lines.push(line);
    const ticks = /^ {0,3}(`{3,}|~{3,})/u.exec(line)?.[1];
    if (fence === null && ticks !== undefined) fence = ticks;
    else if (fence !== null && ticks?.startsWith(fence) === true) fence = null;
    if (fence !== null) continue;
    if (line.startsWith('<details')) folds += 1;
    else if (line.startsWith('</details>')) folds = Math.max(0, folds - 1);
  }
  end();
  return blocks;
}

function piecesOf(block: string, limit: number): readonly string[] {
  if (size(block) <= limit) return [block];
  const pieces: string[] = [];
  let lines: string[] = [];
  let bytes = 0;
  for (const line of block.split('\n').flatMap((text) => chunksOf(text, limit))) {
    const more = size(line) + 1;
    if (lines.length > 0 && bytes + more > limit) {
      pieces.push(lines.join('\n'));
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += more;
  }
  return [...pieces, lines.join('\n')];
}

function chunksOf(line: string, limit: number): readonly string[] {
  if (size(line) <= limit) return [line];
  const chunks: string[] = [];
  let start = 0;
  let bytes = 0;
  let at = 0;
  for (const character of line) {
    const more = size(character);
    if (bytes + more > limit) {
      chunks.push(line.slice(start, at));
      start = at;
      bytes = 0;
    }
    bytes += more;
    at += character.length;
  }
  return [...chunks, line.slice(start)];
}

function size(text: string): number {
  return Buffer.byteLength(text);
}
