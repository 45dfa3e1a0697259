/** The oldest Python that a Pipfile.lock can be for, by the markers that Pipenv takes from each package. Pure. */
import type { PythonChoice } from '../../model.ts';
import { compareVersions, minorOf } from '../python-versions.ts';

const MARKERS = /"markers": ?"((?:[^"\\]|\\.){1,500})"/gu;
const LEAST = /python_(?:full_)?version >= (?:\\"|')(3\.\d{1,2})(?:\.\d{1,2})?(?:\\"|')/gu;
/** A project's lower bound: what a library supports, not what its lock was made for. */
const LOWER_BOUND = /(?:^|\/)(?:setup\.py|setup\.cfg|pyproject\.toml)\b/u;

/**
 * Raises a Python that is but a project's lower bound to what all locked packages need. Pipenv locks for one interpreter:
 * for an older one than the lock's own, most packages would go back.
 */
export function raiseToMarkers<T extends PythonChoice>(path: string, lock: string, chosen: T): T {
  if (chosen.version === null || !LOWER_BOUND.test(chosen.from)) return chosen;
  const least = leastPython(lock);
  if (least === null || compareVersions(least, minorOf(chosen.version)) <= 0) return chosen;
  return { ...chosen, version: least, from: `markers of ${path}; ${chosen.from} is older` };
}

function leastPython(lock: string): string | null {
  let least: string | null = null;
  for (const [, marker = ''] of lock.matchAll(MARKERS)) {
    if (/\bor\b/u.test(marker)) continue;
    for (const [, version = ''] of marker.matchAll(LEAST)) {
      if (least === null || compareVersions(version, least) > 0) least = version;
    }
  }
  return least;
}
