/**
 * A GitHub on loopback for end-to-end tests: real bare git repositories are the truth of objects and references,
 * a small state beside them the truth of issues, pull requests, checks and installations. Several may run at once.
 */
import { cp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { personOf } from './commits.ts';
import { createBare, importFiles, type Files } from './git.ts';
import { defaultUsers, makeHub, type GitHubOptions } from './hub.ts';
import {
  fullName,
  nextId,
  timestamp,
  type Account,
  type Delivery,
  type Installation,
  type Permissions,
  type Repository,
  type Role,
} from './model.ts';
import { handle, type Desk, type Fault, type LoggedRequest } from './server.ts';
import { userAt, type User } from './user.ts';
import { viewOf, type RepositoryView } from './view.ts';
import { deliver, emitInstallation, installationRepositories, listed } from './webhooks.ts';

export interface RepositoryOptions {
  readonly defaultBranch?: string;
  readonly private?: boolean;
  readonly archived?: boolean;
  readonly disabled?: boolean;
  readonly allowAutoMerge?: boolean;
  readonly deleteBranchOnMerge?: boolean;
}

export interface GitHub {
  /** Web and git: `${url}/owner/name.git`; as `GHE_HOST` with `GHE_PROTOCOL=http`: `host`. */
  readonly url: string;
  readonly host: string;
  readonly apiUrl: string;
  readonly appId: number;
  readonly slug: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly botLogin: string;
  /** Of the first organisation. */
  readonly installationId: number;
  setWebhook(url: string | undefined): void;
  createRepository(
    owner: string,
    name: string,
    files: Files,
    options?: RepositoryOptions,
  ): Promise<RepositoryView>;
  /** A public fork, whose owner is its admin. */
  fork(repository: string, owner: string): Promise<RepositoryView>;
  deleteRepository(repository: string): void;
  repository(name: string): RepositoryView;
  setRole(repository: string, login: string, role: Role | 'none'): void;
  user(login: string): User;
  /** Installs the App on an account and sends the event; gives the installation's id. */
  install(account: string, repositories?: 'all' | readonly string[]): number;
  uninstall(installation: number): void;
  suspend(installation: number, suspended: boolean): void;
  /** Adds repositories to an installation on chosen ones and sends the event. */
  addRepositories(installation: number, names: readonly string[]): void;
  removeRepositories(installation: number, names: readonly string[]): void;
  setPermissions(installation: number, permissions: Permissions): void;
  /** Makes every installation token that was given out invalid, as time does. */
  expireTokens(): void;
  /** Everything that must never be seen in a log: tokens, the key, the webhook secret. */
  secrets(): readonly string[];
  /** What came in, oldest first; without the users' requests unless asked for. */
  requests(filter?: { readonly repository?: string; readonly everybody?: boolean }): readonly LoggedRequest[];
  clearRequests(): void;
  /** Requests of the App per repository, those answered with 304 apart. */
  counters(): ReadonlyMap<string, { readonly counted: number; readonly unchanged: number }>;
  /** Is called with every request when it arrives and before it is answered; a promise holds the request. */
  watch(watcher: Desk['watcher']): void;
  fail(fault: Fault): void;
  /** Faults that no request has met yet. */
  pendingFaults(): number;
  readonly deliveries: readonly Delivery[];
  /** Sends a delivery again under its id, and gives the receiver's status. */
  redeliver(id: string): Promise<number | null>;
  /** Waits until every webhook that was sent has been answered. */
  settled(): Promise<void>;
  /** Gives and forgets what the App sent that GitHub's OpenAPI description does not allow; `close` fails on any. */
  takeViolations(): readonly string[];
  /** Stops and removes everything; throws the violations. */
  close(): Promise<void>;
}

/** Starts a GitHub on a free loopback port. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const hub = await makeHub(options);
  const desk: Desk = {
    requests: [],
    violations: [],
    faults: [],
    rateLimit: options.rateLimit ?? 5000,
    used: new Map(),
    checkAnswers: options.checkAnswers ?? false,
    watcher: undefined,
  };
  const server = createServer((request, response) => {
    handle(hub, desk, request, response).catch((error: unknown) => {
      // A client that goes away in the middle of its request is no fault of anybody's.
      if (!request.destroyed) desk.violations.push(`the stand-in itself failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub.url = `http://${host}`;
  const roles = Object.entries<Role | 'none'>(options.users ?? defaultUsers);

  const accountOf = (login: string): Account => {
    const account = hub.accounts.get(login.toLowerCase());
    if (account === undefined) throw new Error(`The stand-in has no account ${login}`);
    return account;
  };
  const repositoryOf = (name: string): Repository => {
    const repository = hub.repositories.get(name.toLowerCase());
    if (repository === undefined) throw new Error(`The stand-in has no repository ${name}`);
    return repository;
  };
  const installationOf = (id: number): Installation => {
    const installation = hub.installations.get(id);
    if (installation === undefined) throw new Error(`The stand-in has no installation ${id}`);
    return installation;
  };
  const install = (account: string, selected: 'all' | readonly string[]): Installation => {
    const installation: Installation = {
      id: nextId(hub),
      account: accountOf(account),
      createdAt: timestamp(),
      selected: selected === 'all' ? 'all' : new Set(selected),
      permissions: hub.app.permissions,
      suspendedAt: null,
    };
    hub.installations.set(installation.id, installation);
    return installation;
  };
  const tellRepositories = (
    installation: Installation,
    added: readonly Repository[],
    removed: readonly Repository[],
  ): void =>
    emitInstallation(hub, 'installation_repositories', installation, {
      action: added.length > 0 ? 'added' : 'removed',
      repository_selection: installation.selected === 'all' ? 'all' : 'selected',
      repositories_added: listed(added),
      repositories_removed: listed(removed),
      requester: null,
    });
  const addRepository = (
    owner: string,
    name: string,
    more: RepositoryOptions,
    parent?: Repository,
  ): Repository => {
    const account = accountOf(owner);
    const now = timestamp();
    const shared = account.type === 'Organization' ? roles.filter(([, role]) => role !== 'none') : [];
    return {
      id: nextId(hub),
      owner: account,
      name,
      git: join(hub.folder, owner, `${name}.git`),
      ...(parent && { parent }),
      roles: new Map(shared as [string, Role][]),
      issues: new Map(),
      labels: new Map(),
      checks: [],
      automation: { workflows: [], runs: [], dispatched: [], uploads: [] },
      signed: new Set(parent?.signed),
      createdAt: now,
      pushedAt: now,
      defaultBranch: more.defaultBranch ?? 'main',
      private: more.private ?? true,
      archived: more.archived ?? false,
      disabled: more.disabled ?? false,
      allowAutoMerge: more.allowAutoMerge ?? false,
      deleteBranchOnMerge: more.deleteBranchOnMerge ?? false,
      turn: Promise.resolve(),
    };
  };
  const enter = (repository: Repository): RepositoryView => {
    hub.repositories.set(fullName(repository).toLowerCase(), repository);
    for (const installation of hub.installations.values()) {
      const reached = installation.selected === 'all' && installation.account === repository.owner;
      if (reached) tellRepositories(installation, [repository], []);
    }
    return viewOf(repository);
  };
  const byApp = ({ by }: LoggedRequest): boolean => !hub.accounts.has(by.toLowerCase());
  const installation = options.installed === false ? undefined : install(hub.app.owner.login, 'all');

  return {
    url: hub.url,
    host,
    apiUrl: `${hub.url}/api/v3`,
    appId: hub.app.id,
    slug: hub.app.slug,
    privateKey: hub.app.privateKey,
    webhookSecret: hub.app.webhookSecret,
    botLogin: hub.app.bot.login,
    installationId: installation?.id ?? 0,
    setWebhook: (url) => void (hub.webhookUrl = url),
    async createRepository(owner, name, files, more = {}) {
      const repository = addRepository(owner, name, more);
      await createBare(repository.git, repository.defaultBranch, join(hub.folder, 'hooks'));
      const person = personOf(repository.owner, timestamp());
      if (Object.keys(files).length > 0)
        await importFiles(repository.git, repository.defaultBranch, files, person);
      return enter(repository);
    },
    async fork(name, owner) {
      const parent = repositoryOf(name);
      const { defaultBranch } = parent;
      const repository = addRepository(owner, parent.name, { defaultBranch, private: false }, parent);
      await cp(parent.git, repository.git, { recursive: true });
      return enter(repository);
    },
    deleteRepository: (name) => void hub.repositories.delete(fullName(repositoryOf(name)).toLowerCase()),
    repository: (name) => viewOf(repositoryOf(name)),
    setRole(name, login, role) {
      const repository = repositoryOf(name);
      if (role === 'none') repository.roles.delete(accountOf(login).login);
      else repository.roles.set(accountOf(login).login, role);
    },
    user(login) {
      const account = accountOf(login);
      const found = [...hub.tokens].find(([, one]) => one.kind === 'user' && one.account === account);
      if (found === undefined) throw new Error(`${login} is no person`);
      return userAt(hub.url, account.login, found[0], hub.folder);
    },
    install(account, selected = 'all') {
      const made = install(account, selected);
      const repositories = listed(installationRepositories(hub, made));
      emitInstallation(hub, 'installation', made, { action: 'created', repositories, requester: null });
      return made.id;
    },
    uninstall(id) {
      const gone = installationOf(id);
      const repositories = listed(installationRepositories(hub, gone));
      hub.installations.delete(id);
      emitInstallation(hub, 'installation', gone, { action: 'deleted', repositories, requester: null });
    },
    suspend(id, suspended) {
      installationOf(id).suspendedAt = suspended ? timestamp() : null;
      emitInstallation(hub, 'installation', installationOf(id), {
        action: suspended ? 'suspend' : 'unsuspend',
      });
    },
    addRepositories(id, names) {
      const { selected, account } = installationOf(id);
      if (selected !== 'all') for (const name of names) selected.add(name);
      tellRepositories(
        installationOf(id),
        names.map((name) => repositoryOf(`${account.login}/${name}`)),
        [],
      );
    },
    removeRepositories(id, names) {
      const { selected, account } = installationOf(id);
      if (selected !== 'all') for (const name of names) selected.delete(name);
      tellRepositories(
        installationOf(id),
        [],
        names.map((name) => repositoryOf(`${account.login}/${name}`)),
      );
    },
    setPermissions: (id, permissions) => void (installationOf(id).permissions = permissions),
    expireTokens() {
      for (const [token, principal] of hub.tokens) {
        if (principal.kind === 'installation') hub.tokens.delete(token);
      }
    },
    secrets: () => [...hub.secrets],
    requests: ({ repository, everybody = false } = {}) =>
      desk.requests.filter(
        (request) =>
          (everybody || byApp(request)) && (repository === undefined || request.repository === repository),
      ),
    clearRequests: () => void desk.requests.splice(0),
    counters() {
      const counts = new Map<string, { counted: number; unchanged: number }>();
      for (const request of desk.requests.filter((one) => one.repository !== undefined && byApp(one))) {
        const count = counts.get(request.repository ?? '') ?? { counted: 0, unchanged: 0 };
        count[request.status === 304 ? 'unchanged' : 'counted'] += 1;
        counts.set(request.repository ?? '', count);
      }
      return counts;
    },
    watch: (watcher) => void (desk.watcher = watcher),
    fail: (fault) => void desk.faults.push({ fault, left: fault.times ?? 1 }),
    pendingFaults: () => desk.faults.reduce((sum, { left }) => sum + left, 0),
    deliveries: hub.deliveries,
    async redeliver(id) {
      const delivery = hub.deliveries.find((one) => one.id === id);
      if (delivery === undefined) throw new Error(`The stand-in has no delivery ${id}`);
      await deliver(hub, delivery);
      return delivery.status ?? null;
    },
    async settled() {
      while (hub.underWay.size > 0) await Promise.all(hub.underWay);
    },
    takeViolations: () => desk.violations.splice(0),
    async close() {
      const stopped = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await stopped;
      await Promise.race([Promise.all(hub.underWay), wait(1000, undefined, { ref: false })]);
      await Promise.all([...hub.repositories.values()].map((repository) => repository.turn));
      await rm(hub.folder, { recursive: true, force: true });
      if (desk.violations.length > 0)
        throw new Error(`Against GitHub's description:\n${desk.violations.join('\n')}`);
    },
  };
}
