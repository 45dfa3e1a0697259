/** One start of a scanner's program: what it sees, and the environment that is all it gets. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { CommandResult, Reason } from '../model.ts';
import type { Pass } from './runner.ts';
import type { RunConfined } from './sandbox/confined.ts';
import type { ScannerFolder } from './scanner-files.ts';

/** Of each stream. */
const MAX_OUTPUT_BYTES = 256 * 1024;

export interface ScannerStart {
  readonly path: string;
  readonly args: readonly string[];
  readonly place: ScannerFolder;
  readonly env: Readonly<Record<string, string>>;
  readonly pass: Pass | null;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | null;
}

/**
 * @returns a reason when it cannot be started, or went beyond a limit.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function startScanner(run: RunConfined, input: ScannerStart): Promise<CommandResult | Reason> {
  const { path, place, pass } = input;
  const real = await realpath(path).catch(() => path);
  try {
    const { exceeded, ...result } = await run({
      file: path,
      args: input.args,
      cwd: place.folder,
      env: { ...environmentOf(place), ...input.env, ...pass?.environment },
      timeoutSeconds: input.timeoutSeconds,
      signal: input.signal,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      access: {
        readable: [path, real, ...input.readable, ...(pass?.readable ?? [])],
        writable: [place.folder, place.home, ...input.writable],
        door: pass?.socket ?? null,
      },
    });
    if (exceeded === null) return result;
    return {
      code: 'limit-exceeded',
      message: `${path} was ended: it took more of the machine than it may (${exceeded}).`,
      fix: 'Scan fewer images at once, or use a machine with more room.',
      detail: result.stderr.slice(-2000),
    };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { code: 'scanner-failed', message: error.message, fix: error.fix, detail: '' };
  }
}

/**
 * All that it gets. Threat: scanners read credentials for registries and clouds from the environment and from the home folder;
 * none of the operator's is theirs. Without a way to the network, a proxy that answers nothing keeps one without walls away from it.
 */
function environmentOf({ home }: ScannerFolder): Readonly<Record<string, string>> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local/share'),
    DOCKER_CONFIG: join(home, '.docker'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    NO_COLOR: '1',
    HTTPS_PROXY: nowhere,
    https_proxy: nowhere,
    HTTP_PROXY: nowhere,
    http_proxy: nowhere,
    ALL_PROXY: nowhere,
    all_proxy: nowhere,
  };
}
