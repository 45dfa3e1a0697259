/**
 * The `LockEcosystem` port: how one family of lock files is found, read and made anew. Everything here is pure; the
 * engine runs the commands that `next` returns and hands the results back.
 */
import type { Command, CommandResult, LockContent, LockKind, Reason, Skip, Target, Tree } from '../model.ts';
import type { Policy } from '../config/policy.ts';

export interface LockEcosystem {
  readonly name: string;
  readonly kinds: readonly LockKind[];
  /**
   * Finds this family's locks in the tree.
   * A lock that cannot be made anew is a skip with its reason; nothing throws, whatever the files hold.
   */
  detect(tree: Tree, policy: Policy): Detection;
}

export interface Detection {
  readonly locks: readonly PlannedLock[];
  readonly skips: readonly Skip[];
}

/** One lock that can be made anew: plain data, and the two pure functions that know how. */
export interface PlannedLock {
  readonly target: Target;
  /**
   * The next step, from all that happened so far; called first with an empty history. Pure: the same arguments give the
   * same step. Fallbacks (uv, then pip-compile), taking a lock away and putting it back are steps of data.
   */
  next(facts: Facts, history: readonly StepResult[]): Step;
  /**
   * Reads a lock of this kind. `read` gives the text of another file as it stood at the same time (before or after), or
   * null.
   * @throws {LockSyntaxError} when the text is not a lock of this kind.
   */
  parse(text: string, read: (path: string) => string | null): LockContent;
}

/** What a step may ask for. */
export type Step =
  | { readonly do: 'run'; readonly command: Command }
  /** Writes (or, with null, removes) files of the private copy. What is not in `target.writes` is never published. */
  | { readonly do: 'write'; readonly files: Readonly<Record<string, string | null>> }
  /** `solver` names what decided the content: `uv 0.13.9`. */
  | { readonly do: 'done'; readonly solver: string; readonly notes: readonly string[] }
  | { readonly do: 'fail'; readonly reason: Reason };

/** What came of a `run` or `write` step. */
export interface StepResult {
  readonly step: Extract<Step, { do: 'run' | 'write' }>;
  /** null for `write`. */
  readonly result: CommandResult | null;
  /** After a `run`: the text of each of the command's outputs, null where there is no such file. */
  readonly files: Readonly<Record<string, string | null>>;
}

export interface Interpreter {
  /** Full version: `3.11.7`. */
  readonly version: string;
  /** Absolute path of the executable. */
  readonly path: string;
}

/** What is known of the machine and of the index, gathered once a run and handed to every `next`. */
export interface Facts {
  /** Text of every file of the checkout, as it is at the start of this lock's first step (layers below already done). */
  readonly tree: Tree;
  /** CPython interpreters found, newest first. */
  readonly pythons: readonly Interpreter[];
  /** Whether uv may fetch a Python that is not there. */
  readonly pythonDownloads: boolean;
  /** Version of the uv that Relock uses: `0.13.9`. */
  readonly uvVersion: string;
  readonly index: IndexFacts;
  /**
   * Cool-down: the only way to the index hides releases that were uploaded at or after this ISO 8601 instant; lockers need
   * not be told. null: none.
   */
  readonly cutoff: string | null;
  /** A time limit for one locker command, in seconds. */
  readonly timeoutSeconds: number;
  /**
   * The exact newest version of a tool that runs on a Python (`3.9`), as asked of the index once; null when unknown.
   * Asked with `python` null: the newest of all.
   */
  newestTool(
    name: 'poetry' | 'pipenv' | 'pip-tools' | 'pip-compile-multi' | 'conda-lock',
    python: string | null,
  ): string | null;
  /**
   * Absolute path of the micromamba, mamba or conda that solves for conda-lock, as the operator names it; why the one that
   * he names cannot be used; null: he names none, and Relock brings a solver.
   */
  readonly condaExecutable: string | Reason | null;
}

export interface IndexFacts {
  /** Base of the simple index (PEP 503/691) that stands for the public one, no trailing slash. */
  readonly url: string;
  /** The operator named a mirror in place of the public index. */
  readonly isMirror: boolean;
  /** Whether it answers `/pypi/NAME/VERSION/json`, which Poetry asks for. */
  readonly hasVersionJson: boolean;
}

/** A lock or manifest that is not what it should be. Caught by the engine and shown as `lock-unreadable`. */
export class LockSyntaxError extends Error {
  override readonly name = 'LockSyntaxError';
  readonly path: string;
  /** 1-based; null when the parser gives none. */
  readonly line: number | null;

  constructor(path: string, line: number | null, message: string, options: { cause?: unknown } = {}) {
    super(`${path}${line === null ? '' : `:${line}`}: ${message}`, options);
    this.path = path;
    this.line = line;
  }
}
