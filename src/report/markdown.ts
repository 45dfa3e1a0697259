/**
 * Foreign text (package names, versions, URLs, tool output) made harmless for GitHub Flavored Markdown.
 *
 * Threat: a package's metadata or a tool's output could mention people, reference issues, inject HTML or links, or break out
 * of a table or a fold.
 */

/** Characters that mean nothing to a reader: controls, bidirectional overrides, zero-width ones. */
// oxlint-disable-next-line no-control-regex -- these are the characters that must go
const INVISIBLE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/gu;

/** Drops invisible characters; keeps tabs and line feeds. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(INVISIBLE, '');
}

/** Masks `user:password@` of any URL in a text. */
export function withoutUserinfo(text: string): string {
  return text.replace(/(?<scheme>\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@'"]{1,400}@/giu, '$<scheme>');
}

/** One line of foreign text as a code span: no mention, reference, link or HTML works in it. Safe in a table cell. */
export function code(text: string, limit = 200): string {
  const line = withoutUserinfo(visible(text)).replaceAll('\n', ' ').replaceAll('\t', ' ').trim();
  const short = line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
  if (short === '') return '` `';
  // In a table a pipe ends the cell even inside a code span, unless it is escaped.
  const cell = short.replaceAll('|', '\\|');
  const ticks = longestRun(short) + 1;
  const fence = '`'.repeat(ticks);
  const pad = short.startsWith('`') || short.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${cell}${pad}${fence}`;
}

/** Several lines of foreign text as a fenced block. */
export function fenced(text: string, language = 'text'): string {
  const body = withoutUserinfo(visible(text)).replace(/\n+$/u, '');
  const fence = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}${language}\n${body}\n${fence}`;
}

/**
 * Sentences that Relock wrote around foreign words. Code spans stay what they are, since nothing works in them; elsewhere
 * HTML, mentions, references and links are broken.
 */
export function sentence(text: string): string {
  return withoutUserinfo(visible(text))
    .replaceAll('\n', ' ')
    .split(/(?<span>`[^`]+`)/u)
    .map((part, index) => (index % 2 === 1 ? part : inert(part)))
    .join('');
}

/** Only what could take effect is escaped: a reader of the text as it stands wants as few marks in it as can be. */
function inert(text: string): string {
  return text
    .replace(/[\\`*[<|~]|^>|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (mark) =>
      mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : `\\${mark}`,
    )
    .replace(/@(?=[\w-])/gu, '@\u2060')
    .replace(/#(?=\d)/gu, '#\u2060')
    .replace(/\bGH-(?=\d)/giu, 'GH-\u2060')
    .replace(/:\/\//gu, ':\u2060//')
    .replace(/\bwww\.(?=\w)/giu, (www) => `${www.slice(0, -1)}\u2060.`);
}

/** What is said of a file, where its path stands already: without the path at the front. */
export function withoutPath(text: string, path: string): string {
  return text.startsWith(`${path}: `) ? text.slice(path.length + 2) : text;
}

/** A fold. `summary` is Markdown that holds no block. */
export function fold(summary: string, body: string): string {
  return `<details>\n<summary>${summaryHtml(summary)}</summary>\n\n${body}\n\n</details>`;
}

/** GitHub reads no Markdown inside `<summary>`, so code spans become `<code>`. */
function summaryHtml(summary: string): string {
  return summary.replace(/(?<fence>`+) ?(?<inner>.+?) ?\k<fence>(?!`)/gu, (...match) => {
    const groups = match.at(-1) as { readonly inner: string };
    return `<code>${groups.inner.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</code>`;
  });
}

/** A link with text of ours to a checked address (see `safeUrl`). */
export function link(text: string, url: string): string {
  return `[${text}](${url})`;
}

/** A table; cells are finished Markdown without line breaks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function longestRun(text: string): number {
  let longest = 0;
  for (const run of text.match(/`+/gu) ?? []) longest = Math.max(longest, run.length);
  return longest;
}
