/** Published images for machines; their part of config/schema/result.schema.json. Pure. */
import type { PackageUpdate } from '../distro/model.ts';
import type {
  Advice,
  BuiltImage,
  PublishedState,
  RebuildDecision,
  RebuildOutcome,
  RebuildProof,
  RebuildResult,
  SmokeResult,
  WaitingUpdate,
  Way,
} from '../rebuild/model.ts';
import type { Reason } from '../reason.ts';
import { platformJson, type JsonPlatform } from './image-json.ts';

export interface JsonRebuild extends Pick<BuiltImage, 'ref' | 'dockerfile' | 'context' | 'rebuild' | 'via'> {
  readonly workflow: string | null;
  readonly decision: RebuildDecision;
  /** Why it could not be looked at at all. */
  readonly reason: Reason | null;
  readonly published: readonly JsonPublished[];
  readonly proof: JsonProof | null;
  readonly advice: readonly Advice[];
  /** Paths of the files that are edited so that the next build leaves the cache. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

interface JsonPublished extends Pick<PublishedState, 'platform' | 'digest' | 'created' | 'revision' | 'os'> {
  readonly state: 'clean' | 'behind' | 'unknown';
  /** Of an unknown one. */
  readonly reason: Reason | null;
  /** What waits; of an unknown one only what its base image has. */
  readonly updates: readonly (PackageUpdate & { readonly way: Way })[];
  readonly indexes: readonly JsonIndex[];
  readonly notes: readonly string[];
}

interface JsonIndex {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architecture: string;
  readonly date: string | null;
  readonly signed: boolean;
}

type JsonProof =
  | {
      readonly state: 'built';
      readonly builder: string;
      readonly seconds: number;
      readonly samePackages: boolean;
      readonly platforms: readonly JsonPlatform[];
      readonly smoke: SmokeResult;
    }
  | Exclude<RebuildProof, { readonly state: 'built' }>;

/** In the order of the config. */
export function rebuildsJson({ results }: RebuildOutcome): readonly JsonRebuild[] {
  return results.map(rebuildJson);
}

// Field by field: what is carried along elsewhere is no part of the schema.

function rebuildJson(result: RebuildResult): JsonRebuild {
  const { image, decision, reason, published, proof, advice, files, notes } = result;
  const { ref, dockerfile, context, rebuild, via, workflow } = image;
  return {
    ref,
    dockerfile,
    context,
    rebuild,
    via,
    workflow,
    decision: { verdict: decision.verdict, because: decision.because },
    reason,
    published: published.map(publishedJson),
    proof: proof === null ? null : proofJson(proof),
    advice: advice.map(({ code, path, line, message }) => ({ code, path, line, message })),
    files: files.map(({ path }) => path),
    notes,
  };
}

function publishedJson(state: PublishedState): JsonPublished {
  const { platform, digest, created, revision, os, updates, waiting } = state;
  const known = updates.state === 'unknown' ? null : updates;
  return {
    platform,
    digest,
    created,
    revision,
    os,
    state: updates.state,
    reason: updates.state === 'unknown' ? updates.reason : null,
    updates: waiting.map(updateJson),
    indexes: (known?.indexes ?? []).map(({ source, date, signed }) => ({
      url: source.url,
      suite: source.suite,
      components: source.components,
      architecture: source.architecture,
      date,
      signed,
    })),
    notes: known?.notes ?? [],
  };
}

function updateJson({ update, way }: WaitingUpdate): PackageUpdate & { readonly way: Way } {
  const { name, arch, source, from, to, security, advisories, kind, because, suite, since } = update;
  return { name, arch, source, from, to, security, advisories, kind, because, suite, since, way };
}

function proofJson(proof: RebuildProof): JsonProof {
  switch (proof.state) {
    case 'built': {
      const { builder, samePackages, comparisons, smoke } = proof;
      const seconds = rounded(proof.seconds);
      const platforms = comparisons.map(platformJson);
      return { state: 'built', builder, seconds, samePackages, platforms, smoke: smokeJson(smoke) };
    }
    case 'failed': {
      const { builder, step, lines, reason } = proof;
      return { state: 'failed', builder, seconds: rounded(proof.seconds), step, lines, reason };
    }
    case 'not-built':
      return { state: 'not-built', reason: proof.reason };
  }
}

function smokeJson(smoke: SmokeResult): SmokeResult {
  if (smoke.state === 'not-run') return { state: smoke.state, because: smoke.because };
  return { state: smoke.state, command: smoke.command, output: smoke.output };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
