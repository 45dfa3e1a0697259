/** This machine as a run uses it: uv, interpreters and the runner, put together; its traces gone when it is closed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { Interpreter } from '../locks/ecosystem.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import type { ToolReleases } from '../pypi/tool-releases.ts';
import { childEnvironment } from './child-env.ts';
import type { RunChild } from './child.ts';
import { findPythons } from './interpreters.ts';
import { createRunner } from './local-runner.ts';
import { once } from './once.ts';
import { createRedactor } from './redact.ts';
import type { Runner } from './runner.ts';
import { readSearchPath } from './search-path.ts';
import type { Pass } from './runner.ts';
import type { RunConfined } from './sandbox/confined.ts';
import { createToolbox } from './toolbox.ts';
import { findUv } from './uv-copy.ts';
import type { Uv } from './uv-copy.ts';
import { createUvVersions } from './uv-versions.ts';
import { visibleFolders } from './visible.ts';

const PYTHON_SECONDS = 300;

export interface MachineOptions {
  /** Our own environment. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** Absolute folder of tools and caches; made when it is not there. */
  readonly cacheFolder: string;
  /** Absolute folder in which the private home of this run is made. */
  readonly scratch: string;
  /** `tools.uv` of the settings. */
  readonly uv: string | null;
  /** `tools.conda` of the settings. */
  readonly conda: string | null;
  readonly pythonDownloads: boolean;
  /** The index that tools come from. */
  readonly index: {
    readonly client: SimpleClient;
    readonly releases: ToolReleases;
    /** The operator's mirror; null: the public index. */
    readonly mirrorUrl: string | null;
  };
  /** The job's cut-off: tools are held to it as well. */
  readonly cutoff: string | null;
  /** Taken out of all output. */
  readonly secrets: readonly string[];
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly userAgent: string;
  /** For our own errands, which run nothing of a repository or a package. */
  readonly exec: RunChild;
  /** For all else. */
  readonly confined: {
    readonly run: RunConfined;
    /** Whether there are walls. */
    readonly enclosed: () => Promise<boolean>;
  };
  /** The way to the network of tool installations. */
  readonly pass: () => Promise<Pass>;
  readonly signal: AbortSignal | null;
  /** Of each stream of a child; 512 KiB unless told. */
  readonly maxOutputBytes?: number;
}

export interface Machine {
  /** @throws {EnvironmentError | UsageError} when there is no uv to be had. */
  uv(): Promise<Uv>;
  /** CPython interpreters, newest first. */
  pythons(): Promise<readonly Interpreter[]>;
  readonly runner: Runner;
  /**
   * Fetches an interpreter that is not there (`3.9`), where lockers cannot do it themselves.
   * @returns false when it cannot be had.
   */
  fetchPython(version: string): Promise<boolean>;
  /** Removes the private home. */
  close(): Promise<void>;
}

/**
 * Looks for nothing yet: uv, the interpreters and the search path are found when first asked for, once.
 * @throws {EnvironmentError} when no private home can be made.
 */
export async function openMachine(options: MachineOptions): Promise<Machine> {
  const home = await makeHome(options.scratch);
  const { parent, cacheFolder, exec, signal, confined, pass } = options;
  const pythonFolder = join(cacheFolder, 'pythons');
  const searchPath = once(() => readSearchPath(parent));
  /** Threat: code of a package that writes into a cache is found there by the next repository. */
  const caches = async (of: string): Promise<string> =>
    (await confined.enclosed()) ? join(of, '.cache') : cacheFolder;
  const environment = (path: readonly string[], cachesIn: string): Record<string, string> =>
    childEnvironment({
      parent,
      home,
      path,
      caches: cachesIn,
      pythonFolder,
      pythonDownloads: options.pythonDownloads,
      tool: null,
    });
  const fullPath = async (): Promise<readonly string[]> => {
    const { programs, pythons } = await searchPath();
    return [...programs, ...pythons];
  };
  const uv = once(() =>
    findUv({
      setting: options.uv,
      parent,
      env: environment([], cacheFolder),
      cacheFolder,
      mirror: options.index.mirrorUrl === null ? null : options.index.client,
      fetch: options.fetch,
      userAgent: options.userAgent,
      exec,
      signal,
    }),
  );
  const pythons = once(async () =>
    findPythons({
      uv: (await uv()).path,
      env: environment(await fullPath(), cacheFolder),
      cwd: home,
      exec,
      signal,
    }),
  );
  const readable = once(async () => [
    ...(await visibleFolders(
      await searchPath(),
      (await pythons()).map(({ path }) => path),
    )),
    (await uv()).path,
    ...['pythons', 'tools', 'uv'].map((name) => join(cacheFolder, name)),
  ]);
  const redaction = {
    secrets: options.secrets,
    folders: [
      { folder: home, as: '~' },
      { folder: cacheFolder, as: '<cache>' },
      { folder: parent['HOME'] ?? '', as: '~' },
    ],
  };
  const toolEnv = async (): Promise<Record<string, string>> =>
    environment(await fullPath(), await caches(home));
  const toolbox = createToolbox({
    uv: async () => (await uv()).path,
    pythons,
    pythonDownloads: options.pythonDownloads,
    cacheFolder,
    releases: options.index.releases,
    indexUrl: options.index.mirrorUrl,
    cutoff: options.cutoff,
    env: toolEnv,
    pass,
    readable,
    pythonFolder,
    home,
    exec: confined.run,
    redact: createRedactor(redaction),
    signal,
  });
  const runner = createRunner({
    toolbox,
    uv: createUvVersions({
      own: uv,
      cacheFolder,
      client: options.index.client,
      fetch: options.fetch,
      userAgent: options.userAgent,
      exec,
      signal,
    }),
    parent,
    searchPath,
    caches,
    pythonFolder,
    pythonDownloads: async () => options.pythonDownloads && !(await confined.enclosed()),
    readable,
    conda: options.conda,
    redaction,
    maxOutputBytes: options.maxOutputBytes ?? 512 * 1024,
    exec: confined.run,
    signal,
  });
  const fetched = new Map<string, Promise<boolean>>();
  return {
    uv,
    pythons,
    runner,
    async fetchPython(version) {
      if (!options.pythonDownloads || !(await confined.enclosed())) return true;
      const known = fetched.get(version) ?? installPython(version);
      fetched.set(version, known);
      return known;
    },
    close: () => rm(home, { recursive: true, force: true, maxRetries: 3 }),
  };

  async function installPython(version: string): Promise<boolean> {
    await mkdir(pythonFolder, { recursive: true });
    const [way, visible, env] = await Promise.all([pass(), readable(), toolEnv()]);
    const result = await confined.run({
      file: (await uv()).path,
      args: ['python', 'install', '--no-config', '--no-bin', version],
      cwd: home,
      env: { ...env, ...way.environment },
      timeoutSeconds: PYTHON_SECONDS,
      signal,
      maxOutputBytes: 64 * 1024,
      access: {
        readable: [...visible, ...way.readable],
        writable: [home, pythonFolder],
        door: way.socket,
      },
    });
    return result.exitCode === 0;
  }
}

/** Named as the private copies are, so that the same sweep finds one whose process was killed. */
async function makeHome(scratch: string): Promise<string> {
  try {
    await mkdir(scratch, { recursive: true });
    const home = await mkdtemp(join(scratch, `relock-${process.pid}-home-`));
    await mkdir(join(home, 'tmp'));
    return home;
  } catch (error) {
    throw new EnvironmentError(
      'no-scratch',
      `No private folder can be made in ${scratch}: ${messageOf(error)}`,
      'Set TMPDIR to a folder with room.',
      { cause: error },
    );
  }
}
