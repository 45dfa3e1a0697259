/** One lock's command: from its header, the tool's configuration, policy, its neighbours; where it ran, on what, how. */
import type { PythonChoice, Reason } from '../../model.ts';
import type { CompileTool } from './header-command.ts';
import { NOTHING, readHeaderRun } from './header-run.ts';
import type { LockQuestion } from './header-run.ts';
import { tableOf } from './option-tables.ts';
import { placeInputs } from './place-inputs.ts';
import { readArguments } from './read-options.ts';
import type { ReadArguments } from './read-options.ts';
import type { CompileOption } from './spec.ts';
import { readPipToolsConfig } from './tool-config.ts';
import type { PlacedInput } from './working-folder.ts';

export interface Understood {
  readonly cwd: string;
  readonly inputs: readonly PlacedInput[];
  readonly options: readonly CompileOption[];
  /** Named by an option, or null. */
  readonly python: PythonChoice | null;
  readonly hidden: boolean;
  readonly notes: readonly string[];
  /** Configuration file of pip-tools that was read, or null. */
  readonly config: string | null;
}

export function understand(question: LockQuestion): Understood | Reason {
  const header = readHeaderRun(question);
  if ('code' in header) return header;
  const extra = readPolicyOptions(question);
  if ('code' in extra) return extra;
  const place = placeInputs(question, header);
  if ('code' in place) return place;
  const { read } = header;
  const options = [...overridden(question.tool, read.options, extra.options, 'add'), ...place.constraints];
  const notes = [...header.notes, ...read.notes, ...place.notes, ...extra.notes];
  const known = { cwd: place.cwd, inputs: place.inputs, hidden: header.hidden };
  const python: PythonChoice | null =
    extra.python !== null
      ? { version: extra.python, from: 'options of [[lock]] in .github/relock.toml' }
      : read.python === null
        ? null
        : { version: read.python, from: `the command in ${question.where}` };
  if (question.tool === 'uv' || options.some(({ name }) => name === '--no-config')) {
    return { ...known, options, python, notes, config: null };
  }
  const inputs = place.inputs.map(({ path }) => path);
  const config = readPipToolsConfig(question.files, question.lock, place.cwd, inputs, read.config);
  if (config === null) return { ...known, options, python, notes, config: null };
  if ('code' in config) return config;
  const configured = overridden(question.tool, config.args.options, options, 'replace');
  const added = configured.filter((option) => !options.includes(option));
  if (added.length > 0) notes.push(`From [tool.pip-tools] of ${config.path}: ${listOptions(added)}.`);
  return {
    ...known,
    options: configured,
    python,
    notes: [...notes, ...config.args.notes],
    config: config.path,
  };
}

function readPolicyOptions({ tool, policy, lock }: LockQuestion): ReadArguments | Reason {
  if (policy.options === undefined || policy.options.length === 0) return NOTHING;
  // `--extra dev` in one string is as good as in two.
  const args = policy.options.flatMap((option) => {
    const parts = /^(--?[a-z][\w-]*) +(\S.*)$/iu.exec(option);
    return parts === null ? [option] : [parts[1] ?? '', (parts[2] ?? '').replace(/^(["'])(.*)\1$/u, '$2')];
  });
  return readArguments(tableOf(tool), args, `options of ${lock} in .github/relock.toml`);
}

/**
 * `over` on top of `options`: of one rule, only what `over` says counts. Options that can be given several times add up
 * when `several` says so: policy adds to the header, the command line replaces the configuration.
 */
function overridden(
  tool: CompileTool,
  options: readonly CompileOption[],
  over: readonly CompileOption[],
  several: 'add' | 'replace',
): readonly CompileOption[] {
  const { bySpelling } = tableOf(tool);
  const said = new Set(over.map(({ name }) => bySpelling.get(name)));
  const kept = options.filter(({ name }) => {
    const rule = bySpelling.get(name);
    return !said.has(rule) || (several === 'add' && rule?.multiple === true);
  });
  return [...kept, ...over];
}

/** Options as people write them, in backticks. */
export function listOptions(options: readonly CompileOption[]): string {
  return options.map(({ name, value }) => `\`${value === null ? name : `${name} ${value}`}\``).join(', ');
}
