/** What is known of Poetry's releases: where they run, and how each is given another index. Pure. */
import { compareVersions, minorOf } from '../python-versions.ts';

interface Line {
  /** `1.8` */
  readonly line: string;
  readonly newest: string;
  /** Oldest and newest Python (minor) it runs on; null: no end known. */
  readonly from: string;
  readonly to: string | null;
  /** The release of poetry-plugin-pypi-mirror of its time that accepts it; null: Poetry has no plugins yet. */
  readonly mirrorPlugin: string | null;
}

/**
 * Poetry writes its version into a lock since 1.4; for what is older only the line is known, and its newest patch stands
 * for it. `from` is the release's `Requires-Python`, but not before 3.8: see `companionsOf`. `to` is the newest Python that
 * its dependencies of that time install on and start with (tried out).
 */
const LINES: readonly Line[] = [
  { line: '1.0', newest: '1.0.10', from: '3.8', to: '3.9', mirrorPlugin: null },
  { line: '1.1', newest: '1.1.15', from: '3.8', to: '3.11', mirrorPlugin: null },
  { line: '1.2', newest: '1.2.2', from: '3.8', to: '3.11', mirrorPlugin: '0.2.0' },
  { line: '1.3', newest: '1.3.2', from: '3.8', to: '3.11', mirrorPlugin: '0.3.0' },
  { line: '1.4', newest: '1.4.2', from: '3.8', to: '3.11', mirrorPlugin: '0.3.1' },
  { line: '1.5', newest: '1.5.1', from: '3.8', to: '3.12', mirrorPlugin: '0.3.2' },
  { line: '1.6', newest: '1.6.1', from: '3.8', to: '3.12', mirrorPlugin: '0.3.3' },
  { line: '1.7', newest: '1.7.1', from: '3.8', to: '3.12', mirrorPlugin: '0.4.1' },
  { line: '1.8', newest: '1.8.5', from: '3.8', to: '3.13', mirrorPlugin: '0.4.2' },
  { line: '2.0', newest: '2.0.1', from: '3.9', to: '3.13', mirrorPlugin: '0.5.0' },
  { line: '2.1', newest: '2.1.4', from: '3.9', to: '3.13', mirrorPlugin: '0.6.1' },
  { line: '2.2', newest: '2.2.1', from: '3.9', to: '3.14', mirrorPlugin: '0.6.2' },
  { line: '2.3', newest: '2.3.4', from: '3.10', to: null, mirrorPlugin: '0.6.3' },
  { line: '2.4', newest: '2.4.3', from: '3.10', to: null, mirrorPlugin: '0.6.4' },
  { line: '2.5', newest: '2.5.1', from: '3.10', to: null, mirrorPlugin: '0.6.5' },
];

const NEWEST_LINE: Line = { line: '', newest: '', from: '3.10', to: null, mirrorPlugin: null };
const PLUGIN = 'poetry-plugin-pypi-mirror';

function lineOf(version: string): Line | undefined {
  return LINES.find(({ line }) => line === minorOf(version));
}

/** Newest patch of `1.1`; null for a line that is not known. */
export function newestOfLine(line: string): string | null {
  return LINES.find((known) => known.line === line)?.newest ?? null;
}

/** The newest patch of every line, newest first. */
export function newestPatches(): readonly string[] {
  return LINES.map(({ newest }) => newest).reverse();
}

/** Whether a Poetry (null: the newest) runs on a Python (`3.11`, `3.11.4`). */
export function runsOn(poetry: string | null, python: string): boolean {
  const { from, to } = (poetry === null ? undefined : lineOf(poetry)) ?? NEWEST_LINE;
  const minor = minorOf(python);
  if (compareVersions(minor, from) < 0 || !minor.startsWith('3.')) return false;
  // 1.8.4 is the first whose dependencies of its time have wheels for 3.13.
  const last = poetry !== null && /^1\.8\.[0-3]$/u.test(poetry) ? '3.12' : to;
  return last === null || compareVersions(minor, last) <= 0;
}

/** The Pythons it runs on, for people: `3.8 to 3.13`. */
export function pythonsOf(poetry: string | null): string {
  const { from, to } = (poetry === null ? undefined : lineOf(poetry)) ?? NEWEST_LINE;
  return to === null ? `${from} and later` : `${from} to ${to}`;
}

/** Whether `poetry lock` keeps old pins unless told `--regenerate`: since 2.0; before, it refreshes all. */
export function keepsPins(poetry: string | null): boolean {
  return poetry === null || !/^[01]\./u.test(poetry);
}

/**
 * The requirement that gives a Poetry its plugin for another index, exact where the release is known.
 * @returns null where there is none: Poetry loads plugins since 1.2, and the plugin starts with 1.2.1.
 */
export function mirrorPlugin(poetry: string | null): string | null {
  if (poetry !== null && /^(?:0\.|1\.[01]\.|1\.2\.0$)/u.test(poetry)) return null;
  const plugin = poetry === null ? undefined : lineOf(poetry)?.mirrorPlugin;
  // A Poetry newer than this table: the plugin's own requirement on Poetry picks its release, since Poetry's is exact.
  return typeof plugin === 'string' ? `${PLUGIN}==${plugin}` : `${PLUGIN}>=0.6.5`;
}

/**
 * Exact requirements beside a Poetry whose own dependencies of its time misread today's packages. Until pkginfo 1.11,
 * metadata of a newer version (2.4, 2.5) came out empty: without dependencies and without Requires-Python, so that Poetry
 * locked wrong versions and said that all went well. Poetry asks for a good pkginfo itself since 1.8.5; it needs Python 3.8.
 */
export function companionsOf(poetry: string | null): readonly string[] {
  return poetry !== null && compareVersions(poetry, '1.8.5') < 0 ? ['pkginfo==1.12.0'] : [];
}
