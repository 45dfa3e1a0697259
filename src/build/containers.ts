/** Arguments of Buildah and Podman, which build with the same library: github.com/containers/buildah. Pure. */
import { join } from 'node:path';
import type { BuildPlan, BuildStep } from './model.ts';

/** What the build is called in its own storage. */
const IMAGE = 'localhost/relock:built';
const CONTAINER = 'relock-smoke';
/** In the layout. */
const TAG = 'built';

/**
 * Builds into a storage of its own and writes the image as an OCI layout, layers compressed as a registry has them.
 * @see buildah-build(1), buildah-push(1)
 */
export function buildahBuild(plan: BuildPlan): readonly BuildStep[] {
  const { place } = plan;
  return [
    step(plan, ['build', '--logfile', place.log, ...buildOptions(plan), '--tag', IMAGE, plan.context]),
    step(plan, ['push', '--quiet', IMAGE, `oci:${place.layout}:${TAG}`]),
  ];
}

/** @see podman-build(1), podman-push(1) */
export function podmanBuild(plan: BuildPlan): readonly BuildStep[] {
  const { place } = plan;
  return [
    step(plan, ['build', '--logfile', place.log, ...buildOptions(plan), '--tag', IMAGE, plan.context]),
    step(plan, ['push', '--quiet', IMAGE, `oci:${place.layout}:${TAG}`]),
  ];
}

/** The image's entry point is not used. @see buildah-from(1), buildah-run(1) */
export function buildahSmoke(plan: BuildPlan, command: readonly string[]): readonly BuildStep[] {
  return [
    step(plan, ['rm', '--all']),
    step(plan, ['from', '--quiet', '--pull-never', '--name', CONTAINER, IMAGE]),
    step(plan, ['run', '--isolation', 'chroot', '--cap-drop', 'ALL', CONTAINER, '--', ...command]),
  ];
}

/** Podman itself runs containers only with a runtime and control groups, which there are not inside walls: a build does. */
export function podmanSmoke(plan: BuildPlan): readonly BuildStep[] {
  const words = ['--pull=never', '--isolation', 'chroot', '--network', 'host', '--cap-drop', 'ALL'];
  const file = ['--file', join(plan.place.smoke, 'Dockerfile')];
  return [step(plan, ['build', '--no-cache', '--layers=false', ...words, ...file, plan.place.smoke])];
}

/** What the smoke test of `podmanSmoke` and `buildctlSmoke` is built from. */
export function smokeDockerfile(from: string, command: readonly string[]): string {
  return `FROM ${from}\nRUN ${JSON.stringify(command)}\n`;
}

export const CONTAINERS_IMAGE = IMAGE;

/** Whether a storage of this driver can be had here. */
export function containersProbe(plan: BuildPlan): BuildStep {
  return step(plan, ['images', '--quiet']);
}

function step(plan: BuildPlan, words: readonly string[]): BuildStep {
  const { builder, place, driver } = plan;
  const root = ['--root', join(place.storage, 'root'), '--runroot', join(place.storage, 'run')];
  return {
    argv: [builder.path, ...root, '--storage-driver', driver, ...words],
    env: {
      CONTAINERS_REGISTRIES_CONF: place.registries,
      // Threat: the machine's own may name a storage that is shared, or volumes and hooks for each container.
      CONTAINERS_STORAGE_CONF: join(place.home, 'storage.conf'),
      CONTAINERS_CONF: join(place.home, 'containers.conf'),
    },
  };
}

function buildOptions(plan: BuildPlan): readonly string[] {
  return [
    '--no-cache',
    '--pull=always',
    // One layer for each instruction, as BuildKit makes them: sizes are compared with those of the published image.
    '--layers',
    '--format',
    'oci',
    '--platform',
    plan.platform,
    ...(plan.builder.path.endsWith('podman') ? [] : ['--retry', '1']),
    '--identity-label=false',
    '--isolation',
    'chroot',
    // With this isolation there is no other.
    '--network',
    'host',
    // Threat: with it, root leaves a chroot.
    '--cap-drop',
    'CAP_SYS_CHROOT',
    ...(plan.credentials === null ? [] : ['--authfile', plan.credentials]),
    ...pairs('--label', plan.labels),
    ...pairs('--build-arg', plan.buildArgs),
    ...plan.grants.secrets.flatMap(({ id, file }) => ['--secret', `id=${id},src=${file}`]),
    ...(plan.grants.ssh === null ? [] : ['--ssh', `default=${plan.grants.ssh}`]),
    '--file',
    plan.dockerfile,
  ];
}

/** `--label a=b`, sorted by name. */
export function pairs(option: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => [option, `${name}=${value}`]);
}
