/** uv at the version that a repository asks for. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { Reason } from '../model.ts';
import { IndexError } from '../pypi/index-error.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import type { RunChild } from './child.ts';
import { hostPlatform, wheelFor } from './uv-platform.ts';
import { installUv } from './uv-wheel.ts';

export interface UvProgram {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
}

/** @param version exact, or null for the one that Relock uses. */
export type UvVersions = (version: string | null) => Promise<UvProgram | Reason>;

export interface UvVersionsOptions {
  /** The uv that Relock uses. */
  readonly own: () => Promise<UvProgram>;
  readonly cacheFolder: string;
  /** The index that wheels come from. */
  readonly client: SimpleClient;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly userAgent: string;
  readonly exec: RunChild;
  readonly signal: AbortSignal | null;
}

/**
 * Other versions of uv come out of their wheels like our own copy, by the digest that the index gives: that needs no
 * Python. Each is looked for once.
 */
export function createUvVersions(options: UvVersionsOptions): UvVersions {
  const asked = new Map<string, Promise<UvProgram | Reason>>();
  return async (version) => {
    const ours = await options.own();
    if (version === null || version === ours.version) return ours;
    const known = asked.get(version) ?? fetchUv(version, options);
    asked.set(version, known);
    known.catch(() => asked.delete(version));
    return known;
  };
}

async function fetchUv(version: string, options: UvVersionsOptions): Promise<UvProgram | Reason> {
  const folder = join(options.cacheFolder, 'uv');
  const broken = (why: string): Reason => ({
    code: 'tool-install-broken',
    message: `uv ${version} could not be had: ${why}`,
    fix: 'Let the repository ask for another version of uv.',
    detail: '',
  });
  // It becomes a folder's name.
  if (!/^\d{1,4}\.\d{1,4}\.\d{1,4}$/u.test(version)) return broken('that is no version of uv.');
  const path = join(folder, version, 'uv');
  if (await runs(path, options)) return { path, version };
  try {
    const platform = hostPlatform();
    const files = (await options.client.project('uv'))?.files ?? [];
    const file = platform === null ? null : wheelFor(files, version, platform);
    const { sha256 } = file?.hashes ?? {};
    if (file === null || sha256 === undefined)
      return broken('the index has no wheel of it for this machine.');
    const { fetch, userAgent, signal } = options;
    await rm(join(folder, version), { recursive: true, force: true });
    return {
      path: await installUv({ wheel: { version, url: file.url, sha256 }, folder, fetch, userAgent, signal }),
      version,
    };
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof IndexError) {
      return broken(error.message);
    }
    throw error;
  }
}

async function runs(path: string, options: UvVersionsOptions): Promise<boolean> {
  const { exec, signal } = options;
  const input = {
    file: path,
    args: ['--version'],
    cwd: '/',
    env: {},
    timeoutSeconds: 20,
    signal,
    maxOutputBytes: 1000,
  };
  return exec(input).then(
    ({ exitCode }) => exitCode === 0,
    (error: unknown) => {
      if (error instanceof EnvironmentError) return false;
      throw error;
    },
  );
}
