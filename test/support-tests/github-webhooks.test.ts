import type { Octokit } from '@octokit/rest';
import { createHmac } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeMiddleware, Probot } from 'probot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { webhookFaults } from '../support/github/openapi.ts';
import { clientOf, commitOn, svc } from './github-setup.ts';

const name = 'acme/svc';

interface Received {
  readonly event: string;
  readonly id: string;
  readonly valid: boolean;
  readonly payload: Record<string, unknown>;
}

let github: GitHub;
let app: Octokit;
let received: Received[];
const servers: Server[] = [];

/** A server on a free port for the time of one test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  github = await startGitHub({
    checkAnswers: true,
    users: { alice: 'admin', walter: 'write', forker: 'read' },
  });
  received = [];
  const receiver = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const signature = `sha256=${createHmac('sha256', github.webhookSecret).update(body).digest('hex')}`;
      const { headers } = request;
      received.push({
        event: String(headers['x-github-event']),
        id: String(headers['x-github-delivery']),
        valid: headers['x-hub-signature-256'] === signature,
        payload: JSON.parse(body.toString()) as Record<string, unknown>,
      });
      response.end();
    });
  });
  github.setWebhook(receiver);
  await github.createRepository('acme', 'svc', { 'requirements.txt': 'flask==3.0.0\n' });
  app = clientOf(github, 'installation');
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await github.close();
});

async function events(): Promise<readonly string[]> {
  await github.settled();
  return received.map(({ event, payload }) =>
    typeof payload['action'] === 'string' ? `${event}.${payload['action']}` : event,
  );
}

/** A branch with one commit by the App, and the pull request for it. */
async function proposal(branch = 'relock/monthly'): Promise<number> {
  await commitOn(app, branch);
  const made = await app.rest.pulls.create({
    ...svc,
    head: branch,
    base: 'main',
    title: 'Re-lock',
    body: 'first',
  });
  return made.data.number;
}

describe('webhooks', () => {
  it('signs them, gives each an id, and shapes them as GitHub describes', async () => {
    const number = await proposal();
    const walter = github.user('walter');
    await walter.comment(name, number, '/rebuild');
    await walter.comment(name, await walter.openIssue(name, 'please'), '/rebuild');
    await walter.editPull(name, number, { title: 'By hand' });
    await walter.push(name, 'relock/monthly', { 'x.txt': '1' });
    await walter.closePull(name, number);
    await walter.reopenPull(name, number);
    const chosen = github.install('forker', []);
    await github.createRepository('forker', 'own', {});
    github.addRepositories(chosen, ['own']);
    github.removeRepositories(chosen, ['own']);
    github.uninstall(chosen);
    await github.settled();
    expect(received.every(({ valid }) => valid)).toBe(true);
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
    expect(received[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    for (const { event, payload } of received) {
      const title = [event.replaceAll('_', '-'), payload['action']].filter(Boolean).join('-');
      expect([title, webhookFaults(title, payload)]).toEqual([title, []]);
    }
    const comments = received.filter(({ event }) => event === 'issue_comment');
    const onPull = comments.map(({ payload }) => 'pull_request' in (payload['issue'] as object));
    expect(onPull).toEqual([true, false]);
    expect(new Set(await events())).toEqual(
      new Set([
        'installation.created',
        'installation.deleted',
        'installation_repositories.added',
        'installation_repositories.removed',
        'issue_comment.created',
        'pull_request.closed',
        'pull_request.edited',
        'pull_request.opened',
        'pull_request.reopened',
        'pull_request.synchronize',
        'push',
      ]),
    );
  });

  it('sends a delivery again under its id, and keeps what could not be sent', async () => {
    const walter = github.user('walter');
    const number = await walter.openIssue(name, 'i');
    await walter.comment(name, number, '/rebuild');
    await github.settled();
    const delivery = github.deliveries.find(({ event }) => event === 'issue_comment');
    expect(await github.redeliver(delivery?.id ?? '')).toBe(200);
    expect(received.filter(({ id }) => id === delivery?.id)).toHaveLength(2);
    github.setWebhook('http://127.0.0.1:1/');
    await walter.comment(name, number, 'again');
    await github.settled();
    expect(github.deliveries.at(-1)).toMatchObject({ event: 'issue_comment', status: null });
  });

  it('serves Probot: a comment comes in, the reaction and the answer go out', async () => {
    const { appId, privateKey, webhookSecret: secret, apiUrl: baseUrl } = github;
    const probot = new Probot({ appId, privateKey, secret, baseUrl, logLevel: 'fatal' });
    const middleware = await createNodeMiddleware(
      (hooks: Probot) => {
        hooks.on('issue_comment.created', async (context) => {
          const reaction = context.repo({
            comment_id: context.payload.comment.id,
            content: 'rocket' as const,
          });
          await context.octokit.rest.reactions.createForIssueComment(reaction);
        });
      },
      { probot },
    );
    const url = await serve((request, response) => void middleware(request, response));
    github.setWebhook(`${url}/api/github/webhooks`);
    const walter = github.user('walter');
    const number = await walter.openIssue(name, 'please');
    await walter.comment(name, number, '/rebuild');
    await github.settled();
    const [comment] = github.repository(name).state.issues.get(number)?.comments ?? [];
    expect(comment?.reactions).toMatchObject([{ content: 'rocket', user: { login: 'relock[bot]' } }]);
    expect(github.deliveries.at(-1)?.status).toBe(200);
  });
});
