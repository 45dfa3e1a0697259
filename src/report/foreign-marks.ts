/** What a mark in foreign Markdown means, one after the other. Pure; see `foreign-inline.ts`. */
import { codeSpan, words } from './foreign-text.ts';
import { foreignLink } from './foreign-url.ts';

/** Addresses of `[label]: address`, by lower-case label. */
export type References = ReadonlyMap<string, string>;

export interface InlineOptions {
  readonly references: References;
  /** Emphasis is written: not inside a heading, which is bold as a whole. */
  readonly emphasis: boolean;
  readonly inTable: boolean;
  /** Links are written: not inside a link. */
  readonly links: boolean;
}

export type Token =
  | { readonly kind: 'words'; readonly text: string }
  /** Finished Markdown. */
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'break' }
  | { readonly kind: 'mark'; readonly text: string; readonly opens: boolean; readonly closes: boolean };

export interface Taken {
  /** Empty: it says nothing. */
  readonly tokens: readonly Token[];
  /** Where reading goes on. */
  readonly to: number;
}

/** A backslash. */
export function takeEscape(text: string, at: number): Taken | null {
  const next = text[at + 1] ?? '';
  if (next === '\n') return { tokens: [{ kind: 'break' }], to: at + 2 };
  return /[!-/:-@[-`{-~]/u.test(next) ? { tokens: [{ kind: 'words', text: next }], to: at + 2 } : null;
}

export function takeCode(text: string, at: number, { inTable }: InlineOptions, lost: Set<string>): Taken {
  const ticks = /^`+/u.exec(text.slice(at, at + 100))?.[0] ?? '`';
  const literal: Taken = { tokens: [{ kind: 'words', text: ticks }], to: at + ticks.length };
  if (lost.has(ticks)) return literal;
  for (let from = at + ticks.length; ;) {
    const end = text.indexOf(ticks, from);
    if (end === -1) {
      lost.add(ticks);
      return literal;
    }
    if (text[end - 1] !== '`' && text[end + ticks.length] !== '`') {
      const inner = text.slice(at + ticks.length, end).replaceAll('\n', ' ');
      const bare = /^ .*[^ ].* $/u.test(inner) ? inner.slice(1, -1) : inner;
      return { tokens: [{ kind: 'done', text: codeSpan(bare, inTable) }], to: end + ticks.length };
    }
    from = end + ticks.length;
  }
}

export function takeAngle(text: string, at: number, options: InlineOptions): Taken | null {
  const rest = text.slice(at, at + 2000);
  const address = /^<(?<url>[a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,1000})>/iu.exec(rest);
  if (address !== null) {
    return { tokens: [addressToken(address.groups?.['url'] ?? '', options)], to: at + address[0].length };
  }
  const mail = /^<(?<mail>[\w.+-]{1,100}@[\w.-]{1,200})>/u.exec(rest);
  if (mail !== null)
    return { tokens: [{ kind: 'words', text: mail.groups?.['mail'] ?? '' }], to: at + mail[0].length };
  const comment = rest.startsWith('<!--') ? text.indexOf('-->', at) : -1;
  if (comment !== -1) return { tokens: [], to: comment + 3 };
  const tag = /^<\/?(?<name>[a-z][a-z0-9-]{0,30})(?<rest>[\s/][^<>]{0,1500})?>/iu.exec(rest);
  if (tag === null) return null;
  const name = tag.groups?.['name']?.toLowerCase();
  const to = at + tag[0].length;
  if (name === 'br') return { tokens: [{ kind: 'break' }], to };
  if (name !== 'img') return { tokens: [], to };
  const alt = /\salt\s?=\s?(?:"(?<double>[^"]{0,300})"|'(?<single>[^']{0,300})')/iu.exec(tag[0])?.groups;
  return { tokens: [{ kind: 'words', text: alt?.['double'] ?? alt?.['single'] ?? '' }], to };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['copy', '©'],
]);

export function takeEntity(text: string, at: number): Taken | null {
  const found = /^&(?:#(?<decimal>\d{1,7})|#x(?<hex>[0-9a-f]{1,6})|(?<name>\w{1,40}));/iu.exec(
    text.slice(at, at + 50),
  );
  if (found === null) return null;
  const { decimal, hex, name } = found.groups ?? {};
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const known = name === undefined ? character(point) : ENTITIES.get(name);
  return known === undefined ? null : { tokens: [{ kind: 'words', text: known }], to: at + found[0].length };
}

function character(point: number): string {
  return point > 0 && point <= 0x10_ff_ff && (point < 0xd8_00 || point > 0xdf_ff)
    ? String.fromCodePoint(point)
    : '\uFFFD';
}

export function takeLineEnd(text: string, at: number): Taken {
  const hard = text.slice(Math.max(0, at - 2), at) === '  ';
  return { tokens: [hard ? { kind: 'break' } : { kind: 'words', text: ' ' }], to: at + 1 };
}

export function takeMark(text: string, at: number): Taken {
  const mark = text[at] ?? '';
  let to = at;
  while (text[to] === mark) to += 1;
  const run = text.slice(at, to);
  const before = at === 0 ? ' ' : (text[at - 1] ?? ' ');
  const after = text[to] ?? ' ';
  const left = !/\s/u.test(after) && (!/[\p{P}\p{S}]/u.test(after) || /[\s\p{P}\p{S}]/u.test(before));
  const right = !/\s/u.test(before) && (!/[\p{P}\p{S}]/u.test(before) || /[\s\p{P}\p{S}]/u.test(after));
  const word = mark === '_';
  return {
    tokens: [
      {
        kind: 'mark',
        text: run,
        opens: left && (!word || !right || /[\p{P}\p{S}]/u.test(before)),
        closes: right && (!word || !left || /[\p{P}\p{S}]/u.test(after)),
      },
    ],
    to,
  };
}

/** An address that stands for itself; one that is not linked is shown as code. */
export function addressToken(text: string, { links, inTable }: InlineOptions): Token {
  const link = foreignLink(text);
  if (link === null) return { kind: 'done', text: codeSpan(text, inTable) };
  const bare = link.short ?? text.replace(/^https:\/\//iu, '');
  // Words, and not finished ones: what stands before them may make a mention of them.
  if (!links) return { kind: 'words', text: bare };
  return { kind: 'done', text: `[${words(bare)}](${link.url})` };
}
