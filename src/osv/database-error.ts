/** An offline database that is not there, or cannot be used. */

export type DatabaseErrorCode = 'database-missing' | 'database-unreadable';

/** Its texts are for people and name the file. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** What the reader can do. */
  readonly fix: string;

  constructor(code: DatabaseErrorCode, message: string, fix: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.fix = fix;
  }
}
