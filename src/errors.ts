/**
 * The few errors that end a whole run. A target that fails is a value (`Reason`), not an error.
 */

/** The caller or the configuration is wrong: shown without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: string;
  /** What the reader can do. */
  readonly fix: string;

  constructor(code: string, message: string, fix = '', options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}

/** Something outside failed in a way that stops the whole job: no uv, no disk, no workspace. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly code: string;
  readonly fix: string;

  constructor(code: string, message: string, fix = '', options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}

/** The run was cancelled (Ctrl-C, shutdown). */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly code = 'cancelled';
}

/** Text of an unknown thrown value, for a message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
