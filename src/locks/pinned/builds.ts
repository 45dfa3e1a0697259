/** What uv builds on the way to a solution, when the Python that it solves for is not here. Pure. */
import type { Reason, Target } from '../../model.ts';
import { howToGetPython } from '../python-download.ts';
import { minorOf } from '../python-versions.ts';

/** Names (with versions) of what uv built, or had built before, to learn its dependencies: from its debug log. */
export function builtPackages(stderr: string): readonly string[] {
  const names = [...stderr.matchAll(/\b(?:Preparing|Using cached) metadata for: (\S+)/gu)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names)].sort();
}

/** Only what uv says to people. */
export function withoutLog(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('DEBUG '))
    .join('\n');
}

/** The Python is missing, and something has to be built with it. */
export function mustBuild({ path, python }: Target, built: readonly string[]): Reason {
  const shown = built.slice(0, 5).join(', ') + (built.length > 5 ? ` and ${built.length - 5} more` : '');
  const version = python.version ?? '';
  return {
    code: 'python-missing',
    message: `${path} is for Python ${version} (${python.from}), which is not installed here. uv can solve without it only as long as nothing has to be built, but ${shown} must be built to learn what it depends on.`,
    fix: howToGetPython(`Python ${minorOf(version)}`),
    detail: '',
  };
}
