/** The App as one process: webhooks, ticks, workers, and what an operator looks at. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createNodeMiddleware, createProbot, ProbotOctokit, type Probot } from 'probot';
import type { Settings } from '../config/settings.ts';
import { findWalls } from '../engine/network.ts';
import { createGitHubApi } from '../forge/github/api.ts';
import { readIdentity, type AppIdentity } from '../forge/github/identity.ts';
import { createConditional, createGate, type Gate } from '../forge/github/memo.ts';
import { mayWriteWorkflows } from '../forge/github/permissions.ts';
import { createRepositoryMemory } from '../forge/github/read-repository.ts';
import { once } from '../run/once.ts';
import { openStore } from '../store/open-store.ts';
import type { QueuedJob, Store, StoreLog } from '../store/store.ts';
import { createJobHandler, type HandlerOptions, type InstalledApi } from './handle-job.ts';
import { createAdvisoryPoll } from './advisory-poll.ts';
import { createAdvisoryIntake } from './advisories.ts';
import { createMonitor } from './monitor.ts';
import type { OperatorSettings } from './operator.ts';
import { installationsOf } from './installations.ts';
import { createPace, type Pace } from './pace.ts';
import { createRedelivery } from './redelivery.ts';
import { lastAsked } from './rebuilds.ts';
import { createFix } from './fix.ts';
import { createInventory, createRelock, type RelockOptions } from './relock.ts';
import { createKnownAdvisories } from './security-job.ts';
import { startTicks } from './tick.ts';
import { registerTriggers } from './triggers.ts';

export interface ServiceOptions {
  readonly operator: OperatorSettings;
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => Date;
  /** In place of the engine; for tests of the queue. */
  readonly relock?: HandlerOptions['relock'];
  /** Whether OSV's list of changed advisories is read with each tick; true unless told. */
  readonly poll?: boolean;
  /** As `relock`, of security fixes and of what is only read. */
  readonly fix?: HandlerOptions['fix'];
  readonly known?: HandlerOptions['known'];
  readonly takeInventory?: HandlerOptions['takeInventory'];
  /** In place of the pace that GitHub asks for; for measuring. */
  readonly pace?: () => Pace;
}

export interface Service {
  readonly store: Store;
  /** `http://host:port` that it listens on. */
  readonly url: string;
  /** Takes nothing new, lets running jobs end within the grace, and closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the service.
 * @throws {EnvironmentError} when it is to work on jobs in a sandbox, and there is none.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { operator, environment, settings, now } = options;
  // Threat: without it, code of every package that is built could read the App's key.
  const walls = once(() => findWalls(settings.sandbox ?? 'require', environment));
  if (operator.workers > 0 && options.relock === undefined) await walls();
  const clock = (): number => performance.now();
  // As a function, since Probot lays its own throttling over a plain object: writes a second apart, and waits of an hour.
  const Octokit = ProbotOctokit.defaults((given: object) => ({
    ...given,
    retry: { enabled: false },
    throttle: { enabled: false },
  }));
  const probot = createProbot({ env: environment, overrides: { Octokit } });
  // Its logger is there only then.
  await probot.ready();
  const log: StoreLog = probot.log.child({ name: 'relock' });
  const store = await openStore({
    databaseUrl: operator.databaseUrl,
    dataFolder: operator.dataFolder,
    leaseSeconds: operator.leaseSeconds,
    log,
    now,
  });
  const redelivery = createRedelivery({ octokit: () => probot.auth(), pace: createPace(clock), log, now });
  const monitor = createMonitor(store, options.version, () => redelivery.counts());
  const intake = createAdvisoryIntake({ store, log });
  const webhooks = await createNodeMiddleware((app) => registerTriggers(app, { store, now, intake, log }), {
    probot,
    webhooksPath: '/api/github/webhooks',
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await monitor.answer(request, response)) return;
    await webhooks(request, response, () => {
      response.writeHead(404).end();
    });
  };
  const server = createServer((request, response) => void answer(request, response));
  const port = await listen(server, operator);
  const identity = await readIdentity((await probot.auth()).request, environment['RELOCK_UNSIGNED'] !== '1');
  const making: RelockOptions = { ...options, walls, lastAsked: (id, ref) => lastAsked(store, id, ref) };
  const handler = createJobHandler({
    store,
    installed: installedBy(probot, identity, now, options.pace ?? (() => createPace(clock))),
    memory: createRepositoryMemory(),
    relock: options.relock ?? createRelock(making),
    fix: options.fix ?? createFix(making),
    known: options.known ?? createKnownAdvisories(settings, options.version),
    takeInventory: options.takeInventory ?? createInventory(making),
    version: options.version,
    now,
    clock,
    log,
  });
  const worker = operator.workers > 0 ? await store.work(operator.workers, monitor.counted(handler)) : null;
  const ticks = startTicks(
    operator.tickMinutes,
    operator.databaseUrl === null,
    { store, installations: installationsOf(probot), now, log },
    [
      redelivery,
      ...(options.poll === false
        ? []
        : [createAdvisoryPoll({ store, intake, settings, version: options.version, log })]),
    ],
  );
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await ticks.stop();
    await Promise.all([closeServer(server), worker?.stop(operator.graceSeconds)]);
    await store.close();
  };
  return {
    store,
    url: `http://${operator.host}:${port}`,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

function installedBy(
  probot: Probot,
  identity: AppIdentity,
  now: () => Date,
  newPace: () => Pace,
): HandlerOptions['installed'] {
  const conditional = createConditional();
  const gates = new Map<number, Gate>();
  const paces = new Map<number, Pace>();
  return async (job: QueuedJob, signal: AbortSignal): Promise<InstalledApi> => {
    const octokit = await probot.auth(job.installation);
    const gate = gates.get(job.installation) ?? createGate();
    gates.set(job.installation, gate);
    const pace = paces.get(job.installation) ?? newPace();
    paces.set(job.installation, pace);
    octokit.hook.before('request', async ({ method }) => {
      if (method !== 'GET') await pace.turn(signal);
    });
    // Probot's own way to a token (`octokit.auth`) asks the public API whatever the host is; these requests do not.
    const { installation: installation_id, repository } = job;
    return {
      api: createGitHubApi(octokit, { identity, conditional, gate, now, signal }),
      async mayWriteWorkflows() {
        const app = await probot.auth();
        const { data } = await app.request('GET /app/installations/{installation_id}', { installation_id });
        return mayWriteWorkflows(data.permissions);
      },
      async cloneToken() {
        const app = await probot.auth();
        const { data } = await app.request('POST /app/installations/{installation_id}/access_tokens', {
          installation_id,
          repository_ids: [repository.id],
          permissions: { contents: 'read' },
        });
        return data.token;
      },
    };
  };
}

function listen(server: Server, { host, port }: OperatorSettings): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => {
      done();
    });
    server.closeIdleConnections();
  });
}
