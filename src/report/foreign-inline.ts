/** The words of one foreign paragraph, written anew: only what this file writes takes effect. Pure; see `foreign.ts`. */
import {
  addressToken,
  takeAngle,
  takeCode,
  takeEntity,
  takeEscape,
  takeLineEnd,
  takeMark,
  type InlineOptions,
  type References,
  type Taken,
  type Token,
} from './foreign-marks.ts';
import { words } from './foreign-text.ts';
import { addressLength, foreignLink, misleads } from './foreign-url.ts';

/** Longer ones are shown as words: pairing marks costs time. */
const MAX_LENGTH = 20_000;
const MAX_LABEL = 1000;

/** One line of Markdown; hard breaks are line feeds. */
export function inline(text: string, options: InlineOptions): string {
  if (text.length > MAX_LENGTH) return words(text);
  return written(paired(tokensOf(text, options), options.emphasis));
}

function tokensOf(text: string, options: InlineOptions): readonly Token[] {
  const tokens: Token[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') tokens.push({ kind: 'words', text: plain });
    plain = '';
  };
  const lost = new Set<string>();
  for (let at = 0; at < text.length;) {
    const taken = take(text, at, options, lost);
    if (taken === null) {
      plain += text[at] ?? '';
      at += 1;
      continue;
    }
    at = taken.to;
    for (const token of taken.tokens) {
      if (token.kind === 'words') plain += token.text;
      else {
        flush();
        tokens.push(token);
      }
    }
  }
  flush();
  return tokens;
}

/** @param lost what was looked for to the end in vain: it is not looked for again. */
function take(text: string, at: number, options: InlineOptions, lost: Set<string>): Taken | null {
  switch (text.charAt(at)) {
    case '\\':
      return takeEscape(text, at);
    case '`':
      return takeCode(text, at, options, lost);
    case '<':
      return takeAngle(text, at, options);
    case '&':
      return takeEntity(text, at);
    case '\n':
      return takeLineEnd(text, at);
    case '!':
      return text[at + 1] === '[' ? takeBracket(text, at + 1, options, true) : null;
    case '[':
      return takeBracket(text, at, options, false);
    case '*':
    case '_':
    case '~':
      return takeMark(text, at);
    case 'h':
    case 'H':
      return takeAddress(text, at, options);
    default:
      return null;
  }
}

/** A link, an image (of which only the words stay), or null. */
function takeBracket(text: string, at: number, options: InlineOptions, image: boolean): Taken | null {
  const end = closing(text, at);
  if (end === null) return null;
  const label = text.slice(at + 1, end);
  const target = targetAfter(text, end + 1, label, options.references);
  if (target === null) return null;
  const inner = paired(tokensOf(label, { ...options, links: false }), false);
  const link = image || !options.links ? null : foreignLink(target.url);
  const shown = written(inner).replaceAll('\n', ' ').trim();
  // Words, and not finished ones: what stands beside them may make a mention of them.
  if (link === null || shown === '' || misleads(label, link.host)) return { tokens: inner, to: target.to };
  return { tokens: [{ kind: 'done', text: `[${shown}](${link.url})` }], to: target.to };
}

/** The bracket that closes the one at `at`, or null. */
function closing(text: string, at: number): number | null {
  let depth = 0;
  const last = Math.min(text.length, at + MAX_LABEL);
  for (let next = at; next < last; next += 1) {
    const mark = text[next];
    if (mark === '\\') next += 1;
    else if (mark === '[') depth += 1;
    else if (mark === ']') {
      depth -= 1;
      if (depth === 0) return next;
    }
  }
  return null;
}

function targetAfter(
  text: string,
  at: number,
  label: string,
  references: References,
): { readonly url: string; readonly to: number } | null {
  const rest = text.slice(at, at + 2500);
  const direct =
    /^\(\s{0,9}(?:<(?<angle>[^<>\n]{0,1000})>|(?<bare>(?:[^\s()]|\([^\s()]{0,200}\)){0,1000}))(?:\s{1,9}(?:"[^"]{0,500}"|'[^']{0,500}'|\([^)]{0,500}\)))?\s{0,9}\)/u.exec(
      rest,
    );
  if (direct !== null)
    return { url: direct.groups?.['angle'] ?? direct.groups?.['bare'] ?? '', to: at + direct[0].length };
  const named = /^\[(?<label>[^\]]{0,200})\]/u.exec(rest);
  const wanted = named?.groups?.['label'] ?? '';
  const url = references.get(labelOf(wanted === '' ? label : wanted));
  return url === undefined ? null : { url, to: at + (named?.[0].length ?? 0) };
}

/** As labels are compared. */
export function labelOf(text: string): string {
  return text.trim().replace(/\s+/gu, ' ').toLowerCase();
}

function takeAddress(text: string, at: number, options: InlineOptions): Taken | null {
  if (at > 0 && /[\w/]/u.test(text[at - 1] ?? '')) return null;
  const rest = text.slice(at, at + 2100);
  if (!/^https?:\/\//iu.test(rest)) return null;
  const length = addressLength(rest);
  return { tokens: [addressToken(rest.slice(0, length), options)], to: at + length };
}

/** Marks of emphasis that belong together, as finished Markdown; the others as words. */
function paired(tokens: readonly Token[], emphasis: boolean): readonly Token[] {
  const result: Token[] = [...tokens];
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'mark') continue;
    const length = token.text.length;
    const fits = length <= 3 && (token.text[0] !== '~' || length === 2);
    const partner = fits && token.closes ? open.findLastIndex((at) => same(tokens[at], token)) : -1;
    const start = open[partner];
    if (start !== undefined && index > start + 1) {
      const mark = token.text.replaceAll('_', '*');
      result[start] = { kind: 'done', text: emphasis ? mark : '' };
      result[index] = { kind: 'done', text: emphasis ? mark : '' };
      for (const at of open.splice(partner)) if (at !== start) result[at] = asWords(tokens[at]);
    } else if (fits && token.opens && open.length < 100) open.push(index);
    else result[index] = asWords(token);
  }
  for (const at of open) result[at] = asWords(tokens[at]);
  return result;
}

function same(one: Token | undefined, other: Token): boolean {
  return one?.kind === 'mark' && other.kind === 'mark' && one.text === other.text;
}

function asWords(token: Token | undefined): Token {
  return { kind: 'words', text: token?.kind === 'mark' ? token.text : '' };
}

/** Words that stand side by side are escaped as one: a mention may come from two. */
function written(tokens: readonly Token[]): string {
  let text = '';
  let plain = '';
  for (const token of tokens) {
    if (token.kind === 'words') plain += token.text;
    else if (token.kind === 'done' && token.text === '') continue;
    else {
      // An exclamation mark would make an image of the link after it.
      text += words(plain).replace(/!$/u, '\\!');
      plain = '';
      // Two spans side by side would be one.
      if (token.kind === 'done' && text.endsWith('`') && token.text.startsWith('`')) text += '\u2060';
      text += token.kind === 'break' ? '\n' : token.text;
    }
  }
  return text + words(plain);
}
