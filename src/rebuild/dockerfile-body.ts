/** Here-documents below the instructions of a Dockerfile, and whether all of its text is accounted for. Pure. */
import type { DockerInstruction } from '../images/dockerfile-lines.ts';

export interface InstructionBody {
  /** Here-documents with the lines that end them, as they stand in the file; empty: none. */
  readonly text: string;
  /** Offset of the first line behind instruction and here-documents. */
  readonly end: number;
}

const TAKES_DOCUMENTS = new Set(['RUN', 'COPY', 'ADD']);
/** Threat: a line of `<<a` after `<<a`, each looked for to the end of the file. */
const MOST_DOCUMENTS = 50;

/**
 * Reads what belongs to an instruction besides its line, as BuildKit's parser does.
 * @param next offset of the next instruction, or the file's length.
 * @returns null when text between the two belongs to neither: then what looks like an instruction may be a part of one.
 */
export function bodyOf(file: string, instruction: DockerInstruction, next: number): InstructionBody | null {
  const last =
    instruction.words.at(-1)?.at.at(-1) ?? instruction.flags.at(-1)?.value.at.at(-1) ?? instruction.start;
  const start = lineAfter(file, last);
  if (start > next) return instruction.words.length === 0 ? { text: '', end: next } : null;
  let at = start;
  const names = TAKES_DOCUMENTS.has(instruction.keyword) ? documentsOf(instruction) : [];
  if (names.length > MOST_DOCUMENTS) return null;
  for (const { name, stripsTabs } of names) {
    let isOpen = true;
    while (isOpen && at < next) {
      const end = lineAfter(file, at);
      const line = file.slice(at, end).replace(/\r?\n$/u, '');
      isOpen = (stripsTabs ? line.replace(/^\t+/u, '') : line) !== name;
      at = end;
    }
    if (isOpen) return null;
  }
  return isBlank(file.slice(at, next)) ? { text: file.slice(start, at), end: at } : null;
}

function lineAfter(file: string, at: number): number {
  const newline = file.indexOf('\n', at);
  return newline === -1 ? file.length : newline + 1;
}

function documentsOf({
  words,
}: DockerInstruction): readonly { readonly name: string; readonly stripsTabs: boolean }[] {
  return words.flatMap(({ text }) => {
    const match = /^\d*<<(-?)([^<]+)$/u.exec(text);
    return match === null
      ? []
      : [{ name: (match[2] ?? '').replaceAll(/["']/gu, ''), stripsTabs: match[1] === '-' }];
  });
}

/** Only comments and empty lines. */
function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#.*)?$/su.test(line));
}
