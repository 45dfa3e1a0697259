/** What uv builds on the way to a solution, as its debug log says. Pure. */
import type { PythonChoice, Reason } from '../model.ts';
import { howToGetPython } from './python-download.ts';
import { minorOf } from './python-versions.ts';

const SHOWN = 5;
const LOCAL = /^(?:file:|\.?\/)/u;

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

/**
 * Why a lock fails whose Python is not here: something has to be built with it.
 * @param built as `builtPackages` gives it.
 */
export function mustBuild(lock: string, python: PythonChoice, built: readonly string[]): Reason {
  const version = python.version ?? '';
  const names = new Set(
    built.map((name) => (LOCAL.test(name) ? 'a package of the repository itself' : name)),
  );
  const more = names.size > SHOWN ? ` and ${names.size - SHOWN} more` : '';
  return {
    code: 'python-missing',
    message: `${lock} is for Python ${version} (${python.from}), which is not installed here. uv can solve without it only as long as nothing has to be built, but ${[...names].slice(0, SHOWN).join(', ')}${more} must be built to learn what it depends on.`,
    fix: howToGetPython(`Python ${minorOf(version)}`),
    detail: '',
  };
}
