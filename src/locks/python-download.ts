/** A Python that uv was to fetch and could not. Pure. */
import type { CommandResult, PythonChoice, Reason } from '../model.ts';

/** Where uv's own builds of CPython come from. */
export const PYTHON_BUILDS = 'github.com/astral-sh/python-build-standalone';

/** What uv says of a download that failed. */
export const DOWNLOAD_WORDS =
  /Failed to (?:download|fetch|extract)[^\n]{0,300}python-build-standalone|for url \([^\n)]{0,300}python-build-standalone|No download found for|Failed to install cpython/iu;
/** uv goes on without the Python, and fails of something else. */
const OTHER_END = /No solution found when resolving|Failed to (?:download and )?build\b/u;

/** Whether a Python was to be downloaded and could not be; `said` is a tool's output. */
export function isFailedDownload(said: string): boolean {
  return DOWNLOAD_WORDS.test(said) && !OTHER_END.test(said);
}

/** What uv says when it looks for an interpreter in vain, or for a download. */
const NO_PYTHON = /python-build-standalone|No (?:interpreter|download) found for|Failed to install cpython/iu;
const FORBIDDEN = /Python downloads are (?:set to|disabled)/iu;
const LONGEST_DETAIL = 4000;

/** What to do where a Python is missing: it may be that uv must not fetch it, or that it cannot. */
export function howToGetPython(version: string): string {
  return `Install ${version} where Relock runs, or let uv fetch it: that takes \`python-downloads\` in the settings of Relock, and a way to ${PYTHON_BUILDS}.`;
}

/**
 * Tells a missing interpreter from a failed solve.
 * @param wanted what the lock is for.
 * @returns null when the command failed for another cause, or did not fail.
 */
export function whyNoDownload(
  lock: string,
  wanted: PythonChoice | string,
  result: CommandResult | null,
): Reason | null {
  if (result === null || result.exitCode === 0 || !NO_PYTHON.test(result.stderr)) return null;
  const python =
    typeof wanted === 'string'
      ? wanted
      : wanted.version === null
        ? 'Python'
        : `Python ${wanted.version} (${wanted.from})`;
  const forbidden = FORBIDDEN.test(result.stderr);
  return {
    code: 'python-missing',
    message: `${lock} needs ${python}, which is not installed here${forbidden ? '' : ', and uv could not fetch it'}.`,
    fix: forbidden
      ? howToGetPython('that Python')
      : `Install that Python, or run Relock where uv can fetch one (from ${PYTHON_BUILDS}).`,
    detail: result.stderr.trim().slice(0, LONGEST_DETAIL),
  };
}
