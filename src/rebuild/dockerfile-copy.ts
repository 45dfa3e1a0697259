/** What COPY and ADD bring into a stage, as far as packages and secrets go. Pure. */
import { substitute, unquote } from '../images/build-arguments.ts';
import type { DockerInstruction } from '../images/dockerfile-lines.ts';
import { looksSecret } from './dockerfile-secrets.ts';

export interface Copied {
  /** The stage or image whose whole root it takes over, packages and all; null: none. */
  readonly root: string | null;
  readonly secrets: readonly string[];
}

const NOTHING: Copied = { root: null, secrets: [] };

export function readCopy(instruction: DockerInstruction, variables: ReadonlyMap<string, string>): Copied {
  const words = wordsOf(instruction).map((word) => unquote(substitute(word, variables)));
  const from = instruction.flags.find(({ name }) => name === 'from')?.value.text;
  const sources = words.slice(0, -1);
  if (from !== undefined) {
    const isRoot = sources.length === 1 && /^\/\.?$/u.test(sources[0] ?? '') && words.at(-1) === '/';
    return isRoot ? { root: from.toLowerCase(), secrets: [] } : NOTHING;
  }
  return {
    root: null,
    secrets: sources.filter(
      (source) => !source.includes('://') && !source.startsWith('<<') && looksSecret(source),
    ),
  };
}

/** As written, or the strings of the exec form. */
function wordsOf(instruction: DockerInstruction): readonly string[] {
  return execForm(instruction) ?? instruction.words.map(({ text }) => text);
}

/** The strings of a JSON array; null: it is none, and a shell reads it. */
export function execForm({ words }: DockerInstruction): readonly string[] | null {
  if (words[0]?.text.startsWith('[') !== true) return null;
  try {
    const parsed: unknown = JSON.parse(words.map(({ text }) => text).join(' '));
    if (!Array.isArray(parsed)) return null;
    const strings = parsed.filter((item) => typeof item === 'string');
    return strings.length === parsed.length ? strings : null;
  } catch {
    return null;
  }
}
