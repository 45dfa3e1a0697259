/** What uv builds on the way to a solution, when the Python that it solves for is not here. Pure. */
import type { Reason, Target } from '../../model.ts';
import { howToGetPython } from '../python-download.ts';
import { minorOf } from '../python-versions.ts';

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
