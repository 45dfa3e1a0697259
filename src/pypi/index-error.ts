/** An index that cannot be asked. */

export class IndexError extends Error {
  override readonly name = 'IndexError';
  readonly code: 'index-unreachable' | 'authentication-required' | 'index-unreadable';
  /** Without user and password. */
  readonly url: string;
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;

  constructor(
    code: IndexError['code'],
    url: string,
    status: number | null,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.url = url;
    this.status = status;
  }
}
