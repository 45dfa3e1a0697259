/** Images that a Dockerfile names: FROM, COPY --from, RUN --mount=from, `# syntax=`. Pure; never throws. */
import { commentsAbove, type Lines } from './comments.ts';
import { readLines, type DockerInstruction } from './dockerfile-lines.ts';
import { globalArguments, ownersOf, type GlobalArguments } from './dockerfile-arguments.ts';
import { expand, type Dialect, type VariableUse } from './expand.ts';
import { leftScratch, leftShared, leftStage } from './left.ts';
import { lineAt, lineStarts, sliceOf, type LocatedText } from './located-text.ts';
import { leftMention, mentionOf, plainText, type Named } from './mention.ts';
import type { ImageMention, MentionPlace } from './model.ts';
import { formatReference } from './reference.ts';

/** Threat: a file of a hundred thousand FROM. */
const MOST_MENTIONS = 1000;
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/iu;

interface Reader extends Lines {
  readonly path: string;
  readonly dialect: Dialect;
  readonly globals: GlobalArguments;
  readonly owns: (use: VariableUse) => boolean;
  /** Names of all stages, lower case, in order; null for one without a name. */
  readonly stages: readonly (string | null)[];
}

/**
 * Reads a Dockerfile as BuildKit does. Stages and `scratch` are found too, and left alone.
 * @returns in the order of the file.
 */
export function findInDockerfile(path: string, file: string): readonly ImageMention[] {
  const lines = readLines(file);
  if (lines === null) return [];
  const dialect: Dialect = { of: 'dockerfile', escape: lines.escape };
  const { instructions } = lines;
  const froms = instructions.filter((one) => one.keyword === 'FROM' && !one.isTrigger);
  const globals = globalArguments(instructions, dialect);
  const images = froms.flatMap(({ words: [image] }) =>
    image === undefined ? [] : [expand(image, globals.lookup, dialect)],
  );
  const reader: Reader = {
    path,
    file,
    starts: lineStarts(file),
    dialect,
    globals,
    owns: ownersOf(file, instructions, globals, images),
    stages: froms.map(stageName),
  };
  const found: ImageMention[] = [];
  if (lines.syntax !== null) {
    found.push(mentionOf(name(reader, '# syntax', lines.syntax, lines.syntax.at[0] ?? 0)));
  }
  let stage = -1;
  for (const instruction of instructions) {
    if (found.length >= MOST_MENTIONS) break;
    if (instruction.keyword === 'FROM' && !instruction.isTrigger) {
      stage += 1;
      found.push(...readFrom(reader, instruction, stage));
    } else {
      found.push(...readSources(reader, instruction));
    }
  }
  return withoutShared(found);
}

function stageName({ words }: DockerInstruction): string | null {
  return words[1]?.text.toLowerCase() === 'as' ? (words[2]?.text.toLowerCase() ?? null) : null;
}

function readFrom(reader: Reader, from: DockerInstruction, stage: number): readonly ImageMention[] {
  const [image] = from.words;
  if (image === undefined) return [];
  const expanded = expand(image, reader.globals.lookup, reader.dialect);
  const named = {
    ...name(reader, 'FROM', image, from.start),
    expanded,
    platform: platformOf(reader, from),
  };
  if (expanded.missing === null) {
    if (expanded.text === 'scratch') return [leftMention(named, leftScratch())];
    const before = reader.stages.slice(0, stage);
    if (before.includes(expanded.text.toLowerCase())) return [leftMention(named, leftStage(expanded.text))];
  }
  return [mentionOf(named)];
}

function platformOf(reader: Reader, from: DockerInstruction): string | null {
  const flag = from.flags.find((one) => one.name === 'platform');
  if (flag === undefined) return null;
  const { text, missing } = expand(flag.value, reader.globals.lookup, reader.dialect);
  return missing === null && PLATFORM.test(text) ? text.toLowerCase() : null;
}

function readSources(reader: Reader, instruction: DockerInstruction): readonly ImageMention[] {
  switch (instruction.keyword) {
    case 'COPY':
    case 'ADD':
      return instruction.flags
        .filter((flag) => flag.name === 'from')
        .flatMap((flag) => readSource(reader, 'COPY --from', flag.value, instruction));
    case 'RUN':
      return instruction.flags
        .filter((flag) => flag.name === 'mount')
        .flatMap((flag) => fromFields(flag.value))
        .flatMap((value) => readSource(reader, 'RUN --mount from', value, instruction));
    default:
      return [];
  }
}

/** `type=bind,from=image,target=/x`: comma-separated values, where one with a quote is quoted as a whole. */
function fromFields(value: LocatedText): readonly LocatedText[] {
  const found: LocatedText[] = [];
  let start = 0;
  for (const field of value.text.split(',')) {
    const quote = field.startsWith('"') ? 1 : 0;
    if (field.slice(quote, quote + 5) === 'from=') {
      found.push(sliceOf(value, start + quote + 5, start + field.length - (field.endsWith('"') ? quote : 0)));
    }
    start += field.length + 1;
  }
  return found;
}

/** A stage by name or number, or an image. BuildKit replaces no variables here. */
function readSource(
  reader: Reader,
  where: MentionPlace,
  value: LocatedText,
  instruction: DockerInstruction,
): readonly ImageMention[] {
  if (value.text === '') return [];
  const expanded = expand(value, () => undefined, reader.dialect);
  const named = { ...name(reader, where, value, instruction.start), expanded };
  if (expanded.missing === null) {
    const { text } = expanded;
    if (text === 'scratch') return [leftMention(named, leftScratch())];
    if (/^\d+$/u.test(text) || reader.stages.includes(text.toLowerCase())) {
      return [leftMention(named, leftStage(text))];
    }
  }
  return [mentionOf(named)];
}

function name(reader: Reader, where: MentionPlace, word: LocatedText, start: number): Named {
  return {
    path: reader.path,
    line: lineAt(reader.starts, word.at[0] ?? start),
    where,
    written: word.text,
    expanded: plainText(word),
    platform: null,
    comments: commentsAbove(reader, start),
    owns: reader.owns,
  };
}

/** One digest for two images can only be right for one of them. */
function withoutShared(mentions: readonly ImageMention[]): readonly ImageMention[] {
  const images = new Map<number, Set<string>>();
  for (const { digestSpan, reference } of mentions) {
    if (digestSpan === null) continue;
    const of = images.get(digestSpan.start) ?? new Set();
    images.set(digestSpan.start, of.add(formatReference(reference)));
  }
  return mentions.map((mention) => {
    const { digestSpan, reference } = mention;
    if (digestSpan === null || (images.get(digestSpan.start)?.size ?? 0) < 2) return mention;
    return { ...mention, digestSpan: null, tagSpan: null, left: leftShared(reference.text) };
  });
}
