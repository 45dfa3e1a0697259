/** A shallow clone of one commit, made behind the walls of the lockers, with no credential in it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { Pass } from '../run/runner.ts';
import type { RunConfined } from '../run/sandbox/confined.ts';

export interface CloneRequest {
  /** `https://host/owner/name.git`, without user and password. */
  readonly url: string;
  /** The commit to check out: a full object id. */
  readonly commit: string;
  /** Absolute folder in which a new one is made. */
  readonly scratch: string;
  /** Ours; only PATH is taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly run: RunConfined;
  /** The way to that one repository. */
  readonly pass: Pass;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface Clone {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Removes it. Safe to call twice. */
  close(): Promise<void>;
}

/** What git prints when it fails is short. */
const MAX_OUTPUT = 64 * 1024;

/**
 * Clones one commit, without history.
 * @throws {EnvironmentError} `clone-failed`, whose message holds no path of this machine.
 * @throws {CancelledError}
 */
export async function cloneCommit(request: CloneRequest): Promise<Clone> {
  const folder = await mkdtemp(join(request.scratch, `relock-${process.pid}-clone-`));
  const root = join(folder, 'checkout');
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    await mkdir(join(folder, 'home'));
    await git(request, folder, ['init', '--quiet', '--initial-branch=main', root]);
    const fetch = [
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-recurse-submodules',
      request.url,
      request.commit,
    ];
    await git(request, folder, ['-C', root, ...fetch]);
    await git(request, folder, ['-C', root, 'checkout', '--quiet', '--detach', request.commit]);
    return { root, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Settings of git by environment: nothing stays in the checkout. */
const SETTINGS: readonly (readonly [string, string])[] = [
  // Threat: a redirect to another host.
  ['http.followRedirects', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['advice.detachedHead', 'false'],
  ['gc.auto', '0'],
];

async function git(request: CloneRequest, folder: string, args: readonly string[]): Promise<void> {
  const { pass } = request;
  const reachesOut = args.includes('fetch');
  const result = await request.run({
    file: 'git',
    args,
    cwd: folder,
    env: {
      PATH: request.environment['PATH'] ?? '/usr/bin:/bin',
      HOME: join(folder, 'home'),
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LFS_SKIP_SMUDGE: '1',
      // Threat: a redirect or a submodule that names another kind of address.
      GIT_ALLOW_PROTOCOL: 'https:http',
      GIT_CONFIG_COUNT: String(SETTINGS.length),
      ...Object.fromEntries(
        SETTINGS.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
      ...(reachesOut ? pass.environment : {}),
    },
    timeoutSeconds: request.timeoutSeconds,
    signal: request.signal,
    maxOutputBytes: MAX_OUTPUT,
    access: { readable: pass.readable, writable: [folder], door: reachesOut ? pass.socket : null },
  });
  if (result.exitCode === 0) return;
  const words = result.stderr.replaceAll(folder, '').trim().slice(-500);
  const why =
    result.exceeded !== null
      ? `it is too large (${result.exceeded})`
      : result.timedOut
        ? `it took longer than ${request.timeoutSeconds} seconds`
        : words || 'git gave no reason';
  throw new EnvironmentError(
    'clone-failed',
    `${request.url} cannot be cloned at ${request.commit.slice(0, 12)}: ${why}`,
    'The run is tried again; if that does not help, look whether the App may read the contents of the repository.',
  );
}
