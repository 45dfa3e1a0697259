/** The table of builders: how each builds, tests, cleans up. */
import { buildahBuild, buildahSmoke, CONTAINERS_IMAGE, podmanBuild, podmanSmoke } from './containers.ts';
import { buildctlBuild, buildctlSmoke, dockerBuild, dockerRemove, dockerSmoke } from './daemons.ts';
import type { BuilderKind, BuildPlan, BuildStep } from './model.ts';

export interface BuilderWays {
  /** In order; the first is the build itself. */
  readonly build: (plan: BuildPlan) => readonly BuildStep[];
  /** What the last of them writes. */
  readonly output: 'layout' | 'archive';
  /** In order; the last runs the command. @param manifestDigest of the layout. */
  readonly smoke: (
    plan: BuildPlan,
    command: readonly string[],
    manifestDigest: string,
  ) => readonly BuildStep[];
  /** What the smoke test's own Dockerfile is from; null: it needs none. */
  readonly smokeFrom: string | null;
  /** What a daemon still holds. */
  readonly remove: (plan: BuildPlan) => readonly BuildStep[];
}

export const BUILDERS: Readonly<Record<BuilderKind, BuilderWays>> = {
  buildah: {
    build: buildahBuild,
    output: 'layout',
    smoke: buildahSmoke,
    smokeFrom: null,
    remove: () => [],
  },
  podman: {
    build: podmanBuild,
    output: 'layout',
    smoke: podmanSmoke,
    smokeFrom: CONTAINERS_IMAGE,
    remove: () => [],
  },
  docker: {
    build: dockerBuild,
    output: 'archive',
    smoke: dockerSmoke,
    smokeFrom: null,
    remove: dockerRemove,
  },
  buildctl: {
    build: buildctlBuild,
    output: 'layout',
    smoke: (plan, _command, manifestDigest) => buildctlSmoke(plan, manifestDigest),
    smokeFrom: 'relock-built',
    remove: () => [],
  },
};
