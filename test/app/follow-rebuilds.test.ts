/** Asking for rebuilds and following them when things go wrong in between: killed, no run, one that never ends. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { followRebuilds } from '../../src/app/follow-rebuilds.ts';
import { askForRebuilds, lastAsked } from '../../src/app/rebuilds.ts';
import type { GitHubApi } from '../../src/forge/github/api.ts';
import type { RepositoryLook } from '../../src/forge/github/read-repository.ts';
import type { RebuildRequest } from '../../src/store/rebuild-state.ts';
import type { QueuedJob } from '../../src/store/store.ts';
import { appAt, svcAt } from '../forge/github/setup.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { OLD } from '../support/image-results.ts';
import { builtImage, publishedState, rebuildResult, waits } from '../support/rebuild-results.ts';
import { queuedJob } from '../support/store.ts';

const HOUR = 60 * 60 * 1000;
const REF = 'ghcr.io/acme/app:latest';

let github: GitHub;
let api: GitHubApi;
let look: RepositoryLook;
let kept: Map<string, RebuildRequest>;
let queue: { readonly job: QueuedJob; readonly minutes: number }[];
let ahead = 0;
const now = (): Date => new Date(Date.now() + ahead);

const store = {
  askedRebuild: (_id: number, ref: string) => Promise.resolve(kept.get(ref) ?? null),
  saveAskedRebuild(_id: number, ref: string, request: RebuildRequest) {
    kept.set(ref, request);
    return Promise.resolve();
  },
  runningRebuilds: () => Promise.resolve(new Map([...kept].filter(([, { state }]) => state === 'running'))),
  enqueue(job: QueuedJob, options: { readonly notBefore?: Date } = {}) {
    const minutes = Math.round(((options.notBefore?.getTime() ?? 0) - now().getTime()) / 60_000);
    queue.push({ job, minutes });
    return Promise.resolve(true);
  },
};

const runs = () => github.repository('acme/svc').state.automation.runs;
const needed = (ref: string) =>
  rebuildResult({
    image: builtImage({ ref, via: ['workflow'], workflow: 'build.yml' }),
    decision: { verdict: 'needed', because: 'It lacks 1 security fix.' },
    published: [publishedState([waits('rebuild', 'libssl3 1 2')])],
  });
const ask = (refs: readonly string[], id = 'a job', stillMine = true) =>
  askForRebuilds({
    job: queuedJob(),
    look,
    outcome: { rebuilds: { results: refs.map(needed) } },
    api,
    lease: { id, stillMine: () => Promise.resolve(stillMine) },
    store,
    now,
  });
const follow = () => followRebuilds({ job: queuedJob(), look, api, store, now });

beforeAll(async () => {
  github = await startGitHub({ permissions: { contents: 'write', actions: 'write', checks: 'write' } });
  await github.createRepository('acme', 'svc', { Dockerfile: 'FROM debian:12\n' });
  github
    .repository('acme/svc')
    .state.automation.workflows.push({ id: 7, path: '.github/workflows/build.yml' });
  ({ api } = await appAt(github));
  look = { repository: svcAt(github), defaultBranch: 'main' } as RepositoryLook;
});
afterAll(() => github.close());
beforeEach(() => {
  kept = new Map();
  queue = [];
  ahead = 0;
  runs().splice(0);
});

describe('asking', () => {
  it('starts a workflow that builds several images once', async () => {
    expect(await ask([REF, 'b:1'])).toEqual([
      `- \`${REF}\`: It lacks 1 security fix. Its workflow \`build.yml\` was started; how it ends is told here.`,
      expect.stringContaining('- `b:1`'),
    ]);
    expect(runs()).toHaveLength(1);
    expect([...kept.values()].map(({ state }) => state)).toEqual(['running', 'running']);
    expect(queue).toMatchObject([{ job: { follow: true }, minutes: 5 }]);
  });

  it('asks for nothing when the job was lost', async () => {
    await expect(ask([REF], 'a job', false)).rejects.toThrow('another worker');
    expect(runs()).toEqual([]);
    // Nothing was asked for that an image could rest for.
    expect(await lastAsked(store, 1, REF)).toBeNull();
  });

  it.each(['asking', 'running'] as const)(
    'killed while %s, the next try starts no second run',
    async (state) => {
      await ask([REF]);
      const was = kept.get(REF);
      if (was !== undefined) kept.set(REF, { ...was, state });
      queue = [];
      await ask([REF, 'b:1']);
      expect(runs()).toHaveLength(1);
      expect(kept.get(REF)?.state).toBe('running');
      expect(kept.get('b:1')?.state).toBe('running');
      expect(queue).toHaveLength(1);
      await ask([REF], 'another job');
      expect(runs()).toHaveLength(2);
    },
  );

  it('killed before it was sent, the next try sends it', async () => {
    await ask([REF], 'a job', false).catch(() => undefined);
    expect(kept.get(REF)?.state).toBe('asking');
    await ask([REF]);
    expect(runs()).toHaveLength(1);
  });
});

describe('following', () => {
  it('comes again while a run lasts, ever less often, and gives up after a day', async () => {
    await ask([REF]);
    queue = [];
    await follow();
    ahead = 2 * HOUR;
    await follow();
    expect(queue.map(({ minutes }) => minutes)).toEqual([5, 30]);
    ahead = 25 * HOUR;
    await follow();
    expect(queue).toHaveLength(2);
    expect(kept.get(REF)).toMatchObject({
      state: 'ended',
      end: expect.stringContaining('has not ended within a day') as unknown,
    });
    // It rests all the same, until its time is over.
    expect(await lastAsked(store, 1, REF)).toMatchObject({ digest: OLD });
  });

  it('says when GitHub shows no run', async () => {
    await ask([REF]);
    runs().splice(0);
    await follow();
    expect(kept.get(REF)?.state).toBe('running');
    ahead = 2 * HOUR;
    await follow();
    expect(kept.get(REF)?.end).toContain('GitHub shows no run of it');
  });

  it('looks at what was built anew, after a registry shows it', async () => {
    await ask([REF, 'b:1']);
    queue = [];
    Object.assign(runs()[0] ?? {}, { status: 'completed', conclusion: 'success' });
    expect(await follow()).toBe('Of 1 runs that are followed, 1 ended.');
    expect(queue).toMatchObject([
      { job: { only: ['Dockerfile'], trigger: 'schedule', follow: false, force: false }, minutes: 12 },
    ]);
    expect(await follow()).toBe('No rebuild is followed.');
  });
});
