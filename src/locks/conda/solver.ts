/** conda-lock's own surroundings: the solver below it, and what old versions need. Pure. */
import { lt, valid } from '@renovatebot/pep440';
import type { ToolSpec } from '../../model.ts';

/** What solves conda packages where the operator names no conda of his own, as `config/tools.json` pins it. */
export const PY_RATTLER = '0.28.0';

/** Before this version conda-lock takes modules that newer Pythons do not have, or only with setuptools. */
const FIRST_WITHOUT = '2.5.8';
const OLD_PYTHON = '3.11';
/** The last that has all that they ask for. */
const SETUPTOOLS = 'setuptools==75.8.0';

/**
 * @param version exact, or null: the newest.
 * @param bringsSolver whether Relock's own solver is to be there.
 */
export function condaLockTool(version: string | null, bringsSolver: boolean): ToolSpec {
  const isOld = version !== null && valid(version) !== null && lt(version, FIRST_WITHOUT);
  return {
    name: 'conda-lock',
    version,
    python: isOld ? OLD_PYTHON : null,
    with: [...(bringsSolver ? [`py-rattler==${PY_RATTLER}`] : []), ...(isOld ? [SETUPTOOLS] : [])],
  };
}
