/** What a front may show while a run is under way. */
import type { Target, TargetResult } from '../model.ts';

export type RunEvent =
  | { readonly kind: 'planned'; readonly targets: readonly Target[] }
  | { readonly kind: 'preparing'; readonly what: string }
  | { readonly kind: 'started'; readonly path: string }
  | { readonly kind: 'running'; readonly path: string; readonly command: readonly string[] }
  | { readonly kind: 'finished'; readonly result: TargetResult };

export type Observe = (event: RunEvent) => void;
