/** The run of a locker that a lock's header names. */
import type { LockPolicy } from '../../config/policy.ts';
import type { Reason } from '../../model.ts';
import { reason } from '../tree.ts';
import type { Files } from './files.ts';
import type { CompileTool, HeaderCommand, ToolRun } from './header-command.ts';
import { SET_INPUTS } from './hidden-inputs.ts';
import type { LockText } from './lock-text.ts';
import { tableOf } from './option-tables.ts';
import { readArguments } from './read-options.ts';
import type { ReadArguments } from './read-options.ts';
import { placeCommand } from './working-folder.ts';
import type { AskedCommand } from './working-folder.ts';

/** A lock, its text and everything around it. */
export interface LockQuestion {
  readonly files: Files;
  readonly lock: string;
  readonly text: LockText;
  readonly tool: Exclude<CompileTool, 'pip-compile-multi'>;
  /** null: the lock has no header. */
  readonly command: HeaderCommand | null;
  /** `requirements.txt:5`, the command's line; the lock's path without a header. */
  readonly where: string;
  readonly policy: Omit<LockPolicy, 'path'>;
  /** Paths of all locks of this family. */
  readonly locks: ReadonlySet<string>;
}

export const NOTHING: ReadArguments = {
  options: [],
  inputs: [],
  output: null,
  python: null,
  folder: null,
  config: null,
  notes: [],
};

export interface HeaderRun {
  readonly read: ReadArguments;
  readonly run: ToolRun | null;
  readonly hidden: boolean;
  readonly notes: readonly string[];
}

/** The header's run that makes this lock; of several, the one that writes it. */
export function readHeaderRun(question: LockQuestion): HeaderRun | Reason {
  const { command, where, tool } = question;
  const runs = command?.kind === 'runs' ? command.runs.filter((run) => run.tool === tool) : [];
  if (runs.length === 0) return { read: NOTHING, run: null, hidden: true, notes: [] };
  let first: HeaderRun | Reason | null = null;
  for (const run of runs) {
    const read = readArguments(tableOf(tool), run.args, where);
    const header = 'code' in read ? read : { read, run, hidden: false, notes: runNotes(run, where) };
    first ??= header;
    if ('code' in header || runs.length === 1) continue;
    const placement = placeCommand(question.files, question.lock, askedBy(header));
    if (placement.kind === 'placed' && placement.placed.outputMatches) return header;
  }
  if (runs.length > 1) {
    const several = `${where} names several runs of ${tool}, none of which writes ${question.lock}.`;
    return reason('header-not-understood', several, SET_INPUTS);
  }
  return first ?? { read: NOTHING, run: null, hidden: true, notes: [] };
}

function runNotes(run: ToolRun, where: string): readonly string[] {
  const notes: string[] = [];
  if (run.through !== '' && !/^(?:uv|uvx|pipx|env|time)\b/u.test(run.through)) {
    notes.push(`${where} starts the tool through \`${run.through.slice(0, 80)}\`; Relock starts it itself.`);
  }
  const set = run.environment.filter((name) => !name.endsWith('CUSTOM_COMPILE_COMMAND'));
  if (set.length > 0) notes.push(`${where} sets ${set.join(', ')} for the command; Relock does not.`);
  return notes;
}

export function askedBy({ read, run }: HeaderRun): AskedCommand {
  return {
    inputs: read.inputs,
    output: read.output ?? run?.redirect ?? null,
    cd: read.folder ?? run?.cd ?? null,
  };
}
