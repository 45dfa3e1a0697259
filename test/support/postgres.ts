/** A PostgreSQL of its own for tests: Debian's package, a fresh cluster in a temporary folder, on loopback. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const DEBIAN = '/usr/lib/postgresql';

export interface Postgres {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

export interface SqlClient {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  end(): Promise<void>;
}

/** The driver that pg-boss brings; it has no types of its own. */
export function sqlClient(url: string, connections = 4): SqlClient {
  const require = createRequire(createRequire(import.meta.url).resolve('pg-boss'));
  const { Pool } = require('pg') as {
    Pool: new (options: object) => SqlClient & { on(event: string, act: () => void): void };
  };
  const pool = new Pool({ connectionString: url, max: connections });
  pool.on('error', () => undefined);
  return pool;
}

/** The folder with `initdb` and `postgres`; in CI, as root, it installs the package. Else the reason why there is none. */
export function findPostgres(): { readonly bin: string } | { readonly missing: string } {
  const found = findInstalled();
  if (found !== null) return { bin: found };
  if (process.env['CI'] !== 'true' || process.getuid?.() !== 0) {
    return { missing: 'no PostgreSQL: apt-get install -y postgresql (CI=true as root does it by itself)' };
  }
  const options = {
    stdio: 'ignore',
    // A run level in which Debian starts no service after the installation.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  } as const;
  try {
    execFileSync('/usr/bin/apt-get', ['update', '-q'], options);
    execFileSync(
      '/usr/bin/apt-get',
      ['install', '-y', '-q', '--no-install-recommends', 'postgresql'],
      options,
    );
  } catch (error) {
    return { missing: `PostgreSQL cannot be installed: ${String(error)}` };
  }
  const installed = findInstalled();
  return installed === null
    ? { missing: `no initdb below ${DEBIAN} after the installation` }
    : { bin: installed };
}

function findInstalled(): string | null {
  if (!existsSync(DEBIAN)) return null;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return (
    versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb'))) ??
    null
  );
}

export async function startPostgres(bin: string): Promise<Postgres> {
  // PostgreSQL refuses to run as root; the folder is where its user may go.
  const root = mkdtempSync('/tmp/relock-postgres-');
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : null;
  if (user !== null) chownSync(root, user.uid, user.gid);
  const data = join(root, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'relock', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    {
      ...user,
      cwd: root,
      stdio: 'ignore',
    },
  );
  const port = await freePort();
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', root],
    { ...user, cwd: root, stdio: 'ignore' },
  );
  const gone = once(server, 'exit');
  const url = `postgres://relock@127.0.0.1:${port}/postgres`;
  const version = await firstAnswer(url, server);
  return {
    url,
    version,
    async stop() {
      server.kill('SIGINT');
      await gone;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function firstAnswer(url: string, server: ChildProcess): Promise<string> {
  const client = sqlClient(url, 1);
  try {
    for (let tries = 0; tries < 300 && server.exitCode === null; tries += 1) {
      const answer = await client.query('SHOW server_version').catch(() => null);
      if (answer !== null) return String(answer.rows[0]?.['server_version']);
      await delay(50);
    }
  } finally {
    await client.end();
  }
  throw new Error('PostgreSQL does not start');
}

function idOf(what: '-u' | '-g'): number {
  return Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }).trim());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
