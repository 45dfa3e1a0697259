/** One compiled requirements file (pip-compile, `uv pip compile`, pip-compile-multi) as understood. Plain data. */
import type { Solver } from '../../config/policy.ts';
import type { LockKind, PythonChoice } from '../../model.ts';

/** An option of pip-compile or `uv pip compile`, in its long form: `--extra` `dev`; a flag has no value. */
export interface CompileOption {
  readonly name: `--${string}`;
  readonly value: string | null;
}

export interface CompileSpec {
  readonly kind: Extract<LockKind, 'pip-compile' | 'pip-compile-multi' | 'uv-pip-compile'>;
  /** Repository-relative path of the lock. */
  readonly lock: string;
  /** Repository-relative folder from which the command ran. */
  readonly cwd: string;
  /** Input files as named on the command line, relative to `cwd`, in order. Empty only with `--group` alone. */
  readonly inputs: readonly string[];
  /**
   * Options in the lock's own tool's language, checked and in order: from the header, from the tool's configuration where
   * the solver would not read it by itself, from policy, and those that the text of the lock proves (hashes, style of
   * annotations) although the header hides them. Without output file, inputs, upgrade, Python and junk (`=None`).
   */
  readonly options: readonly CompileOption[];
  /** The header names no options at all (a script, a make target, none): what else the lock's text shows counts. */
  readonly optionsHidden: boolean;
  /** The comment block on top of the lock, whole lines, `\n` line ends, kept as it is; empty when there is none. */
  readonly header: string;
  /** `\r\n` when the lock has Windows line ends. */
  readonly newline: '\n' | '\r\n';
  /** The lock starts with a BOM. */
  readonly bom: boolean;
  /** How annotations are written: under the pin, at its line's end, or not at all. */
  readonly annotations: 'split' | 'line' | 'none';
  /** Locks whose pins this one has on top of (`-r`/`-c` of another lock): repository-relative paths. */
  readonly layers: readonly string[];
  readonly python: PythonChoice;
  readonly solver: Solver;
  /** Exact version of the lock's own tool, when policy or the repository says. */
  readonly toolVersion: string | null;
}
