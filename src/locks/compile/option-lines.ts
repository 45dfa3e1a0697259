/** The lines above the pins: which indexes, links, hosts and formats pip-compile writes into a lock. */
import { PUBLIC_INDEX } from '../public-index.ts';
import { hasOption, isOn, valuesOf } from './chosen-options.ts';
import { readPipArgs } from './pip-args.ts';
import type { CompileOption } from './spec.ts';
import type { WrittenGlobal } from './wishes.ts';

/** What pip's finder holds after the command line and all inputs were read. */
export interface FinderState {
  /** Empty with `--no-index`. The first is the default one. */
  readonly indexUrls: readonly string[];
  readonly noIndex: boolean;
  readonly findLinks: readonly string[];
  readonly trustedHosts: readonly string[];
  readonly noBinary: readonly string[];
  readonly onlyBinary: readonly string[];
  readonly pre: boolean;
  readonly preferBinary: boolean;
}

/**
 * Follows pip (`req_file.py`, `handle_option_line`): an `--index-url` in a file replaces what was said before it, all
 * else adds up. Variables (`${TOKEN}`) and relative paths stay as written, so that neither a secret nor a folder of this
 * machine enters a lock.
 */
export function finderState(
  options: readonly CompileOption[],
  globals: readonly WrittenGlobal[],
): FinderState {
  const state = {
    indexUrls: [PUBLIC_INDEX],
    noIndex: false,
    findLinks: [] as string[],
    trustedHosts: [] as string[],
    noBinary: new Set<string>(),
    onlyBinary: new Set<string>(),
    pre: hasOption(options, '--pre'),
    preferBinary: false,
  };
  const said: { readonly name: string; readonly value: string | null }[] = [
    ...options.filter(({ name }) => name !== '--pip-args'),
    ...valuesOf(options, '--pip-args').flatMap((value) => readPipArgs(value)?.options ?? []),
  ].sort((a, b) => rank(a.name) - rank(b.name));
  for (const { name, value } of [...said, ...globals.map(({ option }) => option)]) apply(state, name, value);
  return {
    ...state,
    findLinks: distinct(state.findLinks),
    indexUrls: distinct(state.indexUrls),
    trustedHosts: distinct(state.trustedHosts),
    noBinary: [...state.noBinary],
    onlyBinary: [...state.onlyBinary],
  };
}

/** On a command line the order of `-i` and `--extra-index-url` means nothing. */
function rank(name: string): number {
  return name === '--no-index' ? 0 : name === '--index-url' ? 1 : 2;
}

interface OpenState {
  indexUrls: string[];
  noIndex: boolean;
  readonly findLinks: string[];
  readonly trustedHosts: string[];
  readonly noBinary: Set<string>;
  readonly onlyBinary: Set<string>;
  pre: boolean;
  preferBinary: boolean;
}

function apply(state: OpenState, name: string, value: string | null): void {
  switch (name) {
    case '--no-index':
      state.noIndex = true;
      state.indexUrls = [];
      break;
    case '--index-url':
      if (value !== null && !state.noIndex) state.indexUrls = [value];
      break;
    case '--extra-index-url':
      if (value !== null && !state.noIndex) state.indexUrls.push(value);
      break;
    case '--find-links':
      if (value !== null) state.findLinks.push(value);
      break;
    case '--trusted-host':
      if (value !== null) state.trustedHosts.push(value);
      break;
    case '--no-binary':
      addFormats(value ?? '', state.noBinary, state.onlyBinary);
      break;
    case '--only-binary':
      addFormats(value ?? '', state.onlyBinary, state.noBinary);
      break;
    case '--pre':
      state.pre = true;
      break;
    case '--prefer-binary':
      state.preferBinary = true;
      break;
    default:
      break;
  }
}

/** pip's `FormatControl`: `:all:` clears both sides, `:none:` its own; a name is on one side only. */
function addFormats(value: string, target: Set<string>, other: Set<string>): void {
  for (const name of value.split(',').map((one) =>
    one
      .trim()
      .toLowerCase()
      .replace(/[-_.]+/gu, '-'),
  )) {
    if (name === '') continue;
    if (name === ':all:') {
      other.clear();
      target.clear();
      target.add(name);
    } else if (name === ':none:') {
      target.clear();
    } else {
      other.delete(name);
      target.add(name);
    }
  }
}

/** @returns lines with an empty one at their end, or none. */
export function optionLines(options: readonly CompileOption[], state: FinderState): readonly string[] {
  if (!isOn(options, '--emit-options', true)) return [];
  const lines: string[] = [];
  if (isOn(options, '--emit-index-url', true)) {
    for (const [at, url] of state.indexUrls.entries()) {
      if (at === 0 && url.replace(/\/$/u, '') === PUBLIC_INDEX) continue;
      lines.push(`${at === 0 ? '--index-url' : '--extra-index-url'} ${url}`);
    }
  }
  if (isOn(options, '--emit-find-links', true)) {
    lines.push(...state.findLinks.map((link) => `--find-links ${link}`));
  }
  if (isOn(options, '--emit-trusted-host', true)) {
    lines.push(...state.trustedHosts.map((host) => `--trusted-host ${host}`));
  }
  lines.push(...formatLines('--no-binary', state.noBinary, true));
  lines.push(...formatLines('--only-binary', state.onlyBinary, true));
  lines.push(...formatLines('--no-binary', state.noBinary, false));
  lines.push(...formatLines('--only-binary', state.onlyBinary, false));
  return lines.length === 0 ? [] : [...lines, ''];
}

function formatLines(option: string, names: readonly string[], all: boolean): readonly string[] {
  return names
    .filter((name) => (name === ':all:') === all)
    .sort()
    .map((name) => `${option} ${name}`);
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
