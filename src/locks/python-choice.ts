/** Which Python a lock is for, and how that was learned. Pure. */
import type { Policy } from '../config/policy.ts';
import type { PythonChoice, Tree } from '../model.ts';

export interface PythonQuestion {
  /** The lock's path. */
  readonly lock: string;
  readonly manifests: readonly string[];
  /** What the lock itself says (its header, `_meta.requires`, an option of its command), or null. */
  readonly inLock: PythonChoice | null;
}

export interface PythonAnswer extends PythonChoice {
  /** What a reader should know: two sources that disagree. */
  readonly notes: readonly string[];
}

/** Stand-in until the real one lands. */
export declare function choosePython(tree: Tree, policy: Policy, question: PythonQuestion): PythonAnswer;
