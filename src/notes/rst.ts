/** reStructuredText as simple Markdown: titles, lists, code, links; directives become their words or go. Pure. */
import { headingsOf } from './outline.ts';
import { rstInline, type RstTargets } from './rst-inline.ts';

/** `.. _name: address` and `.. |name| replace::` of a whole file. */
export function rstTargets(text: string): RstTargets {
  const targets = new Map<string, string>();
  for (const line of text.split('\n')) {
    const found = /^\.\. _(?<name>`[^`]{1,200}`|[^:`]{1,200}): +(?<url>\S{1,1000})\s*$/u.exec(line)?.groups;
    const name = found?.['name']?.replaceAll('`', '').toLowerCase();
    if (name !== undefined && !targets.has(name)) targets.set(name, found?.['url'] ?? '');
  }
  return targets;
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ['note', 'Note'],
  ['warning', 'Warning'],
  ['caution', 'Caution'],
  ['attention', 'Attention'],
  ['danger', 'Danger'],
  ['important', 'Important'],
  ['tip', 'Tip'],
  ['hint', 'Hint'],
  ['admonition', ''],
  ['deprecated', 'Deprecated since'],
  ['versionadded', 'Added in'],
  ['versionchanged', 'Changed in'],
  ['versionremoved', 'Removed in'],
  ['rubric', ''],
]);
const CODE = new Set(['code', 'code-block', 'sourcecode', 'parsed-literal', 'literalinclude', 'highlight']);

interface Writing {
  readonly lines: readonly string[];
  readonly targets: RstTargets;
  readonly out: string[];
  /** Columns at which the words of open items begin. */
  open: number[];
  at: number;
}

export function rstToMarkdown(text: string, targets: RstTargets = rstTargets(text)): string {
  const lines = text.replaceAll('\t', '        ').split('\n');
  const headings = new Map(headingsOf(lines, 'rst').map((heading) => [heading.start, heading]));
  const writing: Writing = { lines, targets, out: [], open: [], at: 0 };
  while (writing.at < lines.length) {
    const heading = headings.get(writing.at);
    if (heading !== undefined) {
      const marks = '#'.repeat(Math.min(6, heading.level + 2));
      writing.out.push('', `${marks} ${rstInline(heading.text, targets)}`, '');
      writing.open = [];
      writing.at = heading.end;
    } else writeLine(writing, lines[writing.at] ?? '');
  }
  return writing.out
    .join('\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
}

function writeLine(writing: Writing, line: string): void {
  const indent = indentOf(line);
  writing.at += 1;
  if (line.trim() === '') {
    writing.out.push('');
    return;
  }
  writing.open = writing.open.filter((column) => column <= indent);
  const directive = /^ *\.\.(?: (?<rest>.*))?$/u.exec(line);
  if (directive !== null) {
    writeDirective(writing, directive.groups?.['rest'] ?? '', indent);
    return;
  }
  const item = /^ *(?<mark>[-*+•]|(?:\d{1,3}|#|[a-z])[.)]|\((?:\d{1,3}|#|[a-z])\)) +(?<words>\S.*)$/u.exec(
    line,
  )?.groups;
  let words = (item?.['words'] ?? line).trim();
  const pad = '   '.repeat(writing.open.length);
  const content =
    item === undefined ? indent : line.length - words.length - (line.length - line.trimEnd().length);
  // `text::` announces code.
  const code = words.endsWith('::');
  if (code) words = words === '::' ? '' : words.slice(0, -1);
  // Marks go over the ends of lines: the paragraph is read as one.
  const more = code ? [] : continuation(writing, item === undefined ? indent : content);
  const joined = [words, ...more].join(' ');
  const announces = joined.endsWith('::');
  const text = rstInline(announces ? joined.slice(0, -1) : joined, writing.targets);
  if (item === undefined) writing.out.push(pad + guarded(text));
  else {
    const mark = /^\(?[\d#]/u.test(item['mark'] ?? '') ? '1. ' : '- ';
    writing.out.push(`${pad}${mark}${text}`);
    writing.open = [...writing.open, content];
  }
  if (code || announces) writeCode(writing, indent, '');
}

/** The lines of the same paragraph. */
function continuation(writing: Writing, column: number): readonly string[] {
  const more: string[] = [];
  for (; writing.at < writing.lines.length; writing.at += 1) {
    const next = writing.lines[writing.at] ?? '';
    if (
      next.trim() === '' ||
      indentOf(next) !== column ||
      /^ *(?:\.\. |[-*+•] |(?:\d{1,3}|#)[.)] )/u.test(next)
    )
      break;
    // A title begins here.
    if (column === 0 && /^([!-/:-@[-`{-~])\1{2,}\s*$/u.test(writing.lines[writing.at + 1] ?? '')) break;
    more.push(next.trim());
  }
  return more;
}

/** What is no mark in reStructuredText, and would be one at the start of a line of Markdown. */
function guarded(text: string): string {
  return text.replace(/^(?=[#>=])/u, '\\');
}

function writeDirective(writing: Writing, rest: string, indent: number): void {
  const found = /^(?<name>[a-z][\w:+.-]{0,40})::(?: +(?<argument>.*))?$/iu.exec(rest)?.groups;
  const name = found?.['name']?.toLowerCase().replace(/^.*:/u, '') ?? '';
  const argument = found?.['argument'] ?? '';
  if (CODE.has(name)) {
    writeCode(writing, indent, argument.trim());
    return;
  }
  const label = LABELS.get(name);
  if (label === undefined) {
    // A comment, a target, a picture, a table of contents: nothing to read.
    skipBody(writing, indent);
    return;
  }
  skipOptions(writing, indent);
  const words = [
    label === '' ? '' : `**${label}${label.includes(' ') ? '' : ':'}**`,
    rstInline(argument, writing.targets),
  ];
  const line = words.filter((word) => word !== '').join(' ');
  writing.out.push('   '.repeat(writing.open.length) + (label === '' ? `**${line}**` : line), '');
}

function skipOptions(writing: Writing, indent: number): void {
  while (writing.at < writing.lines.length) {
    const next = writing.lines[writing.at] ?? '';
    if (indentOf(next) <= indent || !/^ +:[\w-]{1,40}:/u.test(next)) return;
    writing.at += 1;
  }
}

/** The indented lines that follow; their own indentation taken off. */
function skipBody(writing: Writing, indent: number): readonly string[] {
  const body: string[] = [];
  for (; writing.at < writing.lines.length; writing.at += 1) {
    const next = writing.lines[writing.at] ?? '';
    if (next.trim() !== '' && indentOf(next) <= indent) break;
    body.push(next);
  }
  const margin = Math.min(...body.filter((line) => line.trim() !== '').map(indentOf));
  return body.map((line) => line.slice(Number.isFinite(margin) ? margin : 0));
}

function writeCode(writing: Writing, indent: number, language: string): void {
  skipOptions(writing, indent);
  const body = skipBody(writing, indent);
  if (body.every((line) => line.trim() === '')) return;
  const pad = '   '.repeat(writing.open.length);
  const fence = '`'.repeat(Math.max(3, ...body.map((line) => (/`+/u.exec(line)?.[0].length ?? 0) + 1)));
  const lines = body.join('\n').trim() === '' ? [] : trimmed(body);
  writing.out.push(
    '',
    pad + fence + language.replace(/[^\w+-]/gu, ''),
    ...lines.map((line) => pad + line),
    pad + fence,
    '',
  );
}

function trimmed(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(first, last + 1);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
