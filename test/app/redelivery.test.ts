import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Octokit } from '@octokit/rest';
import type { Probot } from 'probot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMonitor } from '../../src/app/monitor.ts';
import { chooseRedeliveries, createRedelivery, type Redelivery } from '../../src/app/redelivery.ts';
import { registerTriggers } from '../../src/app/triggers.ts';
import type { DeliveryAttempt } from '../../src/forge/github/deliveries.ts';
import type { Store } from '../../src/store/store.ts';
import { clientOf } from '../support-tests/github-setup.ts';
import { startGitHub, type GitHub } from '../support/github/github.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NOW = Date.parse('2026-11-24T12:00:00Z');

/** `guid@minutes-ago`, `!` where it was answered with 2xx, `+` where it was sent again, of this event. */
function attempts(text: string, event = 'push'): readonly DeliveryAttempt[] {
  return text.split(' ').map((word, index) => {
    const [, guid = '', again, ago, taken] = /^(\w+)(\+?)@([\d.]+)(!?)$/u.exec(word) ?? [];
    const at = NOW - Number(ago) * MINUTE;
    return { id: 1000 + index, guid, at, redelivery: again === '+', taken: taken === '!', event };
  });
}

function chosen(text: string, starting: boolean, event?: string): string {
  return chooseRedeliveries(attempts(text, event), NOW, starting)
    .map(({ guid, id }) => `${guid}:${Number(id) - 1000}`)
    .join(' ');
}

describe('which deliveries are asked for again', () => {
  it.each([
    ['what was taken is not', 'a@10!', '', ''],
    ['what failed is', 'a@10', 'a:0', 'a:0'],
    ['the newest of its attempts', 'a@60 a+@5', '', 'a:1'],
    ['each event once, the oldest first', 'b@10 a@20 c@30!', 'a:1 b:0', 'a:1 b:0'],
    ['a later success settles it', 'a@60 a+@50 a+@40!', '', ''],
    ['an earlier success does, too', 'a@60! a+@50', '', ''],
    ['what failed just now waits, but for a new process', 'a@2', '', 'a:0'],
    ['what has failed for long waits for long', 'a@120 a+@61 a+@59', '', 'a:2'],
    ['until it has waited as long as it failed', 'a@120 a+@90 a+@60', 'a:2', 'a:2'],
    ['what failed often may be what kills the process', 'a@9 a+@8 a+@7 a+@6 a+@5 a+@4', '', ''],
    ['but is asked for in the end', 'a@20 a+@19 a+@18 a+@16 a+@14 a+@10', 'a:5', 'a:5'],
    ['what GitHub keeps no more is not', 'a@4321', '', ''],
    ['nor what was only sent again since', 'a@4321 a+@100', '', ''],
    ['nor when the first attempt is out of sight', 'a+@100', '', ''],
    ['a time of the future is young', 'a@0', '', 'a:0'],
  ])('%s', (_, text, ticking, starting) => {
    expect(chosen(text, false)).toBe(ticking);
    expect(chosen(text, true)).toBe(starting);
    expect(chosen(text.split(' ').toReversed().join(' '), true) === '').toBe(starting === '');
  });

  it('a bounded number at a time', () => {
    const many = Array.from({ length: 250 }, (_, index) => `g${index}@${10 + index}`).join(' ');
    const first = chooseRedeliveries(attempts(many), NOW, true);
    expect(first).toHaveLength(100);
    expect(first[0]?.guid).toBe('g249');
  });

  it('exactly the events that are listened to', () => {
    const listened: string[] = [];
    const app = { on: (event: string) => void listened.push(event) } as unknown as Probot;
    registerTriggers(app, {
      store: {} as Store,
      now: () => new Date(NOW),
      intake: { take: () => Promise.resolve(0) },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const others = ['ping', 'installation.suspend', 'issue_comment.edited', 'pull_request.closed'];
    const asked = [...listened, ...others].filter((event) => chosen('a@10', false, event) !== '');
    expect(asked).toEqual(listened);
    expect(listened.length).toBeGreaterThan(10);
  });

  it('with ids of 64 bits in their order', () => {
    const [one, other] = attempts('a@60 a+@10');
    if (one === undefined || other === undefined) throw new Error('two were made');
    const huge = { ...other, at: one.at, id: 9_007_199_254_740_993n };
    expect(chooseRedeliveries([huge, one], NOW, true)).toEqual([huge]);
  });

  it('an event that always fails is asked for some twelve times in all', () => {
    let tries: readonly DeliveryAttempt[] = attempts('a@0');
    for (let now = NOW; now < NOW + 5 * DAY; now += 10 * MINUTE) {
      if (chooseRedeliveries(tries, now, false).length === 0) continue;
      tries = [...tries, { ...tries[0]!, id: 2000 + tries.length, at: now, redelivery: true }];
    }
    expect(tries.length).toBeGreaterThan(6);
    expect(tries.length).toBeLessThan(14);
  });
});

it('is counted in the metrics', async () => {
  const counts = () => Promise.resolve({ waiting: 0, active: 0, dead: 0 });
  const monitor = createMonitor({ counts } as unknown as Store, '1', () => ({
    asked: 7,
    looks: 5,
    failedLooks: 2,
  }));
  let text = '';
  const response = { writeHead() {}, end: (body: string) => void (text = body) };
  await monitor.answer(
    { url: '/metrics', method: 'GET' } as IncomingMessage,
    response as unknown as ServerResponse,
  );
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'relock_redeliveries_total 7',
      'relock_redelivery_looks_total{result="done"} 3',
      'relock_redelivery_looks_total{result="failed"} 2',
    ]),
  );
});

describe('a look', () => {
  const name = 'acme/svc';
  const quiet = new AbortController().signal;
  let github: GitHub;
  let issue = 0;
  let status = 200;
  let received: string[] = [];
  let logged: string[] = [];
  const server = createServer((request, response) => {
    received.push(String(request.headers['x-github-delivery']));
    request.resume();
    response.writeHead(status).end();
  });

  beforeEach(async () => {
    github = await startGitHub({ checkAnswers: true });
    await github.createRepository('acme', 'svc', { 'requirements.in': 'idna\n' });
    issue = await github.user('walter').openIssue(name, 'please');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    github.setWebhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    status = 200;
    received = [];
    logged = [];
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await github.close();
  });

  function atGitHub(): Redelivery {
    const note = (_: object, message: string): void => void logged.push(message);
    const octokit = clientOf(github, 'app');
    return createRedelivery({
      octokit: () => Promise.resolve(octokit),
      pace: { turn: () => Promise.resolve() },
      log: { info: note, warn: note, error: note },
      now: () => new Date(0),
    });
  }

  async function comments(count: number): Promise<void> {
    for (let left = count; left > 0; left -= 1) await github.user('walter').comment(name, issue, 'hi');
    await github.settled();
  }

  /** Comments whose deliveries were received, in order. */
  const guids = (): readonly string[] =>
    github.deliveries.filter(({ event }) => event === 'issue_comment').map(({ id }) => id);
  const asked = (): readonly string[] =>
    github.requests().flatMap(({ method, path }) => (path.includes('/hook/') ? [`${method} ${path}`] : []));

  /** Until GitHub has sent what it was asked for. */
  async function sent(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await github.settled();
  }

  it('asks for what failed, under its own id, and for nothing that was taken', async () => {
    status = 500;
    await comments(2);
    status = 200;
    await comments(1);
    const redelivery = atGitHub();
    await redelivery.look(quiet);
    await sent();
    expect(received.toSorted()).toEqual([...guids(), ...guids().slice(0, 2)].toSorted());
    expect(github.deliveries.every((one) => one.event !== 'issue_comment' || one.status === 200)).toBe(true);
    await redelivery.look(quiet);
    await sent();
    expect(received).toHaveLength(5);
    expect(redelivery.counts()).toEqual({ asked: 2, looks: 2, failedLooks: 0 });
  });

  it('reads all pages at the start, and only the newest at a tick', async () => {
    status = 503;
    await comments(1);
    status = 200;
    await comments(230);
    const redelivery = atGitHub();
    await redelivery.look(quiet);
    await sent();
    expect(received.at(-1)).toBe(guids()[0]);
    expect(asked().filter((what) => what.startsWith('GET'))).toHaveLength(3);
    expect(asked().filter((what) => what.startsWith('POST'))).toHaveLength(1);
  });

  it('waits with what failed just now, unless the process is new', async () => {
    const redelivery = atGitHub();
    await redelivery.look(quiet);
    status = 500;
    await comments(1);
    await redelivery.look(quiet);
    expect(redelivery.counts().asked).toBe(0);
    const other = atGitHub();
    await other.look(quiet);
    expect(other.counts().asked).toBe(1);
    await sent();
  });

  it('passes over what GitHub will not send again, once told', async () => {
    status = 500;
    await comments(2);
    github.fail({ kind: 'error', status: 422, method: 'POST', path: /attempts$/u });
    const redelivery = atGitHub();
    await redelivery.look(quiet);
    await sent();
    expect(redelivery.counts()).toEqual({ asked: 1, looks: 1, failedLooks: 0 });
    expect(logged.filter((line) => line.includes('cannot be redelivered'))).toHaveLength(1);
  });

  it.each(['error', 'reset', 'rate-limit', 'too-many', 'secondary-limit'] as const)(
    'survives %s of the list, and of the asking',
    async (kind) => {
      status = 500;
      await comments(1);
      const redelivery = atGitHub();
      github.fail({ kind, method: 'GET', path: /hook\/deliveries/u });
      await redelivery.look(quiet);
      github.fail({ kind, method: 'POST', path: /attempts$/u });
      await redelivery.look(quiet);
      expect(redelivery.counts()).toEqual({ asked: 0, looks: 2, failedLooks: 2 });
      expect(logged).toEqual(Array.from({ length: 2 }, () => 'webhooks that failed could not be looked for'));
      await redelivery.look(quiet);
      await sent();
      expect(redelivery.counts()).toEqual({ asked: 1, looks: 3, failedLooks: 2 });
    },
  );

  it('is quiet about a server that knows nothing of deliveries, and asks it no more', async () => {
    github.fail({ kind: 'error', status: 404, path: /hook\/deliveries/u });
    const redelivery = atGitHub();
    await redelivery.look(quiet);
    await redelivery.look(quiet);
    expect(asked()).toHaveLength(1);
    expect(redelivery.counts()).toEqual({ asked: 0, looks: 1, failedLooks: 0 });
    expect(logged).toEqual(['this GitHub cannot redeliver webhooks']);
  });

  it('remembers what failed, and reads on from the last look, by the clock of GitHub', async () => {
    let now = NOW;
    let asked: string[] = [];
    const kept = [...attempts('a@200')];
    // A page for each attempt, newest first.
    const request = (route: string, { cursor = '0', delivery_id: id }: Record<string, string>): unknown => {
      asked.push(route.startsWith('GET') ? 'GET' : `POST ${id}`);
      if (!route.startsWith('GET')) return {};
      const { at = 0, ...one } = kept.toReversed()[Number(cursor)] ?? {};
      const next = Number(cursor) + 1;
      const link = next < kept.length ? `<https://h/x?per_page=1&cursor=${next}>; rel="next"` : undefined;
      const item = { ...one, delivered_at: new Date(at).toISOString(), status_code: 502, action: null };
      return { data: [item], headers: { date: new Date(now).toUTCString(), link } };
    };
    const octokit = {
      request: (route: string, more: Record<string, string>) => Promise.resolve(request(route, more)),
    } as unknown as Octokit;
    const redelivery = createRedelivery({
      octokit: () => Promise.resolve(octokit),
      pace: { turn: () => Promise.resolve() },
      log: { info() {}, warn() {}, error() {} },
      now: () => new Date(0),
    });
    async function look(minutes: number): Promise<readonly string[]> {
      asked = [];
      now = NOW + minutes * MINUTE;
      await redelivery.look(quiet);
      return asked;
    }
    expect(await look(0)).toEqual(['GET', 'POST 1000']);
    kept.push({ ...kept[0]!, id: 2001, at: NOW, redelivery: true });
    expect(await look(10)).toEqual(['GET', 'GET']);
    expect(await look(20)).toEqual(['GET', 'GET']);
    for (let minute = 30; minute < 200; minute += 10) expect(await look(minute)).toEqual(['GET']);
    expect(await look(200)).toEqual(['GET', 'POST 2001']);
  });

  it('ends with the App, and that is no failure', async () => {
    const stop = new AbortController();
    stop.abort();
    const redelivery = atGitHub();
    await redelivery.look(stop.signal);
    expect(redelivery.counts()).toMatchObject({ failedLooks: 0 });
    expect(logged).toEqual([]);
  });
});
