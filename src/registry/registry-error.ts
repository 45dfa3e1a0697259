/** A registry that cannot be asked, or what it says cannot be used. */

export type RegistryErrorCode =
  | 'image-not-found'
  | 'registry-auth'
  | 'registry-unreachable'
  | 'rate-limited'
  | 'manifest-invalid'
  | 'too-large';

/** Its texts are for people, name host and image, and hold no credential and nothing that a registry wrote freely. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  /** What the reader can do; empty when nothing comes to mind. */
  readonly fix: string;
  /** Of `rate-limited`: when the registry may be asked again, in milliseconds since 1970; else null. */
  readonly until: number | null;

  constructor(
    code: RegistryErrorCode,
    message: string,
    fix = '',
    options: { readonly cause?: unknown; readonly until?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.fix = fix;
    this.until = options.until ?? null;
  }
}
