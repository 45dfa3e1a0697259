/** The marks of a line of reStructuredText as marks of Markdown. Pure. */
import { escapePlain } from './plain.ts';

/** Addresses by lower-case name. */
export type RstTargets = ReadonlyMap<string, string>;

const MARKS =
  /``(?<literal>[^`\n]{1,500}(?:`[^`\n]{1,500}){0,5})``|(?::(?<role>[\w.+:-]{1,40}):)?`(?<inner>[^`]{1,1000})`(?::(?<after>[\w.+:-]{1,40}):)?(?<link>__?)?|(?<strong>\*\*[^*\n]{1,300}\*\*)|(?<em>\*[^*\s][^*\n]{0,300}\*)|\|(?<substitution>[^|\n]{1,80})\|_{0,2}|(?<![\w`])(?<name>[A-Za-z0-9][\w.-]{0,80})_(?![\w])|\[(?<note>#?[\w*-]{1,30})\]_|\\(?<escaped>.)/gu;

export function rstInline(text: string, targets: RstTargets): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(MARKS)) {
    result += escapePlain(text.slice(from, match.index));
    from = match.index + match[0].length;
    result += markdownOf(match[0], match.groups ?? {}, targets);
  }
  return result + escapePlain(text.slice(from));
}

function markdownOf(
  whole: string,
  groups: Readonly<Record<string, string | undefined>>,
  targets: RstTargets,
): string {
  if (groups['literal'] !== undefined) return literal(groups['literal']);
  if (groups['inner'] !== undefined) {
    const role = groups['role'] ?? groups['after'] ?? null;
    return interpreted(groups['inner'].replaceAll('\n', ' '), role, groups['link'] !== undefined, targets);
  }
  if (groups['strong'] !== undefined) return `**${escapePlain(groups['strong'].slice(2, -2))}**`;
  if (groups['em'] !== undefined) return `*${escapePlain(groups['em'].slice(1, -1))}*`;
  if (groups['substitution'] !== undefined) return escapePlain(groups['substitution']);
  if (groups['note'] !== undefined) return `\\[${escapePlain(groups['note'])}\\]`;
  const name = groups['name'];
  if (name !== undefined) {
    const url = targets.get(name.toLowerCase());
    return url === undefined ? escapePlain(whole) : link(name, url);
  }
  const escaped = groups['escaped'] ?? '';
  // Between marks and words a backslash and a space stand for nothing.
  return escaped === ' ' ? '' : escapePlain(escaped);
}

function literal(text: string): string {
  const inner = text.trim();
  const ticks = '`'.repeat(inner.includes('`') ? 2 : 1);
  return inner.includes('``') ? escapePlain(inner) : `${ticks}${inner}${ticks}`;
}

function interpreted(text: string, role: string | null, isLink: boolean, targets: RstTargets): string {
  const target = /^(?<words>[^<>]{1,500})<(?<target>[^<>\s]{1,800})>$/u.exec(text.trim())?.groups;
  const words = (target?.['words'] ?? text).trim();
  if (role === null && isLink) {
    const url = target?.['target'] ?? targets.get(words.replace(/\s+/gu, ' ').toLowerCase()) ?? null;
    const named = url?.endsWith('_') === true ? targets.get(url.slice(0, -1).toLowerCase()) : url;
    return named === undefined || named === null ? escapePlain(words) : link(words, named);
  }
  if (role === null) return literal(words);
  const name = role.split(':').at(-1)?.toLowerCase() ?? '';
  if (/^(?:issue|issues|pr|pull|gh|ghissue|ghpull|bug|ticket|mr)$/u.test(name))
    return escapePlain(/^\d+$/u.test(words) ? `#${words}` : words);
  if (name === 'pep') return `PEP ${escapePlain(words)}`;
  if (/^(?:doc|ref|term|user|ghuser|abbr|cve|cwe|rfc|strong|emphasis|title|download|numref|any)$/u.test(name))
    return escapePlain(words);
  // `~package.module.Name` shows the last part, `!name` makes no link of it.
  const shown = target === undefined ? words.replace(/^!/u, '') : words;
  return literal(shown.startsWith('~') ? (shown.slice(1).split('.').at(-1) ?? shown) : shown);
}

function link(words: string, url: string): string {
  return `[${escapePlain(words)}](<${url.replace(/[<>\s]/gu, encodeURIComponent)}>)`;
}
