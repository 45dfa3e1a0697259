/** One lock of pip-compile or `uv pip compile`: from its text to a spec, or to the reason why not. */
import type { LockKind, PythonChoice, Reason } from '../../model.ts';
import { reason } from '../tree.ts';
import { checkOptions } from './check-options.ts';
import { fileStyle, lockPolicyOf, pythonOf, toolOf } from './detected.ts';
import type { DetectedLock, FoundLock, Surroundings } from './detected.ts';
import type { CompileTool, HeaderCommand } from './header-command.ts';
import { heldByName, pythonOfName } from './name-hints.ts';
import { tableOf } from './option-tables.ts';
import { followInputs } from './reads.ts';
import type { Reads } from './reads.ts';
import { distinctRemotes, optionRemotes } from './remotes.ts';
import type { CompileOption } from './spec.ts';
import { optionsOfText } from './text-options.ts';
import { readUvConfig } from './tool-config.ts';
import { listOptions, understand } from './understand.ts';

export function planLock(
  around: Surroundings,
  found: FoundLock,
  tool: Exclude<CompileTool, 'pip-compile-multi'>,
  command: HeaderCommand | null,
): DetectedLock | Reason {
  const { files, locks } = around;
  const { path: lock, header, text } = found;
  const where = header === null ? lock : `${lock}:${header.commandLine}`;
  const kind: Extract<LockKind, 'pip-compile' | 'uv-pip-compile'> =
    tool === 'uv' ? 'uv-pip-compile' : 'pip-compile';
  if (header !== null && header.block === '') {
    return reason(
      'header-not-understood',
      `${lock}:${header.line}: other lines stand above the header of ${header.writtenBy}; making the lock anew would lose them.`,
      'Move these lines into the input, below the header, or away.',
    );
  }
  const policy = lockPolicyOf(around, lock);
  const understood = understand({ files, lock, text, tool, command, where, policy, locks });
  if ('code' in understood) return understood;
  const { cwd, inputs } = understood;
  const table = tableOf(tool);
  const checked = checkOptions(files, table, understood.options, cwd, where);
  if ('code' in checked) return checked;
  const starts = [...inputs.map(({ path }) => ({ cwd, path, namedIn: where })), ...checked.starts];
  const reads = followInputs(files, lock, starts, locks);
  if (reads.problem !== null) return reads.problem;
  const notes = [...understood.notes];
  const settled = settleNoIndex(checked.options, reads, tool);
  if (settled !== checked.options) {
    notes.push(
      `${where}: \`--no-index\` is taken as \`--no-emit-index-url\`, which pip-tools before 5.2 called so.`,
    );
  }
  const hidden = understood.hidden && (command === null || command.kind !== 'runs');
  const recent = tool === 'uv' || header === null || header.python !== null;
  const shown = optionsOfText({ kind, lock, text, given: settled, entries: reads.entries, hidden, recent });
  if (shown.length > 0) notes.push(`${lock}: ${listOptions(shown)} taken from the text of the lock.`);
  const direct = new Set(
    reads.entries.flatMap(({ entry }) => (entry.kind === 'requirement' ? [entry.name ?? ''] : [])),
  );
  const held = heldByName(lock, text.pins, direct);
  if (held.length > 0) notes.push(`${lock}: ${listOptions(held)} taken from its name.`);
  const options: readonly CompileOption[] = [
    ...settled,
    ...held,
    ...(header === null ? [{ name: '--no-header' as const, value: null }] : []),
    ...shown.map(({ name, value }) => ({ name, value })),
  ];
  if (reads.self !== null) {
    notes.push(`${reads.self} reads ${lock} itself as a constraint, so what it pins there cannot move.`);
  }
  const uvConfig =
    tool === 'uv' && !options.some(({ name }) => name === '--no-config') ? readUvConfig(files, cwd) : null;
  if (uvConfig !== null && uvConfig.keys.length > 0) {
    notes.push(`uv reads [tool.uv.pip] of ${uvConfig.path} by itself: ${uvConfig.keys.join(', ')}.`);
  }
  const inLock: PythonChoice | null =
    understood.python !== null
      ? understood.python
      : header?.python != null
        ? { version: header.python, from: `header of ${lock}:${header.line}` }
        : uvConfig?.python != null
          ? { version: uvConfig.python, from: `[tool.uv.pip] python-version of ${uvConfig.path}` }
          : pythonOfName(lock);
  const manifests = inputs.map(({ path }) => path);
  const python = pythonOf(around, lock, manifests, inLock);
  const required = /^==\s*(\d[\w.]*)$/u.exec(uvConfig?.requiredVersion ?? '')?.[1] ?? null;
  const choice = toolOf(around, found, tool === 'uv' ? 'uv' : 'pip-tools', required);
  const configs = [understood.config, uvConfig?.path ?? null].filter((path) => path !== null);
  return {
    spec: {
      kind,
      lock,
      cwd,
      inputs: inputs.map(({ written }) => written),
      options,
      optionsHidden: hidden,
      ...fileStyle(files, found, options),
      layers: reads.layers,
      python: { version: python.version, from: python.from },
      solver: policy.solver ?? around.policy.solver,
      toolVersion: choice.version,
    },
    manifests: manifests.length > 0 ? manifests : checked.starts.map(({ path }) => path),
    inputs: [...new Set([...reads.files, ...checked.files, ...configs])].sort(),
    remotes: distinctRemotes([
      ...options.flatMap(({ name, value }) => {
        const line = shown.find((one) => one.name === name && one.value === value)?.line ?? null;
        return optionRemotes(name, value, line === null ? where : `${lock}:${line}`);
      }),
      ...reads.remotes,
      ...(uvConfig?.remotes ?? []),
    ]),
    notes: [...notes, ...python.notes],
    tool: choice,
  };
}

/** `--no-index` without any find-links would leave nothing to choose from: it is the old name of another option. */
function settleNoIndex(
  options: readonly CompileOption[],
  reads: Reads,
  tool: CompileTool,
): readonly CompileOption[] {
  const isLinks = (name: string): boolean => name === '--find-links';
  if (tool !== 'pip-compile' || !options.some(({ name }) => name === '--no-index')) return options;
  if (options.some(({ name }) => isLinks(name))) return options;
  if (reads.entries.some(({ entry }) => entry.kind === 'option' && isLinks(entry.name))) return options;
  const others = options.filter(({ name }) => name !== '--no-index' && name !== '--no-emit-index-url');
  return [...others, { name: '--no-emit-index-url', value: null }];
}
