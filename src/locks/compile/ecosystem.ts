/** Requirements compiled by pip-compile, pip-compile-multi and `uv pip compile`. */
import type { LockEcosystem, PlannedLock } from '../ecosystem.ts';
import { parseCompiledLock } from '../requirements/locked.ts';
import type { DetectedLock } from './detected.ts';
import { detectCompiled } from './detect.ts';
import { commandToType, compileSteps } from './steps.ts';

export const compileEcosystem: LockEcosystem = {
  name: 'compiled requirements',
  kinds: ['pip-compile', 'pip-compile-multi', 'uv-pip-compile'],
  detect(tree, policy) {
    const { locks, skips } = detectCompiled(tree, policy);
    return { locks: locks.map((lock) => plannedLock(lock)), skips };
  },
};

function plannedLock({ spec, manifests, inputs, remotes, notes, tool }: DetectedLock): PlannedLock {
  return {
    target: {
      path: spec.lock,
      kind: spec.kind,
      manifests,
      inputs,
      writes: [spec.lock],
      tool,
      python: spec.python,
      cwd: spec.cwd,
      command: commandToType(spec),
      remotes,
      notes,
    },
    next: compileSteps(spec),
    parse: (text, read) => parseCompiledLock(spec.lock, text, read, manifests),
  };
}
