/** A layer that cannot be read to its end. Its message goes on after "layer sha256:… could not be read:". */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}
