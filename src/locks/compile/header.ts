/** The comment block that pip-compile, `uv pip compile` and pip-compile-multi put on top of what they write. */

type HeaderMaker = 'pip-compile' | 'pip-compile-multi' | 'uv' | 'other';

export interface CompileHeader {
  readonly maker: HeaderMaker;
  /** As the header names it, for people: `pip-compile`, `uv v0.1.24`, `hatch-pip-compile`. */
  readonly writtenBy: string;
  /** `3.11`, or null when the header names none. */
  readonly python: string | null;
  /** 1-based line that names the maker. */
  readonly line: number;
  /** The lines of the command, without `#` and white space around; may be prose, may be none. */
  readonly commandLines: readonly string[];
  /** 1-based line of the first of them; `line` when there is none. */
  readonly commandLine: number;
  /** "To update, run:" without a Python: written by a pip-tools before 6.0. */
  readonly old: boolean;
  /** The whole comment block on top of the file, with line ends; empty when the header does not stand on top. */
  readonly block: string;
}

const MARK =
  /^#\s{0,8}This file (?:is|was) auto-?generated (?:by|with|using) [`'"]?([A-Za-z][\w.-]{0,60})[`'"]?(.{0,200})$/iu;
const SHA1 = /^# ?SHA1:[0-9a-f]{40}\s*$/u;
const BOILERPLATE =
  /^(?:by the following command:?|to update,? run:?|make changes in .{1,200}, then run this to update:?|via the following command:?)$/iu;
/** No tool writes its header lower than this; a person may put a licence on top of it. */
const MAX_LINES = 80;

/**
 * Reads the head of a requirements file.
 * @param text without BOM, with `\n` line ends.
 * @returns null when no tool of this family says that it made the file.
 */
export function readHeader(text: string): CompileHeader | null {
  const lines = text
    .slice(0, 64 * 1024)
    .split('\n', MAX_LINES + 1)
    .slice(0, MAX_LINES);
  const marked = lines.findIndex((line) => makerOf(line) !== null);
  const sha = lines.findIndex((line) => SHA1.test(line));
  const at = marked === -1 ? sha : marked;
  if (at === -1) return null;
  const mark = makerOf(lines[marked] ?? '');
  const maker: HeaderMaker =
    sha !== -1 && sha <= at ? 'pip-compile-multi' : (mark?.maker ?? 'pip-compile-multi');
  const end = blockEnd(lines, at);
  const command = readCommandLines(lines, at + 1, end, maker);
  const python = mark?.python ?? null;
  return {
    maker,
    writtenBy: mark?.writtenBy ?? 'pip-compile-multi',
    python,
    line: at + 1,
    commandLines: command.lines,
    commandLine: command.first ?? at + 1,
    old:
      python === null &&
      lines.slice(at + 1, end).some((line) => /^#\s*(?:To update|Make changes in)/iu.test(line)),
    block: isOnTop(lines, at)
      ? lines
          .slice(0, end)
          .map((line) => `${line}\n`)
          .join('')
      : '',
  };
}

function makerOf(
  line: string,
): { readonly maker: HeaderMaker; readonly writtenBy: string; readonly python: string | null } | null {
  const match = MARK.exec(line.trimEnd());
  if (match === null) return null;
  const name = (match[1] ?? '').replace(/[.]+$/u, '').toLowerCase();
  const rest = match[2] ?? '';
  const python = /\bwith python (\d\.\d{1,3}(?:\.\d{1,3})?)/iu.exec(rest)?.[1] ?? null;
  if (name === 'pip-compile' || name === 'pip-compile-multi') return { maker: name, writtenBy: name, python };
  if (name === 'uv' || name === 'puffin') {
    const version = /^ (v?\d[\w.]{0,30})/u.exec(rest)?.[1];
    return { maker: 'uv', writtenBy: version === undefined ? name : `${name} ${version}`, python };
  }
  if (/pip-?compile|pip-?tools/u.test(name)) return { maker: 'other', writtenBy: name, python };
  return null;
}

/** One past the last line of the comments that the mark stands in. */
function blockEnd(lines: readonly string[], at: number): number {
  let end = at;
  while (end < lines.length && (lines[end] ?? '').startsWith('#')) end += 1;
  return end;
}

function isOnTop(lines: readonly string[], at: number): boolean {
  return lines.slice(0, at).every((line) => line.trim() === '' || line.startsWith('#'));
}

function readCommandLines(
  lines: readonly string[],
  from: number,
  to: number,
  maker: HeaderMaker,
): { readonly lines: readonly string[]; readonly first: number | null } {
  const comments = lines.slice(from, to).map((line, index) => ({
    text: line.slice(1).trim(),
    indented: /^#(?: {2,}|\t)/u.test(line),
    number: from + index + 1,
  }));
  const said = comments.filter(({ text }) => text !== '' && !BOILERPLATE.test(text));
  const indented = said.filter((line) => line.indented);
  // uv ends its header with the command; other comments below it are not indented.
  const chosen = indented.length > 0 || maker === 'uv' ? indented : said;
  return { lines: chosen.map(({ text }) => text), first: chosen[0]?.number ?? null };
}
