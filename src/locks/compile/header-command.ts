/** What the header's command lines say: runs of a locker as argument lists, or something that hides them. */
import { splitShell } from './shell-words.ts';
import type { ShellItem } from './shell-words.ts';

export type CompileTool = 'pip-compile' | 'uv' | 'pip-compile-multi';

/** One run of a locker. Read, never executed. */
export interface ToolRun {
  readonly tool: CompileTool;
  /** What follows the tool's own words. */
  readonly args: readonly string[];
  /** `cd DIR &&` before it, as written; null: none. */
  readonly cd: string | null;
  /** `> FILE` behind it, as written; null: none. */
  readonly redirect: string | null;
  /** What starts the tool (`uv run`, `docker compose run web`); empty when it is called by its name. */
  readonly through: string;
  /** Names of the variables set before it. */
  readonly environment: readonly string[];
}

export type HeaderCommand =
  | { readonly kind: 'runs'; readonly runs: readonly ToolRun[] }
  /** A script, a make target, prose, or `uv export`: `text` on one line, shortened. */
  | { readonly kind: 'hidden'; readonly text: string }
  | { readonly kind: 'export'; readonly text: string };

const ASSIGNMENT = /^([A-Za-z_]\w*)=/u;
const PIP_COMPILE = /^pip-compile(?:-?\d+(?:\.\d+)*)?(?:\.exe)?$/iu;
const MULTI = /^(?:pip-compile-multi|requirements)(?:\.exe)?$/iu;
const PYTHON = /^(?:python|pypy)\d*(?:\.\d+)*(?:\.exe)?$|^py(?:\.exe)?$/iu;
/** What can stand before a locker and only starts it. `make pip-compile` is not among them: that names a target. */
const LAUNCHERS: ReadonlySet<string> = new Set([
  'docker',
  'docker-compose',
  'env',
  'hatch',
  'pdm',
  'pipenv',
  'pipx',
  'podman',
  'podman-compose',
  'poetry',
  'rye',
  'sudo',
  'time',
  'uv',
  'uvx',
  'nice',
]);

/** Reads the command lines of a header. Never throws; what it cannot read is `hidden`. */
export function readCommand(lines: readonly string[]): HeaderCommand {
  const text = lines.join('\n');
  const hidden: HeaderCommand = { kind: 'hidden', text: shorten(lines.join(' ')) };
  const items = splitShell(text);
  if (items === null) return hidden;
  const runs: ToolRun[] = [];
  let cd: string | null = null;
  for (const part of splitCommands(items)) {
    const words = part.words;
    if (words.length === 0) continue;
    if (words[0]?.text === 'cd' && words.length === 2 && !words[1]?.expands) {
      cd = words[1]?.text ?? null;
      continue;
    }
    if (isUvExport(words.map((word) => word.text))) return { kind: 'export', text: shorten(lines.join(' ')) };
    const run = readRun(part, cd);
    if (run === null) return hidden;
    runs.push(run);
  }
  return runs.length === 0 ? hidden : { kind: 'runs', runs };
}

interface SimpleCommand {
  readonly words: readonly Extract<ShellItem, { kind: 'word' }>[];
  readonly redirect: string | null;
  /** A pipe, a background job, input from a file: more than a plain run. */
  readonly complex: boolean;
}

function splitCommands(items: readonly ShellItem[]): readonly SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: Extract<ShellItem, { kind: 'word' }>[] = [];
  let redirect: string | null = null;
  let complex = false;
  const end = (): void => {
    if (words.length > 0) commands.push({ words, redirect, complex });
    words = [];
    redirect = null;
    complex = false;
  };
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    if (item === undefined) break;
    if (item.kind === 'word') {
      words.push(item);
    } else if (item.text === '&&' || item.text === ';') {
      end();
    } else if (item.text === '>') {
      const target = items[at + 1];
      if (target?.kind !== 'word' || target.expands) complex = true;
      else redirect = target.text;
      at += 1;
    } else {
      complex = true;
    }
  }
  end();
  return commands;
}

function readRun(command: SimpleCommand, cd: string | null): ToolRun | null {
  if (command.complex || command.words.some(({ expands }) => expands)) return null;
  const words = command.words.map(({ text }) => text);
  const environment: string[] = [];
  let start = /^[$%>#]$/u.test(words[0] ?? '') ? 1 : 0;
  for (; start < words.length; start += 1) {
    const name = ASSIGNMENT.exec(words[start] ?? '')?.[1];
    if (name === undefined) break;
    environment.push(name);
  }
  const found = findTool(words, start);
  if (found === null) return null;
  return {
    tool: found.tool,
    args: words.slice(found.next),
    cd,
    redirect: command.redirect,
    through: words.slice(start, found.first).join(' '),
    environment,
  };
}

interface FoundTool {
  readonly tool: CompileTool;
  /** Index of the tool's first word. */
  readonly first: number;
  /** Index of its first argument. */
  readonly next: number;
}

function findTool(words: readonly string[], start: number): FoundTool | null {
  const launched = LAUNCHERS.has(baseName(words[start] ?? ''));
  for (let at = start; at < words.length; at += 1) {
    const tool = toolAt(words, at);
    if (tool !== null) return tool;
    if (!launched) return null;
  }
  return null;
}

function toolAt(words: readonly string[], at: number): FoundTool | null {
  const word = baseName(words[at] ?? '');
  const [one, two, three] = [words[at + 1] ?? '', words[at + 2] ?? '', words[at + 3] ?? ''];
  if (PIP_COMPILE.test(word)) return { tool: 'pip-compile', first: at, next: at + 1 };
  if (MULTI.test(word)) return { tool: 'pip-compile-multi', first: at, next: at + 1 };
  if (word === 'pip-tools' && one === 'compile') return { tool: 'pip-compile', first: at, next: at + 2 };
  if (word === 'puffin' && one === 'pip-compile') return { tool: 'uv', first: at, next: at + 2 };
  if (word === 'uv' || word === 'puffin') {
    // Global flags (`uv --quiet pip compile`) may stand between.
    let next = at + 1;
    while ((words[next] ?? '').startsWith('-')) next += 1;
    if (words[next] !== 'pip' || words[next + 1] !== 'compile') return null;
    return { tool: 'uv', first: at, next: next + 2 };
  }
  if (!PYTHON.test(word)) return null;
  // `py -3.11 -m …` and `python -X utf8 -m …` would be read too, were they ever written; `-m` comes first in practice.
  if (one !== '-m') return null;
  if (two === 'piptools' && three === 'compile') return { tool: 'pip-compile', first: at, next: at + 4 };
  if (two === 'piptools.scripts.compile') return { tool: 'pip-compile', first: at, next: at + 3 };
  if (two === 'pipcompilemulti') return { tool: 'pip-compile-multi', first: at, next: at + 3 };
  return two === 'uv' && three === 'pip' && words[at + 4] === 'compile'
    ? { tool: 'uv', first: at, next: at + 5 }
    : null;
}

function isUvExport(words: readonly string[]): boolean {
  return baseName(words[0] ?? '') === 'uv' && words[1] === 'export';
}

/** `.venv/bin/pip-compile` and `venv\Scripts\pip-compile.exe` name the same tool. */
function baseName(word: string): string {
  return word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
