/** Requirements files that repeat another lock: what `poetry export`, `pipenv requirements` or `uv export` printed. */
import type { Tree } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { folderOf, readText, resolveInside } from '../tree.ts';
import type { Pin } from './pins.ts';

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
