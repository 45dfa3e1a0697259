/** On which interpreter a tool runs. Pure. */
import type { Interpreter } from '../locks/ecosystem.ts';
import type { Reason } from '../model.ts';
import { admitsPython } from '../pypi/tool-releases.ts';
import { compareParts } from './search-path.ts';

export interface ToolPythonQuestion {
  /** For messages: `poetry 1.8.5`. */
  readonly tool: string;
  /** `3.9` or `3.9.18` as the command asks; null: any that the tool knows. */
  readonly wanted: string | null;
  /** Newest first. */
  readonly pythons: readonly Interpreter[];
  /** The tool's Requires-Python, or null. */
  readonly requiresPython: string | null;
  /** When the tool came out, ISO 8601, or null. */
  readonly uploadTime: string | null;
  readonly pythonDownloads: boolean;
}

export interface ToolPython {
  /** What uv is asked for: a path, or a version that it has to fetch. */
  readonly request: string;
  readonly version: string;
}

/** When each CPython came out (PEP 596, 619, 664, 693, 719, 745, 790 and so on): a tool knows none that is younger. */
const RELEASED: readonly (readonly [version: string, date: string])[] = [
  ['3.15', '2026-10-01'],
  ['3.14', '2025-10-07'],
  ['3.13', '2024-10-07'],
  ['3.12', '2023-10-02'],
  ['3.11', '2022-10-24'],
  ['3.10', '2021-10-04'],
  ['3.9', '2020-10-05'],
  ['3.8', '2019-10-14'],
  ['3.7', '2018-06-27'],
  ['3.6', '2016-12-23'],
];

/**
 * The Python that was asked for, in that patch version where it is installed; without one, the newest installed that the
 * tool's release could know: Requires-Python rarely names an upper bound, and old tools break on newer Pythons.
 */
export function chooseToolPython(question: ToolPythonQuestion): ToolPython | Reason {
  const { wanted, pythons } = question;
  if (wanted !== null) {
    const same = pythons.find(({ version }) => version === wanted);
    const minor = pythons.find(({ version }) => minorOf(version) === minorOf(wanted));
    const isMinor = minorOf(wanted) === wanted;
    const found = same ?? (isMinor || !question.pythonDownloads ? minor : undefined);
    if (found !== undefined) return { request: found.path, version: found.version };
    return question.pythonDownloads ? { request: wanted, version: wanted } : missing(question, wanted);
  }
  const fitting = pythons.filter(({ version }) => admitsPython(question.requiresPython, version));
  const found = fitting.find(({ version }) => isKnown(version, question.uploadTime)) ?? fitting[0];
  if (found !== undefined) return { request: found.path, version: found.version };
  const known = RELEASED.find(
    ([version]) => isKnown(version, question.uploadTime) && admitsPython(question.requiresPython, version),
  );
  const [version] = known ?? [];
  if (version !== undefined && question.pythonDownloads) return { request: version, version };
  return missing(question, question.requiresPython ?? 'any version');
}

function isKnown(version: string, uploadTime: string | null): boolean {
  if (uploadTime === null) return true;
  const minor = minorOf(version);
  const date = RELEASED.find(([known]) => known === minor)?.[1];
  if (date !== undefined) return date <= uploadTime;
  const [newest = ''] = RELEASED[0] ?? [];
  return compareParts(partsOf(minor), partsOf(newest)) < 0;
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function partsOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}

function missing(question: ToolPythonQuestion, wanted: string): Reason {
  const found = question.pythons.map(({ version }) => version).join(', ');
  return {
    code: 'python-missing',
    message: `${question.tool} has to run on Python ${wanted}, which is not on this machine (found: ${found === '' ? 'none' : found}).`,
    fix: `Install that Python (\`uv python install\` does), or allow downloads of Pythons in the settings.`,
    detail: '',
  };
}
