/** The nouns of forced rebuilds: what a published image lacks, how it gets it, and what a clean build proves. Plain data. */
import type { PackageUpdate, SystemUpdates } from '../distro/model.ts';
import type { ImageComparison } from '../images/compare.ts';
import type { FileChange } from '../model.ts';
import type { Reason } from '../reason.ts';
import type { Inventory } from '../scan/inventory.ts';

/** `[[image]]` of the policy: an image that the repository builds and publishes. */
export interface BuiltImage {
  /** As published: `ghcr.io/acme/app:latest`. */
  readonly ref: string;
  /** Repository-relative. */
  readonly dockerfile: string;
  readonly context: string;
  /** `linux/amd64`; never empty. */
  readonly platforms: readonly string[];
  readonly rebuild: 'security' | 'any' | 'monthly';
  readonly via: readonly ('commit' | 'workflow' | 'dispatch')[];
  /** File name of the workflow that builds it; null: none named. */
  readonly workflow: string | null;
  /** Run inside the built image; empty: its Python imports what is installed. */
  readonly smoke: readonly string[];
  /** How long a merge or dispatch may take to show in the published image. */
  readonly restDays: number;
  /** Growth that is told: bytes, or percent of what it was; null: none. */
  readonly sizeBudget: { readonly bytes: number } | { readonly percent: number } | null;
}

/** How an update gets into the image. */
export type Way =
  /** The base image has it: its digest is to move. */
  | 'base-digest'
  /** A build without cache brings it, with the Dockerfile as it is. */
  | 'rebuild'
  /** Only an upgrade step, which the Dockerfile lacks, would bring it. */
  | 'upgrade-step'
  /** An upgrade step does not move it: kept back, or phased. */
  | 'not-yet';

export interface WaitingUpdate {
  readonly update: PackageUpdate;
  readonly way: Way;
}

/** What is published, on one platform. */
export interface PublishedState {
  readonly platform: string;
  /** Of the platform's manifest. */
  readonly digest: string;
  /** ISO 8601 by its configuration; null: not told, or the epoch. */
  readonly created: string | null;
  /** `org.opencontainers.image.revision`, or null. */
  readonly revision: string | null;
  readonly os: string | null;
  readonly updates: SystemUpdates;
  readonly waiting: readonly WaitingUpdate[];
}

export type RebuildVerdict =
  /** Nothing waits that the policy rebuilds for. */
  | 'clean'
  | 'needed'
  /** Updates wait, and no rebuild of this Dockerfile brings them. */
  | 'will-not-help'
  /** A rebuild was asked for, and the published image does not show it yet. */
  | 'on-its-way'
  /** It could not be learned: never to be read as clean. */
  | 'unknown';

export interface RebuildDecision {
  readonly verdict: RebuildVerdict;
  /** One or two sentences. */
  readonly because: string;
}

/** What keeps an image from getting fixes, or is unwise; told, never changed on its own. */
export interface Advice {
  readonly code:
    | 'unpinned-base'
    | 'no-upgrade-step'
    | 'install-without-update'
    | 'end-of-life-base'
    | 'pinned-os-package'
    | 'musl-base'
    | 'runs-as-root'
    | 'secret-copied'
    | 'size-budget';
  /** Repository-relative; null: it is about the published image. */
  readonly path: string | null;
  readonly line: number | null;
  /** What is so, and what to do. */
  readonly message: string;
}

/** What a build without cache gave. */
export type RebuildProof =
  | {
      readonly state: 'built';
      /** `buildah 1.28.2`. */
      readonly builder: string;
      readonly seconds: number;
      /** Published against built, for each platform that was built. */
      readonly comparisons: readonly ImageComparison[];
      /** The same packages: no need to deploy. */
      readonly samePackages: boolean;
      readonly smoke: SmokeResult;
    }
  | {
      readonly state: 'failed';
      readonly builder: string;
      readonly seconds: number;
      /** The instruction that failed, as the builder names it; empty: not told. */
      readonly step: string;
      /** Its last lines, redacted and capped. */
      readonly lines: string;
      readonly reason: Reason;
    }
  | { readonly state: 'not-built'; readonly reason: Reason };

export type SmokeResult =
  | { readonly state: 'passed' | 'failed'; readonly command: readonly string[]; readonly output: string }
  | { readonly state: 'not-run'; readonly because: string };

/** What became of one image. */
export interface RebuildResult {
  readonly image: BuiltImage;
  readonly decision: RebuildDecision;
  readonly published: readonly PublishedState[];
  readonly advice: readonly Advice[];
  /** null: none was wanted. */
  readonly proof: RebuildProof | null;
  /** The cache-busting edit, when the image is rebuilt `via = "commit"`. */
  readonly files: readonly FileChange[];
  /** Set when it could not be looked at at all. */
  readonly reason: Reason | null;
  readonly notes: readonly string[];
}

export interface RebuildOutcome {
  readonly results: readonly RebuildResult[];
  /** What is inside the published images, for the index of packages; left out where none was read. */
  readonly inventory?: readonly Inventory[];
}

export const NO_REBUILDS: RebuildOutcome = { results: [] };
