/** The App, its installations and tokens; repositories and people as GitHub shows them. */
import { STATUS_CODES } from 'node:http';
import { covers, issueToken, notAccessible, notFound, roleOf } from './access.ts';
import { created, empty, ok, page, within, type Answer, type Call, type Handler } from './call.ts';
import {
  ApiError,
  timestamp,
  type Attempt,
  type Delivery,
  type Installation,
  type Permissions,
  type Repository,
} from './model.ts';
import type { Operation } from './operations.ts';
import { appJson, installationJson, repositoryJson, userJson, type Json } from './represent.ts';
import { deliver, installationRepositories } from './webhooks.ts';

const root = '/repos/{owner}/{repo}';

/** For the App itself, by its JWT. */
function asApp(handler: Handler): Handler {
  return (call) => {
    if (call.principal.kind !== 'app') throw new ApiError(401, 'A JSON web token could not be decoded');
    return handler(call);
  };
}

function installationOf(call: Call, matches: (installation: Installation) => boolean): Installation {
  const found = [...call.hub.installations.values()].find(matches);
  if (found === undefined) throw notFound();
  return found;
}

const byAccount = (parameter: string): Handler =>
  asApp((call) => {
    const login = call.params[parameter]?.toLowerCase();
    const found = installationOf(call, (one) => one.account.login.toLowerCase() === login);
    return ok(installationJson(call.hub, found));
  });

const byId = (call: Call): Installation =>
  installationOf(call, (one) => one.id === Number(call.params['installation_id']));

function repositoriesOf(call: Call): Repository[] {
  const { principal } = call;
  if (principal.kind !== 'installation') throw notAccessible();
  const all = installationRepositories(call.hub, principal.installation);
  return all.filter((repository) => principal.repositories?.has(repository.id) ?? true);
}

function postToken(call: Call): Answer {
  const { hub } = call;
  const installation = byId(call);
  if (installation.suspendedAt !== null) throw new ApiError(403, 'This installation has been suspended');
  const body = call.body as { permissions?: Permissions; repositories?: string[]; repository_ids?: number[] };
  const { repositories: names, repository_ids: ids } = body;
  const all = installationRepositories(hub, installation);
  const chosen =
    names || ids ? all.filter((one) => names?.includes(one.name) || ids?.includes(one.id)) : undefined;
  if (chosen && chosen.length < (names?.length ?? 0) + (ids?.length ?? 0)) {
    throw new ApiError(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  const scope = chosen && new Set(chosen.map((one) => one.id));
  const { token, expiresAt, permissions } = issueToken(hub, installation, body.permissions, scope);
  return created({
    token,
    expires_at: timestamp(expiresAt),
    permissions,
    repository_selection: chosen || installation.selected !== 'all' ? 'selected' : 'all',
    ...(chosen && { repositories: chosen.map((one) => repositoryJson(hub, one)) }),
  });
}

function attemptsOf({ hub }: Call): { readonly delivery: Delivery; readonly attempt: Attempt }[] {
  return hub.deliveries.flatMap((delivery) => delivery.attempts.map((attempt) => ({ delivery, attempt })));
}

/** Where nobody answered, GitHub shows a 502 of its own. */
function deliveryJson({ id: guid, event, action, payload }: Delivery, attempt: Attempt): Json {
  const idOf = (what: unknown): unknown => (what as { id: number } | undefined)?.id ?? null;
  const { id, at, redelivery, seconds, status } = attempt;
  return {
    id,
    guid,
    delivered_at: timestamp(at),
    redelivery,
    duration: seconds,
    status: status === null ? 'failed to connect to host' : (STATUS_CODES[status] ?? 'unknown'),
    status_code: status ?? 502,
    event,
    action,
    installation_id: idOf(payload['installation']),
    repository_id: idOf(payload['repository']),
    throttled_at: null,
  };
}

/** Newest first. */
function listDeliveries(call: Call): Answer {
  const { query, hub, url } = call;
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30)));
  const from = Number(/^v1_(\d+)$/u.exec(query.get('cursor') ?? '')?.[1] ?? Infinity);
  const kind = query.get('status');
  const fits = ({ status }: Attempt): boolean =>
    kind === null || (status ?? 502) < 400 === (kind === 'success');
  const all = attemptsOf(call)
    .filter(({ attempt }) => attempt.id <= from && fits(attempt))
    .toSorted((left, right) => right.attempt.id - left.attempt.id);
  const next = all[size]?.attempt.id;
  const data = all.slice(0, size).map(({ delivery, attempt }) => deliveryJson(delivery, attempt));
  if (next === undefined) return ok(data);
  const more = new URL(`${hub.url}/api/v3${url.pathname}${url.search}`);
  more.searchParams.set('cursor', `v1_${next}`);
  return { ...ok(data), headers: { link: `<${more.href}>; rel="next"` } };
}

/** It is sent after the answer, and under the same id. */
function redeliver(call: Call): Answer {
  const id = Number(call.params['delivery_id']);
  const found = attemptsOf(call).find(({ attempt }) => attempt.id === id);
  if (found === undefined) throw notFound();
  setImmediate(() => void deliver(call.hub, found.delivery));
  return { status: 202, data: {} };
}

export const appRoutes = {
  'GET /app': asApp((call) => ok(appJson(call.hub))),
  'POST /app-manifests/{code}/conversions': (call) => {
    const { privateKey: pem, webhookSecret: webhook_secret, clientId: client_id } = call.hub.app;
    return created({ ...appJson(call.hub), client_id, client_secret: 'unused', webhook_secret, pem });
  },
  'GET /app/hook/deliveries': asApp(listDeliveries),
  'POST /app/hook/deliveries/{delivery_id}/attempts': asApp(redeliver),
  'GET /app/installations': asApp((call) =>
    page(
      call,
      [...call.hub.installations.values()].map((one) => installationJson(call.hub, one)),
    ),
  ),
  'GET /app/installations/{installation_id}': asApp((call) => ok(installationJson(call.hub, byId(call)))),
  'POST /app/installations/{installation_id}/access_tokens': asApp(postToken),
  'GET /orgs/{org}/installation': byAccount('org'),
  'GET /users/{username}/installation': byAccount('username'),
  [`GET ${root}/installation`]: asApp((call) => {
    const repository = call.hub.repositories.get(
      `${call.params['owner']}/${call.params['repo']}`.toLowerCase(),
    );
    const found = installationOf(call, (one) => repository !== undefined && covers(one, repository));
    return ok(installationJson(call.hub, found));
  }),
  'GET /installation/repositories': (call) => {
    const repositories = repositoriesOf(call);
    const shown = repositories.map((one) => repositoryJson(call.hub, one));
    return page(call, shown, (items) => ({ total_count: repositories.length, repositories: items }));
  },
  'DELETE /installation/token': (call) => {
    if (call.principal.kind !== 'installation') throw notAccessible();
    for (const [token, principal] of call.hub.tokens)
      if (principal === call.principal) call.hub.tokens.delete(token);
    return empty;
  },
  'GET /users/{username}': (call) => {
    const account = call.hub.accounts.get((call.params['username'] ?? '').toLowerCase());
    if (account === undefined) throw notFound();
    const nothing = ['name', 'company', 'location', 'email', 'hireable', 'bio'].map((key) => [key, null]);
    const counts = ['public_repos', 'public_gists', 'followers', 'following'].map((key) => [key, 0]);
    const times = { created_at: '2025-01-01T00:00:00Z', updated_at: '2025-01-01T00:00:00Z' };
    const more = { ...Object.fromEntries([...nothing, ...counts]), blog: '', ...times };
    return ok({ ...userJson(call.hub, account), ...more });
  },
  [`GET ${root}`]: within(['metadata:read'], (call, repository) => {
    const { parent } = repository;
    const family = parent && {
      parent: repositoryJson(call.hub, parent),
      source: repositoryJson(call.hub, parent),
    };
    return ok({ ...repositoryJson(call.hub, repository), ...family });
  }),
  [`GET ${root}/collaborators/{username}/permission`]: within(['metadata:read'], (call, repository) => {
    const account = call.hub.accounts.get((call.params['username'] ?? '').toLowerCase());
    if (account === undefined) throw new ApiError(404, `${call.params['username']} is not a user`);
    const permission = roleOf(repository, account.login);
    const has = (...roles: string[]): boolean => roles.includes(permission);
    const permissions = {
      pull: !has('none'),
      triage: has('write', 'admin'),
      push: has('write', 'admin'),
      maintain: has('admin'),
      admin: has('admin'),
    };
    return ok({
      permission,
      role_name: permission,
      user: { ...userJson(call.hub, account), permissions, role_name: permission },
    });
  }),
} satisfies Partial<Record<Operation, Handler>>;
