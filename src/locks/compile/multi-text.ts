/** What pip-compile-multi makes of a solved lock: a header with the input's digest, and pins of lower locks left out. Pure. */
import { createHash } from 'node:crypto';
import type { Tree } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { folderOf, normaliseText, readText, relativeTo, resolveInside } from '../tree.ts';
import { hasOption, isOn, valuesOf } from './chosen-options.ts';
import { UNSAFE_HEADING, unsafePackages } from './pip-compile-text.ts';
import type { CompileOption, CompileSpec } from './spec.ts';
import type { Pin } from './uv-body.ts';

/** Options of pip-compile-multi that change its text in ways that only it knows. */
const ONLY_MULTI = ['--autoresolve', '--compatible', '--forbid-post', '--python-platform', '--uv'];

/** @returns in words for a note what uv and `multiText` cannot stand in for, or null. */
export function whyOnlyMulti({ options }: CompileSpec): string | null {
  const found = options.find(({ name }) => ONLY_MULTI.includes(name));
  if (found !== undefined) return `\`${found.name}\` is pip-compile-multi's own`;
  if (!isOn(options, '--skip-constraints', true)) return "`--no-skip-constraints` is pip-compile-multi's own";
  return null;
}

/** A heading for unsafe packages with pins or nothing below it: `--allow-unsafe` was given, whoever has the pins. */
export function withShownUnsafe(spec: CompileSpec, tree: Tree): CompileSpec {
  const old = `${readText(tree, spec.lock) ?? ''}\n`;
  const at = old.indexOf(`\n${UNSAFE_HEADING}\n`);
  const isPinned = at !== -1 && !old.startsWith('# ', at + UNSAFE_HEADING.length + 2);
  if (!isPinned || hasOption(spec.options, '--allow-unsafe')) return spec;
  return { ...spec, options: [...spec.options, { name: '--allow-unsafe', value: null }] };
}

/** The spec of the pip-compile run that pip-compile-multi would start for this lock. */
export function asPipCompile(spec: CompileSpec): CompileSpec {
  const { options } = spec;
  const kept: CompileOption[] = options.filter(({ name }) =>
    [
      '--allow-unsafe',
      '--strip-extras',
      '--extra-index-url',
      '--no-emit-trusted-host',
      '--no-emit-find-links',
    ].includes(name),
  );
  if (hasOption(options, '--generate-hashes')) kept.push({ name: '--generate-hashes', value: null });
  if (!isOn(options, '--annotate-index', false)) kept.push({ name: '--no-emit-index-url', value: null });
  return { ...spec, kind: 'pip-compile', options: kept, header: '' };
}

export interface MultiLayers {
  /** As the lock names them: `base.txt`. Sorted by their inputs. */
  readonly references: readonly string[];
  /** Direct lower locks that exist, repository-relative. */
  readonly locks: readonly string[];
  /** Normalised names of all that lower locks pin, at any depth. */
  readonly pinned: ReadonlySet<string>;
}

/** Follows the `-r x.in` lines of the input, each of which stands for a lock of its own. */
export function multiLayers(spec: CompileSpec, tree: Tree): MultiLayers {
  const [input = ''] = spec.inputs;
  const path = resolveInside(spec.cwd, input);
  const text = path === null ? null : readText(tree, path);
  if (path === null || text === null) return { references: [], locks: [], pinned: new Set() };
  const extension = (valuesOf(spec.options, '--out-ext').at(-1) ?? extensionOf(spec.lock)).replace(
    /^\.?/u,
    '.',
  );
  const written = [...text.matchAll(/^(?:-r|--requirement)[^\S\n]*(\S+)/gmu)].map((match) => match[1] ?? '');
  const references = [...new Set(written)].sort().map((reference) => stemOf(reference) + extension);
  const locks = references
    .map((reference) => resolveInside(folderOf(path), reference))
    .filter((lock) => lock !== null && tree.files.has(lock))
    .map(String);
  const pinned = new Set<string>();
  const seen = new Set<string>();
  for (const lock of locks) collectPins(tree, lock, pinned, seen);
  return { references, locks, pinned };
}

function collectPins(tree: Tree, lock: string, pinned: Set<string>, seen: Set<string>): void {
  if (seen.has(lock) || seen.size > 1000) return;
  seen.add(lock);
  for (const entry of parseRequirements(readText(tree, lock) ?? '').entries) {
    if (entry.kind === 'requirement' && entry.name !== null) pinned.add(normaliseName(entry.name));
    if (entry.kind !== 'include') continue;
    const next = resolveInside(folderOf(lock), entry.path);
    if (next !== null) collectPins(tree, next, pinned, seen);
  }
}

/** Pins that are this lock's own, without `-c` among their sources. */
export function ownPins(pins: readonly Pin[], { pinned }: MultiLayers): readonly Pin[] {
  return pins
    .filter(({ name }) => name === null || !pinned.has(name))
    .map((pin) => ({ ...pin, via: pin.via.filter((source) => !source.startsWith('-c ')) }));
}

/**
 * Above the body of pip-compile: a line for each lower lock. Where those have all unsafe packages, their heading stays.
 * @param pins all of the solution.
 */
export function multiBody(
  inner: CompileSpec,
  { references }: MultiLayers,
  pins: readonly Pin[],
  body: string,
): string {
  const unsafe = unsafePackages(inner);
  const hasUnsafe = pins.some(({ name }) => name !== null && unsafe.includes(name));
  const isBare = hasUnsafe && hasOption(inner.options, '--allow-unsafe') && !body.includes(UNSAFE_HEADING);
  const lines = references.map((reference) => `-r ${reference}\n`).join('');
  return `${lines}${body}${isBare ? `\n${UNSAFE_HEADING}\n` : ''}`;
}

/** The lock's header with the digest of the input as it is now. */
export function multiHeader(spec: CompileSpec, tree: Tree): string {
  const path = resolveInside(spec.cwd, spec.inputs[0] ?? '');
  const file = path === null ? undefined : tree.files.get(path);
  const had = /^# SHA1:([0-9a-f]{40})$/mu.exec(spec.header)?.[1];
  if (file?.kind !== 'text' || had === undefined) return spec.header;
  const now = [digest(essence(file.text)), digest(trimAscii(file.text))];
  // Versions before 2.6 digested the text as it is; both are taken for right as long as they fit.
  if (now.includes(had)) return spec.header;
  return spec.header.replace(had, now[0] ?? had);
}

/** What counts of an input: its lines without comments and white space, sorted. */
function essence(text: string): string {
  return normaliseText(text)
    .split(/\n|\r/u)
    .map((line) => (line.split('#', 1)[0] ?? '').trim())
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .join('');
}

function trimAscii(text: string): string {
  return text.replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/gu, '');
}

function digest(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex');
}

/** Arguments of pip-compile-multi for one input and what that refers to. */
export function multiArgv(spec: CompileSpec): readonly [string, ...string[]] {
  const [input = ''] = spec.inputs;
  const path = resolveInside(spec.cwd, input);
  const written = path === null ? input : relativeTo(spec.cwd, path);
  const dropped = new Set([
    '--directory',
    '--in-ext',
    '--out-ext',
    '--only-path',
    '--only-name',
    '--header',
    '--generate-hashes',
  ]);
  const options = spec.options.filter(({ name }) => !dropped.has(name));
  return [
    'pip-compile-multi',
    '--directory',
    relativeTo(spec.cwd, folderOf(spec.lock)) || '.',
    '--in-ext',
    extensionOf(written).slice(1),
    '--out-ext',
    extensionOf(spec.lock).slice(1),
    '--only-path',
    written,
    ...(hasOption(spec.options, '--generate-hashes') ? ['--generate-hashes', written] : []),
    ...options.flatMap(({ name, value }) => (value === null ? [name] : [name, value])),
  ];
}

/** Without the comment lines that pip-compile-multi puts on top. */
export function withoutMultiHeader(text: string): string {
  return text.replace(/^(?:#.*\n)+/u, '');
}

function extensionOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? path.slice(dot) : '';
}

function stemOf(path: string): string {
  return path.slice(0, path.length - extensionOf(path).length);
}
