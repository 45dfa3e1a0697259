/** Everything one job gave: locks, base images, published images, and what a scan says of them. */
import type { ImageOutcome } from './images/result.ts';
import type { Outcome } from './model.ts';
import type { RebuildOutcome } from './rebuild/model.ts';
import type { ScanOutcome } from './scan/outcome.ts';

export interface JobOutcome extends Outcome {
  readonly images: ImageOutcome;
  /** What the images that the repository publishes lack, and what a clean build gives. */
  readonly rebuilds: RebuildOutcome;
  /** What is known of vulnerabilities on both sides. */
  readonly scan: ScanOutcome;
}
