/** Where a lock's command ran and on which inputs: by its header, by policy, or by the lock's neighbours. */
import type { Reason } from '../../model.ts';
import { folderOf, reason, relativeTo, resolveInside } from '../tree.ts';
import { foldersUpTo } from './files.ts';
import { askedBy } from './header-run.ts';
import type { HeaderRun, LockQuestion } from './header-run.ts';
import { findHiddenExtras } from './hidden-extras.ts';
import { findHiddenInputs, SET_INPUTS } from './hidden-inputs.ts';
import type { CompileOption } from './spec.ts';
import { inFolder, readPipToolsConfig } from './tool-config.ts';
import { neighbourOf, placeCommand } from './working-folder.ts';
import type { AskedCommand, Placed, PlacedInput } from './working-folder.ts';

export interface PlacedInputs {
  readonly cwd: string;
  readonly inputs: readonly PlacedInput[];
  /** Options that come with inputs that were found: constraints, extras. */
  readonly constraints: readonly CompileOption[];
  readonly notes: readonly string[];
}

export function placeInputs(question: LockQuestion, header: HeaderRun): PlacedInputs | Reason {
  const { files, lock, where, policy, tool } = question;
  if (policy.inputs !== undefined && policy.inputs.length > 0) {
    return placePolicyInputs(question, header, policy.inputs);
  }
  if (header.hidden || header.read.inputs.includes('-')) return placeHidden(question, header);
  const asked = withConfiguredInputs(question, askedBy(header), header.read.config);
  if (
    tool === 'uv' &&
    asked.inputs.length === 0 &&
    header.read.options.some(({ name }) => name === '--group')
  ) {
    const cwd = foldersUpTo(folderOf(lock)).findLast((folder) =>
      files.has(inFolder(folder, 'pyproject.toml')),
    );
    if (cwd !== undefined) return { cwd, inputs: [], constraints: [], notes: [] };
  }
  const placement = placeCommand(files, lock, { ...asked, inputs: namedInputs(question, asked) });
  switch (placement.kind) {
    case 'placed':
      return checkOutput(question, asked, placement.placed);
    case 'missing': {
      // Prose that begins like a command, or a path that was right before the files moved.
      const told = placement.all && question.text.viaFiles.length > 0 ? placeHidden(question, header) : null;
      if (told !== null && !('code' in told)) return told;
      const names = placement.missing.join(', ');
      const message = `${where} makes the lock from ${names}, which is not in the repository.`;
      return placement.all
        ? reason('manifest-missing', message, `Put the file back, or delete the lock. ${SET_INPUTS}`)
        : reason('missing-input', message, `Put the file back. ${SET_INPUTS}`);
    }
    case 'outside':
      return reason(
        'path-outside-repository',
        `${where} names the input ${placement.written}, which is not inside the repository.`,
        SET_INPUTS,
      );
    case 'no-input': {
      const hidden = placeHidden(question, header);
      if (!('code' in hidden)) return hidden;
      const message = `${where} names no input, and there is no requirements.in, setup.py, pyproject.toml or setup.cfg from which ${lock} could be made.`;
      return reason('manifest-missing', message, SET_INPUTS);
    }
    default:
      return placement satisfies never;
  }
}

/**
 * `pip-compile --output-file=requirements-dev.txt` takes requirements.in by its own rules; the header may be shortened,
 * so what the annotations or the neighbour say comes first.
 */
function namedInputs(
  { files, lock, text, tool, locks }: LockQuestion,
  asked: AskedCommand,
): readonly string[] {
  if (tool !== 'pip-compile' || asked.inputs.length > 0 || asked.output === null) return asked.inputs;
  const found = findHiddenInputs(files, lock, text, locks, 'a command without inputs');
  return 'code' in found ? [] : found.inputs.map(({ written }) => written);
}

/** pip-tools 7.5 can name its inputs in its configuration. */
function withConfiguredInputs(
  { files, lock, tool }: LockQuestion,
  asked: AskedCommand,
  named: string | null,
): AskedCommand {
  if (tool !== 'pip-compile' || asked.inputs.length > 0) return asked;
  for (const folder of foldersUpTo(folderOf(lock)).toReversed()) {
    const config = readPipToolsConfig(files, lock, folder, [], named);
    if (config === null || 'code' in config || config.args.inputs.length === 0) continue;
    return {
      inputs: config.args.inputs,
      output: asked.output ?? config.args.output,
      cd: asked.cd ?? (folder === '.' ? null : relativeTo('.', folder)),
    };
  }
  return asked;
}

/** A header can be a copy of another lock's: what it says of its output tells. */
function checkOutput(question: LockQuestion, asked: AskedCommand, placed: Placed): PlacedInputs | Reason {
  const { files, lock, where } = question;
  const plain = { cwd: placed.cwd, inputs: placed.inputs, constraints: [] };
  if (placed.outputMatches || asked.output === '-') return { ...plain, notes: [] };
  const named = placed.output ?? 'another file';
  const bare = asked.inputs.length === 0;
  const neighbour = neighbourOf(files, lock);
  const isCopy = placed.output !== null && files.has(placed.output);
  const hasOther = neighbour !== null && !placed.inputs.some(({ path }) => path === neighbour);
  if ((bare || (isCopy && hasOther)) && (neighbour !== null || question.text.viaFiles.length > 0)) {
    const found = findHiddenInputs(
      files,
      lock,
      question.text,
      question.locks,
      'a header that names another file',
    );
    if (!('code' in found)) {
      const inputs = found.inputs.map(({ path }) => path).join(', ');
      const note = `${where} is the command of ${named}; ${lock} is made from ${inputs}, found by ${found.how}.`;
      return {
        ...found,
        constraints: asConstraints(found.constraints),
        notes: bare && asked.output !== null ? [] : [note],
      };
    }
  }
  return {
    ...plain,
    notes: [`${where} writes ${named} by its own words; taken as the command of ${lock} itself.`],
  };
}

function placeHidden(question: LockQuestion, header: HeaderRun): PlacedInputs | Reason {
  const { files, lock, text, command, where } = question;
  if (header.read.inputs.includes('-') && text.viaFiles.length === 0) {
    return reason(
      'header-not-understood',
      `${where} makes the lock from what is piped into the command.`,
      SET_INPUTS,
    );
  }
  const what =
    command === null
      ? 'no header'
      : command.kind === 'hidden'
        ? command.text === ''
          ? 'a header without a command'
          : `\`${command.text}\``
        : header.read.inputs.includes('-')
          ? 'an input from a pipe'
          : 'a command without inputs';
  const found = findHiddenInputs(files, lock, text, question.locks, what);
  if ('code' in found) return hiddenGroups(question) ?? found;
  const inputs = found.inputs.map(({ path }) => path).join(', ');
  const never = command?.kind === 'hidden' && command.text !== '' ? ', which is never run' : '';
  const shows = command === null ? 'has' : 'shows';
  const note = `${where} ${shows} ${what}${never}; ${lock} is made from ${inputs}, found by ${found.how}.`;
  const extras = header.hidden ? findHiddenExtras(files, text, found.inputs) : { options: [], notes: [] };
  return {
    ...found,
    constraints: [...asConstraints(found.constraints), ...extras.options],
    notes: [note, ...extras.notes],
  };
}

/** A lock of dependency groups only (`uv pip compile --group lint`): the project's own wishes are no part of it. */
function hiddenGroups({ files, lock, text, tool, where }: LockQuestion): PlacedInputs | null {
  if (tool !== 'uv' || text.viaGroups.length === 0) return null;
  const cwd = foldersUpTo(folderOf(lock)).find((folder) =>
    text.viaGroups.every((group) => {
      const path = resolveInside(folder, group.slice(0, group.lastIndexOf(':')));
      return path !== null && files.has(path);
    }),
  );
  if (cwd === undefined) return null;
  const { options } = findHiddenExtras(files, text, []);
  return {
    cwd,
    inputs: [],
    constraints: options,
    notes: [`${where} hides its command; its annotations name the dependency groups that it is made from.`],
  };
}

function asConstraints(paths: readonly string[]): readonly CompileOption[] {
  return paths.map((value) => ({ name: '--constraint', value }));
}

function placePolicyInputs(
  question: LockQuestion,
  header: HeaderRun,
  inputs: readonly string[],
): PlacedInputs | Reason {
  const { files, lock } = question;
  const missing = inputs.filter((path) => !files.has(path));
  if (missing.length > 0) {
    return reason(
      'missing-input',
      `.github/relock.toml names ${missing.join(', ')} as input of ${lock}; there is no such file.`,
      'Correct `inputs`; its paths are relative to the root of the repository.',
    );
  }
  const asked = askedBy(header);
  const placement = header.hidden ? null : placeCommand(files, lock, asked);
  const found = findHiddenInputs(files, lock, question.text, question.locks, 'policy');
  const cwd = placement?.kind === 'placed' ? placement.placed.cwd : 'code' in found ? '.' : found.cwd;
  return {
    cwd,
    inputs: inputs.map((path) => ({ written: relativeTo(cwd, path), path })),
    constraints: [],
    notes: [`The inputs of ${lock} are those that .github/relock.toml names.`],
  };
}
