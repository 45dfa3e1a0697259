/** The table of lock ecosystems, in order of precedence: the first that claims a path has it. */
import { compileEcosystem } from './compile/ecosystem.ts';
import { condaEcosystem } from './conda/ecosystem.ts';
import type { LockEcosystem } from './ecosystem.ts';
import { otherLocks } from './others.ts';
import { pinnedEcosystem } from './pinned/ecosystem.ts';
import { pipenvEcosystem } from './pipenv/ecosystem.ts';
import { poetryEcosystem } from './poetry/ecosystem.ts';
import { pylockEcosystem } from './pylock/ecosystem.ts';
import { uvEcosystem } from './uv/ecosystem.ts';

export const ECOSYSTEMS: readonly LockEcosystem[] = [
  otherLocks,
  condaEcosystem,
  compileEcosystem,
  uvEcosystem,
  pylockEcosystem,
  poetryEcosystem,
  pipenvEcosystem,
  // Last: it takes what no tool made.
  pinnedEcosystem,
];
