/** What the name of a lock says although its command does not: `py310-django42.txt`, `constraints-python3.11.txt`. Pure. */
import type { PythonChoice } from '../../model.ts';
import type { Requirement } from '../requirements/file.ts';
import { pinnedVersion } from '../requirements/pins.ts';
import type { CompileOption } from './spec.ts';
import { stemOf } from './working-folder.ts';

/** @returns null when the name says none. */
export function pythonOfName(lock: string): PythonChoice | null {
  const match = /(?:^|[-_.])(?:py|python|cp)[-_]?(?:(2)[._-]?(7)|(3)[._-]?(\d{1,2}))(?=$|[-_.])/iu.exec(
    nameOf(lock),
  );
  if (match === null) return null;
  const [major = '', minor = ''] = match.slice(1).filter((part) => part !== undefined);
  return { version: `${major}.${minor}`, from: `the name of ${lock}` };
}

/**
 * Locks for several versions of one package are made by one command with `--upgrade-package 'django<5'`, which
 * pip-compile and uv keep out of the header. A lock whose name tells the series of a direct pin stays in that series.
 * @param direct names that the inputs ask for.
 */
export function heldByName(
  lock: string,
  pins: readonly Requirement[],
  direct: ReadonlySet<string>,
): readonly CompileOption[] {
  const stem = nameOf(lock).toLowerCase().replaceAll('_', '-');
  return pins.flatMap((pin) => {
    const version = pinnedVersion(pin);
    if (pin.name === null || version === null || !direct.has(pin.name)) return [];
    const series = seriesIn(stem, pin.name, version);
    return series === null ? [] : [{ name: '--upgrade-package', value: `${pin.name}==${series}.*` }];
  });
}

/** `4.2` for `py310-django42`, `django`, `4.2.30`. */
function seriesIn(stem: string, name: string, version: string): string | null {
  const release = /^\d+(?:\.\d+){0,2}/u.exec(version)?.[0].split('.') ?? [];
  for (let at = stem.indexOf(name); at !== -1; at = stem.indexOf(name, at + 1)) {
    if (at > 0 && /[a-z0-9]/u.test(stem[at - 1] ?? '')) continue;
    const said = /^[-.=]?v?(\d{1,4}(?:[.-]\d{1,4}){0,2})(?:[.-]?x)?(?=$|[-.])/u.exec(
      stem.slice(at + name.length),
    )?.[1];
    const digits = said?.replaceAll(/[.-]/gu, '');
    const parts = release.findIndex((_, index) => release.slice(0, index + 1).join('') === digits) + 1;
    if (digits !== undefined && parts > 0) return release.slice(0, parts).join('.');
  }
  return null;
}

function nameOf(lock: string): string {
  const stem = stemOf(lock);
  return stem.slice(stem.lastIndexOf('/') + 1);
}
