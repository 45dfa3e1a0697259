/** Paths in options: constraints to follow, folders and files that must lie inside the repository. */
import type { Reason } from '../../model.ts';
import { reason, relativeTo, resolveInside } from '../tree.ts';
import { resolveWritten } from './files.ts';
import type { Files, ReadStart } from './files.ts';
import { isUrl } from './option-values.ts';
import type { OptionTable } from './option-rule.ts';
import { leaves, placeProblem } from './reads.ts';
import type { CompileOption } from './spec.ts';

export interface CheckedOptions {
  /** With absolute paths of another machine made relative to the working folder. */
  readonly options: readonly CompileOption[];
  /** Files that options name, to be followed like inputs. */
  readonly starts: readonly ReadStart[];
  /** Files that are read as they are. */
  readonly files: readonly string[];
}

export function checkOptions(
  files: Files,
  table: OptionTable,
  options: readonly CompileOption[],
  cwd: string,
  where: string,
): CheckedOptions | Reason {
  const checked: CompileOption[] = [];
  const starts: ReadStart[] = [];
  const read: string[] = [];
  for (const option of options) {
    const { name, value } = option;
    const use = table.bySpelling.get(name)?.use;
    if (value === null) {
      checked.push(option);
    } else if (use === 'constraint') {
      if (isUrl(value) && !/^file:/iu.test(value)) {
        checked.push(option);
        continue;
      }
      const path = resolveWritten(files, cwd, value);
      if (path === null) return leaves(`${where}: ${name}`, value);
      if (!files.has(path)) {
        return reason(
          'missing-input',
          `${where}: \`${name} ${value}\` names a file that is not in the repository.`,
          'Put the file back.',
        );
      }
      starts.push({ cwd, path, namedIn: where });
      const same = resolveInside(cwd, value) === path;
      checked.push(same ? option : { name, value: relativeTo(cwd, path) });
    } else if (use === 'find-links' || use === 'index') {
      const problem = placeProblem(files, [cwd], value, `${where}: ${name}`);
      if (problem !== null) return problem;
      checked.push(option);
    } else if (use === 'config-inside') {
      const path = resolveInside(cwd, value);
      if (path === null || (!files.has(path) && !files.hasFolder(path))) {
        return reason(
          'option-refused',
          `${where}: \`${name} ${value}\` is refused: it names nothing inside the repository.`,
          'Name a file or folder of the repository.',
        );
      }
      if (files.has(path)) read.push(path);
      checked.push(option);
    } else if (name === '--group') {
      // `dev` of the project in the working folder, or `libs/x/pyproject.toml:dev`.
      const colon = value.lastIndexOf(':');
      const path = resolveInside(cwd, colon === -1 ? 'pyproject.toml' : value.slice(0, colon));
      if (path === null) return leaves(`${where}: ${name}`, value);
      starts.push({ cwd, path, namedIn: where });
      checked.push(option);
    } else {
      checked.push(option);
    }
  }
  return { options: checked, starts, files: read };
}
