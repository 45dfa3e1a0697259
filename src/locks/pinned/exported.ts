/** Requirements files that repeat another lock: what `poetry export`, `pipenv requirements` or `uv export` printed. */
import type { Tree } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { folderOf, readText, resolveInside } from '../tree.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { pinnedVersion } from '../requirements/pins.ts';
import { isAnnotated, toolsHead } from './compiled-inputs.ts';
import type { Pin, PinnedFile } from './pins.ts';

const LOCKS = ['poetry.lock', 'Pipfile.lock', 'pdm.lock', 'uv.lock'] as const;

/** One pin can agree by chance. */
const MIN_PINS = 3;

/**
 * The lock beside the file, or above it, that holds every one of its pins at the same version; null when none does.
 * Moving an export on its own would part it from its lock.
 */
export function lockThatItRepeats(tree: Tree, path: string, pins: readonly Pin[]): string | null {
  if (pins.length < MIN_PINS) return null;
  for (let folder = folderOf(path); ; folder = folderOf(folder)) {
    for (const name of LOCKS) {
      const lock = resolveInside(folder, name);
      const text = lock === null ? null : readText(tree, lock);
      if (lock === null || text === null) continue;
      const locked = name === 'Pipfile.lock' ? pinsOfPipfile(text) : pinsOfToml(text);
      if (pins.every((pin) => locked.has(`${pin.name}==${pin.version}`))) return lock;
    }
    if (folder === '.') return null;
  }
}

/** Compiled locks of one folder, with all that they pin. */
export interface CompiledLock {
  readonly path: string;
  /** `name==version`. */
  readonly pins: ReadonlySet<string>;
}

/** The compiled locks among `paths`, by their folder. */
export function compiledByFolder(
  tree: Tree,
  paths: readonly string[],
): ReadonlyMap<string, readonly CompiledLock[]> {
  const found = new Map<string, CompiledLock[]>();
  for (const path of paths) {
    const text = readText(tree, path);
    if (text === null || (toolsHead(text) === null && !isAnnotated(text))) continue;
    const pins = parseRequirements(text).entries.flatMap((entry) => {
      const version = entry.kind === 'requirement' ? pinnedVersion(entry) : null;
      return entry.kind === 'requirement' && version !== null ? [`${entry.name ?? ''}==${version}`] : [];
    });
    const folder = folderOf(path);
    found.set(folder, [...(found.get(folder) ?? []), { path, pins: new Set(pins) }]);
  }
  return found;
}

/**
 * The compiled lock of the same folder that holds every pin of a file at the same version: `make upgrade` of Open edX takes
 * `django.txt` out of its locks so. null when there is none, or when the file says more than pins.
 */
export function compiledLockThatItRepeats(
  compiled: readonly CompiledLock[],
  { file, moving, held }: PinnedFile,
): string | null {
  const pins = [...moving, ...held];
  if (file.entries.length !== pins.length) return null;
  return (
    compiled.find((lock) => pins.every((pin) => lock.pins.has(`${pin.name}==${pin.version}`)))?.path ?? null
  );
}

/** By text, since a lock of thousands of packages is only asked for its names and versions. */
function pinsOfToml(text: string): ReadonlySet<string> {
  const pins = new Set<string>();
  for (const match of text.matchAll(/^name = "([^"\n]+)"\nversion = "([^"\n]+)"$/gmu)) {
    pins.add(`${normaliseName(match[1] ?? '')}==${match[2] ?? ''}`);
  }
  return pins;
}

function pinsOfPipfile(text: string): ReadonlySet<string> {
  const pins = new Set<string>();
  // Keys of one package come sorted, so other values can stand between its name and its version, but no brace.
  for (const match of text.matchAll(/"([A-Za-z0-9._-]+)": \{([^{}]*)\}/gu)) {
    const version = /"version": "==([^"]+)"/u.exec(match[2] ?? '')?.[1];
    if (version !== undefined) pins.add(`${normaliseName(match[1] ?? '')}==${version}`);
  }
  return pins;
}
