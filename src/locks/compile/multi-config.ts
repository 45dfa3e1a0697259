/** Configuration of pip-compile-multi: sections named `requirements…` of requirements.ini, setup.cfg, tox.ini, pyproject.toml. */
import type { Reason } from '../../model.ts';
import { isTable, tableAt } from '../toml.ts';
import { foldersUpTo } from './files.ts';
import type { Files } from './files.ts';
import { MULTI_OPTIONS } from './option-tables.ts';
import { readArguments } from './read-options.ts';
import type { CompileOption } from './spec.ts';
import { inFolder } from './tool-config.ts';

export interface MultiConfig {
  readonly path: string;
  readonly section: string;
  /** The folder from which pip-compile-multi runs to read it. */
  readonly folder: string;
  readonly options: readonly CompileOption[];
}

/** The nearest configuration, from a folder upwards. @returns null when there is none. */
export function readMultiConfig(files: Files, from: string): MultiConfig | Reason | null {
  for (const folder of foldersUpTo(from).toReversed()) {
    for (const name of ['pyproject.toml', 'requirements.ini', 'setup.cfg', 'tox.ini']) {
      const path = inFolder(folder, name);
      const found = name.endsWith('.toml') ? tomlSection(files, path) : iniSection(files.text(path));
      if (found === null) continue;
      const args = [...found.values].flatMap(([key, value]) => argumentsOf(key, value));
      const read = readArguments(MULTI_OPTIONS, args, path);
      if ('code' in read) return read;
      return { path, section: found.section, folder, options: read.options };
    }
  }
  return null;
}

interface Section {
  readonly section: string;
  readonly values: ReadonlyMap<string, string>;
}

function tomlSection(files: Files, path: string): Section | null {
  const table = tableAt(files.toml(path), 'tool', 'requirements');
  const entries = Object.entries(table);
  if (entries.length === 0) return null;
  const nested = entries.every(([, value]) => isTable(value)) ? entries[0] : undefined;
  const section = nested === undefined ? 'tool.requirements' : `tool.requirements.${nested[0]}`;
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(nested !== undefined && isTable(nested[1]) ? nested[1] : table)) {
    values.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  return { section, values };
}

/** The first section with `requirements` in its name, as configparser reads it. */
function iniSection(text: string | null): Section | null {
  if (text === null) return null;
  let section: string | null = null;
  let key: string | null = null;
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const header = /^\[([^\]]+)\]/u.exec(line)?.[1];
    if (header !== undefined) {
      if (section !== null) break;
      section = header.includes('requirements') ? header : null;
      key = null;
    } else if (section === null || /^\s*[#;]/u.test(line) || line.trim() === '') {
      continue;
    } else if (/^\s/u.test(line) && key !== null) {
      const before = values.get(key) ?? '';
      values.set(key, [before, line.trim()].filter((part) => part !== '').join(','));
    } else {
      const at = line.search(/[=:]/u);
      key = (at === -1 ? line : line.slice(0, at)).trim().toLowerCase();
      values.set(key, at === -1 ? '' : line.slice(at + 1).trim());
    }
  }
  return section === null ? null : { section, values };
}

function argumentsOf(key: string, value: string): readonly string[] {
  const name = `--${key.replaceAll('_', '-')}`;
  const rule = MULTI_OPTIONS.bySpelling.get(name);
  // `python = 3.11` says for which interpreter the section counts; others are another version's.
  if (rule === undefined) return [];
  if (!rule.takesValue) {
    if (!/^(?:false|off|no)$/iu.test(value)) return [name];
    return rule.negation === null ? [] : [rule.negation];
  }
  const values = rule.multiple ? value.split(',') : [value];
  return values.map((one) => `${name}=${one.trim()}`).filter((one) => !one.endsWith('='));
}
