/** What a store must remember of published images, whatever database is behind it. */
import { describe, expect, it } from 'vitest';
import type { RebuildRequest } from '../../src/store/rebuild-state.ts';
import type { Store } from '../../src/store/store.ts';
import { queuedJob } from './store.ts';

const REF = 'ghcr.io/acme/app:latest';
const REQUEST: RebuildRequest = {
  at: '2026-11-24T12:00:00.000Z',
  digest: `sha256:${'a'.repeat(64)}`,
  state: 'running',
  runId: null,
  job: 'a job',
  dockerfile: 'Dockerfile',
  workflow: 'build.yml',
  answers: [{ issue: 1, comment: 2, reply: null }],
  end: null,
};

let lastInstallation = 70_000;

export function describeRebuildState(get: () => Store): void {
  describe('published images', () => {
    it('keeps the rebuild that was asked for last, of each image', async () => {
      const { id } = queuedJob().repository;
      expect(await get().askedRebuild(id, REF)).toBeNull();
      await get().saveAskedRebuild(id, REF, REQUEST);
      await get().saveAskedRebuild(id, 'ghcr.io/acme/b:1', { ...REQUEST, state: 'asked' });
      expect(await get().askedRebuild(id, REF)).toEqual(REQUEST);
      expect(await get().runningRebuilds(id)).toEqual(new Map([[REF, REQUEST]]));
      const ended = { ...REQUEST, state: 'ended', runId: 30_433_642_001, end: 'It\0 failed.' } as const;
      await get().saveAskedRebuild(id, REF, ended);
      expect(await get().askedRebuild(id, REF)).toEqual({ ...ended, end: 'It failed.' });
      expect((await get().runningRebuilds(id)).size).toBe(0);
    });

    it('tells which were published anew, and what an installation publishes', async () => {
      lastInstallation += 1;
      const repository = { ...queuedJob().repository, installation: lastInstallation };
      const image = { ref: REF, dockerfile: 'Dockerfile', digest: 'one', bases: ['debian:12'] };
      const other = { ...image, ref: 'ghcr.io/acme/b:1' };
      expect(await get().savePublished(repository, [image, other], true)).toEqual([]);
      expect(await get().savePublished(repository, [image, other], true)).toEqual([]);
      // Who could not read it knows of no other digest.
      expect(await get().savePublished(repository, [{ ...image, digest: '' }], false)).toEqual([]);
      expect(await get().savePublished(repository, [{ ...image, digest: 'two' }], false)).toEqual([REF]);
      expect(await get().publishedImages(lastInstallation)).toEqual([
        { ...image, digest: 'two', repository },
        { ...other, repository },
      ]);
    });

    it('forgets images that the policy names no more, and repositories that are gone', async () => {
      lastInstallation += 1;
      const repository = { ...queuedJob().repository, installation: lastInstallation };
      const image = { ref: REF, dockerfile: 'Dockerfile', digest: 'one', bases: [] };
      await get().savePublished(repository, [image, { ...image, ref: 'b' }], true);
      await get().saveAskedRebuild(repository.id, REF, REQUEST);
      await get().saveAskedRebuild(repository.id, 'b', REQUEST);
      await get().savePublished(repository, [image], true);
      expect(await get().askedRebuild(repository.id, 'b')).toBeNull();
      expect((await get().publishedImages(lastInstallation)).map(({ ref }) => ref)).toEqual([REF]);
      await get().forgetRepository(repository.id);
      expect(await get().askedRebuild(repository.id, REF)).toBeNull();
      expect(await get().publishedImages(lastInstallation)).toEqual([]);
    });
  });
}
