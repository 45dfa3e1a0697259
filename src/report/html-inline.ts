/** HTML from the Markdown that Relock itself writes in the middle of a line. Pure. */

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
const MOST_NESTED = 4;

/**
 * Text for between tags and for attributes in double quotes.
 * Threat: names, versions and notes are foreign; none may open a tag or leave an attribute.
 */
export function escapeHtml(text: string): string {
  return text
    .replace(
      // oxlint-disable-next-line no-control-regex -- these are the characters that must go
      /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/gu,
      '',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A link, or only its text. @param text finished HTML. Threat: `javascript:` and the like, credentials. */
export function linkHtml(text: string, url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return text;
  if (parsed.username !== '' || parsed.password !== '' || parsed.href.length > 2000) return text;
  return `<a href="${escapeHtml(parsed.href)}" rel="noopener noreferrer">${text}</a>`;
}

export function codeHtml(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

/**
 * One line of Markdown as `markdown.ts` writes it: code spans, links, strong words, escapes. Whatever else is in it is
 * text, so that the worst that a surprise can do is to look odd.
 */
export function inlineHtml(text: string, depth = 0): string {
  let html = '';
  let plain = '';
  // A mark without partner is not looked for again: that would take quadratic time.
  const lost = new Set<string>();
  for (let at = 0; at < text.length;) {
    const taken = takeSpan(text, at, depth, lost);
    if (taken === null) {
      plain += text[at] ?? '';
      at += 1;
      continue;
    }
    if (taken.plain) plain += taken.text;
    else {
      html += escapeHtml(plain) + taken.text;
      plain = '';
    }
    at = taken.to;
  }
  return html + escapeHtml(plain);
}

interface Taken {
  readonly text: string;
  /** Still to be escaped. */
  readonly plain: boolean;
  readonly to: number;
}

function takeSpan(text: string, at: number, depth: number, lost: Set<string>): Taken | null {
  switch (text.charAt(at)) {
    case '\\': {
      const next = text[at + 1] ?? '';
      return /^[!-/:-@[-`{-~]$/u.test(next) ? { text: next, plain: true, to: at + 2 } : null;
    }
    case '&': {
      const entity = /^&(?:amp|lt|gt);/u.exec(text.slice(at, at + 5))?.[0] ?? '';
      const mark = ENTITIES[entity];
      return mark === undefined ? null : { text: mark, plain: true, to: at + entity.length };
    }
    case '`':
      return takeCode(text, at, lost);
    case '*':
      return takeStrong(text, at, depth, lost);
    case '[':
      return takeLink(text, at, depth);
    default:
      return null;
  }
}

function takeCode(text: string, at: number, lost: Set<string>): Taken {
  let ticks = at;
  while (text[ticks] === '`') ticks += 1;
  const fence = text.slice(at, ticks);
  let end = lost.has(fence) ? -1 : text.indexOf(fence, ticks);
  while (end !== -1 && (text[end + fence.length] === '`' || text[end - 1] === '`')) {
    while (text[end] === '`') end += 1;
    end = text.indexOf(fence, end);
  }
  if (end === -1) {
    lost.add(fence);
    return { text: fence, plain: true, to: ticks };
  }
  const inner = text.slice(ticks, end);
  const padded = inner.length > 2 && inner.startsWith(' ') && inner.endsWith(' ');
  const shown = (padded ? inner.slice(1, -1) : inner).replaceAll('\\|', '|');
  return { text: codeHtml(shown), plain: false, to: end + fence.length };
}

function takeStrong(text: string, at: number, depth: number, lost: Set<string>): Taken | null {
  if (text[at + 1] !== '*' || lost.has('**') || depth >= MOST_NESTED) return null;
  const end = text.indexOf('**', at + 2);
  if (end <= at + 2) {
    lost.add('**');
    return null;
  }
  const inner = inlineHtml(text.slice(at + 2, end), depth + 1);
  return { text: `<strong>${inner}</strong>`, plain: false, to: end + 2 };
}

function takeLink(text: string, at: number, depth: number): Taken | null {
  if (depth >= MOST_NESTED) return null;
  const found = /^\[(?<label>(?:[^\\[\]]|\\.){1,1000})\]\((?<url>[^\s()]{1,2000})\)/u.exec(
    text.slice(at, at + 3100),
  );
  const { label, url } = found?.groups ?? {};
  if (found === null || label === undefined || url === undefined) return null;
  const inner = inlineHtml(label, depth + 1).replaceAll(/<\/?a\b[^>]*>/gu, '');
  return { text: linkHtml(inner, url.replaceAll('&amp;', '&')), plain: false, to: at + found[0].length };
}
