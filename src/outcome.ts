/** Everything one job gave: locks and images. */
import type { ImageOutcome } from './images/result.ts';
import type { Outcome } from './model.ts';

export interface JobOutcome extends Outcome {
  readonly images: ImageOutcome;
}
