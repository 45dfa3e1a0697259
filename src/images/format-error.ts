/** A database inside an image is not what its format says. Caught where the database is opened; ends nothing else. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
