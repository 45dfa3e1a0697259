/** Argument lists of the lockers, read against their option tables. */
import { distance } from 'fastest-levenshtein';
import type { Reason } from '../../model.ts';
import { reason } from '../tree.ts';
import type { OptionRule, OptionTable } from './option-rule.ts';
import { checkPipArgs, isJunk, redactUrl } from './option-values.ts';
import type { CompileOption } from './spec.ts';

/** What an argument list says; paths as written. */
export interface ReadArguments {
  /** Kept options in their order, long forms. */
  readonly options: readonly CompileOption[];
  readonly inputs: readonly string[];
  readonly output: string | null;
  /** `3.12` or `3.12.1`. */
  readonly python: string | null;
  /** `--directory` of uv. */
  readonly folder: string | null;
  /** `--config` of pip-compile. */
  readonly config: string | null;
  readonly notes: readonly string[];
}

interface Found {
  readonly rule: OptionRule;
  /** As written: `-o`, `--no-annotate`. */
  readonly spelling: string;
  readonly value: string | null;
  /** Whether the spelling means the opposite. */
  readonly negated: boolean;
}

const ADVICE =
  'Set `inputs` and `options` for this lock under [[lock]] in .github/relock.toml, or make the lock with a command that Relock knows.';

/**
 * Reads the arguments of one run.
 * @param where what names them, for messages: `requirements.txt:5`.
 * @returns a reason when an option is unknown, lacks its value, or is refused.
 */
export function readArguments(
  table: OptionTable,
  args: readonly string[],
  where: string,
): ReadArguments | Reason {
  const found: Found[] = [];
  const inputs: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--') {
      inputs.push(...args.slice(at + 1));
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      inputs.push(word);
      continue;
    }
    const read = word.startsWith('--') ? readLong(table, word) : readShort(table, word);
    if (read === null) return unknownOption(table, word, where);
    for (const one of read) {
      if (one.rule.takesValue && one.value === null) {
        at += 1;
        const next = args[at];
        if (next === undefined) {
          return reason('header-not-understood', `${where}: \`${one.spelling}\` lacks its value.`, ADVICE);
        }
        found.push({ ...one, value: next });
      } else if (!one.rule.takesValue && one.value !== null && !isJunk(one.value)) {
        return reason('header-not-understood', `${where}: \`${one.spelling}\` takes no value.`, ADVICE);
      } else {
        found.push(one);
      }
    }
  }
  return settle(found, inputs, where);
}

function readLong(table: OptionTable, word: string): readonly Found[] | null {
  const equals = word.indexOf('=');
  const given = equals === -1 ? word : word.slice(0, equals);
  const rule = table.bySpelling.get(given) ?? abbreviated(table, given);
  if (rule === undefined) return null;
  const negated = rule.negation !== null && given.startsWith('--no-') && rule.negation.startsWith(given);
  return [{ rule, spelling: given, value: equals === -1 ? null : word.slice(equals + 1), negated }];
}

/** Old clicks and people shorten: any beginning that fits one option only. */
function abbreviated(table: OptionTable, given: string): OptionRule | undefined {
  if (given.length < 6 || table.shortEquals) return undefined;
  const fitting = [...table.bySpelling.keys()].filter((spelling) => spelling.startsWith(given));
  return fitting.length === 1 ? table.bySpelling.get(fitting[0] ?? '') : undefined;
}

/** `-qU`, `-o FILE`, `-oFILE`, and clap's `-o=FILE`. */
function readShort(table: OptionTable, word: string): readonly Found[] | null {
  const found: Found[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const spelling = `-${word.charAt(at)}`;
    const rule = table.bySpelling.get(spelling);
    if (rule === undefined) return null;
    if (!rule.takesValue) {
      found.push({ rule, spelling, value: null, negated: false });
      continue;
    }
    const rest = word.slice(at + 1);
    const value = table.shortEquals && rest.startsWith('=') ? rest.slice(1) : rest;
    found.push({ rule, spelling, value: rest === '' ? null : value, negated: false });
    break;
  }
  return found;
}

function unknownOption(table: OptionTable, word: string, where: string): Reason {
  const given = word.split('=', 1)[0] ?? word;
  const near = [...table.bySpelling.keys()]
    .filter((spelling) => spelling.startsWith('--'))
    .map((spelling) => ({ spelling, far: distance(spelling, given.slice(0, 60)) }))
    .sort((a, b) => a.far - b.far)[0];
  const hint = near !== undefined && near.far <= 4 ? ` The nearest known one is \`${near.spelling}\`.` : '';
  return reason(
    'header-not-understood',
    `${where}: ${table.tool} has no option \`${given.slice(0, 60)}\`.${hint}`,
    ADVICE,
  );
}

/** The last one of a single option wins; what says nothing is left out. */
function settle(found: readonly Found[], inputs: readonly string[], where: string): ReadArguments | Reason {
  const notes: string[] = [];
  const junk = found.filter((one) => isJunk(one.value));
  if (junk.length > 0) {
    const names = junk.map((one) => `${one.rule.name}=None`).join(' ');
    notes.push(`${where}: dropped \`${names}\`, junk that pip-tools 7.4 writes with a newer click.`);
  }
  const wanted = found.filter((one) => !isJunk(one.value));
  const last = new Map<OptionRule, Found>(wanted.map((one) => [one.rule, one]));
  const options: CompileOption[] = [];
  const result: { -readonly [Key in 'output' | 'python' | 'folder' | 'config']: string | null } = {
    output: null,
    python: null,
    folder: null,
    config: null,
  };
  for (const one of wanted) {
    const { rule } = one;
    if (!rule.multiple && last.get(rule) !== one) continue;
    const value = one.value ?? '';
    switch (rule.use) {
      case 'drop':
        break;
      case 'note':
        notes.push(`${where}: \`${one.spelling}\` is left out: ${rule.why}.`);
        break;
      case 'refuse':
        return refused(where, one.spelling, rule.why);
      case 'output':
        result.output = value;
        break;
      case 'folder':
        result.folder = value;
        break;
      case 'config':
        result.config = value;
        break;
      case 'format':
        if (value !== 'requirements.txt')
          return refused(where, one.spelling, `a lock of the format \`${value}\` is no requirements file`);
        break;
      case 'python':
      case 'python-version': {
        const version = /^(?:(?:c?python|cp)[-@]?)?(\d\.\d{1,3}(?:\.\d{1,3})?)$/iu.exec(value)?.[1];
        if (version !== undefined)
          result.python = result.python !== null && rule.use === 'python' ? result.python : version;
        else notes.push(`${where}: \`${one.spelling} ${value}\` names no version and is left out.`);
        break;
      }
      case 'pip-args': {
        const checked = checkPipArgs(value);
        if (checked.problem !== null)
          return refused(where, `${one.spelling} ${checked.problem}`, checked.why);
        notes.push(...checked.notes.map((note) => `${where}: ${note}`));
        if (checked.value !== '') options.push({ name: rule.name, value: checked.value });
        break;
      }
      case 'index': {
        const url = redactUrl(value);
        if (url.redacted) {
          notes.push(
            `${where}: the password in \`${one.spelling} ${url.text}\` is starred out in the header; the one in Relock's settings is used.`,
          );
        }
        options.push({ name: rule.name, value: url.text });
        break;
      }
      case 'host':
        notes.push(`${where}: \`${one.spelling} ${value}\` turns the check of that host's certificate off.`);
        options.push({ name: rule.name, value });
        break;
      case 'keep':
      case 'constraint':
      case 'find-links':
      case 'config-inside':
        if (rule.takesValue) options.push({ name: rule.name, value });
        else options.push(...keptFlag(one));
        break;
      default:
        return rule.use satisfies never;
    }
  }
  // `--no-index` is part of the same junk: click took the default of one option for that of another.
  const kept = junk.length === 0 ? options : options.filter(({ name }) => name !== '--no-index');
  if (kept.length < options.length) notes.push(`${where}: dropped the \`--no-index\` beside that junk.`);
  return { options: kept, inputs, ...result, notes };
}

function keptFlag(one: Found): readonly CompileOption[] {
  const { rule, negated } = one;
  if (rule.negation !== null && rule.byDefault === (negated ? 'off' : 'on')) return [];
  return [{ name: negated && rule.negation !== null ? rule.negation : rule.name, value: null }];
}

function refused(where: string, option: string, why: string): Reason {
  return reason(
    'option-refused',
    `${where}: \`${option}\` is refused: ${why}.`,
    'Take the option out of the command and make the lock once by hand, or leave the lock out with `ignore` in .github/relock.toml.',
  );
}
