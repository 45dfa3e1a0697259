/** The App against the stand-in of GitHub on this machine: answers to webhooks, memory, requests, repositories. */
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, setNow, startApp, type App } from '../test/support/app-process.ts';
import { startGitHub, type GitHub } from '../test/support/github/github.ts';

const EVENTS_PER_SECOND = 200;
const EVENT_SECONDS = 10;
const EVENT_REPOSITORIES = 500;
const FLOOD_SECONDS = 3;
const FLOOD_CONNECTIONS = 16;
const IDLE_SECONDS = 20;
const REPOSITORIES = 32;
const RELOCK_MS = 50;

/** @param say prints a line. */
export async function benchApp(say: (line: string) => void): Promise<void> {
  await webhooks(say);
  for (const workers of [1, 4]) await repositories(workers, say);
}

/** A new App with a GitHub and data of its own. */
async function withApp(
  environment: Readonly<Record<string, string>>,
  prepare: (github: GitHub) => Promise<void>,
  run: (app: App, github: GitHub) => Promise<void>,
): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'relock-bench-app-'));
  const github = await startGitHub();
  try {
    await prepare(github);
    const clock = join(data, 'now');
    setNow(clock, '2026-01-28T12:00:00Z');
    const port = await freePort();
    const app = startApp({ github, dataFolder: data, environment, clock, relock: RELOCK_MS, port });
    try {
      while ((await app.jobs()) === null) {
        if (!app.isAlive()) throw new Error(app.output());
        await delay(50);
      }
      await run(app, github);
    } finally {
      await app.stop();
    }
  } finally {
    await github.close();
    rmSync(data, { recursive: true, force: true });
  }
}

async function webhooks(say: (line: string) => void): Promise<void> {
  const nothing = async (): Promise<void> => undefined;
  await withApp({ RELOCK_WORKERS: '0' }, nothing, async (app, github) => {
    await delay(IDLE_SECONDS * 1000);
    say(`App, idle for ${IDLE_SECONDS} s: ${memory(app)}`);
    // Shorter than the App keeps an idle connection (5 s): none is used in the moment in which it is closed.
    const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 2000 });
    const pushAnywhere = (number: number): Promise<void> => {
      const id = 1_000_000 + (number % EVENT_REPOSITORIES);
      return push(app, github, agent, id, `acme/repository-${id}`);
    };
    const latencies: number[] = [];
    const late: number[] = [];
    const under: Promise<void>[] = [];
    const began = performance.now();
    for (let event = 0; event < EVENTS_PER_SECOND * EVENT_SECONDS; event += 1) {
      const due = began + (event * 1000) / EVENTS_PER_SECOND;
      const early = due - performance.now();
      if (early > 0) await delay(early);
      late.push(performance.now() - due);
      // From the time at which it was to be sent: a late sender hides nothing, and says how late it was.
      under.push(pushAnywhere(event).then(() => void latencies.push(performance.now() - due)));
    }
    await Promise.all(under);
    const jobs = await app.jobs();
    say(
      `App, ${EVENTS_PER_SECOND} signed events per second for ${EVENT_SECONDS} s: half answered in ${quantile(latencies, 0.5)}, 99 % in ${quantile(latencies, 0.99)}, all in ${quantile(latencies, 1)}; 99 % sent at most ${quantile(late, 0.99)} late; ${jobs?.waiting ?? 0} jobs stored`,
    );
    let answered = 0;
    const end = performance.now() + FLOOD_SECONDS * 1000;
    const flood = async (): Promise<void> => {
      while (performance.now() < end) {
        await pushAnywhere(answered);
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: FLOOD_CONNECTIONS }, flood));
    agent.destroy();
    say(
      `App, flooded by ${FLOOD_CONNECTIONS} connections: ${(answered / FLOOD_SECONDS).toFixed(0)} answers per second; then ${memory(app)}`,
    );
  });
}

/** One push that moves a manifest, signed. */
function push(app: App, github: GitHub, agent: Agent, id: number, fullName: string): Promise<void> {
  const name = fullName.slice(fullName.indexOf('/') + 1);
  const owner = { login: 'acme', id: 1, type: 'Organization' };
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    deleted: false,
    commits: [{ id: randomUUID(), added: [], removed: [], modified: ['requirements.in'] }],
    repository: { id, name, full_name: fullName, owner, default_branch: 'main' },
    installation: { id: github.installationId },
    sender: owner,
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', github.webhookSecret).update(body).digest('hex')}`,
  };
  return new Promise((done, fail) => {
    const sent = request(`${app.url}/api/github/webhooks`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) done();
        else fail(new Error(`A webhook was answered with ${answer.statusCode ?? 0}.`));
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

/** Without the second that GitHub asks for between writes, each gets its pull request; then all are asked for again, and have nothing new. */
async function repositories(workers: number, say: (line: string) => void): Promise<void> {
  const prepare = async (github: GitHub): Promise<void> => {
    for (let number = 0; number < REPOSITORIES; number += 1) {
      await github.createRepository('acme', `service-${number}`, {
        'requirements.in': 'idna\n',
        'requirements.txt': 'idna==3.4\n',
      });
    }
  };
  let began = 0;
  const environment = { RELOCK_WORKERS: String(workers), RELOCK_TEST_UNPACED: '1' };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await delay(20);
  };
  await withApp(
    environment,
    async (github) => {
      await prepare(github);
      // The first request of a job; before it, the App starts.
      github.watch(({ repository }) => {
        if (repository !== undefined && began === 0) began = performance.now();
      });
    },
    async (app, github) => {
      const names = Array.from({ length: REPOSITORIES }, (_, number) => `acme/service-${number}`);
      await until(() => names.every((name) => github.repository(name).checkRuns().length > 0));
      const seconds = (performance.now() - began) / 1000;
      const requests = github.requests().length / REPOSITORIES;
      say(
        `App, ${workers} worker${workers === 1 ? '' : 's'}, ${RELOCK_MS} ms a re-lock: ${perHour(seconds)} repositories per hour, each with its pull request and ${requests.toFixed(1)} requests`,
      );
      const idle = async (): Promise<void> => {
        for (
          let jobs = await app.jobs();
          jobs === null || jobs.waiting + jobs.active > 0;
          jobs = await app.jobs()
        )
          await delay(20);
      };
      await idle();
      github.clearRequests();
      const agent = new Agent({ keepAlive: true });
      const again = performance.now();
      await Promise.all(
        names.map((name) => push(app, github, agent, github.repository(name).state.id, name)),
      );
      await idle();
      const secondsAgain = (performance.now() - again) / 1000;
      agent.destroy();
      const asked = github.requests();
      const counted = asked.filter(({ status }) => status !== 304).length;
      say(
        `  unchanged: ${perHour(secondsAgain)} repositories per hour, each with ${(asked.length / REPOSITORIES).toFixed(1)} requests, of which ${(counted / REPOSITORIES).toFixed(1)} count against the limit`,
      );
    },
  );
}

function quantile(values: readonly number[], part: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)} ms`;
}

function perHour(seconds: number): string {
  return Math.round((REPOSITORIES / seconds) * 3600).toLocaleString('en-US');
}

function memory({ pid }: App): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const of = (field: string): string =>
      (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1]) / 1024).toFixed(0);
    return `${of('VmRSS')} MB of memory (${of('VmHWM')} MB at its peak)`;
  } catch {
    return 'memory unknown here';
  }
}
