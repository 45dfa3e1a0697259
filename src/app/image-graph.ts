/** What a repository publishes, kept for others: when a base is published anew, what builds on it is due, bases first. */
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import type { AppPolicy } from '../config/policy.ts';
import type { JobOutcome } from '../outcome.ts';
import { literally } from '../proposal/scope.ts';
import { dueDependents, type DueImage } from '../rebuild/graph.ts';
import type { PublishedImage, PublishingRepository } from '../store/rebuild-state.ts';
import type { QueuedJob, Store } from '../store/store.ts';
import { jobFor } from './triggers.ts';

export interface GraphWork {
  readonly job: QueuedJob;
  readonly look: Pick<RepositoryLook, 'repository'>;
  readonly policy: Pick<AppPolicy, 'builtImages'>;
  readonly outcome: Pick<JobOutcome, 'images' | 'rebuilds'>;
  readonly store: Pick<Store, 'savePublished' | 'publishedImages' | 'enqueue'>;
  readonly now: () => Date;
}

/** Within one step, so that many are no stampede. */
const EVERY_MS = 5000;
/** What builds on what is due itself waits so long for it; when that is published later, it is due once more. */
const STEP_MS = 30 * 60_000;

/**
 * Threat: an image of that name could be claimed by anybody, so that only repositories of the same installation are
 * queued; and what is queued is a look, which publishes nothing by itself.
 * @returns how many repositories were queued.
 */
export async function rememberPublished(work: GraphWork): Promise<number> {
  const { job, look, policy, outcome, store, now } = work;
  const { results } = outcome.rebuilds;
  const whole = job.only.length === 0 && results.length === policy.builtImages.length;
  if (results.length === 0 && !whole) return 0;
  const repository = { ...look.repository, installation: job.installation };
  const images = results.map(({ image, published }): PublishedImage => ({
    ref: image.ref,
    dockerfile: image.dockerfile,
    digest: published
      .map(({ platform, digest }) => `${platform}@${digest}`)
      .sort()
      .join(' '),
    bases: basesOf(image.dockerfile, outcome.images),
  }));
  const moved = await store.savePublished(repository, images, whole);
  if (moved.length === 0) return 0;
  const all = await store.publishedImages(job.installation);
  const graph = all.map((image) => ({
    ...image,
    owner: image.repository,
    repository: fullName(image.repository),
  }));
  const due = dueDependents(moved, graph).filter(({ image }) => image.repository !== fullName(repository));
  const byName = new Map(graph.map((image) => [`${image.repository} ${image.ref}`, image]));
  const steps = stepsOf(due);
  let queued = 0;
  for (const [name, group] of Map.groupBy(due, ({ image }) => image.repository)) {
    const known = group.flatMap(({ image }) => byName.get(`${image.repository} ${image.ref}`) ?? []);
    const [first] = known;
    if (first === undefined) continue;
    const only = [...new Set(known.map(({ dockerfile }) => literally(dockerfile)))];
    const step = Math.min(...group.map(({ image }) => steps.get(image.ref) ?? 0));
    const notBefore = new Date(now().getTime() + step * STEP_MS + queued * EVERY_MS);
    const dependent = jobFor({ id: first.owner.id, full_name: name }, first.owner.installation, 'schedule');
    await store.enqueue({ ...dependent, only }, { notBefore });
    queued += 1;
  }
  return queued;
}

/** How many others that are due come before; they come in that order. */
function stepsOf(due: readonly DueImage[]): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  for (const { image, on, direct } of due) {
    const before = direct ? [] : on.map((ref) => (steps.get(ref) ?? 0) + 1);
    steps.set(image.ref, Math.max(0, ...before));
  }
  return steps;
}

/** As its lines name them: those that were looked at, and those that nothing was to be done about. */
function basesOf(dockerfile: string, { results, left }: JobOutcome['images']): readonly string[] {
  const looked = results
    .filter(({ image }) => image.mentions.some(({ path }) => path === dockerfile))
    .map(({ image }) => image.reference.text);
  const others = left
    .filter(({ mention }) => mention.path === dockerfile)
    .map(({ mention }) => mention.reference.text);
  return [...new Set([...looked, ...others])];
}

function fullName({ owner, name }: Pick<PublishingRepository, 'owner' | 'name'>): string {
  return `${owner}/${name}`;
}
