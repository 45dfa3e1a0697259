/** The command line as data. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import type { ScannerName, SeverityLevel } from '../scan/model.ts';

const COMMANDS = ['plan', 'run', 'scan', 'init', 'db update'] as const;
type Command = (typeof COMMANDS)[number];

const SCANNERS = ['osv', 'trivy', 'grype', 'osv-scanner'] as const satisfies readonly ScannerName[];
const LEVELS = ['critical', 'high', 'medium', 'low', 'none'] as const satisfies readonly SeverityLevel[];

/** Endings of the files of `--output`. */
const FORMS = ['.md', '.html', '.json'] as const;

export interface Arguments {
  readonly command: Command | 'help' | 'version';
  /** As given; null: the sample project. */
  readonly path: string | null;
  readonly json: boolean;
  readonly write: boolean;
  readonly check: boolean;
  readonly quiet: boolean;
  readonly targets: readonly string[];
  readonly excludeNewer: string | null;
  readonly settings: string | null;
  readonly repository: string | null;
  /** File to write, as given. */
  readonly sarif: string | null;
  /** Files to write the report to, as given; each ends in one of `FORMS`. */
  readonly outputs: readonly string[];
  /** Folder with OSV's zips, as given. */
  readonly database: string | null;
  /** Whether a run looks for known vulnerabilities. */
  readonly scan: boolean;
  /** In place of those of the policy; null: those. */
  readonly scanners: readonly ScannerName[] | null;
  /** From which on `scan` ends with a code of its own. */
  readonly severity: (typeof LEVELS)[number];
  readonly ecosystems: readonly string[];
  /** Whether a run looks at the images that the repository publishes. */
  readonly rebuild: boolean;
  /** Whether it builds those that lack something, to show what a rebuild gives; false: as the settings say. */
  readonly build: boolean;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  json: { type: 'boolean' },
  write: { type: 'boolean', short: 'w' },
  check: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  target: { type: 'string', short: 't', multiple: true },
  'exclude-newer': { type: 'string' },
  settings: { type: 'string' },
  repository: { type: 'string' },
  sarif: { type: 'string' },
  output: { type: 'string', short: 'o', multiple: true },
  db: { type: 'string' },
  'no-scan': { type: 'boolean' },
  with: { type: 'string', multiple: true },
  severity: { type: 'string' },
  ecosystem: { type: 'string', multiple: true },
  'no-rebuild': { type: 'boolean' },
  build: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

type Option = Exclude<keyof typeof OPTIONS, 'help' | 'version'>;

const BELONGS: Readonly<Record<Option, readonly Command[]>> = {
  json: ['plan', 'run', 'scan', 'init'],
  target: ['plan', 'run', 'scan'],
  write: ['run', 'init'],
  check: ['run'],
  'exclude-newer': ['run'],
  quiet: ['run', 'scan', 'db update'],
  settings: ['run', 'scan', 'db update'],
  repository: ['run', 'scan', 'init'],
  sarif: ['run', 'scan'],
  output: ['run'],
  db: ['run', 'scan', 'db update'],
  'no-scan': ['run'],
  with: ['scan'],
  severity: ['scan'],
  ecosystem: ['db update'],
  'no-rebuild': ['run'],
  build: ['run'],
};

/** @returns the arguments, or what is wrong with them and what is right. */
export function readArguments(argv: readonly string[]): Arguments | { readonly error: string } {
  const unknown = unknownOption(argv);
  if (unknown !== null) return { error: unknown };
  const parsed = parse(argv);
  if ('error' in parsed) return parsed;
  const { values, positionals } = parsed;
  const asked = commandOf(values, positionals);
  if ('error' in asked) return asked;
  const { command, path } = asked;
  if (values.write === true && values.check === true) {
    return { error: '--write changes the checkout and --check must not: use one of them.' };
  }
  if (values.build === true && values['no-rebuild'] === true) {
    return { error: '--build builds what is to be rebuilt and --no-rebuild leaves it out: use one of them.' };
  }
  const misplaced = misplacedOption(values, command);
  if (misplaced !== null) return { error: misplaced };
  const texts = Object.values(values).flat();
  if (path === '' || texts.includes('')) return { error: 'An argument is empty.' };
  const formless = (values.output ?? []).find((file) => !isFormed(file));
  if (formless !== undefined) {
    return {
      error: `--output ${formless}: the name's ending says the form of the report; it is one of ${listed(FORMS, 'or')}.`,
    };
  }
  const severity = chosen('severity', values.severity ?? 'high', LEVELS);
  if (typeof severity === 'object') return severity;
  const scanners: ScannerName[] = [];
  for (const name of new Set(values.with)) {
    const scanner = chosen('with', name, SCANNERS);
    if (typeof scanner === 'object') return scanner;
    scanners.push(scanner);
  }
  return {
    command,
    path,
    json: values.json ?? false,
    write: values.write ?? false,
    check: values.check ?? false,
    quiet: values.quiet ?? false,
    targets: values.target ?? [],
    excludeNewer: values['exclude-newer'] ?? null,
    settings: values.settings ?? null,
    repository: values.repository ?? null,
    sarif: values.sarif ?? null,
    outputs: [...new Set(values.output)],
    database: values.db ?? null,
    scan: values['no-scan'] !== true,
    scanners: values.with === undefined ? null : scanners,
    severity,
    ecosystems: values.ecosystem ?? ['PyPI'],
    rebuild: values['no-rebuild'] !== true,
    build: values.build ?? false,
  };
}

type Values = ReturnType<typeof parsedArgs>['values'];

function parsedArgs(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
}

function parse(argv: readonly string[]): ReturnType<typeof parsedArgs> | { readonly error: string } {
  try {
    return parsedArgs(argv);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function commandOf(
  values: Values,
  positionals: readonly string[],
): Pick<Arguments, 'command' | 'path'> | { readonly error: string } {
  const [word, ...rest] = positionals;
  if (values.help === true || word === 'help') return { command: 'help', path: null };
  if (values.version === true || word === 'version') return { command: 'version', path: null };
  if (word === undefined) return { error: `A command is missing: ${listed(COMMANDS, 'or')}.` };
  if (word === 'db') {
    const [verb, folder] = rest;
    if (verb !== 'update') return { error: 'relock db update is the one thing to be done with databases.' };
    return folder === undefined
      ? { command: 'db update', path: null }
      : { error: `relock db update takes no PATH; the folder is named by --db ${folder}.` };
  }
  const command = COMMANDS.find((name) => name === word);
  if (command === undefined) {
    return { error: `There is no command ${word}.${nearest(word, [...COMMANDS, 'help', 'version'])}` };
  }
  const [path = null, ...more] = rest;
  return more.length > 0 ? { error: `One PATH is enough; what is ${more.join(' ')}?` } : { command, path };
}

function misplacedOption(values: Values, command: Arguments['command']): string | null {
  if (command === 'help' || command === 'version') return null;
  for (const [name, commands] of Object.entries(BELONGS)) {
    if (!Object.hasOwn(values, name) || commands.includes(command)) continue;
    return `--${name} belongs to ${listed(commands, 'and')}, not to ${command}.`;
  }
  return null;
}

function chosen<const T extends string>(
  option: string,
  given: string,
  choices: readonly T[],
): T | { readonly error: string } {
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  return { error: `--${option} is one of ${choices.join(', ')}, not ${given}.${nearest(given, choices)}` };
}

/** `.html` alone is a hidden file without ending. */
function isFormed(file: string): boolean {
  return FORMS.some((form) => new RegExp(`[^/\\\\]\\${form}$`, 'iu').test(file));
}

function unknownOption(argv: readonly string[]): string | null {
  const known = Object.keys(OPTIONS).map((name) => `--${name}`);
  for (const word of argv) {
    if (word === '--') return null;
    const name = /^--[^=]+/u.exec(word)?.[0];
    if (name !== undefined && !known.includes(name))
      return `There is no option ${name}.${nearest(name, known)}`;
  }
  return null;
}

function nearest(word: string, known: readonly string[]): string {
  const best = closest(word, known);
  return distance(word, best) <= Math.max(2, Math.floor(word.length / 3)) ? ` Did you mean ${best}?` : '';
}

/** `a, b or c`. */
function listed(items: readonly string[], word: string): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`;
}
