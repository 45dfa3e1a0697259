/** Writes a solved lock as pip-compile (pip-tools 7) writes it, below its header. */
import { posix } from 'node:path';
import type { Tree } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { readText } from '../tree.ts';
import { hasOption, isOn, valuesOf } from './chosen-options.ts';
import { cpythonEnvironment, formatMarker, markerHolds } from './markers.ts';
import type { MarkerEnvironment } from './markers.ts';
import { finderState, optionLines } from './option-lines.ts';
import type { CompileSpec } from './spec.ts';
import type { Pin } from './uv-body.ts';
import type { Wish, Wishes } from './wishes.ts';

export const UNSAFE_HEADING = '# The following packages are considered to be unsafe in a requirements file:';
const UNPINNED_HEADING = [
  '# WARNING: The following packages were not pinned, but pip requires them to be',
  '# pinned when the requirements file includes hashes and the requirement is not',
  '# satisfied by a package already installed. Consider using the --allow-unsafe flag.',
];
const UNHASHED = [
  '# WARNING: pip install will require the following package to be hashed.',
  '# Consider using a hashable URL like https://github.com/jazzband/pip-tools/archive/SOMECOMMIT.zip',
];
const UNSAFE = ['distribute', 'pip', 'setuptools'];

/**
 * @param pins as uv solved them, in uv's order, which is pip-compile's.
 * @param python full version that the lock was solved for, as far as known.
 * @returns lines without a header, `\n` ends.
 */
export function pipCompileText(
  spec: CompileSpec,
  tree: Tree,
  wishes: Wishes,
  pins: readonly Pin[],
  python: string | null,
): string {
  const { options } = spec;
  const text = readText(tree, spec.lock) ?? '';
  const old = oldLock(text);
  const writer: Writer = {
    spec,
    keepsPaths: hasRawPaths(text),
    stripsExtras: isOn(options, '--strip-extras', false) || hidesStripExtras(spec, old, pins),
    namedThemselves: old.namedThemselves,
    wishes: wishesThatHold(wishes, python === null ? {} : cpythonEnvironment(python)),
    spellings: old.spellings,
    names: new Map([...old.projects, ...sourceNames(wishes)]),
    hiddenMarkers: wishes.hasHidden ? markersOfLock(text) : new Map(),
  };
  const unsafeNames = new Set(unsafePackages(spec));
  const isUnsafe = ({ name }: Pin): boolean => name !== null && unsafeNames.has(name);
  const unsafe = pins.filter((pin) => isUnsafe(pin));
  const safe = pins.filter((pin) => !isUnsafe(pin));
  const allowsUnsafe = hasOption(options, '--allow-unsafe');
  const hasHashes = (allowsUnsafe ? pins : safe).some(({ hashes }) => hashes.length > 0);
  const lines: string[] = [...optionLines(options, finderState(options, wishes.globals))];
  for (const pin of safe) {
    if (hasHashes && pin.hashes.length === 0) lines.push(...UNHASHED);
    lines.push(...pinLines(writer, pin));
  }
  if (unsafe.length > 0) {
    lines.push('', ...(hasHashes && !allowsUnsafe ? UNPINNED_HEADING : [UNSAFE_HEADING]));
    for (const pin of unsafe) {
      lines.push(...(allowsUnsafe ? pinLines(writer, pin) : [`# ${pin.name ?? pin.head}`]));
    }
  }
  if (lines.length === 0) return spec.header === '' ? '\n' : '';
  return `${lines.join('\n')}\n`;
}

/** Packages that pip-compile keeps out, or sets apart with `--allow-unsafe`. */
export function unsafePackages({ options }: CompileSpec): readonly string[] {
  const named = valuesOf(options, '--unsafe-package').map((name) => normaliseName(name));
  return named.length > 0 ? named : UNSAFE;
}

interface Writer {
  readonly spec: CompileSpec;
  /** The lock names files as `reqs/../base.in`, as pip-tools did before 7.5; later ones write `base.in`. */
  readonly keepsPaths: boolean;
  readonly spellings: readonly Spelling[];
  readonly stripsExtras: boolean;
  /** Packages that the lock names among their own parents. */
  readonly namedThemselves: ReadonlySet<string>;
  readonly wishes: ReadonlyMap<string, readonly Wish[]>;
  /** uv's name of a source to pip-compile's. */
  readonly names: ReadonlyMap<string, string>;
  readonly hiddenMarkers: ReadonlyMap<string, string>;
}

/** A file of an annotation as no path of this checkout: `/code/base.in` of a container, `reqs\base.in` of Windows. */
interface Spelling {
  /** `-r` or `-c`, a space, and the file. */
  readonly written: string;
  /** The same with plain slashes, without `..`. */
  readonly plain: string;
}

interface OldLock {
  /** Name to whether its pin shows extras. */
  readonly extras: ReadonlyMap<string, boolean>;
  readonly namedThemselves: ReadonlySet<string>;
  /** Projects whose name only their build backend knows: `my-app (setup.py)` to `My_App (setup.py)`. */
  readonly projects: ReadonlyMap<string, string>;
  /** The shortest first. */
  readonly spellings: readonly Spelling[];
}

function oldLock(text: string): OldLock {
  const extras = new Map<string, boolean>();
  const namedThemselves = new Set<string>();
  const projects = new Map<string, string>();
  const foreign = new Set<string>();
  for (const entry of parseRequirements(text).entries) {
    if (entry.kind !== 'requirement' || entry.name === null) continue;
    const { name, comments } = entry;
    extras.set(name, entry.extras.length > 0);
    const parents = comments.flatMap((comment) => comment.replace(/^via\s+/u, '').split(', '));
    for (const parent of parents.map((one) => one.trim())) {
      if (parent === name) namedThemselves.add(name);
      if (/^-[rc] (?:\/|[A-Za-z]:[\\/]|\S*\\)/u.test(parent)) foreign.add(parent);
      const [, project = '', file = ''] = /^([\w.-]+) (\([^()]+\))$/u.exec(parent) ?? [];
      if (project !== '') projects.set(`${normaliseName(project)} ${file}`, parent);
    }
  }
  const spellings = [...foreign]
    .map((written) => ({
      written,
      plain: written.slice(0, 3) + posix.normalize(written.slice(3).replaceAll('\\', '/')),
    }))
    .sort((a, b) => a.plain.length - b.plain.length);
  return { extras, namedThemselves, projects, spellings };
}

/** No pin of the lock has extras, and one that it has without would get some now. */
function hidesStripExtras(spec: CompileSpec, { extras }: OldLock, pins: readonly Pin[]): boolean {
  if (!spec.optionsHidden || hasOption(spec.options, '--no-strip-extras')) return false;
  if ([...extras.values()].some((has) => has)) return false;
  return pins.some(({ head, name }) => name !== null && extras.has(name) && /^[\w.-]+\[/u.test(head));
}

/** By name; without those whose marker rules them out here. */
function wishesThatHold(
  wishes: Wishes,
  environment: MarkerEnvironment,
): ReadonlyMap<string, readonly Wish[]> {
  const byName = new Map<string, Wish[]>();
  for (const wish of wishes.wishes) {
    const { name, marker } = wish.requirement;
    if (name === null) continue;
    if (marker !== '' && markerHolds(marker, environment, wishes.extras) === false) continue;
    const had = byName.get(name);
    if (had === undefined) byName.set(name, [wish]);
    else had.push(wish);
  }
  return byName;
}

/** pip-compile spells a project in annotations as its author does, uv as the index does. */
function sourceNames(wishes: Wishes): ReadonlyMap<string, string> {
  return new Map(
    [...wishes.projectNames].map(([input, name]) => [
      `${normaliseName(name)} (${input})`,
      `${name} (${input})`,
    ]),
  );
}

/** Markers of a lock's direct requirements, for inputs that only a build backend can read. */
function markersOfLock(text: string): ReadonlyMap<string, string> {
  const markers = new Map<string, string>();
  for (const entry of parseRequirements(text).entries) {
    if (entry.kind !== 'requirement' || entry.name === null || entry.marker === '') continue;
    if (
      entry.comments.some((comment) => /\((?:\S*\/)?(?:pyproject\.toml|setup\.(?:py|cfg))\)/u.test(comment))
    ) {
      markers.set(entry.name, entry.marker);
    }
  }
  return markers;
}

function pinLines(writer: Writer, pin: Pin): readonly string[] {
  const { spec } = writer;
  const wishes = pin.name === null ? [] : (writer.wishes.get(pin.name) ?? []);
  const marker = markerOf(writer, pin, wishes);
  const head = `${headOf(writer, pin, wishes)}${marker === '' ? '' : ` ; ${marker}`}`;
  const hashes = [...pin.hashes].sort().map((hash) => `    --hash=${hash}`);
  const line = [head, ...hashes].join(' \\\n');
  const via = spec.annotations === 'none' ? [] : sourcesOf(writer, pin, wishes);
  const [first] = via;
  if (first === undefined) return [line];
  if (spec.annotations === 'line') {
    const comment = `# via ${via.join(', ')}`;
    return hashes.length > 0 ? [line, `    ${comment}`] : [`${line.padEnd(24)}  ${comment}`];
  }
  if (via.length === 1) return [line, `    # via ${first}`];
  return [line, '    # via', ...via.map((source) => `    #   ${source}`)];
}

function markerOf(writer: Writer, { name, via }: Pin, wishes: readonly Wish[]): string {
  const written = wishes.findLast(({ requirement, showsMarker }) => showsMarker && requirement.marker !== '')
    ?.requirement.marker;
  if (written !== undefined) return formatMarker(written) ?? '';
  const hidden = name === null ? undefined : writer.hiddenMarkers.get(name);
  const isDirect = via.some((source) => source.endsWith(')'));
  return hidden === undefined || !isDirect ? '' : (formatMarker(hidden) ?? '');
}

/** uv pins a branch or tag to its commit; pip-compile keeps a direct reference as the input has it. */
function headOf(writer: Writer, pin: Pin, wishes: readonly Wish[]): string {
  const wish = wishes.find(({ requirement, isConstraint }) => requirement.url !== null && !isConstraint);
  const url = wish?.requirement.url ?? null;
  if (wish === undefined || url === null || !/^[a-z][a-z0-9]*(?:\+[a-z]+)?:\/\//iu.test(url)) {
    // uv writes `[a, b]`, pip-compile `[a,b]`.
    return pin.head.replace(/^([\w.-]+)\[([^\]]*)\]/u, (_, name: string, extras: string) =>
      writer.stripsExtras ? name : `${name}[${extras.replaceAll(' ', '')}]`,
    );
  }
  const { extras } = wish.requirement;
  const shown = writer.stripsExtras || extras.length === 0 ? '' : `[${[...extras].sort().join(',')}]`;
  const hash = url.indexOf('#');
  const parts = hash === -1 ? [] : url.slice(hash + 1).split('&');
  const kept = [
    ...parts.filter((part) => part.startsWith('subdirectory=')),
    ...parts.filter((part) => /^(?:sha\d+|md5)=/u.test(part)),
  ];
  const fragment = kept.length === 0 ? '' : `#${kept.join('&')}`;
  return `${pin.name ?? ''}${shown} @ ${hash === -1 ? url : url.slice(0, hash)}${fragment}`;
}

function hasRawPaths(text: string): boolean {
  return [...text.matchAll(/# .{0,2000}?-[rc] ([^\s,]+)/gu)].some(
    ([, path = '']) => !path.includes('://') && posix.normalize(path) !== path,
  );
}

/** A file of an annotation, as the lock writes it. */
function spelled({ spellings, keepsPaths }: Writer, option: string, file: string): string {
  const plain = posix.normalize(file);
  const ending = `/${plain.replace(/^(?:\.\.\/)+/u, '')}`;
  const old = spellings.find(
    (one) => one.plain === option + plain || (one.plain.startsWith(option) && one.plain.endsWith(ending)),
  );
  return old?.written ?? option + (keepsPaths ? file : plain);
}

/** Sorted by code points, as Python sorts: `-c` and `-r` before names. */
function sourcesOf(writer: Writer, pin: Pin, wishes: readonly Wish[]): readonly string[] {
  const sources = new Set(
    pin.via.map((source) => {
      const file = /^-[rc] (.+)$/u.exec(source)?.[1];
      return file === undefined || file.includes('://')
        ? (writer.names.get(source) ?? source)
        : spelled(writer, source.slice(0, 3), file);
    }),
  );
  const { name } = pin;
  const keepsName = name !== null && writer.namedThemselves.has(name) && /^[\w.-]+\[/u.test(pin.head);
  if (name !== null && (keepsName || wishes.some((wish) => namesItself(wish)))) sources.add(name);
  return [...sources].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * pip-compile takes the wish `Flask[async]>=2` for another package than the `flask` it leads to, and names it as a parent:
 * only with extras, a version, and a name that is not written in its normal form. How another package writes the name uv
 * does not tell; the old lock does.
 */
function namesItself({ requirement, isConstraint }: Wish): boolean {
  const { extras, specifier, writtenName, name } = requirement;
  return !isConstraint && extras.length > 0 && specifier !== '' && writtenName !== name;
}
