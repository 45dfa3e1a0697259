/** Reads a Dockerfile for what it does to packages: stages, package steps, the user, secrets. Pure; never throws. */
import { readAssignments, substitute } from '../images/build-arguments.ts';
import { globalArguments, type GlobalArguments } from '../images/dockerfile-arguments.ts';
import { readLines, type DockerInstruction } from '../images/dockerfile-lines.ts';
import { expand, type Dialect } from '../images/expand.ts';
import { lineAt, lineStarts } from '../images/located-text.ts';
import type { Reason } from '../reason.ts';
import { bodyOf, type InstructionBody } from './dockerfile-body.ts';
import { execForm, readCopy } from './dockerfile-copy.ts';
import type { DockerfileOutline, OutlineStage, PackageStep, VariablePlace } from './dockerfile-outline.ts';
import { argumentsOf, environmentOf } from './dockerfile-variables.ts';
import { readSteps, type Indexes } from './steps.ts';

/** Threat: each stage takes over the variables of the one it is built on. */
const MOST_STAGES = 100;
const MOST_VARIABLES = 500;
const MOST_ROWS = 2000;
/** Threat: `ARG A=$A$A` doubles at every line. */
const LONGEST_VALUE = 4096;
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/iu;

interface Draft {
  readonly name: string | null;
  readonly base: string | null;
  readonly baseStage: number | null;
  readonly line: number;
  readonly end: number;
  readonly platform: string | null;
  user: OutlineStage['user'];
  readonly steps: PackageStep[];
  readonly secrets: { readonly path: string; readonly line: number }[];
  readonly variables: VariablePlace[];
  /** Stages whose whole root is copied in. */
  readonly roots: string[];
  readonly values: Map<string, string>;
  readonly indexes: Indexes;
}

interface Reader {
  readonly starts: readonly number[];
  readonly dialect: Dialect;
  readonly globals: GlobalArguments;
  readonly stages: Draft[];
  /** Last stage of each name. */
  readonly byName: Map<string, number>;
}

/**
 * Reads a Dockerfile as BuildKit does: parser directives, continuation lines, here-documents, both forms of RUN.
 * @param path repository-relative, for messages.
 */
export function readDockerfile(path: string, text: string): DockerfileOutline {
  const lines = readLines(text);
  if (lines === null) return unread(path, null, 'it is too long, or no Dockerfile');
  const { instructions } = lines;
  const dialect: Dialect = { of: 'dockerfile', escape: lines.escape };
  const reader: Reader = {
    starts: lineStarts(text),
    dialect,
    globals: globalArguments(instructions, dialect),
    stages: [],
    byName: new Map(),
  };
  const globals: VariablePlace[] = [];
  for (const [index, instruction] of instructions.entries()) {
    const body = bodyOf(text, instruction, instructions[index + 1]?.start ?? text.length);
    const line = lineAt(reader.starts, instruction.start);
    if (body === null)
      return unread(path, line, 'it is not clear where the instruction that starts there ends');
    if (instruction.isTrigger) continue;
    const stage = reader.stages.at(-1);
    if (instruction.keyword === 'FROM') {
      if (reader.stages.length >= MOST_STAGES)
        return unread(path, line, `it has more than ${MOST_STAGES} stages`);
      openStage(reader, instruction, line, body.end);
    } else if (stage !== undefined) {
      readInStage(reader, stage, instruction, { line, body });
    } else if (instruction.keyword === 'ARG') globals.push(...argumentsOf(instruction, line));
  }
  if (reader.stages.length === 0) return unread(path, null, 'it has no FROM');
  return { path, stages: finished(reader.stages), globals, unread: null };
}

function unread(path: string, line: number | null, why: string): DockerfileOutline {
  const reason: Reason = {
    code: 'manifest-unreadable',
    message: `${line === null ? path : `${path}:${line}`}: the Dockerfile could not be read for its package steps, since ${why}.`,
    fix: 'Check that `docker build --check` takes it; if it does, report it to the makers of Relock.',
    detail: '',
  };
  return { path, stages: [], globals: [], unread: reason };
}

function openStage(reader: Reader, from: DockerInstruction, line: number, end: number): void {
  const [image, as, name] = from.words;
  const expanded = image === undefined ? null : expand(image, reader.globals.lookup, reader.dialect);
  const base = expanded === null || expanded.missing !== null ? null : expanded.text;
  const baseStage = base === null ? null : (reader.byName.get(base.toLowerCase()) ?? null);
  const parent = baseStage === null ? undefined : reader.stages[baseStage];
  const own = as?.text.toLowerCase() === 'as' ? (name?.text.toLowerCase() ?? null) : null;
  reader.stages.push({
    name: own,
    base,
    baseStage,
    line,
    end,
    platform: platformOf(reader, from),
    user: parent?.user ?? null,
    steps: [],
    secrets: [],
    variables: [],
    roots: [],
    values: new Map(parent?.values),
    indexes: new Set(parent?.indexes),
  });
  if (own !== null) reader.byName.set(own, reader.stages.length - 1);
}

function platformOf(reader: Reader, from: DockerInstruction): string | null {
  const flag = from.flags.find((one) => one.name === 'platform');
  if (flag === undefined) return null;
  const { text, missing } = expand(flag.value, reader.globals.lookup, reader.dialect);
  return missing === null && PLATFORM.test(text) ? text.toLowerCase() : null;
}

interface Place {
  readonly line: number;
  readonly body: InstructionBody;
}

function readInStage(
  reader: Reader,
  stage: Draft,
  instruction: DockerInstruction,
  { line, body }: Place,
): void {
  switch (instruction.keyword) {
    case 'ARG': {
      const places = argumentsOf(instruction, line);
      stage.variables.push(...places.slice(0, room(stage.variables)));
      for (const { name, value } of places) {
        const given = value === null ? reader.globals.lookup(name)?.text : substitute(value, stage.values);
        if (given !== undefined) setValue(stage, name, given);
      }
      return;
    }
    case 'ENV':
      stage.variables.push(...environmentOf(instruction, line).slice(0, room(stage.variables)));
      for (const [name, value] of readAssignments(instruction.words.map(({ text }) => text).join(' '))) {
        if (value !== null) setValue(stage, name, substitute(value, stage.values));
      }
      return;
    case 'USER': {
      const name = substitute(instruction.words[0]?.text ?? '', stage.values);
      stage.user = name === '' ? stage.user : { name, line };
      return;
    }
    case 'COPY':
    case 'ADD': {
      const { root, secrets } = readCopy(instruction, stage.values);
      if (root !== null && room(stage.roots) > 0) stage.roots.push(root);
      for (const path of secrets.slice(0, room(stage.secrets))) stage.secrets.push({ path, line });
      return;
    }
    case 'RUN': {
      const command = execForm(instruction) ?? shellText(instruction, body);
      const steps = readSteps(command, stage.values, stage.indexes);
      if (steps.commands.length + steps.calls.length > 0 && room(stage.steps) > 0) {
        stage.steps.push({ line, start: instruction.start, ...steps });
      }
      return;
    }
    default:
  }
}

function shellText({ words }: DockerInstruction, body: InstructionBody): string {
  return `${words.map(({ text }) => text).join(' ')}\n${body.text}`;
}

function room(list: readonly unknown[]): number {
  return Math.max(0, MOST_ROWS - list.length);
}

function setValue(stage: Draft, name: string, value: string): void {
  if (value.length > LONGEST_VALUE) stage.values.delete(name);
  else if (stage.values.size < MOST_VARIABLES || stage.values.has(name)) stage.values.set(name, value);
}

function finished(drafts: readonly Draft[]): readonly OutlineStage[] {
  const leading = new Set<number>();
  const open = [drafts.length - 1];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const draft = drafts[index];
    if (draft === undefined || leading.has(index)) continue;
    leading.add(index);
    if (draft.baseStage !== null) open.push(draft.baseStage);
    for (const root of draft.roots) {
      const before = drafts.slice(0, index);
      const named = before.findLastIndex(({ name }) => name === root);
      const numbered = /^\d{1,4}$/u.test(root) && Number(root) < index ? Number(root) : -1;
      if (named !== -1 || numbered !== -1) open.push(named === -1 ? numbered : named);
    }
  }
  return drafts.map((draft, index) => ({
    name: draft.name,
    base: draft.base,
    baseStage: draft.baseStage,
    line: draft.line,
    end: draft.end,
    platform: draft.platform,
    leadsToFinal: leading.has(index),
    steps: draft.steps,
    user: draft.user,
    secrets: draft.secrets,
    variables: draft.variables,
  }));
}
