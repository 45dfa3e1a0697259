/** The program `relock-conda` in an environment of conda-lock: our own solver behind the calls of `conda`. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolSpec } from '../model.ts';

const SCRIPT = new URL('../../config/conda-solver.py', import.meta.url);
const PROGRAM = 'relock-conda';

/**
 * Isolated: neither the folder that it runs in nor variables bring modules. The folder is found by the program's own path,
 * since an environment is renamed into its place.
 */
const LAUNCHER = '#!/bin/sh\nexec "${0%/*}/python" -I "${0%/*}/../relock/conda-solver.py" "$@"\n';

/** Whether an environment of this tool gets the solver: where a conda is named in its stead, py-rattler is not asked for. */
export function bringsSolver({ name, with: companions }: Pick<ToolSpec, 'name' | 'with'>): boolean {
  return name === 'conda-lock' && companions.some((companion) => companion.startsWith('py-rattler=='));
}

/** Digest of what `putSolver` puts there, hex. */
export async function solverDigest(): Promise<string> {
  const hash = createHash('sha256').update(LAUNCHER);
  return hash.update(await readFile(SCRIPT)).digest('hex');
}

/** @param folder absolute, of a virtual environment. */
export async function putSolver(folder: string): Promise<void> {
  await mkdir(join(folder, 'relock'), { recursive: true });
  await copyFile(SCRIPT, join(folder, 'relock/conda-solver.py'));
  await writeFile(join(folder, 'bin', PROGRAM), LAUNCHER, { mode: 0o755 });
}
