/** A Python that uv was to fetch and could not. Pure. */
import type { CommandResult, PythonChoice, Reason } from '../model.ts';

/** Where uv's own builds of CPython come from, and what uv says when it looks for one in vain. */
const FAILED_DOWNLOAD =
  /python-build-standalone|No (?:interpreter|download) found for|Failed to install cpython/iu;
const LONGEST_DETAIL = 4000;

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
  if (result === null || result.exitCode === 0 || !FAILED_DOWNLOAD.test(result.stderr)) return null;
  const python =
    typeof wanted === 'string'
      ? wanted
      : wanted.version === null
        ? 'Python'
        : `Python ${wanted.version} (${wanted.from})`;
  return {
    code: 'python-missing',
    message: `${lock} needs ${python}, which is not installed here, and uv could not fetch it.`,
    fix: 'Install that Python, or run Relock where uv can fetch one (from github.com/astral-sh/python-build-standalone).',
    detail: result.stderr.trim().slice(0, LONGEST_DETAIL),
  };
}
