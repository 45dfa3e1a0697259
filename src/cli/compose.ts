/** The terminal's ports: a folder of this machine, and its forge. */
import { basename, isAbsolute, join } from 'node:path';
import { rebuildsAlone, type RebuildMode } from '../engine/compose-rebuild.ts';
import { composePorts, scratchFolders, type Composed } from '../engine/compose.ts';
import { findWalls } from '../engine/network.ts';
import type { Observe } from '../engine/events.ts';
import type { Ports } from '../engine.ts';
import type { Settings } from '../config/settings.ts';
import type { ScannerName } from '../scan/model.ts';
import type { Forge } from '../forge/forge.ts';
import { ECOSYSTEMS } from '../locks/index.ts';
import { once } from '../run/once.ts';
import { localWorkspace } from '../workspace/local.ts';
import { version } from '../version.ts';

/** What `plan` needs: nothing that reaches out. */
export function composePlan(root: string): Pick<Ports, 'workspace' | 'ecosystems' | 'now' | 'policy'> {
  return {
    workspace: localWorkspace({ root, scratch: [] }),
    ecosystems: ECOSYSTEMS,
    policy: null,
    now: () => new Date(),
  };
}

export interface RunSetUp {
  readonly root: string;
  readonly settings: Settings;
  readonly repository: string | null;
  readonly cutoff: string | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly forge: Forge;
  /** In place of those of the policy, none when empty; null: those of the policy. */
  readonly scanners: readonly ScannerName[] | null;
  readonly rebuilds: RebuildMode;
  readonly observe: Observe;
  readonly signal: AbortSignal;
}

export async function composeRun(setUp: RunSetUp): Promise<Composed> {
  const { root, settings, environment, scanners } = setUp;
  const composed = await composePorts({
    ...setUp,
    walls: once(() => findWalls(settings.sandbox ?? 'auto', environment)),
    repository: setUp.repository ?? basename(root),
    policy: null,
    workspace: localWorkspace({ root, scratch: scratchFolders(settings, environment) }),
    version: version(),
    registryPool: null,
    dockerConfig: dockerConfigOf(environment),
    rebuilds: rebuildsAlone(setUp.rebuilds),
  });
  return scanners === null ? composed : { ...composed, ports: withScanners(composed.ports, scanners) };
}

function withScanners(ports: Ports, scanners: readonly ScannerName[]): Ports {
  const { scan } = ports;
  const choose: typeof scan.choose = (policy) =>
    scanners.length === 0 ? Promise.resolve([]) : scan.choose({ ...policy, with: scanners });
  return { ...ports, scan: { ...scan, choose } };
}

/** Where Docker itself looks for it. */
function dockerConfigOf({ DOCKER_CONFIG: named, HOME: home }: NodeJS.ProcessEnv): string | null {
  const folder =
    named !== undefined && named !== '' ? named : home === undefined ? '' : join(home, '.docker');
  return isAbsolute(folder) ? join(folder, 'config.json') : null;
}
