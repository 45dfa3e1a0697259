/** A real registry for tests: Debian's docker-registry (distribution) on loopback, over plain http. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PROGRAM = '/usr/bin/docker-registry';

/** Who may read. Pushing by `pushImage` goes without authorization: push to an open one, then start another on its folder. */
export type RegistryAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'htpasswd'; readonly entry: string }
  /** @see distribution's token authentication: a JWT signed by a key whose certificate `rootPem` vouches for. */
  | {
      readonly kind: 'token';
      readonly realm: string;
      readonly service: string;
      readonly issuer: string;
      readonly rootPem: string;
    };

export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** What it stores; survives `stop` when it was given. */
  readonly folder: string;
  /** Ends it as a power failure would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The program; in CI, as root, it installs the package. Else the reason why there is none. */
export function findDockerRegistry(): { readonly file: string } | { readonly missing: string } {
  if (existsSync(PROGRAM)) return { file: PROGRAM };
  if (process.env['CI'] !== 'true' || process.getuid?.() !== 0) {
    return {
      missing: 'no registry: apt-get install -y docker-registry (CI=true as root does it by itself)',
    };
  }
  const options = {
    stdio: 'ignore',
    // A run level in which Debian starts no service after the installation.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  } as const;
  try {
    execFileSync('/usr/bin/apt-get', ['update', '-q'], options);
    const install = ['install', '-y', '-q', '--no-install-recommends', 'docker-registry'];
    execFileSync('/usr/bin/apt-get', install, options);
  } catch (error) {
    return { missing: `docker-registry cannot be installed: ${String(error)}` };
  }
  return existsSync(PROGRAM) ? { file: PROGRAM } : { missing: `no ${PROGRAM} after the installation` };
}

export async function startDockerRegistry(
  file: string,
  auth: RegistryAuth = { kind: 'none' },
  given: string | null = null,
): Promise<DockerRegistry> {
  const root = mkdtempSync(join(tmpdir(), 'relock-registry-'));
  const folder = given ?? join(root, 'images');
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const config = join(root, 'config.yml');
  writeFileSync(config, configText(root, folder, port, auth));
  const server = spawn(file, ['serve', config], {
    cwd: root,
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', OTEL_TRACES_EXPORTER: 'none' },
  });
  const gone = once(server, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await gone;
    rmSync(root, { recursive: true, force: true });
  };
  const host = `127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const isUp = await fetch(`http://${host}/v2/`).then(
      ({ status }) => status === 200 || status === 401,
      () => false,
    );
    if (isUp) break;
    if (tries > 200 || server.exitCode !== null) throw new Error('docker-registry does not start');
    await delay(25);
  }
  return { host, port, folder, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

/** YAML takes JSON. */
function configText(root: string, folder: string, port: number, auth: RegistryAuth): string {
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const access = (): object => {
    switch (auth.kind) {
      case 'none':
        return {};
      case 'htpasswd':
        return { auth: { htpasswd: { realm: 'Registry Realm', path: file('htpasswd', `${auth.entry}\n`) } } };
      case 'token': {
        const { realm, service, issuer } = auth;
        const rootcertbundle = file('root.pem', auth.rootPem);
        return { auth: { token: { realm, service, issuer, rootcertbundle } } };
      }
      default:
        return auth satisfies never;
    }
  };
  return JSON.stringify({
    version: 0.1,
    log: { accesslog: { disabled: true }, level: 'error' },
    storage: { filesystem: { rootdirectory: folder }, maintenance: { uploadpurging: { enabled: false } } },
    http: { addr: `127.0.0.1:${port}` },
    ...access(),
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
