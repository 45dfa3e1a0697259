/** Looking up options of a `CompileSpec`. */
import type { CompileOption } from './spec.ts';

export function hasOption(options: readonly CompileOption[], ...names: readonly string[]): boolean {
  return options.some(({ name }) => names.includes(name));
}

/** Every value that an option was given, in order. */
export function valuesOf(options: readonly CompileOption[], ...names: readonly string[]): readonly string[] {
  return options.flatMap(({ name, value }) => (names.includes(name) && value !== null ? [value] : []));
}

/** What counts of a flag and its opposite: the last one said; `byDefault` when neither is. */
export function isOn(options: readonly CompileOption[], name: string, byDefault: boolean): boolean {
  const opposite = `--no-${name.slice(2)}`;
  const last = options.findLast((option) => option.name === name || option.name === opposite);
  return last === undefined ? byDefault : last.name === name;
}

/** As arguments: `--extra`, `dev`. */
export function asArguments(options: readonly CompileOption[]): readonly string[] {
  return options.flatMap(({ name, value }) => (value === null ? [name] : [name, value]));
}
