/** The result for machines; its schema is config/schema/result.schema.json. Pure. */
import type { ImagePlan } from '../images/plan-images.ts';
import type { Change, Outcome, Reason, Skip, Target, TargetStatus } from '../model.ts';
import type { JobOutcome } from '../outcome.ts';
import { imagesJson, plannedImagesJson, type JsonImage } from './image-json.ts';
import { rebuildsJson, type JsonRebuild } from './rebuild-json.ts';
import { scanJson, type JsonScan } from './scan-json.ts';

/** Raised with every change that a reader of the JSON could trip over. */
export const RESULT_SCHEMA_VERSION = 1;

export interface JsonTarget {
  readonly path: string;
  readonly kind: string;
  readonly status: TargetStatus;
  readonly reason: Reason | null;
  readonly tool: Target['tool'] | null;
  readonly python: Target['python'] | null;
  readonly manifests: readonly string[];
  /** Shell words, to be run in `cwd`. */
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly solver: string | null;
  readonly seconds: number;
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
}

export interface JsonResult {
  readonly schemaVersion: typeof RESULT_SCHEMA_VERSION;
  readonly repository: string;
  readonly cutoff: string | null;
  readonly seconds: number;
  readonly targets: readonly JsonTarget[];
  readonly images: readonly JsonImage[];
  /** Images that the repository publishes; empty in a plan, which looks at none. */
  readonly rebuilds: readonly JsonRebuild[];
  /** null: nothing was run. */
  readonly scan: JsonScan | null;
  readonly notes: readonly string[];
  readonly pullRequest: { readonly title: string; readonly body: string } | null;
}

/** The result of `run`. */
export function outcomeJson(outcome: JobOutcome): JsonResult {
  const made = outcome.results.map((result): JsonTarget => ({
    ...about(result.target),
    status: result.status,
    reason: result.reason,
    solver: result.solver,
    seconds: rounded(result.seconds),
    changes: result.changes,
    notes: [...result.target.notes, ...result.notes],
  }));
  return {
    ...assemble(outcome, made, imagesJson(outcome.images)),
    rebuilds: rebuildsJson(outcome.rebuilds),
    scan: scanJson(outcome.scan),
    pullRequest: outcome.pullRequest,
  };
}

/** The result of `plan`. */
export function planJson(
  plan: Pick<Outcome, 'job' | 'skips' | 'seconds' | 'notes'> & {
    readonly targets: readonly Target[];
    readonly images: ImagePlan;
  },
): JsonResult {
  const planned = plan.targets.map((target): JsonTarget => ({
    ...about(target),
    status: 'planned',
    reason: null,
    solver: null,
    seconds: 0,
    changes: [],
    notes: target.notes,
  }));
  return assemble(plan, planned, plannedImagesJson(plan.images));
}

function assemble(
  { job, skips, seconds, notes }: Pick<Outcome, 'job' | 'skips' | 'seconds' | 'notes'>,
  targets: readonly JsonTarget[],
  images: readonly JsonImage[],
): JsonResult {
  const all = [...targets, ...skips.map(skipped)].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    repository: job.repository,
    cutoff: job.cutoff,
    seconds: rounded(seconds),
    targets: all,
    images,
    rebuilds: [],
    scan: null,
    notes,
    pullRequest: null,
  };
}

type About = Pick<JsonTarget, 'path' | 'kind' | 'tool' | 'python' | 'manifests' | 'command' | 'cwd'>;

function about({ path, kind, tool, python, manifests, command, cwd }: Target): About {
  const { name, version, from } = tool;
  const { version: pythonVersion, from: pythonFrom } = python;
  return {
    path,
    kind,
    tool: { name, version, from },
    python: { version: pythonVersion, from: pythonFrom },
    manifests,
    command,
    cwd,
  };
}

function skipped({ path, kind, reason }: Skip): JsonTarget {
  return {
    path,
    kind,
    status: 'skipped',
    reason,
    tool: null,
    python: null,
    manifests: [],
    command: [],
    cwd: null,
    solver: null,
    seconds: 0,
    changes: [],
    notes: [],
  };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
