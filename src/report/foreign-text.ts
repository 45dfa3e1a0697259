/** Words of foreign text, escaped so that nothing in them takes effect on GitHub. Pure; see `foreign.ts`. */
import { visible, withoutUserinfo } from './markdown.ts';

/**
 * What a reader does not see, beyond what `visible` drops: the soft hyphen, joiners and fillers, marks of Arabic, of
 * Mongolian and of annotations, and the tag characters.
 * Threat: words hidden from people, but not from programs that read the text; names that look like others.
 */
const HIDDEN =
  // oxlint-disable-next-line no-misleading-character-class -- each of these is meant alone
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u3164\uFFA0\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}]/gu;
/** Threat: marks heaped on one letter run over the lines above. */
const HEAPED = /(?<kept>\p{M}{4})\p{M}+/gu;

/** Breaks a word where GitHub would read more than a word; nobody sees it. */
const JOINER = '\u2060';

/** Without what cannot be seen; keeps tabs and line feeds. */
export function seen(text: string): string {
  return withoutUserinfo(visible(text.replaceAll('\r', '\n')))
    .replace(HIDDEN, '')
    .replace(HEAPED, '$<kept>');
}

/**
 * Text for the middle of a line: it shows as it is, wherever it stands in a paragraph, a table cell or a link.
 * Threat: marks of Markdown, HTML, entities, math, mentions, references to issues and commits, and addresses that
 * become links by themselves.
 */
export function words(text: string): string {
  return seen(text)
    .replaceAll('\n', ' ')
    .replace(/[\\`*[\]|~$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (mark) => `\\${mark}`)
    .replace(/&(?=#|\w{1,40};)/gu, '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/@(?=\S)/gu, `@${JOINER}`)
    .replace(/#(?=[\p{L}\p{N}])/gu, `#${JOINER}`)
    .replace(/GH-(?=\d)/giu, (gh) => `${gh}${JOINER}`)
    .replace(/:(?=\/\/)/gu, `:${JOINER}`)
    .replace(/www(?=\.)/giu, (www) => `${www}${JOINER}`)
    .replace(/(?:mailto|xmpp)(?=:)/giu, (scheme) => `${scheme}${JOINER}`)
    .replace(/(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])/giu, (hex) =>
      hex.replace(/.{6}(?=.)/gu, `$&${JOINER}`),
    );
}

/** A paragraph's line, finished but for marks that mean something where a line begins. */
export function lineStart(line: string): string {
  const text = line.trim();
  if (text.startsWith('>')) return `&gt;${text.slice(1)}`;
  if (/^(?:[-+*](?=\s|$)|-[-\s]*$|[=#]|:(?=-))/u.test(text)) return `\\${text}`;
  return text.replace(/^(?<number>\d{1,9})(?<mark>[.)])(?=\s|$)/u, '$<number>\\$<mark>');
}

const MAX_SPAN = 500;

/**
 * A code span. Mentions and references do nothing in it; but a body may become the message of a commit, where only the
 * words count.
 */
export function codeSpan(text: string, inTable: boolean): string {
  const line = unclosing(seen(text)).replace(/[\n\t]/gu, ' ');
  const short = line.length > MAX_SPAN ? `${line.slice(0, MAX_SPAN - 1)}…` : line;
  if (short.trim() === '') return '';
  const fence = '`'.repeat(longestTicks(short) + 1);
  const pad = /^`|`$|^ .* $/u.test(short) ? ' ' : '';
  return `${fence}${pad}${inTable ? short.replaceAll('|', '\\|') : short}${pad}${fence}`;
}

/** Languages that GitHub colours; others it draws (`mermaid`, `math`, `geojson`), or offers to apply (`suggestion`). */
const COLOURED: ReadonlySet<string> = new Set(
  `bash batch c console cpp css cython diff docker dockerfile go html ini java javascript jinja js json md markdown
  pip powershell properties pycon py python python3 rst rust sh shell sql text toml ts typescript txt xml yaml yml
  zsh`.split(/\s+/u),
);

/** The lines of a fenced block. */
export function codeBlock(text: string, language: string): readonly string[] {
  const lines = unclosing(seen(text)).split('\n');
  while (lines.at(-1)?.trim() === '') lines.pop();
  while (lines[0]?.trim() === '') lines.shift();
  if (lines.length === 0) return [];
  const fence = '`'.repeat(Math.max(3, longestTicks(lines.join('\n')) + 1));
  const named = language.toLowerCase();
  return [`${fence}${COLOURED.has(named) ? named : 'text'}`, ...lines, fence];
}

/** Breaks `fixes #1` and its like. */
function unclosing(text: string): string {
  return text.replace(/\b(?:close|fix|resolve)(?:s|d|es|ed)?\b:?\s+\S{1,400}/giu, (reference) =>
    reference.replace(/(?:#|GH-)(?=\d)/giu, (mark) => `${mark}${JOINER}`),
  );
}

function longestTicks(text: string): number {
  let longest = 0;
  for (const run of text.match(/`+/gu) ?? []) longest = Math.max(longest, run.length);
  return longest;
}
