/** Webhooks of the App: payloads in GitHub's shape, signed, each with an id that a redelivery keeps. */
import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { covers } from './access.ts';
import {
  fullName,
  nextId,
  type Account,
  type Delivery,
  type Hub,
  type Installation,
  type Issue,
  type Repository,
} from './model.ts';
import {
  installationJson,
  issueJson,
  minimalRepositoryJson,
  pullJson,
  repositoryJson,
  userJson,
  type Json,
} from './represent.ts';

const receiverSeconds = 10;

function post(url: string, headers: Record<string, string | number>, body: string): Promise<number | null> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method: 'POST', headers, agent: false, timeout: receiverSeconds * 1000 },
      (answer) => {
        answer.resume();
        answer.on('close', () => resolve(answer.statusCode ?? null));
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(null));
    sent.end(body);
  });
}

/** Sends one delivery, or sends it again under the same id; the answer's status is kept on it. */
export async function deliver(hub: Hub, delivery: Delivery): Promise<void> {
  if (hub.webhookUrl === undefined) {
    delivery.status = null;
    return;
  }
  const body = JSON.stringify(delivery.payload);
  const signature = (hash: string): string =>
    createHmac(hash, hub.app.webhookSecret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'GitHub-Hookshot/stand-in',
    'x-github-delivery': delivery.id,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(hub.app.id),
    'x-github-hook-installation-target-id': String(hub.app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${signature('sha1')}`,
    'x-hub-signature-256': `sha256=${signature('sha256')}`,
  };
  delete delivery.status;
  const at = Date.now();
  const redelivery = delivery.attempts.length > 0;
  const sending = post(hub.webhookUrl, headers, body);
  hub.underWay.add(sending);
  const status = await sending;
  delivery.status = status;
  const seconds = (Date.now() - at) / 1000;
  delivery.attempts.push({ id: nextId(hub), redelivery, at, seconds, status });
  hub.underWay.delete(sending);
}

function send(hub: Hub, event: string, payload: Json, repository: Repository | undefined): void {
  const action = typeof payload['action'] === 'string' ? payload['action'] : null;
  const name = repository === undefined ? null : fullName(repository);
  // A snapshot: what changes later is not in what was sent.
  const copy = JSON.parse(JSON.stringify(payload)) as Json;
  const delivery: Delivery = {
    id: randomUUID(),
    event,
    action,
    repository: name,
    payload: copy,
    attempts: [],
  };
  hub.deliveries.push(delivery);
  void deliver(hub, delivery);
}

/** An event of a repository, to the App if it is installed there and subscribes to it. */
export function emit(hub: Hub, event: string, repository: Repository, sender: Account, payload: Json): void {
  const installation = [...hub.installations.values()].find((one) => covers(one, repository));
  if (installation === undefined || installation.suspendedAt !== null || !hub.app.events.includes(event))
    return;
  const { owner } = repository;
  const organization = owner.type === 'Organization' && {
    organization: {
      ...Object.fromEntries(
        ['hooks', 'issues'].map((tail) => [`${tail}_url`, `${hub.url}/api/v3/orgs/${owner.login}/${tail}`]),
      ),
      login: owner.login,
      id: owner.id,
      node_id: `O_${owner.id}`,
      url: `${hub.url}/api/v3/orgs/${owner.login}`,
      repos_url: `${hub.url}/api/v3/orgs/${owner.login}/repos`,
      events_url: `${hub.url}/api/v3/orgs/${owner.login}/events`,
      members_url: `${hub.url}/api/v3/orgs/${owner.login}/members{/member}`,
      public_members_url: `${hub.url}/api/v3/orgs/${owner.login}/public_members{/member}`,
      avatar_url: `${hub.url}/avatars/u/${owner.id}`,
      description: null,
    },
  };
  const about = {
    repository: repositoryJson(hub, repository),
    ...organization,
    sender: userJson(hub, sender),
    installation: { id: installation.id, node_id: `I_${installation.id}` },
  };
  send(hub, event, { ...payload, ...about }, repository);
}

export function emitIssue(
  hub: Hub,
  repository: Repository,
  issue: Issue,
  sender: Account,
  payload: Json,
): void {
  const event = payload['comment'] === undefined ? 'issues' : 'issue_comment';
  emit(hub, event, repository, sender, { ...payload, issue: issueJson(hub, repository, issue) });
}

const uncounted = { commits: 1, additions: 0, deletions: 0, changed_files: 0 };

/** A `pull_request` event; the numbers of commits and changed lines in it are not computed. */
export function emitPull(
  hub: Hub,
  repository: Repository,
  issue: Issue,
  sender: Account,
  payload: Json,
): void {
  const pull_request = pullJson(hub, repository, issue, uncounted);
  emit(hub, 'pull_request', repository, sender, { ...payload, number: issue.number, pull_request });
}

/** Installation events go to the App whatever it subscribes to. */
export function emitInstallation(
  hub: Hub,
  event: 'installation' | 'installation_repositories',
  installation: Installation,
  payload: Json,
): void {
  const { account } = installation;
  const sender = userJson(hub, account.type === 'User' ? account : hub.app.owner);
  send(hub, event, { ...payload, installation: installationJson(hub, installation), sender }, undefined);
}

export function installationRepositories(hub: Hub, installation: Installation): Repository[] {
  return [...hub.repositories.values()].filter((repository) => covers(installation, repository));
}

export const listed = (repositories: readonly Repository[]): Json[] =>
  repositories.map(minimalRepositoryJson);
