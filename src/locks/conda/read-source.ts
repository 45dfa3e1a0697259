/** Reads a file that says what a conda lock is to hold, by the name that it has. Pure. */
import type { Reason } from '../../model.ts';
import { tryRead } from '../manifest.ts';
import { readEnvironment } from './environment.ts';
import { readMetaYaml } from './meta-yaml.ts';
import { readCondaPyproject } from './pyproject.ts';
import { sourceKind, type Source } from './source.ts';

/**
 * @param cwd where conda-lock runs: paths in requirements are relative to it.
 * @returns what it asks for; a reason when it is unreadable, or asks for what must not be given to conda-lock.
 */
export function readSource(path: string, text: string, cwd: string): Source | Reason {
  const read = tryRead(path, text, (path, text) => {
    switch (sourceKind(path)) {
      case 'meta.yaml':
        return readMetaYaml(path, text);
      case 'pyproject.toml':
        return readCondaPyproject(path, text, cwd);
      case 'environment':
      default:
        return readEnvironment(path, text, cwd);
    }
  });
  return 'code' in read ? read : read.value;
}
