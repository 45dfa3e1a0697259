/** Which interpreter Poetry runs on for one lock. Pure. */
import type { Reason } from '../../model.ts';
import type { Facts, Interpreter } from '../ecosystem.ts';
import { compareVersions, minorOf } from '../python-versions.ts';
import { howToGetPython } from '../python-download.ts';
import { reason } from '../tree.ts';
import { allowsPython } from './python-range.ts';
import { pythonsOf, runsOn } from './releases.ts';

export interface ToolPython {
  /** For `ToolSpec.python`. */
  readonly python: string;
  /**
   * Prefix of another interpreter that Poetry is to take for the project's, or null. Poetry refuses to lock under a Python
   * that the project rules out, and takes the one of an activated environment (`VIRTUAL_ENV`) for its word.
   */
  readonly projectPrefix: string | null;
  readonly notes: readonly string[];
}

export interface PythonNeed {
  /** The lock's path, for messages. */
  readonly lock: string;
  /** null: the newest. */
  readonly poetry: string | null;
  /** The Python that the lock is for: `3.11` or `3.11.4`. */
  readonly wanted: string | null;
  /** Poetry's notation; all must allow it. */
  readonly ranges: readonly string[];
}

/** Newest last; what uv can fetch. */
const DOWNLOADABLE = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14'];
/** Stands for the patch that a download would bring. */
const SOME_PATCH = '.99';
const LONGEST_RANGE = 500;

/**
 * The locked Python where this Poetry runs on it and the project allows it; else the nearest installed one; else the
 * nearest that may be downloaded. Poetry locks for the project's whole range, so another Python changes a lock only through
 * source distributions that compute their dependencies.
 */
export function chooseToolPython(
  need: PythonNeed,
  facts: Pick<Facts, 'pythons' | 'pythonDownloads'>,
): ToolPython | Reason {
  const { poetry, wanted, ranges } = need;
  const allowed = (version: string): boolean => ranges.every((range) => allowsPython(range, version));
  const runs = facts.pythons.filter(({ version }) => runsOn(poetry, version));
  const good = runs.filter(({ version }) => allowed(version));
  const exact = good.find(({ version }) => isWanted(version, wanted));
  if (exact !== undefined) return { python: exact.version, projectPrefix: null, notes: [] };
  const downloads = facts.pythonDownloads ? downloadable(need, facts.pythons, allowed) : [];
  const download = wanted === null ? undefined : downloads.find((one) => minorOf(one) === minorOf(wanted));
  if (download !== undefined) return { python: download, projectPrefix: null, notes: [] };
  const near = nearest(good, wanted);
  if (near !== undefined) {
    return { python: near.version, projectPrefix: null, notes: otherPython(need, near.version) };
  }
  const nearDownload = nearest(
    downloads.map((version) => ({ version })),
    wanted,
  );
  if (nearDownload !== undefined) {
    const { version } = nearDownload;
    return { python: version, projectPrefix: null, notes: otherPython(need, version) };
  }
  return (
    borrowed(
      need,
      runs,
      facts.pythons.filter(({ version }) => allowed(version)),
    ) ?? noPython(need, facts)
  );
}

/**
 * What uv may be asked for: a minor version, or a patch where it would find the project's range ruling out the one that is
 * installed (`^3.13.5` beside a 3.13.0), or where no other patch will do (`3.12.8`).
 */
function downloadable(
  { poetry, wanted, ranges }: PythonNeed,
  installed: readonly Interpreter[],
  allowed: (version: string) => boolean,
): readonly string[] {
  const patches = [wanted ?? '', ...ranges]
    .flatMap((text) => [
      ...text.slice(0, LONGEST_RANGE).matchAll(/(?<![\d.])(3\.\d{1,2})\.(\d{1,2})(?![\d.])/gu),
    ])
    .flatMap(([, minor = '', patch = '']) => [`${minor}.${patch}`, `${minor}.${Number(patch) + 1}`])
    .filter(allowed);
  return DOWNLOADABLE.filter((minor) => runsOn(poetry, minor)).flatMap((minor) => {
    const isThere = installed.some(({ version }) => minorOf(version) === minor);
    if (!isThere && allowed(`${minor}${SOME_PATCH}`)) return [minor];
    const patch = patches.find((version) => minorOf(version) === minor);
    return patch === undefined ? [] : [patch];
  });
}

function isWanted(version: string, wanted: string | null): boolean {
  return wanted === null || version === wanted || minorOf(version) === minorOf(wanted);
}

function nearest<T extends { readonly version: string }>(
  all: readonly T[],
  wanted: string | null,
): T | undefined {
  const minor = (version: string): number => Number(version.split('.')[1] ?? 0);
  const distance = (one: T): number => (wanted === null ? 0 : Math.abs(minor(one.version) - minor(wanted)));
  return [...all].sort((a, b) => distance(a) - distance(b) || compareVersions(b.version, a.version))[0];
}

function otherPython({ poetry, wanted }: PythonNeed, python: string): readonly string[] {
  if (wanted === null) return [];
  const why = runsOn(poetry, wanted)
    ? `the lock is for ${wanted}, which is not installed`
    : `it takes ${pythonsOf(poetry)}, and the lock is for ${wanted}`;
  return [
    `${nameOf(poetry)} ran on Python ${minorOf(python)}: ${why}. Poetry locks for the whole range of the project.`,
  ];
}

/** Poetry on a Python that it runs on, told to take another one for the project's. */
function borrowed(
  need: PythonNeed,
  runs: readonly Interpreter[],
  allowed: readonly Interpreter[],
): ToolPython | null {
  const tool = nearest(runs, need.wanted);
  const project = nearest(allowed, need.wanted);
  const prefix = /^(\/.*)\/bin\/python[\d.]*$/u.exec(project?.path ?? '')?.[1];
  if (tool === undefined || project === undefined || prefix === undefined) return null;
  return { python: tool.version, projectPrefix: prefix, notes: otherPython(need, tool.version) };
}

function noPython({ lock, poetry, wanted, ranges }: PythonNeed, facts: Pick<Facts, 'pythons'>): Reason {
  const range = ranges.map((one) => `\`${one.slice(0, 80)}\``).join(' and ');
  const installed = facts.pythons.map(({ version }) => version).join(', ') || 'none';
  if (
    wanted !== null &&
    !runsOn(poetry, wanted) &&
    facts.pythons.every(({ version }) => !runsOn(poetry, version))
  ) {
    return reason(
      'tool-does-not-run-on-locked-python',
      `${lock} needs ${nameOf(poetry)}, which runs on Python ${pythonsOf(poetry)}; the lock is for ${wanted}, and installed are: ${installed}.`,
      `Install a Python of ${pythonsOf(poetry)} for Relock, or name a newer Poetry with \`tool-version\` under [[lock]] in .github/relock.toml.`,
    );
  }
  return reason(
    'python-missing',
    `${nameOf(poetry)} for ${lock} needs a Python of ${pythonsOf(poetry)}${range === '' ? '' : ` within ${range}`}. Installed are: ${installed}.`,
    howToGetPython(wanted === null ? 'a Python of that range' : `Python ${wanted}`),
  );
}

function nameOf(poetry: string | null): string {
  return poetry === null ? 'the newest Poetry' : `Poetry ${poetry}`;
}
