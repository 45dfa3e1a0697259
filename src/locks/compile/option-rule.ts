/** What is known of one option of a locker: its spellings, whether it takes a value, and what becomes of it. */

/**
 * What becomes of an option.
 * - `keep`: part of what is asked for.
 * - `drop`: without influence on the lock, or Relock's own business (upgrade, cache, verbosity); nobody needs to know.
 * - `note`: dropped, and the reader is told.
 * - `refuse`: could write elsewhere, run something or give a secret away.
 * - the others name what its value is, for whoever has to check it.
 */
export type OptionUse =
  | 'keep'
  | 'drop'
  | 'note'
  | 'refuse'
  | 'output'
  | 'python'
  | 'python-version'
  | 'constraint'
  | 'index'
  | 'host'
  | 'find-links'
  | 'pip-args'
  | 'config'
  | 'config-inside'
  | 'folder'
  | 'format';

export interface OptionRule {
  /** The long form that everything is reduced to. */
  readonly name: `--${string}`;
  /** Short forms and other long forms. */
  readonly others: readonly string[];
  readonly takesValue: boolean;
  readonly multiple: boolean;
  readonly use: OptionUse;
  /** For a flag: the spelling that means the opposite. */
  readonly negation: `--${string}` | null;
  /** For a flag: which of both spellings is the tool's own default, so that naming it says nothing. */
  readonly byDefault: 'on' | 'off' | null;
  /** For `note` and `refuse`: why. */
  readonly why: string;
}

/** A table, looked up by any spelling. */
export interface OptionTable {
  readonly tool: string;
  readonly rules: readonly OptionRule[];
  readonly bySpelling: ReadonlyMap<string, OptionRule>;
  /** Whether the tool takes `-o=FILE` as `-o FILE` (clap), not as the value `=FILE` (click). */
  readonly shortEquals: boolean;
}

export function optionTable(tool: string, shortEquals: boolean, rules: readonly OptionRule[]): OptionTable {
  const bySpelling = new Map<string, OptionRule>();
  for (const rule of rules) {
    for (const spelling of [rule.name, ...rule.others, ...(rule.negation === null ? [] : [rule.negation])]) {
      bySpelling.set(spelling, rule);
    }
  }
  return { tool, rules, bySpelling, shortEquals };
}

/** A flag without an opposite, off by default. `spellings`: `--name -n --other`. */
export function flag(spellings: string, use: OptionUse = 'keep', why = ''): OptionRule {
  return {
    ...named(spellings),
    takesValue: false,
    multiple: false,
    use,
    negation: null,
    byDefault: 'off',
    why,
  };
}

/** A flag `--name` with its opposite `--no-name`. */
export function pair(
  spellings: string,
  byDefault: OptionRule['byDefault'],
  use: OptionUse = 'keep',
  why = '',
): OptionRule {
  const rule = named(spellings);
  const negation: `--${string}` = `--no-${rule.name.slice(2)}`;
  return { ...rule, takesValue: false, multiple: false, use, negation, byDefault, why };
}

/** An option with one value; the last one wins. */
export function value(spellings: string, use: OptionUse = 'keep', why = ''): OptionRule {
  return {
    ...named(spellings),
    takesValue: true,
    multiple: false,
    use,
    negation: null,
    byDefault: null,
    why,
  };
}

/** An option whose values add up. */
export function values(spellings: string, use: OptionUse = 'keep', why = ''): OptionRule {
  return { ...value(spellings, use, why), multiple: true };
}

function named(spellings: string): Pick<OptionRule, 'name' | 'others'> {
  const [name = '', ...others] = spellings.split(' ');
  return { name: `--${name.replace(/^--/u, '')}`, others };
}
