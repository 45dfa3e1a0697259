/** Everything one job gave: locks, images, and what a scan says of both. */
import type { ImageOutcome } from './images/result.ts';
import type { Outcome } from './model.ts';
import type { ScanOutcome } from './scan/outcome.ts';

export interface JobOutcome extends Outcome {
  readonly images: ImageOutcome;
  /** What is known of vulnerabilities on both sides. */
  readonly scan: ScanOutcome;
}
