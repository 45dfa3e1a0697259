/** What stands between lockers and the world in one run: the walls around them, and the one door to the network. */
import { join } from 'node:path';
import type { SandboxMode } from '../config/settings.ts';
import { EnvironmentError } from '../errors.ts';
import type { Reason, Target } from '../model.ts';
import type { Door, DoorClient, DoorOptions, Refusal } from '../run/network/door.ts';
import type { IndexView } from '../run/network/index-view.ts';
import type { Pass } from '../run/runner.ts';
import type { RunConfined } from '../run/sandbox/confined.ts';
import { PYTHON_HOSTS } from '../locks/public-index.ts';
import { operatorHosts, reachOf, type ReachSources } from './reach-of.ts';

/** The way to the network of one lock. */
export interface LockPass extends Pass {
  /** Connections that were asked for and not made. */
  refusals(): readonly Refusal[];
  /** Projects for which a cool-down could not be kept, since an index tells no upload times. */
  undated(): ReturnType<DoorClient['withoutUploadTimes']>;
}

export interface Gate {
  /** @param view what the lock's tools are shown of the indexes; absent: all that the cool-down allows. */
  pass(target: Target, view?: IndexView): LockPass;
  /** What a reader of the report should know of it. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

export interface GateOptions {
  readonly walls: Walls;
  readonly sources: ReachSources;
  /** Opens the door. */
  readonly openDoor: (listen: DoorOptions['listen']) => Promise<Door>;
  /** Where the door's socket may lie: a private folder of this run. */
  readonly folder: string;
}

/** Whether lockers are shut in, decided once for a run. */
export type Walls =
  | { readonly kind: 'sandbox'; readonly run: RunConfined }
  | { readonly kind: 'none'; readonly run: RunConfined; readonly note: string };

/**
 * @param found a sandbox, or why there is none.
 * @throws {EnvironmentError} when the operator wants one and there is none.
 */
export function chooseWalls(
  mode: SandboxMode,
  found: RunConfined | Reason | null,
  unconfined: RunConfined,
): Walls {
  if (mode === 'none' || found === null) {
    return {
      kind: 'none',
      run: unconfined,
      note: 'Lockers ran without a sandbox, as the settings say (`sandbox = "none"`): code of packages that are built could see what Relock sees.',
    };
  }
  if (typeof found === 'function') return { kind: 'sandbox', run: found };
  if (mode === 'require') throw new EnvironmentError(found.code, found.message, found.fix);
  return {
    kind: 'none',
    run: unconfined,
    note: `Lockers ran without a sandbox, so that code of packages that are built could see what Relock sees. ${found.message} ${found.fix}`.trim(),
  };
}

export interface OpenGate extends Gate {
  /** The way to the network of tools and interpreters, which no cool-down holds back: tools are held otherwise. */
  readonly tools: Pass;
}

export async function openGate(options: GateOptions): Promise<OpenGate> {
  const { walls, sources, folder } = options;
  const door = await options.openDoor(
    walls.kind === 'sandbox' ? { kind: 'socket', folder: join(folder, 'door') } : { kind: 'loopback' },
  );
  const shared = { readable: [door.bundle], socket: door.socket };
  const tools = door.client('tools', {
    indexes: [sources.indexUrl],
    hosts: [...PYTHON_HOSTS, ...operatorHosts(sources)],
    privateHosts: operatorHosts(sources),
    cooled: false,
  });
  return {
    notes: walls.kind === 'sandbox' ? [] : [walls.note],
    tools: { ...shared, environment: tools.environment },
    pass(target, view) {
      const reach = reachOf(target, sources);
      const client: DoorClient = door.client(target.path, view === undefined ? reach : { ...reach, view });
      return {
        ...shared,
        environment: client.environment,
        refusals: () => client.refusals(),
        undated: () => client.withoutUploadTimes(),
      };
    },
    close: () => door.close(),
  };
}
