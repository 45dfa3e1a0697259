/** The private folder of one build, and the environment that a builder gets. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistrySetting } from '../config/settings.ts';
import { EnvironmentError, messageOf } from '../errors.ts';
import { childEnvironment } from '../run/child-env.ts';
import type { BuildPlace } from './model.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface MadePlace {
  /** Absolute: all of it. */
  readonly folder: string;
  readonly place: BuildPlace;
  remove(this: void): Promise<void>;
}

/**
 * @param scratch absolute folder in which it is made.
 * @throws {EnvironmentError} when it cannot be.
 */
export async function makePlace(scratch: string, registries: readonly RegistrySetting[]): Promise<MadePlace> {
  if (/[:,"\s]/u.test(scratch)) {
    throw noScratch(scratch, 'builders take no path with a colon, comma, quote or space');
  }
  const folder = await makeFolder(scratch);
  const at = (name: string): string => join(folder, name);
  const place: BuildPlace = {
    home: at('home'),
    storage: at('storage'),
    layout: at('layout'),
    archive: at('image.tar'),
    log: at('build.log'),
    registries: at('registries.conf'),
    smoke: at('smoke'),
  };
  try {
    for (const path of [place.home, place.storage, place.smoke, at('home/tmp'), at('home/run')]) {
      await mkdir(path, { mode: 0o700 });
    }
    await writeFile(place.registries, registriesConf(registries));
    await writeFile(join(place.home, 'storage.conf'), `[storage]\ndriver = "vfs"\n`);
    await writeFile(join(place.home, 'containers.conf'), '');
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw noScratch(scratch, messageOf(error), error);
  }
  return {
    folder,
    place,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function makeFolder(scratch: string): Promise<string> {
  try {
    await mkdir(scratch, { recursive: true });
    // Named as other private folders are, so that the same sweep finds one whose process was killed.
    return await mkdtemp(join(scratch, `relock-${process.pid}-build-`));
  } catch (error) {
    throw noScratch(scratch, messageOf(error), error);
  }
}

function noScratch(scratch: string, why: string, cause: unknown = null): EnvironmentError {
  return new EnvironmentError(
    'no-scratch',
    `No private folder for a build can be made in ${scratch}: ${why}`,
    'Set TMPDIR to another folder with room.',
    { cause },
  );
}

/**
 * Dockerfiles name Docker Hub's images without a registry; the operator's mirrors and plain-http registries are the builder's too.
 * @see containers-registries.conf(5)
 */
export function registriesConf(registries: readonly RegistrySetting[]): string {
  const tables = registries.map(({ host, mirror, insecure }) =>
    [
      '[[registry]]',
      `prefix = ${JSON.stringify(host)}`,
      `location = ${JSON.stringify(mirror === null ? host : mirror.replace(/^https?:\/\//u, ''))}`,
      `insecure = ${String(insecure)}`,
      '',
    ].join('\n'),
  );
  return ['unqualified-search-registries = ["docker.io"]\nshort-name-mode = "disabled"\n', ...tables].join(
    '\n',
  );
}

/** What an operator sets to reach a daemon. */
const DAEMON = /^(?:DOCKER_HOST|DOCKER_TLS_VERIFY|DOCKER_CERT_PATH|BUILDKIT_HOST)$/u;
const NETWORK =
  /^(?:SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(?:https?|all|no)_proxy)$/iu;

/**
 * Certificates, proxies without their passwords (builders hand them on to every step), and the address of a daemon; nothing
 * else of ours.
 */
export function builderEnvironment(parent: Variables, { home }: BuildPlace): Record<string, string> {
  const usual = childEnvironment({
    parent,
    home,
    path: [],
    caches: home,
    pythonFolder: home,
    pythonDownloads: false,
    tool: null,
  });
  const kept = Object.entries(usual).filter(([name]) => NETWORK.test(name));
  const daemon = Object.entries(parent).filter(
    (entry): entry is [string, string] => DAEMON.test(entry[0]) && entry[1] !== undefined,
  );
  return {
    ...Object.fromEntries([...kept, ...daemon]),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
}
