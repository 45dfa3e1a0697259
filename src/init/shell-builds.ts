/** Builds and pushes of images in a workflow's scripts. Read only: nothing of it is ever given to a shell. Pure. */
import { splitShell } from '../locks/compile/shell-words.ts';

/** A word of a command, and its text where that is known. */
export type ShellValue = string | null;

export interface ShellBuild {
  readonly tags: readonly ShellValue[];
  /** Left out: undefined. */
  readonly file: ShellValue | undefined;
  readonly platforms: ShellValue | undefined;
  /** The folder, as written; null: not known, an address, or standard input. */
  readonly context: ShellValue;
  /** Whether the command itself pushes. */
  readonly pushes: boolean;
}

export interface ShellImages {
  readonly builds: readonly ShellBuild[];
  /** Names that are pushed by a command of their own. */
  readonly pushed: readonly ShellValue[];
}

const LONGEST = 64 * 1024;
const MOST = 100;
const PROGRAMS = new Set(['docker', 'podman', 'buildah', 'nerdctl']);
/** Options of build without a value. */
const FLAGS = new Set([
  '--push',
  '--load',
  '--no-cache',
  '--pull',
  '--pull-always',
  '--quiet',
  '-q',
  '--rm',
  '--force-rm',
  '--compress',
  '--squash',
  '--layers',
  '--check',
]);

/** @param valueOf what a word stands for, its variables replaced; null: not known. */
export function readShell(script: string, valueOf: (word: string) => string | null): ShellImages {
  const builds: ShellBuild[] = [];
  const pushed: ShellValue[] = [];
  for (const command of commandsOf(script).slice(0, 1000)) {
    const verb = verbOf(command);
    if (verb === null || builds.length + pushed.length >= MOST) continue;
    if (verb.of === 'build') builds.push(readBuild(verb.words, valueOf));
    else pushed.push(...verb.words.filter((word) => !word.startsWith('-')).map(valueOf));
  }
  return { builds, pushed };
}

function commandsOf(script: string): readonly (readonly string[])[] {
  if (script.length > LONGEST) return [];
  // An apostrophe in a comment opens no quote.
  const items = splitShell(script.replaceAll(/^[ \t]*#.*$/gmu, ''));
  const commands: string[][] = [[]];
  for (const item of items ?? []) {
    if (item.kind === 'operator') commands.push([]);
    else commands.at(-1)?.push(item.text);
  }
  return commands.filter((words) => words.length > 0);
}

/** `docker build …`, `docker buildx build …`, `docker image push …`, `sudo buildah bud …`. */
function verbOf(
  command: readonly string[],
): { readonly of: 'build' | 'push'; readonly words: readonly string[] } | null {
  const words = command[0] === 'sudo' ? command.slice(1) : command;
  if (!PROGRAMS.has(words[0] ?? '')) return null;
  const at = words[1] === 'buildx' || words[1] === 'image' || words[1] === 'builder' ? 2 : 1;
  const verb = words[at];
  if (verb === 'build' || verb === 'bud') return { of: 'build', words: words.slice(at + 1) };
  return verb === 'push' ? { of: 'push', words: words.slice(at + 1) } : null;
}

function readBuild(words: readonly string[], valueOf: (word: string) => string | null): ShellBuild {
  const options = new Map<string, ShellValue[]>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const equals = word.indexOf('=');
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
    } else if (word.startsWith('--') && equals !== -1) {
      add(options, word.slice(0, equals), valueOf(word.slice(equals + 1)));
    } else if (FLAGS.has(word)) {
      add(options, word, 'true');
    } else {
      at += 1;
      add(options, word, valueOf(words[at] ?? ''));
    }
  }
  const [folder, ...more] = rest;
  const context = folder === undefined || more.length > 0 || folder === '-' ? null : valueOf(folder);
  const push = options.get('--push')?.[0];
  return {
    tags: [...(options.get('-t') ?? []), ...(options.get('--tag') ?? [])],
    file: (options.get('-f') ?? options.get('--file'))?.[0],
    platforms: options.get('--platform')?.[0],
    context: context?.includes('://') === true ? null : context,
    pushes: push !== undefined && push !== 'false',
  };
}

function add(options: Map<string, ShellValue[]>, name: string, value: ShellValue): void {
  const values = options.get(name) ?? [];
  values.push(value);
  options.set(name, values);
}
