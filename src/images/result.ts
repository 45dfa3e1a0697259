/** What became of the images of a job: plain data that the report tells. Types only. */
import type { FileChange } from '../model.ts';
import type { Reason } from '../reason.ts';
import type { ImageComparison } from './compare.ts';
import type { ImageContent } from './content.ts';
import type { LeftImage, PlannedImage } from './plan-images.ts';

export interface ImageResult {
  readonly image: PlannedImage;
  readonly status: 'updated' | 'unchanged' | 'failed' | 'skipped';
  /** Set when it failed or was skipped. */
  readonly reason: Reason | null;
  /** The digest that is pinned; null: none was. */
  readonly from: string | null;
  /** The digest that its tag has now; null: nobody could tell. */
  readonly to: string | null;
  /** What is different inside, for each platform that is used; empty when it was not looked at. */
  readonly comparisons: readonly ImageComparison[];
  /** What is inside on both sides, for each platform that was compared; left out where it was not looked at. */
  readonly contents?: readonly { readonly before: ImageContent; readonly after: ImageContent }[];
  /** Newer tags, as sentences. */
  readonly suggestions: readonly string[];
  /** Ends of support, what could not be read, and the like, as sentences. */
  readonly notes: readonly string[];
}

export interface ImageOutcome {
  /** In the plan's order. */
  readonly results: readonly ImageResult[];
  readonly left: readonly LeftImage[];
  /** One change for each file. */
  readonly files: readonly FileChange[];
}

export const NO_IMAGES: ImageOutcome = { results: [], left: [], files: [] };
