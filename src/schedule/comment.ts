/**
 * Commands in comments: `/rebuild`, `/relock`, `/rebuild no-cache`, `/relock path/or/glob …`. Pure.
 *
 * A command stands on a line of its own, as a person wrote it and as others see it: quoted and hidden lines, and code, do
 * not count. Threat: text that somebody else wrote (a reply by mail, an issue template, a pasted log) must not ask for
 * anything. Whether the one who wrote it may ask is another question.
 */
import { whyNotGlob } from '../config/glob.ts';
import { code } from '../report/markdown.ts';

export type CommentCommand =
  | {
      readonly kind: 'run';
      /** Globs of lock paths; empty means all. A folder stands for all below it. */
      readonly only: readonly string[];
      readonly noCache: boolean;
    }
  /** The command was not understood; Markdown to answer with, which holds no command itself. */
  | { readonly kind: 'help'; readonly text: string };

/** GitHub takes 65,536; what lies behind is not read. */
const MAX_CHARACTERS = 70_000;
const MAX_GLOBS = 20;

/** The first command of a comment (Markdown as the forge gives it); null when there is none. Never throws. */
export function parseComment(body: string): CommentCommand | null {
  for (const line of plainLines(body.slice(0, MAX_CHARACTERS))) {
    const match = /^ {0,3}\/(rebuild|relock)(?=\s|$)(.*)$/iu.exec(line);
    if (match === null) continue;
    const words = (match[2] ?? '').split(/\s+/u).filter((word) => word !== '');
    return match[1]?.toLowerCase() === 'rebuild' ? rebuild(words) : relock(words);
  }
  return null;
}

function rebuild(words: readonly string[]): CommentCommand {
  const unknown = words.find((word) => word.toLowerCase() !== 'no-cache');
  if (unknown === undefined) return { kind: 'run', only: [], noCache: words.length > 0 };
  const hint = looksLikePath(bare(unknown)) ? ' For some locks only, use `/relock`.' : '';
  return help(`\`/rebuild\` does not know ${code(unknown, 60)}.${hint}`);
}

function relock(words: readonly string[]): CommentCommand {
  if (words.length > MAX_GLOBS) return help(`\`/relock\` takes up to ${MAX_GLOBS} paths.`);
  const only: string[] = [];
  for (const word of words.map(bare)) {
    if (!looksLikePath(word)) {
      const hint = word.toLowerCase() === 'no-cache' ? ' It belongs to `/rebuild`.' : '';
      return help(`\`/relock\` does not know ${code(word, 60)}.${hint}`);
    }
    const glob = word.replace(/^\.\/+/u, '').replace(/\/+$/u, '');
    const why = glob === '' && !word.startsWith('/') ? null : whyNotGlob(glob);
    if (why !== null) return help(`${code(word, 60)} cannot be used: ${why}.`);
    if (glob === '' || glob === '.') only.push('**');
    else only.push(glob, `${glob}/**`);
  }
  return { kind: 'run', only: [...new Set(only)], noCache: false };
}

/** `requirements/*.txt` in backticks, as people write it so that the stars stay. */
function bare(word: string): string {
  return /^`[^`]+`$/u.test(word) ? word.slice(1, -1) : word;
}

/** Anything with a mark of a path or glob, so that `/relock please` gets help and not a run over nothing. */
function looksLikePath(word: string): boolean {
  return /[/.*?[{]/u.test(word);
}

function help(problem: string): CommentCommand {
  const text = [
    problem,
    '',
    'What I know, on a line of its own:',
    '- `/rebuild` or `/relock`: make all locks anew now',
    '- `/rebuild no-cache`: the same, and have what is published (`[[image]]`) built anew without cache, lacking or not',
    '- `/relock requirements/*.txt backend/`: only the locks at these paths, globs or folders',
  ];
  return { kind: 'help', text: text.join('\n') };
}

/**
 * The lines that are neither quoted, hidden nor code. Where Markdown would need a full parser to tell (a fence within a
 * list), a line counts as code: a command that is not seen can be written again.
 */
function* plainLines(body: string): Generator<string> {
  /** What ends the block of code or hidden text that the line is in. */
  let end: RegExp | null = null;
  let quoted = false;
  for (const line of body.split(/\r\n|\n|\r/u)) {
    if (end !== null) {
      if (end.test(line)) end = null;
      continue;
    }
    // The line after a quoted one belongs to the quote even without its mark, up to a blank line.
    quoted = /^ {0,3}>/u.test(line) ? /[^\s>]/u.test(line) : quoted && line.trim() !== '';
    if (quoted || line.trimStart().startsWith('>')) continue;
    end = endOfBlock(line);
    if (end === null && !/^(?: {4}| {0,3}\t)/u.test(line)) yield line;
  }
}

/** When a line opens a block of code or hidden text that goes on: what its last line looks like. */
function endOfBlock(line: string): RegExp | null {
  const fence = /^[\s*+\-\d.)]*(?:(`{3,})[^`]*|(~{3,}).*)$/u.exec(line);
  const marks = fence?.[1] ?? fence?.[2];
  // Longer runs than this are no fence of a person's, and a pattern takes only so long a count.
  if (marks !== undefined)
    return new RegExp(`^\\s*${marks.charAt(0)}{${Math.min(marks.length, 100)},}\\s*$`, 'u');
  const shown = line.replaceAll(/`[^`]*`/gu, '');
  for (const [open, close] of HIDING) {
    const from = [...shown.matchAll(open)].at(-1)?.index;
    if (from !== undefined && !close.test(shown.slice(from))) return close;
  }
  return null;
}

/** Comments of HTML, and its blocks that hold code or what somebody else said. */
const HIDING: readonly (readonly [open: RegExp, close: RegExp])[] = [
  [/<!--/gu, /-->/u],
  ...['pre', 'code', 'blockquote', 'script', 'style', 'textarea'].map(
    (tag) => [new RegExp(`<${tag}\\b`, 'giu'), new RegExp(`</${tag}>`, 'iu')] as const,
  ),
];
