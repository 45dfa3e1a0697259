/** What the stages of a Dockerfile are built on, bring in and run, as far as Python is concerned. Pure; never throws. */
import { DockerfileParser } from 'dockerfile-ast';
import type { Instruction } from 'dockerfile-ast';
import { readAssignments, substitute, unquote } from './build-arguments.ts';
import { pythonOfImage } from './image-python.ts';
import type { ImagePython } from './image-python.ts';
import { installsSystemPython, pythonInCommands } from './installed-python.ts';
import { bringsSystemPython, systemPythonOf } from './system-python.ts';

export interface StagePython extends ImagePython {
  /** 1-based. */
  readonly line: number;
  /** The instruction that says so, variables replaced: `FROM python:3.11-slim`. */
  readonly text: string;
  /** It is the distribution's own `python3`, not one that was chosen: other tools may bring another. */
  readonly isSystem: boolean;
}

/** One stage, with all that the stages it is built on gave it. */
export interface DockerStage {
  readonly name: string | null;
  /** The image that it is built on in the end, variables replaced. */
  readonly base: string;
  /** null when neither the base image nor a command tells. */
  readonly python: StagePython | null;
  /** Paths of the build context that COPY, ADD and bind mounts take, variables replaced, as written otherwise. */
  readonly sources: readonly string[];
  /** What RUN runs, here-documents included. */
  readonly commands: readonly string[];
}

/** Longer text is no Dockerfile that people write. Threat: the parser keeps every character several times. */
const LONGEST = 128 * 1024;
/** Threat: each stage inherits all of the one before, so that n stages would cost n * n. */
const MOST_STAGES = 64;
const MOST_INHERITED = 400;
const SHOWN = 100;

/** A stage while it is read. */
interface Draft {
  name: string | null;
  base: string;
  /** What `python3` of the base image's distribution is. */
  system: StagePython | null;
  python: StagePython | null;
  sources: string[];
  commands: string[];
  variables: Map<string, string>;
}

/**
 * Reads a Dockerfile (BuildKit's syntax: here-documents, parser directives, continuation lines).
 * @returns its stages in order; empty when it has none or cannot be read.
 */
export function readStages(text: string): readonly DockerStage[] {
  if (text.length > LONGEST) return [];
  try {
    return stagesOf(
      DockerfileParser.parse(text.replace(/^\uFEFF/u, '').replaceAll('\r\n', '\n')).getInstructions(),
    );
  } catch {
    return [];
  }
}

function stagesOf(instructions: readonly Instruction[]): readonly DockerStage[] {
  const globals = new Map<string, string>();
  const stages: Draft[] = [];
  for (const instruction of instructions) {
    const keyword = instruction.getKeyword();
    const stage = stages.at(-1);
    if (keyword === 'FROM') {
      if (stages.length >= MOST_STAGES) break;
      stages.push(openStage(instruction, globals, stages));
    } else if (stage !== undefined) {
      readInStage(keyword, instruction, stage, globals);
    } else if (keyword === 'ARG') {
      for (const [name, value] of readAssignments(contentOf(instruction))) {
        if (value !== null) globals.set(name, substitute(value, globals));
      }
    }
  }
  return stages.map(({ name, base, python, sources, commands }) => ({
    name,
    base,
    python,
    sources,
    commands,
  }));
}

function openStage(from: Instruction, globals: ReadonlyMap<string, string>, before: readonly Draft[]): Draft {
  const content = substitute(contentOf(from), globals);
  const words = content.split(/\s+/u);
  const image = unquote(words[0] ?? '');
  const name = words[1]?.toLowerCase() === 'as' ? (words[2]?.toLowerCase() ?? null) : null;
  const base = before.findLast((stage) => stage.name !== null && stage.name === image.toLowerCase());
  if (base !== undefined) {
    return {
      name,
      base: base.base,
      system: base.system,
      python: base.python,
      sources: base.sources.slice(0, MOST_INHERITED),
      commands: base.commands.slice(0, MOST_INHERITED),
      variables: new Map(base.variables),
    };
  }
  const own = pythonOfImage(image);
  const text = shown(from, `FROM ${image}`);
  const system = systemOf(image, text);
  const python = own === null ? null : { ...own, ...text, isSystem: false };
  return {
    name,
    base: image,
    python: python ?? (bringsSystemPython(image) ? system : null),
    system,
    sources: [],
    commands: [],
    variables: new Map(),
  };
}

function systemOf(image: string, { line, text }: Pick<StagePython, 'line' | 'text'>): StagePython | null {
  const version = systemPythonOf(image);
  if (version === null) return null;
  return { version, implementation: 'cpython', line, text: `${text} and its own python3`, isSystem: true };
}

function readInStage(
  keyword: string,
  instruction: Instruction,
  stage: Draft,
  globals: ReadonlyMap<string, string>,
): void {
  switch (keyword) {
    case 'ARG':
    case 'ENV':
      for (const [name, value] of readAssignments(contentOf(instruction))) {
        const given = value === null ? globals.get(name) : substitute(value, stage.variables);
        if (given !== undefined) stage.variables.set(name, given);
        if (name === 'UV_PYTHON' && given !== undefined) {
          learn(
            stage,
            pythonInCommands(`uv python install ${given}`),
            instruction,
            `${keyword} ${name}=${given}`,
          );
        }
      }
      return;
    case 'COPY':
    case 'ADD':
      if (flagValue(instruction, 'from') === null)
        stage.sources.push(...sourcesOf(instruction, stage.variables));
      return;
    case 'RUN': {
      stage.sources.push(...bindSources(instruction, stage.variables));
      const command = substitute(contentOf(instruction), stage.variables);
      stage.commands.push(command);
      const version = pythonInCommands(command);
      learn(stage, version, instruction, `RUN ${startingNear(command, version)}`);
      if (installsSystemPython(command)) stage.python ??= stage.system;
      return;
    }
    default:
  }
}

/** The base image's own Python stays: a second one that apt brings in is for something else. */
function learn(stage: Draft, version: string | null, instruction: Instruction, text: string): void {
  if (version === null || (stage.python !== null && !stage.python.isSystem)) return;
  stage.python = { version, implementation: 'cpython', ...shown(instruction, text), isSystem: false };
}

/** The part of a long command that names the version. */
function startingNear(command: string, version: string | null): string {
  const named = version === null ? -1 : command.indexOf(`python${version}`);
  const at = version === null || named !== -1 ? named : command.indexOf(version);
  const plain = command.slice(0, at + 1).replaceAll(/\s+/gu, ' ');
  if (plain.length < SHOWN / 2) return command;
  const start = command.lastIndexOf(' ', Math.max(0, at - 1));
  return `… ${command.slice(start + 1)}`;
}

function shown(instruction: Instruction, text: string): { readonly line: number; readonly text: string } {
  const plain = text.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return {
    line: instruction.getRange().start.line + 1,
    text: plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain,
  };
}

function contentOf(instruction: Instruction): string {
  return (instruction.getArgumentsContent() ?? '').trim();
}

/** All but the last word; the JSON form has strings. A here-document as source is no file of the context. */
function sourcesOf(instruction: Instruction, variables: ReadonlyMap<string, string>): readonly string[] {
  const content = contentOf(instruction);
  const words = content.startsWith('[') ? jsonStrings(content) : content.split(/\s+/u);
  return words
    .slice(0, -1)
    .map((word) => substitute(unquote(word), variables))
    .filter((word) => word !== '' && !word.startsWith('<<') && !word.includes('://'));
}

function jsonStrings(content: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(content);
    return Array.isArray(parsed) ? parsed.filter((item) => typeof item === 'string') : [];
  } catch {
    return content.split(/\s+/u);
  }
}

/** `RUN --mount=type=bind,source=uv.lock,target=uv.lock`. */
function bindSources(instruction: Instruction, variables: ReadonlyMap<string, string>): readonly string[] {
  const found: string[] = [];
  for (const mount of flagsOf(instruction)) {
    if (mount.name !== 'mount') continue;
    const fields = new Map(
      mount.value.split(',').map((field): [string, string] => {
        const equals = field.indexOf('=');
        return equals === -1 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
      }),
    );
    if ((fields.get('type') ?? 'bind') !== 'bind' || fields.has('from')) continue;
    const source = fields.get('source') ?? fields.get('src');
    if (source !== undefined && source !== '') found.push(substitute(source, variables));
  }
  return found;
}

function flagValue(instruction: Instruction, name: string): string | null {
  return flagsOf(instruction).find((flag) => flag.name === name)?.value ?? null;
}

function flagsOf(instruction: Instruction): readonly { readonly name: string; readonly value: string }[] {
  if (!('getFlags' in instruction) || typeof instruction.getFlags !== 'function') return [];
  const flags = instruction.getFlags() as readonly { getName(): string; getValue(): string | null }[];
  return flags.map((flag) => ({ name: flag.getName(), value: flag.getValue() ?? '' }));
}
