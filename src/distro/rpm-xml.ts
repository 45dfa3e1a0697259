/**
 * A reader of the XML that repositories of RPM packages are made of (repomd, primary, updateinfo, metalink): elements,
 * attributes, text. It goes through hundreds of megabytes in pieces and keeps nothing of them but what its visitor takes.
 *
 * Our own, in the place of a library: no document type, no entity of somebody's own, no depth or length without end.
 * Namespaces are not resolved: all writers of these files use the same few prefixes. Pure.
 */
import { RepoFormatError } from './repo-store.ts';

export interface XmlVisitor {
  /** @param attribute its value, decoded; empty: there is none. Good only until `open` returns. */
  readonly open: (name: string, attribute: (name: string) => string) => void;
  /** @param text of the element itself, decoded, without blanks around it; empty where `wantsText` was false. */
  readonly close: (name: string, text: string) => void;
  /** Whether the text of an element is kept. */
  readonly wantsText: (name: string) => boolean;
}

export interface XmlReader {
  /** The next bytes, cut anywhere. @throws {RepoFormatError} */
  readonly write: (chunk: Buffer) => void;
  /** @throws {RepoFormatError} when it stops in the middle. */
  readonly end: () => void;
}

const MAX_DEPTH = 64;
const MAX_TAG = 64 * 1024;
const MAX_TEXT = 64 * 1024;
const NAME = /^[A-Za-z_][\w:.-]{0,100}/u;

export function createXmlReader(visitor: XmlVisitor): XmlReader {
  const stack: string[] = [];
  let pending = '';
  let text: string[] | null = null;
  let textLength = 0;
  let isOver = false;

  function onText(part: string): void {
    if (stack.length === 0 && part.trim() !== '' && part.trim() !== 'ï»¿')
      throw new RepoFormatError('it is no XML');
    if (text === null || part === '') return;
    textLength += part.length;
    if (textLength > MAX_TEXT) throw new RepoFormatError('a text in it is too long');
    text.push(part);
  }

  function onClose(name: string): void {
    if (stack.pop() !== name) throw new RepoFormatError('its elements do not fit into each other');
    const whole = text === null ? '' : decode(text.join('')).trim();
    text = null;
    visitor.close(name, whole);
    isOver = stack.length === 0;
  }

  function onTag(tag: string): void {
    if (tag.startsWith('/')) return onClose(tag.slice(1).trim());
    if (isOver) throw new RepoFormatError('something follows its end');
    const name = NAME.exec(tag)?.[0];
    if (name === undefined) throw new RepoFormatError('it has an element without a name');
    if (stack.length >= MAX_DEPTH) throw new RepoFormatError('its elements are too deep');
    stack.push(name);
    text = visitor.wantsText(name) ? [] : null;
    textLength = 0;
    visitor.open(name, (wanted) => attributeOf(tag, name.length, wanted));
    if (tag.endsWith('/')) onClose(name);
  }

  /** @returns where to go on; null: the rest has to wait for more bytes. */
  function onMarkup(all: string, start: number): number | null {
    const special = specialEnd(all, start);
    if (special !== null) {
      const [kind, opening, closing] = special;
      const end = all.indexOf(closing, start + opening.length);
      if (end === -1) {
        // Comments and data can be cut too; what they hold is bounded like a text.
        if (all.length - start > MAX_TAG) throw new RepoFormatError('it has a part without end');
        return null;
      }
      if (kind === 'data') onText(all.slice(start + opening.length, end).replaceAll('&', '&amp;'));
      return end + closing.length;
    }
    if (all.startsWith('<!', start)) {
      if (all.length - start < 9 && '<![CDATA['.startsWith(all.slice(start))) return null;
      if (all.length - start < 4 && '<!--'.startsWith(all.slice(start))) return null;
      // Threat: entities that unfold without end, or name files.
      throw new RepoFormatError('it declares a document type');
    }
    const end = tagEnd(all, start);
    if (end === null) {
      if (all.length - start > MAX_TAG) throw new RepoFormatError('an element in it has no end');
      return null;
    }
    onTag(all.slice(start + 1, end));
    return end + 1;
  }

  return {
    write(chunk) {
      // All that is kept is ASCII.
      const all = pending + chunk.toString('latin1');
      let at = 0;
      for (;;) {
        const start = all.indexOf('<', at);
        onText(all.slice(at, start === -1 ? all.length : start));
        if (start === -1) {
          pending = '';
          return;
        }
        const next = onMarkup(all, start);
        if (next === null) {
          pending = all.slice(start);
          return;
        }
        at = next;
      }
    },
    end() {
      if (!isOver || pending !== '') throw new RepoFormatError('it is cut off');
    },
  };
}

const SPECIALS = [
  ['comment', '<!--', '-->'],
  ['data', '<![CDATA[', ']]>'],
  ['instruction', '<?', '?>'],
] as const;

function specialEnd(all: string, start: number): (typeof SPECIALS)[number] | null {
  const second = all[start + 1];
  if (second !== '!' && second !== '?') return null;
  return SPECIALS.find(([, opening]) => all.startsWith(opening, start)) ?? null;
}

/** Where a tag ends: a `>` outside of quotes. Each character is looked at once. */
function tagEnd(all: string, start: number): number | null {
  let quote = 0;
  let at = start + 1;
  for (;;) {
    const end = all.indexOf('>', at);
    if (end === -1 || end - start > MAX_TAG) return null;
    for (; at < end; at += 1) {
      const code = all.charCodeAt(at);
      if (quote === 0 ? code === 34 || code === 39 : code === quote) quote = quote === 0 ? code : 0;
    }
    if (quote === 0) return end;
    at = end + 1;
  }
}

function attributeOf(tag: string, from: number, wanted: string): string {
  ATTRIBUTE.lastIndex = from;
  for (let match = ATTRIBUTE.exec(tag); match !== null; match = ATTRIBUTE.exec(tag)) {
    if (match[1] === wanted) return decode(match[2] ?? match[3] ?? '');
  }
  return '';
}

const ATTRIBUTE = /\s+([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/gy;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** What is unknown stays as it is. */
function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/giu,
    (whole, decimal, hex, name) => {
      if (typeof name === 'string') return ENTITIES.get(name) ?? whole;
      const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
