/** Who is queued, and when, after a base was published anew. */
import { expect, it } from 'vitest';
import { rememberPublished } from '../../src/app/image-graph.ts';
import { NO_IMAGES } from '../../src/images/result.ts';
import type { QueuedJob } from '../../src/store/store.ts';
import { builtImage, publishedState, rebuildResult } from '../support/rebuild-results.ts';
import { queuedJob } from '../support/store.ts';

const image = (id: number, name: string, bases: readonly string[], dockerfile = 'Dockerfile') => ({
  ref: `ghcr.io/acme/${name}:1`,
  dockerfile,
  digest: 'x',
  bases,
  repository: { id, owner: 'acme', name: `repo-${id}`, installation: 7 },
});
const ALL = [
  image(1, 'base', ['debian:12']),
  image(2, 'middle', ['ghcr.io/acme/base:1@sha256:'.padEnd(91, 'a')], 'docker/[a].Dockerfile'),
  image(3, 'leaf', ['ghcr.io/acme/middle:1']),
  image(4, 'other', ['debian:12']),
  image(1, 'own', ['ghcr.io/acme/base:1']),
];

async function queued(moved: readonly string[]): Promise<readonly unknown[]> {
  const now = new Date('2026-11-24T12:00:00Z');
  const jobs: unknown[] = [];
  await rememberPublished({
    job: queuedJob(),
    look: { repository: { id: 1, owner: 'acme', name: 'repo-1' } },
    policy: { builtImages: [builtImage({ ref: 'ghcr.io/acme/base:1' })] },
    outcome: {
      images: NO_IMAGES,
      rebuilds: {
        results: [
          rebuildResult({
            image: builtImage({ ref: 'ghcr.io/acme/base:1' }),
            published: [publishedState([])],
          }),
        ],
      },
    },
    store: {
      savePublished: () => Promise.resolve(moved),
      publishedImages: () => Promise.resolve(ALL),
      enqueue({ repository, only, trigger }: QueuedJob, { notBefore } = {}) {
        jobs.push([
          repository.name,
          trigger,
          ...only,
          ((notBefore?.getTime() ?? 0) - now.getTime()) / 60_000,
        ]);
        return Promise.resolve(true);
      },
    },
    now: () => now,
  });
  return jobs;
}

it('queues what builds on it, bases first, and what builds on that later', async () => {
  const [middle, leaf, ...others] = await queued(['ghcr.io/acme/base:1']);
  expect(middle).toEqual(['repo-2', 'schedule', String.raw`docker/\[a\].Dockerfile`, 0]);
  expect(leaf).toEqual(['repo-3', 'schedule', 'Dockerfile', expect.closeTo(30, 0)]);
  expect(others).toEqual([]);
});

it('queues nobody when nothing was published anew', async () => {
  expect(await queued([])).toEqual([]);
});
