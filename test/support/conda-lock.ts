/** The true conda-lock on this machine, in the sandbox where there is one, behind a door to channels of the test. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { chooseWalls, openGate } from '../../src/engine/gate.ts';
import { runLock } from '../../src/engine/run-lock.ts';
import { condaEcosystem } from '../../src/locks/conda/ecosystem.ts';
import type { Facts } from '../../src/locks/ecosystem.ts';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import type { Remote, Target, TargetResult } from '../../src/model.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import { createToolReleases } from '../../src/pypi/tool-releases.ts';
import { runChild } from '../../src/run/child.ts';
import { usableConda } from '../../src/run/conda-executable.ts';
import { openMachine, type Machine } from '../../src/run/machine.ts';
import { createAuthority } from '../../src/run/network/certificate.ts';
import { startDoor } from '../../src/run/network/door.ts';
import type { Place } from '../../src/run/runner.ts';
import { unconfined } from '../../src/run/sandbox/confined.ts';
import { DEFAULT_LIMITS } from '../../src/run/sandbox/limits.ts';
import { createSandbox } from '../../src/run/sandbox/sandbox.ts';
import { localWorkspace } from '../../src/workspace/local.ts';
import type { CondaHost } from './conda-channel.ts';
import { sandboxHere } from './sandbox.ts';

/** Where conda looks for channels that are named and not written out. */
const CONDA_FORGE = 'https://conda.anaconda.org/conda-forge';
const HOSTS = ['conda.anaconda.org', 'repo.anaconda.com'];
/** Kept between runs of the tests: the first installs conda-lock, in some twenty seconds. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/relock-test/conda-lock', import.meta.url));

export interface CondaLock {
  readonly machine: Machine;
  /** Why there are no walls; null: there are. */
  readonly withoutWalls: string | null;
  /**
   * Another home, and another way through the door, as each lock has them.
   * @param root absolute, of the copy.
   */
  place(root: string, remotes?: readonly Remote[]): Place;
  /**
   * Makes the locks of conda-lock in a folder anew, as the engine does, and writes what would be published.
   * @param cutoff of conda packages; the door's is that of the index.
   */
  relock(root: string, cutoff?: string): Promise<readonly TargetResult[]>;
  close(): Promise<void>;
}

/**
 * Every conda host is the given one; the public index is the real one.
 * @param options.cutoff the door's cool-down; `conda` as the settings would name it.
 */
export async function openCondaLock(
  host: CondaHost,
  options: { readonly cutoff?: string; readonly conda?: string } = {},
): Promise<CondaLock> {
  const outside = createAuthority(Date.now());
  const { certificate, key } = outside.issue('conda.anaconda.org');
  const others = outside.issue('repo.anaconda.com');
  const server = createServer({ cert: certificate, key }, host.handler);
  server.addContext('repo.anaconda.com', { cert: others.certificate, key: others.key });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'conda-lock-test-')));
  const found = await sandboxHere();
  const sandbox =
    'missing' in found ? null : createSandbox({ ...found, limits: DEFAULT_LIMITS, exec: runChild });
  const walls = chooseWalls('auto', sandbox, unconfined(runChild));
  const gate = await openGate({
    walls,
    sources: {
      indexUrl: PUBLIC_INDEX,
      isMirror: false,
      policyHosts: [],
      operatorHosts: [],
      credentials: [],
    },
    folder: join(base, 'd'),
    openDoor: (listen) =>
      startDoor({
        listen,
        credentials: [],
        environment: process.env,
        cooldown: options.cutoff === undefined ? null : { cutoff: options.cutoff, exempt: [] },
        cache: null,
        upstreamCa: outside.certificate,
        resolve: (name) => (HOSTS.includes(name) ? { address: '127.0.0.1', port } : null),
      }),
  });
  const client = createSimpleClient({
    indexUrl: PUBLIC_INDEX,
    fetch,
    userAgent: 'relock-tests',
    cacheFolder: CACHE,
    authorization: null,
  });
  const machine = await openMachine({
    parent: process.env,
    cacheFolder: CACHE,
    scratch: join(base, 'scratch'),
    uv: null,
    conda: options.conda ?? null,
    pythonDownloads: false,
    index: { client, releases: createToolReleases(client, { cutoff: null }), mirrorUrl: null },
    cutoff: null,
    secrets: [],
    fetch,
    userAgent: 'relock-tests',
    exec: runChild,
    confined: { run: walls.run, enclosed: () => Promise.resolve(walls.kind === 'sandbox') },
    pass: () => Promise.resolve(gate.tools),
    signal: null,
  });
  let homes = 0;
  const facts = async (): Promise<Omit<Facts, 'tree'>> => ({
    pythons: await machine.pythons(),
    pythonDownloads: false,
    uvVersion: (await machine.uv()).version,
    // As a mirror is without the pages of single versions: index pages are asked for in their stead.
    index: { url: PUBLIC_INDEX, isMirror: false, hasVersionJson: false },
    cutoff: null,
    timeoutSeconds: 60,
    newestTool: () => '4.0.3',
    condaExecutable: await usableConda(options.conda ?? null),
  });
  return {
    machine,
    async relock(root, cutoff) {
      const workspace = localWorkspace({ root, scratch: [join(base, 'scratch')] });
      const before = await workspace.readTree();
      const results: TargetResult[] = [];
      for (const lock of condaEcosystem.detect(before, NO_POLICY).locks) {
        const { result } = await runLock({
          lock,
          before,
          facts: { ...(await facts()), tree: before, cutoff: cutoff ?? null },
          made: new Map(),
          workspace,
          runner: machine.runner,
          fetchPython: () => Promise.resolve(false),
          pass: gate.pass(lock.target),
          observe: () => undefined,
          clock: () => performance.now(),
        });
        for (const { path, text } of result.files) {
          if (text === null) rmSync(join(root, path));
          else writeFileSync(join(root, path), text);
        }
        results.push(result);
      }
      return results;
    },
    withoutWalls: walls.kind === 'none' ? walls.note : null,
    place(root, remotes = [{ url: CONDA_FORGE, purpose: 'channel', namedIn: 'environment.yml:1' }]) {
      homes += 1;
      const home = join(base, `home-${homes}`);
      mkdirSync(join(home, 'tmp'), { recursive: true });
      const target: Pick<Target, 'path' | 'remotes'> = { path: 'conda-lock.yml', remotes };
      return { root, home, borrowed: [], pass: gate.pass(target as Target) };
    },
    async close() {
      await machine.close();
      await gate.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(base, { recursive: true, force: true });
    },
  };
}
