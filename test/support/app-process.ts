/** Starts the App as a child process against the stand-in of GitHub, and ends it, gently or not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { GitHub } from './github/github.ts';

const MAIN = fileURLToPath(new URL('app-main.ts', import.meta.url));
/** Half of a start is compiling. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/relock-test/compiled', import.meta.url));

export interface AppOptions {
  readonly github: GitHub;
  readonly dataFolder: string;
  /** Also in the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** A file that is written with `setNow`. */
  readonly clock: string;
  /** Milliseconds of a re-lock that makes the same always, or true lockers. */
  readonly relock: number | 'engine';
  readonly port: number;
}

export interface App {
  readonly pid: number;
  readonly url: string;
  isAlive(): boolean;
  /** Is not waited for. */
  kill(): void;
  /** Graceful, by SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  readonly gone: Promise<unknown>;
  /** Both streams, so far. */
  output(): string;
  /** Jobs, by `/health`; null while it does not answer. */
  jobs(): Promise<{ readonly waiting: number; readonly active: number; readonly dead: number } | null>;
}

export function setNow(clock: string, now: string): void {
  writeFileSync(clock, now);
}

/** A port that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Does not wait until it listens. */
export function startApp({ github, dataFolder, environment, clock, relock, port }: AppOptions): App {
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [MAIN, clock, String(relock)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: dataFolder,
      NODE_COMPILE_CACHE: COMPILED,
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      ...environment,
      APP_ID: String(github.appId),
      PRIVATE_KEY: github.privateKey,
      WEBHOOK_SECRET: github.webhookSecret,
      GHE_HOST: github.host,
      GHE_PROTOCOL: 'http',
      PORT: String(port),
      RELOCK_DATA: dataFolder,
    },
  });
  const gone = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null && !child.killed;
  return {
    pid: child.pid ?? -1,
    url,
    isAlive,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
    gone,
    output: () => output,
    async jobs() {
      try {
        const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) });
        return answer.ok
          ? ((await answer.json()) as { waiting: number; active: number; dead: number })
          : null;
      } catch {
        return null;
      }
    },
  };
}
