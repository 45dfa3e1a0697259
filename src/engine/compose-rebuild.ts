/** What looks at published images on this machine: settings and environment in, ports out. */
import { existsSync } from 'node:fs';
import { buildImage } from '../build/build-image.ts';
import { findBuilder } from '../build/find-builder.ts';
import { DEFAULT_BUILD_LIMITS, NO_GRANTS, type Builder } from '../build/model.ts';
import type { Settings } from '../config/settings.ts';
import { WANT_ALL } from '../images/content.ts';
import { createMirrorPool, type MirrorPool } from '../mirror/mirror-pool.ts';
import { lookUpSystemUpdates } from '../mirror/system-updates.ts';
import type { Reason } from '../reason.ts';
import type { AskedRebuild } from '../rebuild/rest.ts';
import { readImages } from '../registry/layers/read-image.ts';
import { runChild } from '../run/child.ts';
import { once } from '../run/once.ts';
import { findSandbox } from '../run/sandbox/find-sandbox.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { ImagePorts } from './images.ts';
import type { RebuildPorts } from './rebuild.ts';
import { createProve } from './rebuild-proof.ts';

/** `off`: published images are not looked at; `look`: nothing is built; `prove`: what is due is built. */
export type RebuildMode = 'off' | 'look' | 'prove';

/** A run of its own, which remembers nothing. */
export function rebuildsAlone(mode: RebuildMode): Pick<RebuildSetUp, 'mode' | 'mirrorPool' | 'lastAsked'> {
  return { mode, mirrorPool: null, lastAsked: () => Promise.resolve(null) };
}

export interface RebuildSetUp {
  readonly mode: RebuildMode;
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workspace: Workspace;
  readonly images: ImagePorts;
  /** What other runs of this process have read; null: a run of its own. */
  readonly mirrorPool: MirrorPool | null;
  readonly lastAsked: (ref: string) => Promise<AskedRebuild | null>;
  /** Absolute path of a configuration with registries' credentials for builders; null: none is lent. */
  readonly dockerConfig: string | null;
  readonly secrets: readonly string[];
  readonly userAgent: string;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

const SMOKE_SECONDS = 120;

export interface ComposedRebuild {
  readonly ports: RebuildPorts | null;
  close(): Promise<void>;
}

export function composeRebuild(setUp: RebuildSetUp): ComposedRebuild {
  const { mode, settings, images, environment, signal, userAgent } = setUp;
  if (mode === 'off') return { ports: null, close: () => Promise.resolve() };
  const pool = setUp.mirrorPool ?? createMirrorPool({ environment, userAgent, now: Date.now });
  const { registry, lifecycles, now } = images;
  const want = { ...WANT_ALL, sources: true } as const;
  return {
    ports: {
      registry,
      lifecycles,
      now,
      read: (references, platform) => readImages(registry, references, platform, { want, signal }),
      updates: async (content) =>
        lookUpSystemUpdates(content, await pool.lookup(settings.allowHosts, signal)),
      lastAsked: setUp.lastAsked,
      prove: mode === 'prove' ? proveBy(setUp) : null,
    },
    close: async () => {
      if (setUp.mirrorPool === null) await pool.close();
    },
  };
}

/** Builders end at once where the file that they are told of is not there. */
function lentTo({ dockerConfig }: RebuildSetUp): string | null {
  return dockerConfig !== null && existsSync(dockerConfig) ? dockerConfig : null;
}

function proveBy(setUp: RebuildSetUp): RebuildPorts['prove'] {
  const { settings, environment, scratch, signal } = setUp;
  const { builder: wanted } = settings;
  const builder = once(async (): Promise<Builder | Reason> => {
    const walls = await findSandbox({ environment, exec: runChild });
    const { kind, path, address, certificates } = wanted;
    return findBuilder({
      settings: { kind: kind ?? 'auto', path, address, certificates },
      environment,
      run: runChild,
      walls,
      scratch,
      signal,
    });
  });
  return createProve({
    workspace: setUp.workspace,
    builder,
    build: (found, request) =>
      buildImage({
        ...request,
        builder: found,
        buildArgs: {},
        grants: NO_GRANTS,
        limits: {
          ...DEFAULT_BUILD_LIMITS,
          seconds: wanted.timeoutSeconds,
          memoryBytes: wanted.memoryBytes,
          diskBytes: wanted.diskBytes,
        },
        registries: settings.registries,
        credentials: lentTo(setUp),
        secrets: setUp.secrets,
        environment,
        scratch,
        run: runChild,
        signal,
      }),
    smokeSeconds: SMOKE_SECONDS,
    signal,
  });
}
