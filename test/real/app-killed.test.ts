/** Killed at any moment and started again on the same data, the App comes to the same end. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { freePort, setNow, startApp, type App } from '../support/app-process.ts';
import { folder } from '../support/folder.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { madeLock } from '../support/made-lock.ts';
import { randomBy } from '../support/random.ts';

const NAME = 'acme/svc';
const BRANCH = 'relock/monthly';
/** Worlds that go on side by side: while one waits for its queue, others use the processors. */
const WORLDS = 5;
const KILLS = 20;
/** The queue waits twice as long after each death of a job, from two seconds on. */
const KILLS_OF_ONE_STEP = 3;
/** Up to this many requests are let through before a kill: a whole run has fewer. */
const REQUESTS = 26;
const GIVE_UP_MS = 150_000;

const seed = Number(process.env['RELOCK_TEST_SEED'] ?? Date.now() % 1_000_000);
const open: World[] = [];
afterAll(async () => {
  await Promise.all(open.map((world) => world.close()));
}, 60_000);

type Request = Parameters<NonNullable<Parameters<GitHub['watch']>[0]>>[0];

interface World {
  readonly github: GitHub;
  /** Where each kill was, for who has to repeat it. */
  readonly kills: readonly string[];
  /** Begins a step of the story, at this time, with kills until all are spent. */
  readonly step: (now: Date, restart: boolean) => void;
  /** Starts it again as often as it dies, until it has taken every webhook and has nothing left to do. */
  readonly settled: (done: () => Promise<boolean>) => Promise<void>;
  close(): Promise<void>;
}

/** The App has no git here, opens no issues, merges nothing, and writes no commands. */
function isPersons({ method, path, body }: Request): boolean {
  const text = typeof body === 'object' && body !== null && 'body' in body ? String(body.body) : '';
  return (
    path.includes('.git/') ||
    (method === 'POST' && path.endsWith('/issues')) ||
    path.endsWith('/merge') ||
    text.startsWith('/rebuild')
  );
}

async function openWorld(number: number): Promise<World> {
  const random = randomBy(seed + number);
  const data = folder();
  const clock = join(data, 'now');
  const port = await freePort();
  const github = await startGitHub({ users: { walter: 'write' }, events: ['issue_comment', 'push'] });
  github.setWebhook(`http://127.0.0.1:${port}/api/github/webhooks`);
  const kills: string[] = [];
  let ofStep = 0;
  let armed: { after: number; readonly how: 'arrived' | 'answered' | 'lost' } | null = null;
  let app: App | null = null;
  let killed: App | null = null;

  function end(): void {
    killed = app;
    app?.kill();
  }

  function kill(where: string): void {
    armed = null;
    kills.push(where);
    ofStep += 1;
    end();
  }

  github.watch((request, phase) => {
    if (armed === null || isPersons(request)) return;
    if (phase === 'arrived') armed.after -= 1;
    if (armed.after > 0 || (phase === 'answered') !== (armed.how === 'answered')) return;
    const { method, path } = request;
    // As if it had never come; else its effect is there, and nobody knows.
    if (armed.how === 'lost') github.fail({ kind: 'reset', method });
    kill(`${armed.how} ${method} ${path.replaceAll(/[0-9a-f]{40}/gu, '…')}`);
  });

  /** For who has to find out what it waits for. */
  async function state(): Promise<string> {
    const lost = github.deliveries.filter(({ status }) => status !== 200);
    const unheard = lost.map(({ event, attempts }) => `${event} (${attempts.length})`);
    return JSON.stringify({ number, alive: app?.isAlive(), jobs: await app?.jobs(), unheard });
  }

  function arm(): void {
    if (kills.length >= KILLS || ofStep >= KILLS_OF_ONE_STEP || armed !== null) return;
    const how = (['arrived', 'answered', 'lost'] as const)[random(3)] ?? 'lost';
    armed = { after: 1 + random(REQUESTS), how };
  }

  function start(): void {
    const one = startApp({ github, dataFolder: data, environment: {}, clock, relock: 20, port });
    app = one;
    arm();
    if (armed === null || random(6) > 0) return;
    setTimeout(
      () => {
        if (app === one && one.isAlive() && ofStep < KILLS_OF_ONE_STEP) kill('while it started');
      },
      100 + random(900),
    );
  }

  return {
    github,
    kills,
    step(now, restart) {
      setNow(clock, now.toISOString());
      ofStep = 0;
      if (restart) end();
      // What a person does next, the App is not there to hear.
      else if (kills.length < KILLS && random(3) === 0) kill('at rest');
      else arm();
    },
    async settled(done) {
      const limit = performance.now() + GIVE_UP_MS;
      for (let quiet = 0; quiet < 2; await Promise.race([delay(200), app?.gone])) {
        if (performance.now() > limit)
          throw new Error(`Not done: ${await state()}\n${app?.output().slice(-2000)}`);
        if (app?.isAlive() !== true) {
          await app?.gone;
          if (app !== killed) throw new Error(`It died of itself:\n${app?.output()}`);
          start();
        }
        const jobs = (await app?.jobs()) ?? null;
        if (jobs === null) continue;
        expect(jobs.dead).toBe(0);
        const idle = jobs.waiting + jobs.active === 0;
        const heard = github.deliveries.every(({ status }) => status === 200);
        quiet = idle && heard && (await done()) ? quiet + 1 : 0;
      }
    },
    async close() {
      armed = null;
      await app?.stop();
      await github.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

const openPulls = (github: GitHub) =>
  github
    .repository(NAME)
    .pulls()
    .filter(({ state }) => state === 'open');

/** The branch is what the base needs now, its pull request is open, and its report is there. */
async function isTrue(github: GitHub, now: Date): Promise<boolean> {
  const view = github.repository(NAME);
  const branches = await view.branches();
  if (!branches.has(BRANCH) || openPulls(github).length !== 1) return false;
  const lock = await view.file(BRANCH, 'requirements.txt');
  return (
    lock === madeLock(now, branches.get('main') ?? '') && view.checkRuns(branches.get(BRANCH)).length === 1
  );
}

/** Tick, a moved base, a command, a merge. */
async function month({ github, step, settled }: World, now: Date, issue: number): Promise<void> {
  const walter = github.user('walter');
  step(now, true);
  await settled(() => isTrue(github, now));
  step(now, false);
  await walter.push(NAME, 'main', { 'requirements.in': `idna\n# ${now.toISOString()}\n` });
  await settled(() => isTrue(github, now));
  step(now, false);
  const asked = await walter.comment(NAME, issue, '/rebuild');
  const reactions = (): readonly string[] =>
    github
      .repository(NAME)
      .state.issues.get(issue)
      ?.comments.find(({ id }) => id === asked)
      ?.reactions.map(({ content }) => content) ?? [];
  await settled(async () => reactions().includes('rocket'));
  expect(reactions().toSorted()).toEqual(['eyes', 'rocket']);
  expect(await isTrue(github, now)).toBe(true);
  step(now, false);
  await walter.mergePull(NAME, openPulls(github)[0]?.number ?? 0);
  await settled(async () => true);
  expect(openPulls(github)).toEqual([]);
}

/** Gives the months that it took. */
async function story(world: World): Promise<number> {
  const { github, step, kills } = world;
  step(new Date('2026-01-28T12:00:00Z'), true);
  await github.createRepository('acme', 'svc', {
    'requirements.in': 'idna\n',
    'requirements.txt': 'idna==3.4\n',
  });
  const issue = await github.user('walter').openIssue(NAME, 'please');
  let months = 0;
  for (; kills.length < KILLS; months += 1)
    await month(world, new Date(Date.UTC(2026, months, 28, 12)), issue);

  const view = github.repository(NAME);
  expect(view.pulls().filter(({ pull }) => pull?.merged !== undefined)).toHaveLength(months);
  expect(view.pulls()).toHaveLength(months);
  const answers = (view.state.issues.get(issue)?.comments ?? []).filter(({ user }) => user.type === 'Bot');
  expect(answers).toHaveLength(months);
  expect(new Set(answers.map(({ body }) => /relock-answer: \d+/u.exec(body)?.[0])).size).toBe(months);
  const runs = view.checkRuns().map(({ headSha, name }) => `${name} ${headSha}`);
  expect(runs.toSorted()).toEqual([...new Set(runs)].toSorted());
  expect(github.deliveries.filter(({ status }) => status !== 200)).toEqual([]);
  return months;
}

it(`comes to the same end after ${WORLDS * KILLS} kills`, { timeout: 600_000 }, async () => {
  const began = performance.now();
  for (let number = 0; number < WORLDS; number += 1) open.push(await openWorld(number));
  try {
    const months = await Promise.all(open.map(story));
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const count = open.flatMap(({ kills }) => kills).length;
    const total = months.reduce((sum, one) => sum + one, 0);
    const attempts = open.flatMap(({ github }) => github.deliveries).flatMap((one) => one.attempts);
    const again = attempts.filter(({ redelivery }) => redelivery).length;
    // Nobody but the App asks for them.
    expect(again).toBeGreaterThan(0);
    process.stdout.write(
      `seed ${seed}: ${count} kills in ${total} months of ${WORLDS} repositories, ${again} webhooks sent again, ${seconds} s\n`,
    );
  } catch (error) {
    const kills = open.map((world) => world.kills.join('\n  ')).join('\n\n  ');
    throw new Error(`With RELOCK_TEST_SEED=${seed}, after kills at:\n  ${kills}`, { cause: error });
  }
});
