/** The anchors of an HTML page: as much of HTML's tokenizer as the pages of package indexes need, in one pass. */

interface Anchor {
  /** By lower-case name, entities decoded; the first of doubles counts, as in HTML. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The text between the tags, entities decoded, trimmed. */
  readonly text: string;
}

export interface AnchorPage {
  /** Whether the text has any tag at all. */
  readonly isHtml: boolean;
  /** `href` of the first `base` element, or null. */
  readonly base: string | null;
  readonly anchors: readonly Anchor[];
}

interface Tag {
  /** Lower case; with a `/` before it when it closes. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Index after `>`. */
  readonly end: number;
}

export function readAnchors(html: string): AnchorPage {
  const anchors: Anchor[] = [];
  let base: string | null = null;
  let isHtml = false;
  let open: { attributes: ReadonlyMap<string, string>; parts: string[] } | null = null;
  let at = 0;
  const close = (): void => {
    if (open !== null)
      anchors.push({ attributes: open.attributes, text: decode(open.parts.join('')).trim() });
    open = null;
  };
  while (at < html.length) {
    const next = html.indexOf('<', at);
    const stop = next < 0 ? html.length : next;
    open?.parts.push(html.slice(at, stop));
    if (next < 0) break;
    if (html.startsWith('<!--', next)) {
      const end = html.indexOf('-->', next + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    const tag = readTag(html, next);
    // A tag that the page's end cuts is dropped, as in HTML. (Going on after its `<` would be quadratic.)
    if (tag === 'cut') break;
    if (tag === 'text') {
      open?.parts.push('<');
      at = next + 1;
      continue;
    }
    isHtml = true;
    at = tag.end;
    if (tag.name === 'a') {
      close();
      open = { attributes: tag.attributes, parts: [] };
    } else if (tag.name === '/a') {
      close();
    } else if (tag.name === 'base') {
      base ??= tag.attributes.get('href') ?? null;
    } else if (tag.name === 'script' || tag.name === 'style') {
      const end = html.indexOf(`</${tag.name}`, at);
      at = end < 0 ? html.length : end;
    }
  }
  close();
  return { isHtml, base, anchors };
}

const NAME = /[a-z][^\s/>]{0,99}/iy;
const SPACES = /[\s/]*/y;
const ATTRIBUTE = /[^\s/>=]+/y;
const EQUALS = /\s*=\s*/y;
const UNQUOTED = /[^\s>]*/y;

/** The tag at a `<`; `text` when that `<` is text; `cut` when the page ends in it. `<!doctype …>` counts as a tag. */
function readTag(html: string, start: number): Tag | 'text' | 'cut' {
  let at = start + 1;
  let before = '';
  if (html[at] === '/' || html[at] === '!') {
    before = html[at] ?? '';
    at += 1;
  }
  const name = match(NAME, html, at);
  if (name === null) return 'text';
  at += name.length;
  const attributes = new Map<string, string>();
  for (;;) {
    at += match(SPACES, html, at)?.length ?? 0;
    if (at >= html.length) return 'cut';
    if (html[at] === '>') return { name: before + name.toLowerCase(), attributes, end: at + 1 };
    // A stray `=` is the start of a name, as in HTML.
    const key = match(ATTRIBUTE, html, at) ?? '=';
    at += key.length;
    const equals = match(EQUALS, html, at);
    let value = '';
    if (equals !== null) {
      at += equals.length;
      const quote = html[at];
      if (quote === '"' || quote === "'") {
        const end = html.indexOf(quote, at + 1);
        if (end < 0) return 'cut';
        value = html.slice(at + 1, end);
        at = end + 1;
      } else {
        value = match(UNQUOTED, html, at) ?? '';
        at += value.length;
      }
    }
    const lower = key.toLowerCase();
    if (!attributes.has(lower)) attributes.set(lower, decode(value));
  }
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
]);

/** Decodes the character references that index pages use; others stay as they are. */
function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(?<decimal>\d{1,7})|#x(?<hex>[0-9a-f]{1,6})|(?<name>[a-z]{2,4}));/giu,
    (whole, ...rest) => {
      const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
      const { decimal, hex, name } = groups;
      if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
