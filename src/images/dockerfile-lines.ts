/** Instructions of a Dockerfile with the place of each character, whatever continues, quotes or parts their lines. Pure. */
import { DockerfileParser } from 'dockerfile-ast';
import { join, located, sliceOf, wordsOf, type LocatedText } from './located-text.ts';
import type { Span } from './model.ts';

export interface Flag {
  readonly name: string;
  readonly value: LocatedText;
}

export interface DockerInstruction {
  /** Upper case; that of the trigger for ONBUILD. */
  readonly keyword: string;
  readonly isTrigger: boolean;
  readonly start: number;
  readonly flags: readonly Flag[];
  /** What follows the flags, continuation lines joined, without here-documents. */
  readonly words: readonly LocatedText[];
}

export interface DockerfileLines {
  readonly escape: string;
  /** The image behind `# syntax=`, where the file has one. */
  readonly syntax: LocatedText | null;
  readonly instructions: readonly DockerInstruction[];
}

/** Longer text is no Dockerfile that people write. Threat: the parser keeps every character several times. */
const LONGEST_DOCKERFILE = 128 * 1024;

/** Reads a Dockerfile; offsets are those of `file`, a BOM and CRLF included. Null when it cannot be read. */
export function readLines(file: string): DockerfileLines | null {
  if (file.length > LONGEST_DOCKERFILE) return null;
  const bom = file.startsWith('\uFEFF') ? 1 : 0;
  // A carriage return alone ends a line for the parser, and is white space for BuildKit.
  const text = file.slice(bom).replaceAll(/\r(?!\n)/gu, ' ');
  try {
    const parsed = DockerfileParser.parse(text);
    const starts = [0, ...[...text.matchAll(/\n/gu)].map((match) => match.index + 1)];
    const offset = ({ line, character }: { line: number; character: number }): number =>
      bom + (starts[line] ?? 0) + character;
    const escape = parsed.getEscapeCharacter();
    const syntax = parsed.getDirectives().find((directive) => directive.getName().toLowerCase() === 'syntax');
    const range = syntax?.getValueRange();
    return {
      escape,
      syntax: range === undefined ? null : firstWord(file, offset(range.start), offset(range.end)),
      instructions: parsed.getInstructions().flatMap((instruction) => {
        const { start, end } = instruction.getRange();
        return readInstruction(file, { start: offset(start), end: offset(end) }, escape);
      }),
    };
  } catch {
    return null;
  }
}

function firstWord(file: string, start: number, end: number): LocatedText | null {
  return wordsOf(located(file, start, end))[0] ?? null;
}

function readInstruction(file: string, range: Span, escape: string): readonly DockerInstruction[] {
  const words = wordsOf(logicalLine(file, range, escape));
  let keyword = words[0]?.text.toUpperCase();
  let at = 1;
  const isTrigger = keyword === 'ONBUILD';
  if (isTrigger) {
    keyword = words[1]?.text.toUpperCase();
    at = 2;
  }
  if (keyword === undefined) return [];
  const flags: Flag[] = [];
  for (; words[at]?.text.startsWith('--') === true; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    if (word.text === '--') {
      at += 1;
      break;
    }
    const equals = word.text.indexOf('=');
    const end = equals === -1 ? word.text.length : equals;
    flags.push({ name: word.text.slice(2, end), value: sliceOf(word, Math.min(end + 1, word.text.length)) });
  }
  return [{ keyword, isTrigger, start: range.start, flags, words: words.slice(at) }];
}

/**
 * The line that BuildKit makes of an instruction: a line that ends with one escape character goes on in the next that is
 * neither empty nor a comment, nothing in between; what follows a line without it is a here-document.
 */
function logicalLine(file: string, { start, end }: Span, escape: string): LocatedText {
  const parts: LocatedText[] = [];
  let at = start;
  let isFirst = true;
  while (at < end) {
    const newline = file.indexOf('\n', at);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    const line = file.slice(at, next);
    if (isFirst || !/^\s*(?:#|$)/u.test(line)) {
      const kept = continued(line, escape);
      parts.push(located(file, at, at + (kept ?? line.length)));
      if (kept === null) break;
    }
    isFirst = false;
    at = next;
  }
  return join(parts);
}

/** How much of a line stands before its escape character; null when it does not go on. */
function continued(line: string, escape: string): number | null {
  const body = line.trimEnd();
  const isContinued = body.endsWith(escape) && !body.endsWith(escape + escape);
  return isContinued ? body.length - escape.length : null;
}
