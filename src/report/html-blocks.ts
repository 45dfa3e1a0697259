/** HTML from the blocks of Markdown that Relock itself writes: what the pull request says in words is said once. Pure. */
import { escapeHtml, inlineHtml } from './html-inline.ts';
import { foldHtml, listHtml, tableHtml } from './html-table.ts';

const MOST_NESTED = 8;

/**
 * @param caption what a table in it is called.
 * @param demote by how much headings go down, so that they stand below those of the page.
 */
export function blocksHtml(markdown: string, caption: string, demote = 1, depth = 0): string {
  if (depth > MOST_NESTED) return `<pre>${escapeHtml(markdown)}</pre>`;
  const lines = markdown.split('\n');
  const parts: string[] = [];
  let name = caption;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const heading = /^(?<marks>#{1,6}) (?<words>.+)$/u.exec(line)?.groups;
    if (heading !== undefined) {
      const level = Math.min(6, (heading['marks'] ?? '').length + demote);
      const words = heading['words'] ?? '';
      name = plainOf(words);
      parts.push(`<h${level}>${inlineHtml(words)}</h${level}>`);
      at += 1;
      continue;
    }
    const block = takeBlock(lines, at, { caption: name, demote, depth });
    if (block.html !== '') parts.push(block.html);
    at = block.to;
  }
  return parts.join('\n');
}

interface Context {
  readonly caption: string;
  readonly demote: number;
  readonly depth: number;
}

interface Block {
  readonly html: string;
  readonly to: number;
}

function takeBlock(lines: readonly string[], at: number, context: Context): Block {
  const line = lines[at] ?? '';
  if (line.trim() === '' || line === '</details>') return { html: '', to: at + 1 };
  if (line === '---') return { html: '<hr>', to: at + 1 };
  if (line === '<details>') return takeFold(lines, at, context);
  if (/^`{3,}/u.test(line)) return takeFence(lines, at);
  if (line.startsWith('>')) return takeQuote(lines, at, context);
  if (line.startsWith('| ')) return takeTable(lines, at, context);
  if (/^ *[-*] /u.test(line)) return takeList(lines, at);
  return takeParagraph(lines, at);
}

function takeFold(lines: readonly string[], at: number, { caption, demote, depth }: Context): Block {
  let open = 0;
  let to = at;
  let fence = '';
  for (; to < lines.length; to += 1) {
    const line = lines[to] ?? '';
    const mark = /^`{3,}/u.exec(line)?.[0] ?? '';
    if (fence !== '') {
      if (line === fence) fence = '';
    } else if (mark !== '') fence = mark;
    else if (line === '<details>') open += 1;
    else if (line === '</details>') open -= 1;
    if (open === 0) break;
  }
  const head = /^<summary>(?<words>.*)<\/summary>$/u.exec(lines[at + 1] ?? '')?.groups?.['words'];
  const summary = head ?? 'More';
  const body = lines.slice(head === undefined ? at + 1 : at + 2, to).join('\n');
  const title = plainOf(summary.replaceAll(/<\/?code>/gu, '`'));
  return {
    html: foldHtml(summaryHtml(summary), blocksHtml(body, title === '' ? caption : title, demote, depth + 1)),
    to: to + 1,
  };
}

/** `fold` writes code spans as tags, and nothing else. */
function summaryHtml(summary: string): string {
  return summary
    .split(/<code>(?<inner>[^<]*)<\/code>/u)
    .map((part, index) => {
      if (index % 2 === 0) return inlineHtml(part);
      const text = part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      return `<code>${escapeHtml(text)}</code>`;
    })
    .join('');
}

function takeFence(lines: readonly string[], at: number): Block {
  const fence = /^`{3,}/u.exec(lines[at] ?? '')?.[0] ?? '```';
  const end = lines.indexOf(fence, at + 1);
  const to = end === -1 ? lines.length : end;
  return {
    html: `<pre tabindex="0"><code>${escapeHtml(lines.slice(at + 1, to).join('\n'))}</code></pre>`,
    to: to + 1,
  };
}

const ALERTS: Readonly<Record<string, string>> = {
  NOTE: 'Note',
  TIP: 'Tip',
  IMPORTANT: 'Important',
  WARNING: 'Warning',
  CAUTION: 'Caution',
};

function takeQuote(lines: readonly string[], at: number, { caption, demote, depth }: Context): Block {
  let to = at;
  while (to < lines.length && (lines[to] ?? '').startsWith('>')) to += 1;
  const inner = lines.slice(at, to).map((line) => line.replace(/^> ?/u, ''));
  const word = ALERTS[/^\[!(?<kind>[A-Z]+)\]$/u.exec(inner[0] ?? '')?.groups?.['kind'] ?? ''];
  const body = blocksHtml(
    (word === undefined ? inner : inner.slice(1)).join('\n'),
    caption,
    demote,
    depth + 1,
  );
  const html =
    word === undefined
      ? `<blockquote>${body}</blockquote>`
      : `<div class="alert ${word.toLowerCase()}" role="note"><p class="alert-word">${word}</p>${body}</div>`;
  return { html, to };
}

function takeTable(lines: readonly string[], at: number, { caption }: Context): Block {
  let to = at;
  while (to < lines.length && (lines[to] ?? '').startsWith('| ')) to += 1;
  const cells = lines.slice(at, to).map(cellsOf);
  const [head = [], rule = [], ...rows] = cells;
  if (!rule.every((cell) => /^-+$/u.test(cell))) return takeParagraph(lines, at);
  const html = tableHtml(
    caption,
    head.map((name) => plainOf(name)),
    rows.map((row) => row.map((cell) => inlineHtml(cell))),
  );
  return { html, to };
}

function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\| /u, '')
    .replace(/ \|$/u, '')
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim());
}

function takeList(lines: readonly string[], at: number): Block {
  const items: string[][] = [];
  let to = at;
  for (; to < lines.length; to += 1) {
    const line = lines[to] ?? '';
    if (/^[-*] /u.test(line) || (items.length === 0 && line.trim() !== ''))
      items.push([line.trim().slice(2)]);
    else if (/^ {2,}\S/u.test(line)) items.at(-1)?.push(line.trim());
    else break;
  }
  const html = items.map(([first = '', ...rest]) => {
    const inner = rest.map((line) => inlineHtml(line.replace(/^[-*] /u, '')));
    const nested = rest.length > 0 && rest.every((line) => /^[-*] /u.test(line));
    return `${inlineHtml(first)}${nested ? listHtml(inner) : inner.map((line) => ` ${line}`).join('')}`;
  });
  return { html: listHtml(html), to };
}

function takeParagraph(lines: readonly string[], at: number): Block {
  let to = at;
  while (
    to < lines.length &&
    (to === at || !/^(?:$|#{1,6} |>|\||`{3}|<\/?details>$|[-*] )/u.test(lines[to] ?? ''))
  )
    to += 1;
  const html = lines
    .slice(at, to)
    .map((line) => inlineHtml(line.trimEnd()))
    .join('<br>\n');
  return { html: `<p>${html}</p>`, to };
}

/** Words without marks, for captions. */
function plainOf(words: string): string {
  return words
    .replaceAll(/\\(?=[!-/:-@[-`{-~])/gu, '')
    .replaceAll(/[`*]/gu, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
