/** The network of a run on this machine: what answers, the walls around lockers, and the door through them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credential, SandboxMode, Settings } from '../config/settings.ts';
import type { Network } from '../engine.ts';
import { runChild } from '../run/child.ts';
import { readCaBundle } from '../run/network/ca-bundle.ts';
import { createDialer } from '../run/network/dial.ts';
import { createGuardedDialer } from '../run/network/guarded-dial.ts';
import { probeRemotes } from '../run/network/probe.ts';
import { unconfined } from '../run/sandbox/confined.ts';
import { DEFAULT_LIMITS } from '../run/sandbox/limits.ts';
import { chooseWalls, openGate, type OpenGate, type Walls } from './gate.ts';
import { operatorHosts, type ReachSources } from './reach-of.ts';

const PROBE_MS = 6000;

export interface NetworkOptions {
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Those that the job's owner may use. */
  readonly credentials: readonly Credential[];
  readonly indexUrl: string;
  readonly cacheFolder: string;
  readonly walls: () => Promise<Walls>;
  /** Told the gate once it is open. */
  readonly opened: (gate: OpenGate) => void;
  readonly signal: AbortSignal;
}

/** @throws {EnvironmentError} when the operator wants a sandbox and there is none. */
export async function findWalls(
  mode: SandboxMode,
  environment: NetworkOptions['environment'],
): Promise<Walls> {
  if (mode === 'none') return chooseWalls(mode, null, unconfined(runChild));
  const [{ findSandbox }, { createSandbox }] = await Promise.all([
    import('../run/sandbox/find-sandbox.ts'),
    import('../run/sandbox/sandbox.ts'),
  ]);
  const found = await findSandbox({ environment, exec: runChild });
  const run = 'code' in found ? found : createSandbox({ ...found, limits: DEFAULT_LIMITS, exec: runChild });
  return chooseWalls(mode, run, unconfined(runChild));
}

export function createNetwork(options: NetworkOptions): Network {
  const { settings, environment, credentials, indexUrl, signal } = options;
  const sources = (policyHosts: readonly string[]): ReachSources => ({
    indexUrl,
    isMirror: settings.indexUrl !== null,
    policyHosts,
    operatorHosts: settings.allowHosts,
    credentials,
  });
  return {
    async probe(remotes) {
      if (remotes.length === 0) return new Map();
      const ca = await readCaBundle(environment);
      const guarded = createGuardedDialer({ dialer: createDialer({ environment }), isKnown: () => false });
      const named = new Set(operatorHosts(sources([])));
      return probeRemotes(remotes, {
        ca,
        dialer: {
          dial: (host, port, asked) =>
            guarded.dial(host, port, named.has(port === 443 ? host : `${host}:${port}`), asked),
        },
        credentials,
        timeoutMs: PROBE_MS,
        signal,
      });
    },
    async open(cutoff, policy) {
      const [{ startDoor }, { createDiskHttpCache }] = await Promise.all([
        // Loaded only where something runs: they take a while to load.
        import('../run/network/door.ts'),
        import('../run/network/disk-http-cache.ts'),
      ]);
      const folder = await mkdtemp(join(tmpdir(), `relock-${process.pid}-door-`));
      const cache =
        settings.cacheBytes === 0
          ? null
          : createDiskHttpCache({ cacheFolder: options.cacheFolder, maxBytes: settings.cacheBytes });
      const close = async (): Promise<void> => {
        await cache?.close();
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      };
      try {
        const gate = await openGate({
          walls: await options.walls(),
          sources: sources(policy.allowHosts),
          openDoor: (listen) =>
            startDoor({
              listen,
              credentials,
              environment,
              cooldown: cutoff === null ? null : { cutoff, exempt: [] },
              cache,
            }),
          folder,
        });
        options.opened(gate);
        return {
          ...gate,
          async close() {
            await gate.close();
            await close();
          },
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}
