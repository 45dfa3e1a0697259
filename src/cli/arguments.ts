/** The command line as data. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';

export interface Arguments {
  readonly command: 'plan' | 'run' | 'help' | 'version';
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
} as const satisfies ParseArgsConfig['options'];

const ONLY_RUN = ['write', 'check', 'exclude-newer', 'settings', 'repository', 'quiet'] as const;
const COMMANDS = ['plan', 'run', 'help', 'version'] as const;

/** @returns the arguments, or what is wrong with them and what is right. */
export function readArguments(argv: readonly string[]): Arguments | { readonly error: string } {
  const unknown = unknownOption(argv);
  if (unknown !== null) return { error: unknown };
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsed;
  const [word, path, ...more] = positionals;
  const asked = values.help === true ? 'help' : values.version === true ? 'version' : word;
  if (asked === undefined) return { error: 'A command is missing: plan or run.' };
  const command = COMMANDS.find((name) => name === asked);
  if (command === undefined) return { error: `There is no command ${asked}.${nearest(asked, COMMANDS)}` };
  if (more.length > 0) return { error: `One PATH is enough; what is ${more.join(' ')}?` };
  if (values.write === true && values.check === true) {
    return { error: '--write changes the checkout and --check must not: use one of them.' };
  }
  const misplaced = command === 'plan' ? ONLY_RUN.find((name) => values[name] !== undefined) : undefined;
  if (misplaced !== undefined) return { error: `--${misplaced} belongs to run, not to plan.` };
  const empty = [path, values.settings, values.repository, values['exclude-newer'], ...(values.target ?? [])];
  if (empty.includes('')) return { error: 'An argument is empty.' };
  return {
    command,
    path: path ?? null,
    json: values.json ?? false,
    write: values.write ?? false,
    check: values.check ?? false,
    quiet: values.quiet ?? false,
    targets: values.target ?? [],
    excludeNewer: values['exclude-newer'] ?? null,
    settings: values.settings ?? null,
    repository: values.repository ?? null,
  };
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
