/** Puts the ports of a run on this machine together: settings and environment in, ports out. */
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Policy } from '../config/policy.ts';
import { cacheFolderOf } from '../config/cache-folder.ts';
import { usableCredentials } from '../config/credentials.ts';
import type { Settings } from '../config/settings.ts';
import type { Ports } from '../engine.ts';
import type { Forge } from '../forge/forge.ts';
import { readLifecycles } from '../images/lifecycles.ts';
import { ECOSYSTEMS } from '../locks/index.ts';
import { PUBLIC_INDEX, PUBLIC_INDEX_ROOT } from '../locks/public-index.ts';
import { versionOfFile } from '../pypi/file-name.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import { createSimpleClient } from '../pypi/simple-client-http.ts';
import { createToolReleases } from '../pypi/tool-releases.ts';
import { hasVersionJson } from '../pypi/version-json.ts';
import { createRegistry } from '../registry/create-registry.ts';
import { readImages } from '../registry/layers/read-image.ts';
import { createRegistryPool, type RegistryPool } from '../registry/pool.ts';
import { runChild } from '../run/child.ts';
import { openMachine } from '../run/machine.ts';
import { usableConda } from '../run/conda-executable.ts';
import { basicAuthorization } from '../run/network/lending.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { composeLinks, lentTo } from './compose-links.ts';
import { composeRebuild, type RebuildSetUp } from './compose-rebuild.ts';
import { composeScan } from './compose-scan.ts';
import type { Observe } from './events.ts';
import type { FactSources } from './facts.ts';
import type { OpenGate, Walls } from './gate.ts';
import type { ImagePorts } from './images.ts';
import { createNetwork } from './network.ts';

const MIN_PARALLEL = 4;
const LIFECYCLES = new URL('../../config/lifecycles.json', import.meta.url);

export interface ComposeOptions {
  readonly settings: Settings;
  /** Around lockers; looked for once, and not before something is to run: see `findWalls`. */
  readonly walls: () => Promise<Walls>;
  /** `owner/name`, or a name alone. */
  readonly repository: string;
  readonly workspace: Workspace;
  readonly forge: Forge;
  /** The cut-off that is known before the policy is read: tools are held to it. */
  readonly cutoff: string | null;
  /** null: the repository's own, out of its tree. */
  readonly policy: Policy | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** What was learned of images by other runs of this process; null: a run of its own. */
  readonly registryPool: RegistryPool | null;
  /** Absolute path of the user's own Docker configuration; null anywhere but at his terminal. */
  readonly dockerConfig: string | null;
  readonly rebuilds: Pick<RebuildSetUp, 'mode' | 'mirrorPool' | 'lastAsked'>;
  readonly observe: Observe;
  readonly signal: AbortSignal;
}

export interface Composed {
  readonly ports: Ports;
  /** The index that stands for the public one. */
  readonly index: SimpleClient;
  /** Removes what the run left on this machine but for caches. */
  close(): Promise<void>;
}

/** Folders for private copies and homes; the one on the checkout's own file system wins. */
export function scratchFolders(
  settings: Settings,
  environment: ComposeOptions['environment'],
): readonly string[] {
  return [tmpdir(), join(cacheFolderOf(settings, environment, homedir()), 'scratch')];
}

/** @throws {EnvironmentError} when this machine lacks what a run needs. */
export async function composePorts(options: ComposeOptions): Promise<Composed> {
  const { settings, environment, walls, signal } = options;
  const userAgent = `relock/${options.version}`;
  const credentials = usableCredentials(settings.credentials, options.repository);
  const cacheFolder = cacheFolderOf(settings, environment, homedir());
  const indexUrl = (settings.indexUrl ?? PUBLIC_INDEX).replace(/\/+$/u, '');
  const lent = lentTo(indexUrl, credentials);
  /** Where an index of the public one's kind has its pages of projects. */
  const pages = indexUrl.replace(/\/simple$/u, '');
  const closed = new AbortController();
  /** Also ends what is still being asked when the run is over, so that the process need not wait for it. */
  const stop = AbortSignal.any([signal, closed.signal]);
  const client = createSimpleClient({
    indexUrl,
    fetch,
    userAgent,
    cacheFolder,
    signal: stop,
    authorization: lent === null ? null : basicAuthorization(lent.username, lent.password),
  });
  const releases = createToolReleases(client, { cutoff: options.cutoff });
  const opened = Promise.withResolvers<OpenGate>();
  const machine = await openMachine({
    parent: environment,
    cacheFolder,
    scratch: tmpdir(),
    uv: settings.tools.uv,
    conda: settings.tools.conda,
    pythonDownloads: settings.tools.pythonDownloads,
    index: { client, releases, mirrorUrl: settings.indexUrl === null ? null : indexUrl },
    cutoff: options.cutoff,
    secrets: credentials.map(({ password }) => password),
    fetch,
    userAgent,
    exec: runChild,
    confined: {
      run: async (input) => (await walls()).run(input),
      enclosed: async () => (await walls()).kind === 'sandbox',
    },
    pass: async () => (await opened.promise).tools,
    signal,
  });
  const pool = options.registryPool ?? createRegistryPool({ environment, userAgent, keepSeconds: null });
  const registry = createRegistry({
    pool,
    registries: settings.registries,
    credentials,
    allowHosts: settings.allowHosts,
    dockerConfig: options.dockerConfig,
    environment,
    cache: null,
    signal: stop,
  });
  const facts: FactSources = {
    uvVersion: async () => (await machine.uv()).version,
    pythons: () => machine.pythons(),
    hasVersionJson: () => hasVersionJson(PUBLIC_INDEX_ROOT, fetch, { signal }),
    newestTool: (name, python) => releases.newest(name, python),
    condaExecutable: () => usableConda(settings.tools.conda),
    indexUrl,
    isMirror: settings.indexUrl !== null,
    pythonDownloads: settings.tools.pythonDownloads,
    timeoutSeconds: settings.timeoutSeconds,
  };
  const images: ImagePorts = {
    registry,
    read: (references, platform) => readImages(registry, references, platform, { signal }),
    lifecycles: readLifecycles(readFileSync(LIFECYCLES, 'utf8')),
    fileNames: async (name, version) => {
      const files = (await client.project(name))?.files ?? [];
      return files.map(({ filename }) => filename).filter((file) => versionOfFile(file, name) === version);
    },
    now: () => new Date(),
  };
  const rebuild = composeRebuild({
    ...options.rebuilds,
    settings,
    environment,
    workspace: options.workspace,
    images,
    dockerConfig: options.dockerConfig,
    secrets: credentials.map(({ password }) => password),
    userAgent,
    scratch: tmpdir(),
    signal: stop,
  });
  const scan = composeScan({
    settings,
    environment,
    credentials,
    walls,
    cacheFolder,
    scratch: tmpdir(),
    registry,
    index: client,
    userAgent,
    signal: stop,
  });
  const found = composeLinks({ client, pages, credentials, cacheFolder, userAgent, signal, stop });
  return {
    index: client,
    ports: {
      workspace: options.workspace,
      forge: options.forge,
      policy: options.policy,
      ecosystems: ECOSYSTEMS,
      runner: machine.runner,
      fetchPython: (version) => machine.fetchPython(version),
      facts,
      network: createNetwork({
        settings,
        environment,
        credentials,
        indexUrl,
        cacheFolder,
        walls,
        opened: (gate) => opened.resolve(gate),
        signal,
      }),
      images,
      scan: scan.ports,
      rebuilds: rebuild.ports,
      ...found,
      observe: options.observe,
      parallel: settings.parallel ?? Math.max(MIN_PARALLEL, availableParallelism()),
      clock: () => performance.now(),
      now: () => new Date(),
      notes:
        settings.indexUrl === null ? [] : ["Packages came from the operator's mirror of the public index."],
    },
    async close() {
      closed.abort();
      await scan.close();
      await rebuild.close();
      if (options.registryPool === null) await pool.close();
      await machine.close();
    },
  };
}
