/** ARG above the first FROM, and which image each belongs to. Pure. */
import type { DockerInstruction } from './dockerfile-lines.ts';
import { expand, type Dialect, type Expanded, type Lookup, type VariableUse } from './expand.ts';
import { sliceOf, type LocatedText } from './located-text.ts';
import { referenceParts } from './reference.ts';

/** Set by BuildKit from the platform that is built for, whatever default a file gives them. */
const PLATFORM_ARGUMENTS = new Set(
  ['BUILD', 'TARGET'].flatMap((side) =>
    ['PLATFORM', 'OS', 'ARCH', 'VARIANT', 'OSVERSION', 'STAGE'].map((part) => `${side}${part}`),
  ),
);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

export interface GlobalArguments {
  readonly lookup: Lookup;
  /** Those whose default is written out, not taken from another variable. */
  readonly plain: ReadonlySet<string>;
}

/** Reads the ARG above the first FROM, each with the defaults before it. */
export function globalArguments(
  instructions: readonly DockerInstruction[],
  dialect: Dialect,
): GlobalArguments {
  const values = new Map<string, LocatedText | null>();
  const plain = new Set<string>();
  const lookup: Lookup = (name) => (PLATFORM_ARGUMENTS.has(name) ? null : values.get(name));
  for (const instruction of instructions) {
    if (instruction.keyword === 'FROM') break;
    if (instruction.keyword !== 'ARG') continue;
    for (const { name, value } of assignments(instruction)) {
      if (value === null) continue;
      const expanded = expand(value, lookup, dialect);
      plain.delete(name);
      if (expanded.missing !== null) values.set(name, null);
      else {
        values.set(name, { text: expanded.text, at: expanded.at });
        if (expanded.uses.length === 0) plain.add(name);
      }
    }
  }
  return { lookup, plain };
}

function assignments(
  instruction: DockerInstruction,
): readonly { readonly name: string; readonly value: LocatedText | null }[] {
  return instruction.words.flatMap((word) => {
    const equals = word.text.indexOf('=');
    const name = equals === -1 ? word.text : word.text.slice(0, equals);
    if (!NAME.test(name)) return [];
    return [{ name, value: equals === -1 ? null : sliceOf(word, equals + 1) }];
  });
}

/**
 * Whether a variable belongs to one image, so that its default may be edited: everything in the file that reads it is a
 * FROM that names this image and ends with it, and no stage declares it again, whose commands would see it.
 * @param images the expanded words behind FROM.
 */
export function ownersOf(
  file: string,
  instructions: readonly DockerInstruction[],
  globals: GlobalArguments,
  images: readonly Expanded[],
): (use: VariableUse) => boolean {
  const written = new Map<string, number>();
  for (const [, name = ''] of file.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/gu)) {
    written.set(name, (written.get(name) ?? 0) + 1);
  }
  const users = new Map<string, { count: number; ends: boolean; readonly names: Set<string> }>();
  for (const image of images) {
    const parts = referenceParts(image.text);
    for (const use of image.uses) {
      const user = users.get(use.name) ?? { count: 0, ends: true, names: new Set<string>() };
      users.set(use.name, user);
      user.count += 1;
      const end = parts?.tag?.end ?? parts?.nameEnd;
      if (parts === null || (use.end !== end && use.end !== image.text.length)) user.ends = false;
      else user.names.add(`${parts.reference.registry}/${parts.reference.repository}`);
    }
  }
  const declaredAgain = new Set(namesInStages(instructions));
  return ({ name }) => {
    const user = users.get(name);
    return (
      user !== undefined &&
      user.ends &&
      user.names.size === 1 &&
      user.count === written.get(name) &&
      globals.plain.has(name) &&
      !declaredAgain.has(name)
    );
  };
}

function namesInStages(instructions: readonly DockerInstruction[]): readonly string[] {
  const first = instructions.findIndex((instruction) => instruction.keyword === 'FROM');
  return first === -1
    ? []
    : instructions
        .slice(first)
        .filter((instruction) => instruction.keyword === 'ARG')
        .flatMap((instruction) => assignments(instruction).map(({ name }) => name));
}
