/** Which versions a repository's own manifests let in, line by line. Pure. */
import { keyLines, type KeyPath } from '../config/key-lines.ts';
import { poetryRange, type Alternatives } from '../diff/specifiers.ts';
import { LockSyntaxError } from '../locks/ecosystem.ts';
import { normaliseName } from '../locks/package-name.ts';
import { parseRequirements } from '../locks/requirements/parse.ts';
import { readRequirement } from '../locks/requirements/requirement.ts';
import { isTable, itemsOf, readToml, tableAt, textAt, valueAt, type Table } from '../locks/toml.ts';

/** One wish for one package that limits its versions. */
export interface ManifestBound {
  /** `requirements.in:3`. */
  readonly at: string;
  /** The package and its range as written: `kombu<5.3`, `kombu ^5.2`. */
  readonly wants: string;
  /** The same range as PEP 440 specifier sets. */
  readonly ranges: Alternatives;
  /** PEP 508; empty when there is none. */
  readonly marker: string;
}

/** By normalised name. */
export type ManifestBounds = ReadonlyMap<string, readonly ManifestBound[]>;

/** More is no manifest of people's. */
const LONGEST = 1_000_000;
/** As much of a wish as anybody reads. */
const MOST_SHOWN = 200;

/**
 * Reads requirements files (constraints among them), pyproject.toml (PEP 621, PEP 735, `[tool.uv]`, Poetry), Pipfile,
 * setup.cfg, the literals of setup.py, and the `pip:` lists of conda environments. What cannot be read gives nothing: the
 * locker says what is wrong with it.
 * @param path repository-relative. Files that it includes are not followed.
 */
export function manifestBounds(path: string, text: string): ManifestBounds {
  if (text.length > LONGEST) return new Map();
  const name = path.slice(path.lastIndexOf('/') + 1);
  const found = readBounds(path, name, text);
  return Map.groupBy(found, (bound) => bound.name);
}

type Found = ManifestBound & { readonly name: string };

function readBounds(path: string, name: string, text: string): readonly Found[] {
  if (name === 'Pipfile') return fromToml(path, text, pipfileWishes);
  if (name.endsWith('.toml')) return fromToml(path, text, pyprojectWishes);
  if (name.endsWith('.cfg')) return fromLines(path, text, /^(?:[\w.-]+\s*=)?\s*(\S.*)$/u);
  if (/\.ya?ml$/u.test(name)) return fromLines(path, text, /^\s*-\s(.*)$/u);
  if (name.endsWith('.py')) return fromLiterals(path, text);
  return parseRequirements(text).entries.flatMap((entry) =>
    entry.kind === 'requirement'
      ? bound(`${path}:${entry.line}`, entry.writtenName, entry.specifier, entry.marker)
      : [],
  );
}

/** A wish in PEP 440 specifiers. */
function bound(at: string, writtenName: string, specifier: string, marker: string): readonly Found[] {
  if (writtenName === '' || specifier === '') return [];
  const wants = shown(`${writtenName}${specifier.replaceAll(/\s+/gu, '')}`);
  return [{ name: normaliseName(writtenName), at, wants, ranges: [specifier], marker }];
}

function fromText(at: string, requirement: string): readonly Found[] {
  const parts = readRequirement(requirement.trim());
  return typeof parts === 'string' ? [] : bound(at, parts.writtenName, parts.specifier, parts.marker);
}

/** Lines that are requirements; others are not taken for one, but for what limits no version. */
function fromLines(path: string, text: string, pattern: RegExp): readonly Found[] {
  return text.split('\n').flatMap((line, at) => {
    const requirement = line.length > 1000 ? undefined : pattern.exec(line.trimEnd())?.[1];
    if (requirement === undefined) return [];
    const [code = ''] = requirement.split(' #', 1);
    return fromText(`${path}:${at + 1}`, code.trim().replaceAll(/^["']|["']$/gu, ''));
  });
}

/** Strings of a script, which is never run. */
function fromLiterals(path: string, text: string): readonly Found[] {
  return text.split('\n').flatMap((line, at) => {
    const code = line.slice(0, 1000);
    if (code.trimStart().startsWith('#')) return [];
    return [...code.matchAll(/"([^"]{1,200})"|'([^']{1,200})'/gu)].flatMap(([, double, single]) =>
      fromText(`${path}:${at + 1}`, double ?? single ?? ''),
    );
  });
}

/** A place in a TOML document, and what is wished there. */
interface Wish {
  readonly path: KeyPath;
  /** null: the value is a requirement with its name in it. */
  readonly name: string | null;
  readonly value: unknown;
  readonly notation: 'pep440' | 'poetry';
}

function fromToml(path: string, text: string, wishes: (root: Table) => readonly Wish[]): readonly Found[] {
  const root = tryToml(path, text);
  if (root === null) return [];
  const lineOf = keyLines(text);
  return wishes(root).flatMap((wish) => {
    const at = `${path}:${lineOf(wish.path)}`;
    if (wish.name === null) return typeof wish.value === 'string' ? fromText(at, wish.value) : [];
    return fromTable(at, wish.name, wish);
  });
}

function tryToml(path: string, text: string): Table | null {
  try {
    return readToml(path, text);
  } catch (error) {
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}

/** `name = "range"`, `name = {version = "range", …}`. */
function fromTable(at: string, name: string, { value, notation }: Wish): readonly Found[] {
  const range = typeof value === 'string' ? value : isTable(value) ? textAt(value, 'version') : null;
  if (range === null || range.trim() === '*' || range.trim() === '') return [];
  const marker = (isTable(value) ? textAt(value, 'markers') : null) ?? '';
  if (notation === 'pep440') return bound(at, name, range, marker);
  const ranges = poetryRange(range);
  if (ranges === null || ranges.length === 0) return [];
  return [{ name: normaliseName(name), at, wants: shown(`${name} ${range.trim()}`), ranges, marker }];
}

/** Tables of a Pipfile that hold no packages; every other one is a category. */
const NO_PACKAGES: ReadonlySet<string> = new Set(['source', 'requires', 'scripts', 'pipenv', 'build-system']);

function pipfileWishes(root: Table): readonly Wish[] {
  return Object.keys(root)
    .filter((section) => !NO_PACKAGES.has(section))
    .flatMap((section) => namedWishes(root, [section], 'pep440'));
}

function pyprojectWishes(root: Table): readonly Wish[] {
  const groups = Object.keys(tableAt(root, 'tool', 'poetry', 'group'));
  return [
    ...listedWishes(root, ['project'], 'dependencies'),
    ...Object.keys(tableAt(root, 'project', 'optional-dependencies')).flatMap((extra) =>
      listedWishes(root, ['project', 'optional-dependencies'], extra),
    ),
    ...Object.keys(tableAt(root, 'dependency-groups')).flatMap((group) =>
      listedWishes(root, ['dependency-groups'], group),
    ),
    ...['dev-dependencies', 'constraint-dependencies', 'override-dependencies'].flatMap((list) =>
      listedWishes(root, ['tool', 'uv'], list),
    ),
    ...namedWishes(root, ['tool', 'poetry', 'dependencies'], 'poetry'),
    ...namedWishes(root, ['tool', 'poetry', 'dev-dependencies'], 'poetry'),
    ...groups.flatMap((group) =>
      namedWishes(root, ['tool', 'poetry', 'group', group, 'dependencies'], 'poetry'),
    ),
  ];
}

function listedWishes(root: Table, keys: readonly string[], list: string): readonly Wish[] {
  return itemsOf(valueAt(tableAt(root, ...keys), list)).map((value, index) => ({
    path: [...keys, list, index],
    name: null,
    value,
    notation: 'pep440',
  }));
}

/** A list of several wishes for one package, each for another Python, speaks of no version alone: it is left out. */
function namedWishes(root: Table, keys: readonly string[], notation: Wish['notation']): readonly Wish[] {
  return Object.entries(tableAt(root, ...keys)).map(([name, value]) => ({
    path: [...keys, name],
    name,
    value,
    notation,
  }));
}

function shown(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain;
}
