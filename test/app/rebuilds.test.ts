/** Published images that fall behind, on a GitHub on loopback: what is asked for, once, and told. The engine is replaced. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { followJob } from '../../src/app/follow-rebuilds.ts';
import type { RelockRequest } from '../../src/app/handle-job.ts';
import { readOperator } from '../../src/app/operator.ts';
import { lastAsked } from '../../src/app/rebuilds.ts';
import { startService, type Service } from '../../src/app/service.ts';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { imagesInScope } from '../../src/engine/rebuild.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { bustCache, bustDate } from '../../src/rebuild/cache-bust.ts';
import { decideRebuild } from '../../src/rebuild/decide.ts';
import { readDockerfile } from '../../src/rebuild/dockerfile.ts';
import type { RebuildResult, WaitingUpdate } from '../../src/rebuild/model.ts';
import { writePullRequest } from '../../src/report/pull-request.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import type { QueuedJob } from '../../src/store/store.ts';
import { folder } from '../support/folder.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { NEW, OLD, outcomeOf, planOf } from '../support/image-results.ts';
import { publishedState, rebuildResult, waits } from '../support/rebuild-results.ts';

const DAY = 24 * 60 * 60 * 1000;
const DOCKERFILE = 'FROM debian:12\nRUN apt-get update && apt-get upgrade -y\n';
const REF = 'ghcr.io/acme/app:latest';
const policy = (ref: string, via: string): string =>
  `[[image]]\nref = "${ref}"\nplatforms = ["linux/amd64"]\nvia = ["${via}"]\n` +
  (via === 'workflow' ? 'workflow = "build.yml"\n' : '');

let github: GitHub;
let service: Service;
/** What is published, and what it lacks, by reference. */
const published = new Map<string, { readonly digest: string; readonly waiting: readonly WaitingUpdate[] }>();
const behind = [waits('rebuild', 'libssl3 3.0.16-1 3.0.17-1')];
let ran: string[] = [];
let ahead = 0;
const now = (): Date => new Date(Date.now() + ahead);

async function relock({ job, look, policy: read }: RelockRequest): Promise<JobOutcome> {
  const { owner, name, id } = look.repository;
  ran.push([name, ...job.only].join(' '));
  const view = github.repository(`${owner}/${name}`);
  const text = (await view.file('main', 'Dockerfile')) ?? '';
  const results = await Promise.all(
    imagesInScope(read.builtImages, job.only).map(async (image): Promise<RebuildResult> => {
      const { digest, waiting } = published.get(image.ref) ?? { digest: OLD, waiting: [] };
      const created = new Date(Date.now() + (digest === OLD ? -30 * DAY : ahead)).toISOString();
      const states = [publishedState(waiting, { digest, created })];
      const asked = await lastAsked(service.store, id, image.ref);
      const question = { image, published: states, now: now(), lastAsked: asked, bustDate: bustDate(text) };
      const decided = decideRebuild({ ...question, baseMoves: false });
      const decision = job.noCache ? { ...decided, verdict: 'needed' as const } : decided;
      const wanted = decision.verdict === 'needed' && image.via.includes('commit');
      const day = now().toISOString().slice(0, 10);
      const edit = wanted ? bustCache('Dockerfile', text, day, readDockerfile('Dockerfile', text)) : null;
      const files =
        edit !== null && 'text' in edit ? [{ path: 'Dockerfile', text: edit.text, executable: false }] : [];
      return rebuildResult({ image, decision, published: states, files });
    }),
  );
  const files = results.flatMap((result) => result.files);
  const bases = planOf({ Dockerfile: text }).images.map((image) => ({
    image,
    status: 'unchanged' as const,
    reason: null,
    from: null,
    to: null,
    comparisons: [],
    suggestions: [],
    notes: [],
  }));
  const told = {
    job: { repository: name, trigger: 'schedule', only: job.only, cutoff: null },
    results: [],
    skips: [],
    seconds: 0,
    notes: [],
    images: outcomeOf(bases, { files }),
    rebuilds: { results },
    scan: NO_SCAN,
  } as const;
  return {
    ...told,
    pullRequest: files.length === 0 ? null : writePullRequest({ ...told, links: new Map(), now: now() }),
  };
}

async function idle(): Promise<void> {
  for (let quiet = 0, last = ''; quiet < 4;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { waiting, active } = await service.store.counts();
    // What waits for its time is not waited for here.
    const seen = `${waiting} ${active} ${ran.length}`;
    quiet = active === 0 && seen === last ? quiet + 1 : 0;
    last = seen;
  }
}

function jobOf(name: string, more: Partial<QueuedJob> = {}): QueuedJob {
  return {
    repository: { id: github.repository(`acme/${name}`).state.id, owner: 'acme', name },
    installation: github.installationId,
    purpose: 'monthly',
    trigger: 'schedule',
    only: [],
    force: true,
    noCache: false,
    answer: null,
    advisory: null,
    ...more,
  };
}

async function run(name: string, more: Partial<QueuedJob> = {}): Promise<void> {
  await service.store.enqueue(jobOf(name, more));
  await idle();
}

/** A later job, whose time has come. */
async function follow(name: string): Promise<void> {
  await service.store.enqueue(followJob(jobOf(name)));
  await idle();
}

const automation = (name = 'app') => github.repository(`acme/${name}`).state.automation;
const asked = (name = 'app', ref = REF) =>
  service.store.askedRebuild(github.repository(`acme/${name}`).state.id, ref);

function end(name: string, conclusion: 'success' | 'failure'): void {
  const [newest] = automation(name).runs;
  if (newest === undefined) throw new Error('no run');
  Object.assign(newest, { status: 'completed', conclusion });
}

const PERMISSIONS = {
  contents: 'write',
  pull_requests: 'write',
  issues: 'write',
  checks: 'write',
  metadata: 'read',
  actions: 'write',
} as const;

beforeAll(async () => {
  github = await startGitHub({ users: { walter: 'write' } });
  const repositories = {
    app: policy(REF, 'workflow'),
    commits: policy('ghcr.io/acme/commits:latest', 'commit'),
    events: policy('ghcr.io/acme/events:latest', 'dispatch'),
    base: policy('ghcr.io/acme/base:1', 'workflow'),
    child: policy('ghcr.io/acme/child:1', 'workflow'),
  };
  for (const [name, text] of Object.entries(repositories)) {
    const from = name === 'child' ? DOCKERFILE.replace('debian:12', 'ghcr.io/acme/base:1') : DOCKERFILE;
    await github.createRepository('acme', name, { Dockerfile: from, '.github/relock.toml': text });
    automation(name).workflows.push({ id: 77, path: '.github/workflows/build.yml' });
  }
  github.setPermissions(github.installationId, PERMISSIONS);
  const { PATH, HOME } = process.env;
  const environment = {
    PATH,
    HOME,
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: github.webhookSecret,
    GHE_HOST: github.host,
    GHE_PROTOCOL: 'http',
    LOG_LEVEL: process.env['RELOCK_TEST_LOG'] ?? 'fatal',
    PORT: '0',
    RELOCK_DATA: folder(),
  };
  service = await startService({
    operator: readOperator(environment),
    settings: DEFAULT_SETTINGS,
    environment,
    relock,
    version: '0.0.0-test',
    now,
    pace: () => ({ turn: () => Promise.resolve() }),
  });
  github.setWebhook(`${service.url}/api/github/webhooks`);
  await idle();
}, 60_000);
afterAll(async () => {
  await service.stop();
  await github.close();
});
beforeEach(() => {
  ahead = 0;
  ran = [];
});

it('starts the workflow once, rests, tells how it ended, and looks again', async () => {
  published.set(REF, { digest: OLD, waiting: behind });
  await run('app');
  expect(automation().runs).toMatchObject([
    { event: 'workflow_dispatch', branch: 'main', inputs: { 'no-cache': 'true', pull: 'true' } },
  ]);
  await run('app');
  await follow('app');
  expect(automation().runs).toHaveLength(1);
  expect(await asked()).toMatchObject({ state: 'running', digest: OLD, runId: automation().runs[0]?.id });
  end('app', 'success');
  ran = [];
  await follow('app');
  expect(await asked()).toMatchObject({
    state: 'ended',
    end: expect.stringContaining('succeeded') as unknown,
  });
  const head = (await github.repository('acme/app').branches()).get('main');
  expect(github.repository('acme/app').checkRuns(head)).toMatchObject([
    { name: 'Relock rebuild: build.yml', conclusion: 'success' },
  ]);
  expect(ran).toEqual([]);
  // It waits until a registry shows the new image.
  expect(await service.store.counts()).toMatchObject({ waiting: 1 });
  published.set(REF, { digest: NEW, waiting: [] });
  await run('app', { force: false, only: ['Dockerfile'] });
  expect(ran).toEqual(['app Dockerfile']);
  expect(automation().runs).toHaveLength(1);
  expect(github.repository('acme/app').pulls()).toEqual([]);
}, 60_000);

it('answers who asks, by the published images too, and adds how the build ended', async () => {
  published.set(REF, { digest: NEW, waiting: [] });
  const issue = await github.user('walter').openIssue('acme/app', 'An image');
  const answer = (): string =>
    github
      .repository('acme/app')
      .state.issues.get(issue)
      ?.comments.map(({ body }) => body)
      .at(-1) ?? '';
  await github.user('walter').comment('acme/app', issue, '/rebuild');
  await expect.poll(() => answer(), { timeout: 10_000 }).toContain(`- \`${REF}\`: It lacks no security fix.`);
  expect(automation().runs).toHaveLength(1);
  await github.user('walter').comment('acme/app', issue, '/rebuild no-cache');
  await expect.poll(() => automation().runs.length, { timeout: 10_000 }).toBe(2);
  await idle();
  expect(answer()).toContain('Its workflow `build.yml` was started');
  end('app', 'failure');
  await follow('app');
  expect(answer()).toContain('Its workflow `build.yml` was started');
  expect(answer()).toMatch(/ended with `failure`\*\* \(\[its run\]\(http.*\/actions\/runs\/\d+\)\)/u);
  expect(github.repository('acme/app').checkRuns().at(-1)).toMatchObject({ conclusion: 'failure' });
  await follow('app');
  expect(answer().match(/ended with/gu)).toHaveLength(1);
}, 60_000);

it('says why it could not ask, and asks again at the next run', async () => {
  published.set(REF, { digest: OLD, waiting: behind });
  ahead = 30 * DAY;
  const gone = automation().workflows.splice(0);
  const issue = await github.user('walter').openIssue('acme/app', 'No workflow');
  await github.user('walter').comment('acme/app', issue, '/rebuild');
  const answers = (): string =>
    JSON.stringify(github.repository('acme/app').state.issues.get(issue)?.comments);
  await expect.poll(answers, { timeout: 10_000 }).toContain('there is no such workflow');
  await idle();
  expect(await asked()).toMatchObject({ state: 'refused' });
  expect(automation().runs).toHaveLength(2);
  automation().workflows.push(...gone);
  await run('app');
  expect(automation().runs).toHaveLength(3);
}, 60_000);

it('proposes the date, leaves it for a day more, and rests when it is merged', async () => {
  const ref = 'ghcr.io/acme/commits:latest';
  const view = github.repository('acme/commits');
  published.set(ref, { digest: OLD, waiting: behind });
  await run('commits');
  const [pull] = view.pulls();
  expect(pull?.title).toBe('Rebuild ghcr.io/acme/commits:latest: 1 security fix');
  const before = (await view.branches()).get('relock/monthly');
  expect(await view.file('relock/monthly', 'Dockerfile')).toContain('ARG RELOCK_REBUILD=');
  ahead = DAY;
  await run('commits', { force: false, only: ['Dockerfile'] });
  expect((await view.branches()).get('relock/monthly')).toBe(before);
  ahead = 0;
  await github.user('walter').mergePull('acme/commits', pull?.number ?? 0);
  await run('commits');
  expect(view.pulls()).toHaveLength(1);
  published.set(ref, { digest: NEW, waiting: [] });
  await run('commits');
  expect(view.pulls()).toHaveLength(1);
}, 60_000);

it('sends an event with the reasons, once', async () => {
  published.set('ghcr.io/acme/events:latest', { digest: OLD, waiting: behind });
  await run('events', { trigger: 'push' });
  expect(automation('events').dispatched).toEqual([]);
  await run('events');
  await run('events');
  expect(automation('events').dispatched).toMatchObject([
    {
      event: 'relock-rebuild',
      payload: {
        ref: 'ghcr.io/acme/events:latest',
        digest: OLD,
        security_fixes: [{ name: 'libssl3', from: '3.0.16-1', to: '3.0.17-1' }],
      },
    },
  ]);
}, 60_000);

it('looks at what builds on a base when that is published anew', async () => {
  published.set('ghcr.io/acme/base:1', { digest: OLD, waiting: [] });
  await run('base');
  await run('child');
  ran = [];
  published.set('ghcr.io/acme/base:1', { digest: NEW, waiting: [] });
  await run('base');
  await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['base', 'child Dockerfile']);
  await run('base');
  expect(ran).toEqual(['base', 'child Dockerfile', 'base']);
}, 60_000);
