/** Finds uv: the one tool that Relock needs, all others come by it. */
import { access, constants, readFile, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { compare, valid } from 'semver';
import { CancelledError, EnvironmentError, UsageError, messageOf } from '../errors.ts';
import { PUBLIC_FILES } from '../locks/public-index.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import type { RunChild } from './child.ts';
import { pathFolders } from './search-path.ts';
import { hostPlatform } from './uv-platform.ts';
import type { UvPlatform } from './uv-platform.ts';
import { installUv } from './uv-wheel.ts';

/** Older ones know neither `pylock.toml` well nor all the options that we use. */
const MINIMUM_UV = '0.8.0';
const PINS = new URL('../../config/tools.json', import.meta.url);

export interface Uv {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
  readonly from: 'settings' | 'path' | 'own-copy';
}

export interface FindUv {
  /** Path or name from the operator's settings, or null. */
  readonly setting: string | null;
  /** Our own environment, for PATH. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  /** A child's environment in which `uv --version` runs. */
  readonly env: Readonly<Record<string, string>>;
  readonly cacheFolder: string;
  /** The operator's mirror, which then has to have the wheel; null: the public files. */
  readonly mirror: SimpleClient | null;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly userAgent: string;
  readonly exec: RunChild;
  readonly signal: AbortSignal | null;
  /** Of this machine, unless told. */
  readonly platform?: UvPlatform | null;
}

/**
 * The settings' uv, else one on PATH that is new enough, else our own copy, fetched once.
 * @throws {UsageError} when the settings name one that does not run or is too old.
 * @throws {EnvironmentError} when there is none and ours cannot be fetched.
 */
export async function findUv(input: FindUv): Promise<Uv> {
  if (input.setting !== null) return settingsUv(input, input.setting);
  for (const path of await candidates('uv', input.parent)) {
    const version = await versionOf(input, path);
    if (version !== null && compare(version, MINIMUM_UV) >= 0) return { path, version, from: 'path' };
  }
  return ownCopy(input);
}

async function settingsUv(input: FindUv, setting: string): Promise<Uv> {
  const paths = setting.includes('/') ? [setting] : await candidates(setting, input.parent);
  const [path] = paths;
  const fix = 'Mend tools.uv in the settings, or take it out: Relock then finds uv itself.';
  if (path === undefined || (setting.includes('/') && !isAbsolute(path))) {
    const why = path === undefined ? 'there is no such program on PATH' : 'it is not an absolute path';
    throw new UsageError('bad-uv', `The settings name ${setting} as uv, but ${why}.`, fix);
  }
  const version = await versionOf(input, path);
  if (version === null)
    throw new UsageError('bad-uv', `The settings name ${path} as uv, but it does not run.`, fix);
  if (compare(version, MINIMUM_UV) < 0) {
    const why = `it is uv ${version}; Relock needs ${MINIMUM_UV} or later`;
    throw new UsageError('bad-uv', `The settings name ${path} as uv, but ${why}.`, fix);
  }
  return { path, version, from: 'settings' };
}

async function candidates(
  name: string,
  parent: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of pathFolders(parent)) {
    // Shims start what the working folder's configuration says.
    if (folder.endsWith('/shims')) continue;
    const path = join(folder, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs && (await stat(path)).isFile()) found.push(path);
  }
  return found;
}

/** null when it does not run, or is no uv. */
async function versionOf(input: FindUv, path: string): Promise<string | null> {
  try {
    const result = await input.exec({
      file: path,
      args: ['--version'],
      cwd: '/',
      env: input.env,
      timeoutSeconds: 20,
      signal: input.signal,
      maxOutputBytes: 10_000,
    });
    const version = /^uv (?<version>\d+\.\d+\.\d+\S*)/u.exec(result.stdout)?.groups?.['version'];
    return result.exitCode === 0 && version !== undefined && valid(version) !== null ? version : null;
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return null;
  }
}

async function ownCopy(input: FindUv): Promise<Uv> {
  const platform = input.platform === undefined ? hostPlatform() : input.platform;
  const pins = await readPins();
  const file = platform === null ? undefined : pins.files.get(platform);
  if (file === undefined) {
    throw new EnvironmentError(
      'uv-not-built',
      `There is no uv ${MINIMUM_UV} or later on PATH, and Relock's own copy is not made for ${process.platform} on ${process.arch}.`,
      'Install uv and put it on PATH.',
    );
  }
  const folder = join(input.cacheFolder, 'uv');
  const path = join(folder, pins.version, 'uv');
  if ((await versionOf(input, path)) === pins.version)
    return { path, version: pins.version, from: 'own-copy' };
  // A copy that does not run is a broken one (a full disk, a power cut).
  await rm(join(folder, pins.version), { recursive: true, force: true });
  const url =
    input.mirror === null ? `${PUBLIC_FILES}/${file.path}` : await mirrored(input.mirror, file.path);
  const { fetch, userAgent, signal } = input;
  const wheel = { version: pins.version, url, sha256: file.sha256 };
  await installUv({ wheel, folder, fetch, userAgent, signal });
  const version = await versionOf(input, path);
  if (version === pins.version) return { path, version, from: 'own-copy' };
  throw new EnvironmentError(
    'uv-does-not-run',
    `Relock's own copy of uv ${pins.version} was fetched and checked, but does not run here (${path}).`,
    'Put the cache on a file system that allows programs to run, or install uv and put it on PATH.',
  );
}

async function mirrored(mirror: SimpleClient, path: string): Promise<string> {
  const filename = path.slice(path.lastIndexOf('/') + 1);
  let why = `it has no ${filename}`;
  try {
    const file = (await mirror.project('uv'))?.files.find((entry) => entry.filename === filename);
    if (file !== undefined) return file.url;
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    why = messageOf(error);
  }
  throw new EnvironmentError(
    'uv-not-fetched',
    `There is no uv ${MINIMUM_UV} or later on PATH, and the index of the settings does not give one: ${why}.`,
    'Install uv and put it on PATH.',
  );
}

interface Pins {
  readonly version: string;
  readonly files: ReadonlyMap<string, { readonly path: string; readonly sha256: string }>;
}

/** The file is the package's own, so a wrong one is a defect, not an input. */
async function readPins(): Promise<Pins> {
  const pins = JSON.parse(await readFile(PINS, 'utf8')) as {
    uv: { version: string; files: Record<string, { path: string; sha256: string }> };
  };
  return { version: pins.uv.version, files: new Map(Object.entries(pins.uv.files)) };
}
