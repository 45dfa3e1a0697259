/** Environment markers (PEP 508, now "Dependency specifiers"): written as pip-compile writes them, and evaluated. */
import { satisfies, valid } from '@renovatebot/pep440';

interface Test {
  readonly left: string;
  readonly operator: string;
  readonly right: string;
}

/** Flat, as Python's `packaging` keeps it: tests and groups with `and` and `or` between them. */
type Marker = readonly (Test | 'and' | 'or' | Marker)[];

export type MarkerEnvironment = Readonly<Record<string, string>>;

const TOKEN =
  /\s*(?:([()])|("[^"]*"|'[^']*')|(===|[<>=!~]=|[<>])|(not\s+in|in|and|or)(?![\w.])|([A-Za-z_][\w.]*))/uy;
/** Deeper ones are no marker that anybody wrote. */
const MAX_DEPTH = 20;

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['os.name', 'os_name'],
  ['sys.platform', 'sys_platform'],
  ['platform.version', 'platform_version'],
  ['platform.machine', 'platform_machine'],
  ['platform.python_implementation', 'platform_python_implementation'],
  ['python_implementation', 'platform_python_implementation'],
]);

/** What CPython tells of itself. `pythonVersion` is full (`3.11.7`) where that is known. */
export function cpythonEnvironment(pythonVersion: string): MarkerEnvironment {
  return {
    python_version: pythonVersion.split('.').slice(0, 2).join('.'),
    python_full_version: pythonVersion,
    implementation_name: 'cpython',
    implementation_version: pythonVersion,
    platform_python_implementation: 'CPython',
    os_name: 'posix',
    sys_platform: 'linux',
    platform_system: 'Linux',
    platform_machine: 'x86_64',
  };
}

/**
 * A marker as `packaging` prints it, without its tests of `extra`, as pip-compile drops them.
 * @returns empty when nothing is left; null when the text is no marker.
 */
export function formatMarker(text: string): string | null {
  const marker = parseMarker(text);
  return marker === null ? null : print(withoutExtra(marker), true);
}

/**
 * Whether a marker holds.
 * @param extras every extra asked for; the marker holds when it does for one of them, or for none.
 * @returns null when that cannot be told: no marker, or a variable that is not in `environment`.
 */
export function markerHolds(
  text: string,
  environment: MarkerEnvironment,
  extras: readonly string[],
): boolean | null {
  const marker = parseMarker(text);
  if (marker === null) return null;
  let known = true;
  for (const extra of ['', ...extras]) {
    const holds = evaluate(marker, { ...environment, extra: normaliseExtra(extra) });
    if (holds === true) return true;
    if (holds === null) known = false;
  }
  return known ? false : null;
}

function parseMarker(text: string): Marker | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trim();
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (match === null) return null;
    tokens.push(match[0].trim().replace(/^not\s+in$/u, 'not in'));
  }
  const read = readGroup(tokens, 0, 0);
  return read === null || read.end !== tokens.length ? null : read.marker;
}

function readGroup(
  tokens: readonly string[],
  start: number,
  depth: number,
): { readonly marker: Marker; readonly end: number } | null {
  if (depth > MAX_DEPTH) return null;
  const marker: (Test | 'and' | 'or' | Marker)[] = [];
  let at = start;
  for (;;) {
    if (tokens[at] === '(') {
      const inner = readGroup(tokens, at + 1, depth + 1);
      if (inner === null || tokens[inner.end] !== ')') return null;
      marker.push(inner.marker);
      at = inner.end + 1;
    } else {
      const [left, operator, right] = tokens.slice(at, at + 3);
      if (left === undefined || operator === undefined || right === undefined) return null;
      if (!isTerm(left) || !isTerm(right) || !/^(?:===|[<>=!~]=|[<>]|in|not in)$/u.test(operator))
        return null;
      marker.push({ left: ALIASES.get(left) ?? left, operator, right: ALIASES.get(right) ?? right });
      at += 3;
    }
    const joint = tokens[at];
    if (joint !== 'and' && joint !== 'or') return { marker, end: at };
    marker.push(joint);
    at += 1;
  }
}

function isTerm(token: string): boolean {
  return (
    /^["']/u.test(token) || (/^[A-Za-z_]/u.test(token) && !['and', 'or', 'in', 'not in'].includes(token))
  );
}

function isQuoted(term: string): boolean {
  return /^["']/u.test(term);
}

function withoutExtra(marker: Marker): Marker {
  const kept: (Test | 'and' | 'or' | Marker)[] = [];
  for (let at = 0; at < marker.length; at += 2) {
    const item = marker[at];
    if (item === undefined || typeof item === 'string') continue;
    const left = isGroup(item) ? withoutExtra(item) : item;
    const isGone = isGroup(left) ? left.length === 0 : left.left === 'extra' || left.right === 'extra';
    if (isGone) continue;
    const joint = marker[at - 1];
    if (kept.length > 0 && typeof joint === 'string') kept.push(joint);
    kept.push(left);
  }
  return kept;
}

function isGroup(item: Test | Marker): item is Marker {
  return Array.isArray(item);
}

function print(marker: Marker, outermost: boolean): string {
  const [only] = marker;
  // Brackets around one test alone are dropped, as `packaging` does.
  if (marker.length === 1 && only !== undefined && typeof only !== 'string') {
    return isGroup(only) ? print(only, true) : printTest(only);
  }
  const text = marker.map((item) =>
    typeof item === 'string' ? item : isGroup(item) ? print(item, false) : printTest(item),
  );
  return outermost || text.length === 0 ? text.join(' ') : `(${text.join(' ')})`;
}

function printTest({ left, operator, right }: Test): string {
  return `${printTerm(left)} ${operator} ${printTerm(right)}`;
}

function printTerm(term: string): string {
  if (!isQuoted(term)) return term;
  const value = term.slice(1, -1);
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** `and` binds closer than `or`. */
function evaluate(marker: Marker, environment: MarkerEnvironment): boolean | null {
  let any: boolean | null = false;
  let all: boolean | null = true;
  for (const item of marker) {
    if (item === 'or') {
      any = either(any, all);
      all = true;
    } else if (item !== 'and') {
      all = both(all, isGroup(item) ? evaluate(item, environment) : holds(item, environment));
    }
  }
  return either(any, all);
}

function both(a: boolean | null, b: boolean | null): boolean | null {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

function either(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true;
  return a === null || b === null ? null : false;
}

function holds({ left, operator, right }: Test, environment: MarkerEnvironment): boolean | null {
  const a = valueOf(left, environment);
  const b = valueOf(right, environment);
  if (a === null || b === null) return null;
  if (left === 'extra' || right === 'extra') {
    const same = normaliseExtra(a) === normaliseExtra(b);
    return operator === '==' ? same : operator === '!=' ? !same : null;
  }
  if (operator === 'in') return b.includes(a);
  if (operator === 'not in') return !b.includes(a);
  const isVersion = /python(?:_full)?_version|implementation_version/u.test(isQuoted(left) ? right : left);
  if (isVersion) return compareVersion(isQuoted(left), a, operator, b);
  if (operator === '==' || operator === '===') return a === b;
  if (operator === '!=') return a !== b;
  return null;
}

const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['>', '<'],
  ['<=', '>='],
  ['>=', '<='],
]);

function compareVersion(swapped: boolean, a: string, operator: string, b: string): boolean | null {
  const [version, bound] = swapped ? [b, a] : [a, b];
  const comparison = swapped ? (MIRRORED.get(operator) ?? operator) : operator;
  if (valid(version) === null) return null;
  return satisfies(version, `${comparison}${bound}`, { prereleases: true });
}

function valueOf(term: string, environment: MarkerEnvironment): string | null {
  if (isQuoted(term)) return term.slice(1, -1);
  return Object.hasOwn(environment, term) ? (environment[term] ?? null) : null;
}

function normaliseExtra(extra: string): string {
  return extra.toLowerCase().replace(/[-_.]+/gu, '-');
}
