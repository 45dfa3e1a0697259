/** Locks of pip-compile-multi: one of each `.in` of a folder, with its configuration in an ini or TOML section. */
import type { Reason } from '../../model.ts';
import { folderOf, reason, relativeTo, resolveInside } from '../tree.ts';
import { checkOptions } from './check-options.ts';
import { fileStyle, lockPolicyOf, pythonOf, toolOf } from './detected.ts';
import type { DetectedLock, FoundLock, Surroundings } from './detected.ts';
import type { HeaderCommand } from './header-command.ts';
import { readMultiConfig } from './multi-config.ts';
import { MULTI_OPTIONS } from './option-tables.ts';
import { readArguments } from './read-options.ts';
import { followInputs } from './reads.ts';
import { distinctRemotes, optionRemotes } from './remotes.ts';
import type { CompileOption } from './spec.ts';
import { listOptions } from './understand.ts';
import { neighbourOf, stemOf } from './working-folder.ts';

const UNSAFE = new Set(['distribute', 'pip', 'setuptools']);
/** Words of the newer command line that stand before its options. */
const SUBCOMMANDS = new Set(['lock', 'upgrade', 'verify']);

/** @param command what the header says; often another command than pip-compile-multi itself. */
export function planMultiLock(
  around: Surroundings,
  found: FoundLock,
  command: HeaderCommand | null,
): DetectedLock | Reason {
  const { files, locks } = around;
  const { path: lock, header, text } = found;
  const where = header === null ? lock : `${lock}:${header.commandLine}`;
  const policy = lockPolicyOf(around, lock);
  const run =
    command?.kind === 'runs' ? command.runs.find(({ tool }) => tool === 'pip-compile-multi') : undefined;
  const words = [...(run?.args ?? []).filter((word) => !SUBCOMMANDS.has(word)), ...(policy.options ?? [])];
  const read = readArguments(MULTI_OPTIONS, words, where);
  if ('code' in read) return read;
  const folder = folderOf(lock);
  const named = read.options.find(({ name }) => name === '--directory')?.value ?? null;
  const config = readMultiConfig(files, folder);
  if (config !== null && 'code' in config) return config;
  // Each lock is compiled by itself, so hashes that others have are none of its business.
  const given = withoutDoubles([...(config?.options ?? []), ...read.options]).filter(
    ({ name }) => name !== '--generate-hashes' || text.hashes,
  );
  const directory = named ?? given.find(({ name }) => name === '--directory')?.value ?? 'requirements';
  const cwd = workingFolder(folder, directory, config?.folder ?? null);
  const input = inputOf(around, found, given, policy.inputs?.[0]);
  if (input === null) {
    return reason(
      'manifest-missing',
      `${lock} is made by pip-compile-multi from ${stemOf(lock)}.in, which is not in the repository.`,
      'Put the file back, delete the lock, or set `inputs` for it under [[lock]] in .github/relock.toml.',
    );
  }
  const written = relativeTo(cwd, input);
  const checked = checkOptions(files, MULTI_OPTIONS, given, cwd, where);
  if ('code' in checked) return checked;
  const shown = shownOptions(found, checked.options, written);
  const place: readonly CompileOption[] =
    relativeTo(cwd, folder) === 'requirements' || checked.options.some(({ name }) => name === '--directory')
      ? []
      : [{ name: '--directory', value: relativeTo(cwd, folder) || '.' }];
  const options = [...place, ...checked.options, ...shown];
  const reads = followInputs(files, lock, [{ cwd, path: input, namedIn: where }], locks);
  if (reads.problem !== null) return reads.problem;
  const below = [
    ...reads.layers,
    // `-r base.in` in the input becomes `-r base.txt` in the lock.
    ...reads.files.map((path) => lockOf(path, lock, locks)),
    ...text.includes.map(({ path }) => resolveInside(folder, path)),
  ];
  const layers = [...new Set(below)]
    .filter((path) => path !== null && path !== lock && locks.has(path))
    .map(String);
  const inLock = read.python === null ? null : { version: read.python, from: `the command in ${where}` };
  const python = pythonOf(around, lock, [input], inLock);
  const choice = toolOf(around, found, 'pip-compile-multi', null);
  const notes = [...read.notes];
  if (config !== null && config.options.length > 0) {
    notes.push(`From [${config.section}] of ${config.path}: ${listOptions(config.options)}.`);
  }
  if (command?.kind === 'hidden' && command.text !== '') {
    notes.push(
      `${where} shows \`${command.text}\`, which is never run; Relock runs pip-compile-multi's own steps.`,
    );
  }
  if (shown.length > 0) notes.push(`${lock}: ${listOptions(shown)} taken from the text of the lock.`);
  return {
    spec: {
      kind: 'pip-compile-multi',
      lock,
      cwd,
      inputs: [written],
      options,
      optionsHidden: false,
      ...fileStyle(files, found, options),
      layers: layers.sort(),
      python: { version: python.version, from: python.from },
      solver: policy.solver ?? around.policy.solver,
      toolVersion: choice.version,
    },
    manifests: [input],
    inputs: [
      ...new Set([...reads.files, ...layers, ...checked.files, ...(config === null ? [] : [config.path])]),
    ].sort(),
    remotes: distinctRemotes([
      ...options.flatMap(({ name, value }) => optionRemotes(name, value, where)),
      ...reads.remotes,
    ]),
    notes: [...notes, ...python.notes],
    tool: choice,
  };
}

/** The folder that holds the folder of the inputs. */
function workingFolder(folder: string, directory: string, configFolder: string | null): string {
  if (configFolder !== null && resolveInside(configFolder, directory) === folder) return configFolder;
  const plain = directory.replace(/^\.\/|\/$/gu, '');
  if (plain === '' || plain === '.') return folder;
  if (folder === plain) return '.';
  if (folder.endsWith(`/${plain}`)) return folder.slice(0, -plain.length - 1);
  return folderOf(folder);
}

function inputOf(
  around: Surroundings,
  found: FoundLock,
  options: readonly CompileOption[],
  fromPolicy: string | undefined,
): string | null {
  if (fromPolicy !== undefined) return around.files.has(fromPolicy) ? fromPolicy : null;
  const ending = options.find(({ name }) => name === '--in-ext')?.value ?? 'in';
  const path = `${stemOf(found.path)}.${ending.replace(/^\./u, '')}`;
  if (path !== found.path && around.files.has(path)) return path;
  return neighbourOf(around.files, found.path);
}

/** The lock of another input of the same folder scheme. */
function lockOf(input: string, lock: string, locks: ReadonlySet<string>): string | null {
  const path = stemOf(input) + lock.slice(stemOf(lock).length);
  return locks.has(path) ? path : null;
}

function shownOptions(
  { text }: FoundLock,
  given: readonly CompileOption[],
  input: string,
): readonly CompileOption[] {
  const has = (name: string): boolean => given.some((option) => option.name === name);
  const shown: CompileOption[] = [];
  const hashed = given.some(({ name, value }) => name === '--generate-hashes' && value === input);
  if (text.hashes && !hashed) shown.push({ name: '--generate-hashes', value: input });
  const unsafe = text.pins.some(({ name }) => name !== null && UNSAFE.has(name));
  if (unsafe && !has('--allow-unsafe')) shown.push({ name: '--allow-unsafe', value: null });
  const showsIndex = text.options.some(({ name }) => name === '--index-url' || name === '--extra-index-url');
  if (showsIndex && !has('--annotate-index')) shown.push({ name: '--annotate-index', value: null });
  return shown;
}

/** The last of each flag; values add up. */
function withoutDoubles(options: readonly CompileOption[]): readonly CompileOption[] {
  const byText = new Map(options.map((option) => [`${option.name}=${option.value ?? ''}`, option]));
  return [...byText.values()];
}
