/** Plain text as Markdown: lists and paragraphs as people write them, and nothing that is not meant. Pure. */

/** Marks of HTML and Markdown that stand in plain text for themselves. */
export function escapePlain(text: string): string {
  return text.replace(/[\\<[\]_~|]/gu, '\\$&');
}

/** As `escapePlain`, but code in ticks, which many write in plain text too. */
function escapeLine(text: string): string {
  return text
    .split(/(?<span>`[^`]{1,500}`)/u)
    .map((part, index) => (index % 2 === 1 ? part : escapePlain(part)))
    .join('');
}

/** An item is a line that starts with a mark, however far it is indented; deeper marks are items inside. */
export function plainToMarkdown(text: string): string {
  const lines: string[] = [];
  /** Columns of the marks of the items that are open. */
  let open: number[] = [];
  for (const line of text.replaceAll('\t', '        ').split('\n')) {
    const item = /^(?<indent> {0,40})(?<mark>[-*+•o]|\d{1,3}[.)]) +(?<words>\S.*)$/u.exec(line)?.groups;
    const indent = line.length - line.trimStart().length;
    if (item !== undefined) {
      open = [...open.filter((column) => column < indent), indent];
      const mark = /^\d/u.test(item['mark'] ?? '') ? `${item['mark'] ?? ''} ` : '- ';
      lines.push(`${'   '.repeat(open.length - 1)}${mark}${escapeLine(item['words'] ?? '')}`);
    } else if (line.trim() === '') lines.push('');
    else {
      open = open.filter((column) => column < indent);
      lines.push(`${'   '.repeat(open.length)}${escapeLine(line.trim())}`);
    }
  }
  return lines.join('\n').trim();
}
