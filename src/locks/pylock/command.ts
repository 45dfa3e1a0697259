/** Which run of uv made a pylock.toml, as its header or the policy tells. Pure. */
import { basename } from 'node:path/posix';
import type { LockPolicy } from '../../config/policy.ts';
import type { Reason } from '../../model.ts';
import { readHeader } from '../compile/header.ts';
import { UV_OPTIONS } from '../compile/option-tables.ts';
import { readArguments } from '../compile/read-options.ts';
import type { ReadArguments } from '../compile/read-options.ts';
import { splitShell } from '../compile/shell-words.ts';
import { folderOf, reason, relativeTo, resolveInside } from '../tree.ts';
import { foldersUp } from '../python-images.ts';
import { inFolder } from '../uv/project.ts';
import { EXPORT_OPTIONS } from './export-options.ts';

export interface PylockCommand extends Omit<ReadArguments, 'folder' | 'config'> {
  readonly kind: 'export' | 'compile';
  /** Repository-relative folder in which it ran. */
  readonly cwd: string;
  /** The lock as seen from there. */
  readonly written: string;
  /** `pylock.toml:2`, or the policy. */
  readonly where: string;
}

const ADVICE =
  'Make the lock once with `uv export --format pylock.toml -o pylock.toml`, or set `options` (and `inputs`, for `uv pip compile`) for it under [[lock]] in .github/relock.toml.';

/**
 * Reads the command.
 * @param text without BOM, with `\n` line ends.
 */
export function readPylockCommand(
  path: string,
  text: string,
  policy: Omit<LockPolicy, 'path'>,
): PylockCommand | Reason {
  const header = readHeader(text);
  const said = header?.maker === 'uv' ? header : null;
  const words = said === null ? null : wordsOf(said.commandLines);
  const run = words === null ? null : runOf(words);
  const hidden = run === null && (policy.inputs !== undefined || policy.options !== undefined);
  if (run === null && !hidden) {
    const shown =
      said === null
        ? 'has no header, so that nothing tells'
        : `has the header \`${said.commandLines.join(' ').slice(0, 100)}\`, which does not tell`;
    return reason('header-not-understood', `${path} ${shown} how uv made it.`, ADVICE);
  }
  const where = said === null ? '.github/relock.toml' : `${path}:${said.commandLine}`;
  const kind = run?.kind ?? (policy.inputs === undefined ? 'export' : 'compile');
  const table = kind === 'export' ? EXPORT_OPTIONS : UV_OPTIONS;
  const args = [...(run?.args ?? []), ...(policy.options ?? [])];
  const read = readArguments(table, kind === 'compile' ? withoutFormat(args) : args, where);
  if ('code' in read) return read;
  if (read.folder !== null) {
    return reason(
      'option-refused',
      `${where}: \`--directory\` is refused: Relock runs uv in the folder of the output.`,
      ADVICE,
    );
  }
  const cwd = read.output === null ? folderOf(path) : folderFor(path, read.output);
  const inputs =
    policy.inputs === undefined ? read.inputs : policy.inputs.map((input) => relativeTo(cwd ?? '.', input));
  if (kind === 'compile' && inputs.length === 0) {
    return reason('header-not-understood', `${where} names no input for \`uv pip compile\`.`, ADVICE);
  }
  if (kind === 'export' && inputs.length > 0) {
    return reason(
      'header-not-understood',
      `${where}: \`uv export\` takes no \`${inputs[0] ?? ''}\`.`,
      ADVICE,
    );
  }
  // A lock that was renamed or moved since: its own folder, and its own name.
  const home = cwd ?? folderOf(path);
  const moved =
    cwd === null ? [`${where} writes ${read.output ?? ''}; exported as ${path} all the same.`] : [];
  return {
    kind,
    options: read.options,
    inputs,
    output: read.output,
    python: read.python,
    notes: [...read.notes, ...moved],
    cwd: home,
    written: relativeTo(home, path),
    where,
  };
}

/** The words of a plain command, up to a redirection; null for anything that a shell would have to work on. */
function wordsOf(lines: readonly string[]): readonly string[] | null {
  const items = splitShell(lines.join(' '));
  if (items === null) return null;
  const words: string[] = [];
  for (const [at, item] of items.entries()) {
    if (item.kind === 'operator') return item.text === '>' && at === items.length - 2 ? words : null;
    words.push(item.text);
  }
  return words;
}

function runOf(
  words: readonly string[],
): { readonly kind: 'export' | 'compile'; readonly args: readonly string[] } | null {
  if (basename(words[0] ?? '') !== 'uv') return null;
  if (words[1] === 'export') return { kind: 'export', args: words.slice(2) };
  return words[1] === 'pip' && words[2] === 'compile' ? { kind: 'compile', args: words.slice(3) } : null;
}

/** `--format pylock.toml` is what the output's name says as well. */
function withoutFormat(args: readonly string[]): readonly string[] {
  return args.filter((word, at) => {
    if (word === '--format') return args[at + 1] !== 'pylock.toml';
    return word !== '--format=pylock.toml' && !(word === 'pylock.toml' && args[at - 1] === '--format');
  });
}

/** The folder at or above the lock's from which the written output is the lock; null when there is none. */
function folderFor(path: string, output: string): string | null {
  return foldersUp(folderOf(path)).find((folder) => resolveInside(folder, output) === path) ?? null;
}

/** The nearest folder with a pyproject.toml at or above, where uv looks for the project; null when there is none. */
export function projectFolder(
  paths: ReadonlySet<string> | ReadonlyMap<string, unknown>,
  cwd: string,
): string | null {
  return foldersUp(cwd).find((folder) => paths.has(inFolder(folder, 'pyproject.toml'))) ?? null;
}
