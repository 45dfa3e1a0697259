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
import { createRedactor } from './redact.ts';
import type { Runner } from './runner.ts';
import { readSearchPath } from './search-path.ts';
import { createToolbox } from './toolbox.ts';
import { findUv } from './uv-copy.ts';
import type { Uv } from './uv-copy.ts';
import { createUvVersions } from './uv-versions.ts';

export interface MachineOptions {
  /** Our own environment. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** Absolute folder of tools and caches; made when it is not there. */
  readonly cacheFolder: string;
  /** Absolute folder in which the private home of this run is made. */
  readonly scratch: string;
  /** `tools.uv` of the settings. */
  readonly uv: string | null;
  readonly pythonDownloads: boolean;
  /** PEM bundle for children, over what the environment names. */
  readonly tlsBundle: string | null;
  /** The index that tools come from. */
  readonly index: {
    readonly client: SimpleClient;
    readonly releases: ToolReleases;
    /** The operator's mirror, with user and password where it wants them; null: the public index. */
    readonly mirrorUrl: string | null;
  };
  /** The job's cut-off: tools are held to it as well. */
  readonly cutoff: string | null;
  /** Taken out of all output. */
  readonly secrets: readonly string[];
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly userAgent: string;
  readonly exec: RunChild;
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
  /** Removes the private home. */
  close(): Promise<void>;
}

/**
 * Looks for nothing yet: uv, the interpreters and the search path are found when first asked for, once.
 * @throws {EnvironmentError} when no private home can be made.
 */
export async function openMachine(options: MachineOptions): Promise<Machine> {
  const home = await makeHome(options.scratch);
  const { parent, cacheFolder, tlsBundle, pythonDownloads, exec, signal } = options;
  const searchPath = once(() => readSearchPath(parent));
  const errandEnv = (path: readonly string[]): Record<string, string> =>
    childEnvironment({ parent, home, path, cacheFolder, tlsBundle, pythonDownloads, tool: null });
  const fullEnv = once(async () => {
    const { programs, pythons } = await searchPath();
    return errandEnv([...programs, ...pythons]);
  });
  const uv = once(() =>
    findUv({
      setting: options.uv,
      parent,
      env: errandEnv([]),
      cacheFolder,
      mirror: options.index.mirrorUrl === null ? null : options.index.client,
      fetch: options.fetch,
      userAgent: options.userAgent,
      exec,
      signal,
    }),
  );
  const pythons = once(async () =>
    findPythons({ uv: (await uv()).path, env: await fullEnv(), cwd: home, exec, signal }),
  );
  const folders = [
    { folder: home, as: '~' },
    { folder: cacheFolder, as: '<cache>' },
    { folder: parent['HOME'] ?? '', as: '~' },
  ];
  const redaction = { secrets: options.secrets, folders };
  const toolbox = createToolbox({
    uv: async () => (await uv()).path,
    pythons,
    pythonDownloads,
    cacheFolder,
    releases: options.index.releases,
    indexUrl: options.index.mirrorUrl,
    cutoff: options.cutoff,
    env: fullEnv,
    cwd: home,
    exec,
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
    home,
    cacheFolder,
    tlsBundle,
    pythonDownloads,
    redaction,
    maxOutputBytes: options.maxOutputBytes ?? 512 * 1024,
    exec,
    signal,
  });
  return { uv, pythons, runner, close: () => rm(home, { recursive: true, force: true, maxRetries: 3 }) };
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

/** The first call's promise for all calls; a failure is not kept. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made === null) {
      made = make();
      made.catch(() => {
        made = null;
      });
    }
    return made;
  };
}
