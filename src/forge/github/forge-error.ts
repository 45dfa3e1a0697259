/** How a request to GitHub fails, as one error with what the queue needs to know. */

export type ForgeErrorCode =
  /** The installation's hour is used up. */
  | 'rate-limit'
  /** Too much at once (GitHub's secondary limit, "abuse detection"). */
  | 'secondary-limit'
  /** An answer of 5xx. */
  | 'server-error'
  /** No answer; whether the request had its effect is not known. */
  | 'unreachable'
  /** The token is not valid (any more). */
  | 'unauthorized'
  /** The App is not installed (any more). */
  | 'not-installed'
  /** The installation is suspended. */
  | 'suspended'
  /** The repository is archived: read-only. */
  | 'archived'
  /** GitHub itself has blocked the repository (terms of service, a legal request). */
  | 'blocked'
  /** Another answer of 4xx that was not expected. */
  | 'refused';

const PASSING: ReadonlySet<ForgeErrorCode> = new Set([
  'rate-limit',
  'secondary-limit',
  'server-error',
  'unreachable',
  'unauthorized',
]);

/**
 * A request that failed. Its message names the method, the path and GitHub's words; never a header or a body, so no
 * token.
 */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly code: ForgeErrorCode;
  /** HTTP status; null when there was no answer or nothing was sent. */
  readonly status: number | null;
  /** Not to be tried before; null: GitHub did not say. */
  readonly retryAfter: Date | null;

  constructor(
    code: ForgeErrorCode,
    message: string,
    more: { readonly status?: number; readonly retryAfter?: Date | null } = {},
  ) {
    super(message);
    this.code = code;
    this.status = more.status ?? null;
    this.retryAfter = more.retryAfter ?? null;
  }

  /** Whether the same may work later, without anybody doing anything. */
  get passing(): boolean {
    return PASSING.has(this.code);
  }
}

/** Why there is nothing to do at a repository, as a value. */
export interface Unavailable {
  readonly reason:
    | 'gone'
    | 'replaced'
    | 'empty'
    | 'disabled'
    | 'not-installed'
    | 'suspended'
    | 'archived'
    | 'blocked';
  /** A sentence for people. */
  readonly because: string;
}

const WORDS = {
  'not-installed': 'The App is not installed there any more.',
  suspended: 'The installation of the App is suspended.',
  archived: 'The repository is archived.',
  blocked: 'GitHub has blocked access to the repository.',
} as const;

/** The value of an error that no retry helps against since the repository or installation is out of reach, else null. */
export function unavailable(error: unknown): Unavailable | null {
  if (!(error instanceof ForgeError)) return null;
  const { code } = error;
  return isUnavailable(code) ? { reason: code, because: WORDS[code] } : null;
}

function isUnavailable(code: ForgeErrorCode): code is keyof typeof WORDS {
  return Object.hasOwn(WORDS, code);
}
