/** What tests of a single ecosystem do over and over: detect a tree's locks, take the only one, read its steps. */
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { Policy } from '../../src/config/policy.ts';
import type { Detection, LockEcosystem, PlannedLock, Step } from '../../src/locks/ecosystem.ts';
import type { Command, Reason } from '../../src/model.ts';
import { treeOf } from './drive-lock.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * Detection by one ecosystem.
 * @param always files that every tree has, unless it names them itself.
 */
export function detectorOf(ecosystem: LockEcosystem, always: Texts = {}) {
  const detect = (files: Texts, policy: Policy = NO_POLICY): Detection =>
    ecosystem.detect(treeOf({ ...always, ...files }), policy);
  /** @throws when there are more locks, or something was left alone. */
  const only = (files: Texts, policy?: Policy): PlannedLock => {
    const { locks, skips } = detect(files, policy);
    const [lock] = locks;
    if (lock === undefined || locks.length > 1 || skips.length > 0) {
      throw new Error(`not one lock alone: ${JSON.stringify({ locks, skips })}`);
    }
    return lock;
  };
  return { detect, only };
}

/** @throws when the step runs nothing. */
export function commandOf(step: Step): Command {
  if (step.do !== 'run') throw new Error(JSON.stringify(step));
  return step.command;
}

/** @throws when the step is no failure. */
export function reasonOf(step: Step): Reason {
  if (step.do !== 'fail') throw new Error(JSON.stringify(step));
  return step.reason;
}
