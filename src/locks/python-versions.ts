/** Python versions as repositories write them. Pure. */

/**
 * Reads one version as version files and manifests write it: `3.11`, `3.11.4`, `cpython@3.11`, `python-3.9.2`, `python-3.9.x`,
 * `3.13t`.
 * @returns `3.11` or `3.11.4`; null for another implementation (`pypy3.10`); undefined when it names no minor version.
 */
export function readVersion(word: string): string | null | undefined {
  const said = word.trim().slice(0, 64).toLowerCase();
  if (/^(?:pypy|graalpy|jython|ironpython|stackless|micropython|pyston)/u.test(said)) return null;
  const match = /^(?:cpython|python|py|cp)?[@-]?([23]\.\d{1,2})(?:(\.\d{1,2})|\.[x*])?(?![.\d])/u.exec(said);
  return match === null ? undefined : `${match[1] ?? ''}${match[2] ?? ''}`;
}

/** `3.11` of `3.11.4`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/**
 * The lowest Python that a range allows (PEP 440 specifiers, Poetry's `^3.9`, `~3.9`, `3.9.*`, `||`).
 * @returns an exact version as written for `==`, else a minor version: a patch is no target to lock for. null when the
 * range has no lower bound.
 */
export function lowerBound(range: string): string | null {
  const bounds = range
    .slice(0, 500)
    .split(/\|\|?/u)
    .map((alternative) => lowestOf(alternative))
    .filter((bound) => bound !== null);
  return bounds.sort(compareVersions)[0] ?? null;
}

function lowestOf(alternative: string): string | null {
  let lowest: string | null = null;
  for (const match of alternative.matchAll(/(===?|~=|[<>!]=?|[\^~])?\s*v?(\d+\.\d+)(\.\d+|\.\*)?/gu)) {
    const [, operator = '==', minor = '', patch = ''] = match;
    if (operator.startsWith('<') || operator.startsWith('!')) continue;
    const bound = operator.startsWith('==') && patch !== '.*' ? `${minor}${patch}` : minor;
    if (lowest === null || compareVersions(lowest, bound) < 0) lowest = bound;
  }
  return lowest;
}

/** Compares numbers, part by part. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `:12` for the first line that starts with a key, or nothing: TOML parsers tell no lines. */
export function lineOf(text: string, key: string): string {
  const at = text.split('\n').findIndex((line) => {
    const trimmed = line.trimStart();
    return trimmed.startsWith(key) && /^\s*=/u.test(trimmed.slice(key.length, key.length + 10));
  });
  return at === -1 ? '' : `:${at + 1}`;
}
