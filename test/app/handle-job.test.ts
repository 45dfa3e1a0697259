/** Jobs against a GitHub on loopback, with the lockers replaced: grouping, the welcome, limits. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readOperator } from '../../src/app/operator.ts';
import type { RelockRequest } from '../../src/app/handle-job.ts';
import { startService, type Service } from '../../src/app/service.ts';
import { DEFAULT_SETTINGS } from '../../src/config/defaults.ts';
import { NO_IMAGES, type ImageOutcome } from '../../src/images/result.ts';
import type { TargetResult } from '../../src/model.ts';
import type { JobOutcome } from '../../src/outcome.ts';
import { NO_REBUILDS } from '../../src/rebuild/model.ts';
import { NO_SCAN } from '../../src/scan/outcome.ts';
import { folder } from '../support/folder.ts';
import { contentOf, imageOf, movedImage, NEW, OLD, outcomeOf } from '../support/image-results.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';

const NAME = 'acme/svc';
const policy = (group: string): string => `[pull-request]\ngroup = "${group}"\nwelcome = true\n`;

let github: GitHub;
let service: Service;
/** Text of each lock that a run makes; `dev.txt` reads `base.txt`. */
const locks = new Map([
  ['base.txt', 'a==2\n'],
  ['dev.txt', 'b==2\n'],
  ['other.txt', 'c==2\n'],
]);

/** What a run over everything finds of images. */
let images: ImageOutcome = NO_IMAGES;
let relocks = 0;
/** Milliseconds by which the service's clock is ahead. */
let ahead = 0;

async function relock({ job: asked }: RelockRequest): Promise<JobOutcome> {
  relocks += 1;
  const view = github.repository(NAME);
  const results: TargetResult[] = [];
  for (const [path, text] of locks) {
    if (asked.only.length > 0 && !asked.only.includes(path)) continue;
    const changed = (await view.file('main', path)) !== text;
    const target: TargetResult['target'] = {
      path,
      kind: 'pip-compile',
      manifests: [],
      inputs: path === 'dev.txt' ? ['base.txt'] : [],
      writes: [path],
      tool: { name: 'uv', version: null, from: 'a test' },
      cwd: '.',
      command: ['uv'],
      python: { version: '3.12', from: 'a test' },
      remotes: [],
      notes: [],
    };
    results.push({
      target,
      status: changed ? 'updated' : 'unchanged',
      reason: null,
      seconds: 0,
      changes: [],
      solver: 'a test',
      notes: [],
      files: changed ? [{ path, text, executable: false }] : [],
    });
  }
  const pullRequest = results.some(({ files }) => files.length > 0)
    ? { title: 'Re-lock all', body: 'All.\n' }
    : null;
  const job = { repository: NAME, trigger: 'schedule', only: [], cutoff: null } as const;
  return {
    job,
    results,
    skips: [],
    seconds: 0,
    notes: [],
    pullRequest,
    images: asked.only.length === 0 ? images : NO_IMAGES,
    rebuilds: NO_REBUILDS,
    scan: NO_SCAN,
  };
}

const openHeads = (): readonly string[] =>
  github
    .repository(NAME)
    .pulls()
    .filter(({ state }) => state === 'open')
    .map(({ pull }) => pull?.headRef ?? '')
    .sort();

async function counts(wanted: (counts: { waiting: number; active: number }) => boolean): Promise<void> {
  for (let quiet = 0; quiet < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    quiet = wanted(await service.store.counts()) ? quiet + 1 : 0;
  }
}
const idle = () => counts(({ waiting, active }) => waiting + active === 0);

async function run(only: readonly string[] = [], force = true): Promise<void> {
  await service.store.enqueue({
    repository: { id: github.repository(NAME).state.id, owner: 'acme', name: 'svc' },
    installation: github.installationId,
    purpose: 'monthly',
    trigger: 'schedule',
    only,
    force,
    noCache: false,
    answer: null,
    advisory: null,
  });
}

beforeAll(async () => {
  github = await startGitHub({ users: { walter: 'write' } });
  const old = Object.fromEntries([...locks].map(([path, text]) => [path, text.replace('2', '1')]));
  await github.createRepository('acme', 'svc', { ...old, '.github/relock.toml': policy('per-lock') });
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
    now: () => new Date(Date.now() + ahead),
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await github.close();
});

it('proposes each group of locks by itself, and greets where the policy wants it', async () => {
  await counts(() => openHeads().length === 2);
  await idle();
  const [base = '', other = ''] = openHeads();
  expect(base).toMatch(/^relock\/monthly-base-txt-[\da-f]{8}$/u);
  expect(other).toMatch(/^relock\/monthly-other-txt-[\da-f]{8}$/u);
  const view = github.repository(NAME);
  expect(await view.file(base, 'dev.txt')).toBe('b==2\n');
  expect(await view.file(base, 'other.txt')).toBe('c==1\n');
  expect(await view.file(other, 'base.txt')).toBe('a==1\n');
  expect(view.pulls().map(({ title }) => title)).toEqual([
    'Re-lock 2 locks: 0 packages moved',
    'Re-lock other.txt: 0 packages moved',
  ]);
  const issues = [...view.state.issues.values()].filter(({ pull }) => pull === undefined);
  expect(issues.map(({ title }) => title)).toEqual(['Relock is installed']);
  expect(issues[0]?.body).toContain('- `dev.txt` (pip-compile)');
}, 60_000);

it('leaves the pull requests of other locks alone when somebody asks for some', async () => {
  const before = openHeads();
  const { id } = github.repository(NAME).state;
  const scheduled = await service.store.lastRun(id, 'monthly');
  await run(['other.txt']);
  await idle();
  expect(openHeads()).toEqual(before);
  // The schedule's own run of all locks is still to come.
  expect(scheduled).not.toBeNull();
  expect(await service.store.lastRun(id, 'monthly')).toEqual(scheduled);
}, 60_000);

it('ends what the other grouping has left open, and greets once', async () => {
  await github.user('walter').push(NAME, 'main', { '.github/relock.toml': policy('one') });
  await run();
  await counts(() => openHeads().length === 1);
  await idle();
  expect(openHeads()).toEqual(['relock/monthly']);
  expect([...(await github.repository(NAME).branches()).keys()].sort()).toEqual(['main', 'relock/monthly']);
  const issues = [...github.repository(NAME).state.issues.values()].filter(({ pull }) => pull === undefined);
  expect(issues).toHaveLength(1);
}, 60_000);

it('keeps what the one pull request holds of other locks when somebody asks for some', async () => {
  await github.user('walter').push(NAME, 'main', { 'other.txt': 'c==2\n' });
  await idle();
  await run(['other.txt']);
  await idle();
  expect(openHeads()).toEqual(['relock/monthly']);
  expect(await github.repository(NAME).file('relock/monthly', 'base.txt')).toBe('a==2\n');
}, 60_000);

it('runs again when the schedule says so, also within the month, though no commit came since', async () => {
  // Every hour, at a minute that is far from now.
  const minute = (new Date().getUTCMinutes() + 30) % 60;
  await github.user('walter').push(NAME, 'main', {
    '.github/relock.toml': `schedule = "${minute} * * * *"\n${policy('one')}`,
  });
  await run();
  await idle();
  const before = relocks;
  await run([], false);
  await idle();
  expect(relocks).toBe(before);
  ahead = 3600 * 1000;
  await run([], false);
  await idle();
  expect(relocks).toBe(before + 1);
}, 60_000);

it('proposes images by themselves, without the workflows that it may not write', async () => {
  locks.clear();
  const image = imageOf(`python:3.12@${OLD}`);
  const moved = movedImage(image, contentOf(OLD, ['deb a 1']), contentOf(NEW, ['deb a 2']));
  images = outcomeOf([moved], {
    files: ['.github/workflows/ci.yml', 'Dockerfile'].map((path) => ({
      path,
      text: `${NEW}\n`,
      executable: false,
    })),
  });
  await github.user('walter').push(NAME, 'main', {
    '.github/relock.toml': policy('per-lock'),
    '.github/workflows/ci.yml': `${OLD}\n`,
    Dockerfile: `${OLD}\n`,
  });
  await run();
  await counts(() => openHeads().some((head) => head.startsWith('relock/monthly-base-images-')));
  await idle();
  const view = github.repository(NAME);
  const head = openHeads().find((one) => one.startsWith('relock/monthly-base-images-')) ?? '';
  expect(await view.file(head, 'Dockerfile')).toBe(`${NEW}\n`);
  expect(await view.file(head, '.github/workflows/ci.yml')).toBe(`${OLD}\n`);
  expect(await view.file(head, 'base.txt')).toBe('a==1\n');
  const pull = view.pulls().find(({ pull: one }) => one?.headRef === head);
  expect(pull?.title).toBe('Re-lock python:3.12: 1 package moved inside');
  expect(pull?.body).toContain('lacks the permission "Workflows" here:** `.github/workflows/ci.yml`');
  // A run over some locks looks at no image, and leaves their pull request open.
  await run(['base.txt']);
  await idle();
  expect(openHeads()).toContain(head);
  images = NO_IMAGES;
  await run();
  await idle();
  expect(openHeads()).not.toContain(head);
}, 60_000);

it('puts a job off when GitHub wants quiet, and counts it as no failure', async () => {
  github.fail({ kind: 'secondary-limit', path: /^\/repos\/acme\/svc/u, retryAfter: 30 });
  await run();
  await counts(({ waiting, active }) => waiting === 1 && active === 0 && github.pendingFaults() === 0);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain('relock_jobs_total{result="failed"} 0');
}, 30_000);
