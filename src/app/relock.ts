/** The engine, run on a fresh clone of a repository's default branch. */
import { tmpdir } from 'node:os';
import type { Settings } from '../config/settings.ts';
import { lookOver, runJob, type Ports } from '../engine.ts';
import { keepAnswers } from '../engine/asked-facts.ts';
import { composePorts } from '../engine/compose.ts';
import { takeInventory } from '../engine/take-inventory.ts';
import { ECOSYSTEMS } from '../locks/index.ts';
import type { Inventory } from '../scan/inventory.ts';
import type { Walls } from '../engine/gate.ts';
import { previewForge } from '../forge/preview.ts';
import type { Job } from '../model.ts';
import { parseCutoff } from '../config/cutoff.ts';
import type { AppPolicy } from '../config/policy.ts';
import { wholeGroups } from '../proposal/scope.ts';
import { onClone } from './on-clone.ts';
import { localWorkspace } from '../workspace/local.ts';
import { createMirrorPool } from '../mirror/mirror-pool.ts';
import type { AskedRebuild } from '../rebuild/rest.ts';
import { createRegistryPool } from '../registry/pool.ts';
import type { RelockRequest } from './handle-job.ts';
import type { Relocked } from './propose.ts';

export interface RelockOptions {
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => Date;
  /** Around lockers and git. */
  readonly walls: () => Promise<Walls>;
  /** The rebuild of an image of a repository that was asked for last. */
  readonly lastAsked: (repository: number, ref: string) => Promise<AskedRebuild | null>;
}

/** What a registry says of a tag stands for so long. */
const POOL_SECONDS = 600;

/** @returns the relocker for `createJobHandler`; it publishes nothing, and leaves nothing behind. */
export function createRelock(options: RelockOptions): (request: RelockRequest) => Promise<Relocked> {
  const { settings, environment, version, now, walls } = options;
  // An image that many repositories build on is looked up once for all of them.
  const mirrorPool = createMirrorPool({ environment, userAgent: `relock/${version}`, now: Date.now });
  const pool = createRegistryPool({ environment, userAgent: `relock/${version}`, keepSeconds: POOL_SECONDS });
  return async ({ job, look, policy, token, signal }) => {
    const { owner, name } = look.repository;
    return onClone({ look, token, signal }, options, async (root) => {
      const cutoff = cutoffOf(policy, now());
      const asked: Job = {
        repository: `${owner}/${name}`,
        trigger: job.trigger === 'comment' ? 'comment' : 'schedule',
        only: job.only,
        cutoff,
        ...(job.noCache && { noCache: true }),
      };
      const composed = await composePorts({
        settings,
        walls,
        repository: asked.repository,
        workspace: localWorkspace({ root: root, scratch: [tmpdir()] }),
        // What is done with the outcome is decided later, from what the forge shows then.
        forge: previewForge,
        policy,
        cutoff,
        environment,
        version,
        registryPool: pool,
        dockerConfig: null,
        rebuilds: {
          mode: settings.builder.kind === 'none' ? 'look' : 'prove',
          mirrorPool,
          lastAsked: (ref) => options.lastAsked(look.repository.id, ref),
        },
        observe: () => undefined,
        signal,
      });
      try {
        const { ports } = composed;
        const { ports: keeping, kept } = keepAnswers(ports);
        const only = await scopeOf(asked, policy, ports);
        const outcome = await runJob({ ...asked, only }, { ...ports, ...keeping });
        return { ...outcome, ...kept() };
      } finally {
        await composed.close();
      }
    });
  };
}

/** Where each group of locks, and the images, have a pull request of their own, these are made whole. */
async function scopeOf(asked: Job, policy: AppPolicy, ports: Ports): Promise<readonly string[]> {
  if (asked.only.length === 0 || policy.pullRequest.group === 'one') return asked.only;
  const { plan, images } = await lookOver({ ...asked, only: [] }, ports);
  const locks = plan.groups.map((group) => group.map(({ target }) => target.path));
  // All images have one pull request.
  const named = new Set(images.images.flatMap(({ mentions }) => mentions.map(({ path }) => path)));
  const published = policy.builtImages.map(({ dockerfile }) => dockerfile);
  return wholeGroups(asked.only, [...locks, [...new Set([...named, ...published])]]);
}

/** The policy was checked when it was read, so what cannot be parsed here has no cut-off. */
export function cutoffOf(policy: AppPolicy, now: Date): string | null {
  const parsed = policy.excludeNewer === null ? null : parseCutoff(policy.excludeNewer, now);
  return parsed !== null && 'cutoff' in parsed ? parsed.cutoff : null;
}

/** @returns what reads the locks of a repository without making them anew. */
export function createInventory(
  options: Pick<RelockOptions, 'environment' | 'walls' | 'now'>,
): (request: RelockRequest) => Promise<readonly Inventory[]> {
  const { now } = options;
  return async ({ look, policy, token, signal }) => {
    const { owner, name } = look.repository;
    return onClone({ look, token, signal }, options, async (root) => {
      const workspace = localWorkspace({ root: root, scratch: [] });
      const job: Job = { repository: `${owner}/${name}`, trigger: 'schedule', only: [], cutoff: null };
      return await takeInventory(job, { workspace, ecosystems: ECOSYSTEMS, policy, now });
    });
  };
}
