/** Arguments of Docker and BuildKit, whose daemons build. Pure. */
import { join } from 'node:path';
import { pairs } from './containers.ts';
import type { BuildPlan, BuildStep } from './model.ts';

/** Of the daemon's images. */
function dockerImage({ id }: Pick<BuildPlan, 'id'>): string {
  return `relock-build:${id}`;
}

/**
 * With BuildKit or, where that is not, the classic builder: only options that both have.
 * @see https://docs.docker.com/reference/cli/docker/buildx/build/, docker-image-save
 */
export function dockerBuild(plan: BuildPlan): readonly BuildStep[] {
  const { place, grants } = plan;
  const image = dockerImage(plan);
  return [
    docker(plan, [
      'build',
      '--no-cache',
      '--pull',
      '--force-rm',
      '--platform',
      plan.platform,
      ...pairs('--label', plan.labels),
      ...pairs('--build-arg', plan.buildArgs),
      ...grants.secrets.flatMap(({ id, file }) => ['--secret', `id=${id},src=${file}`]),
      ...(grants.ssh === null ? [] : ['--ssh', `default=${grants.ssh}`]),
      '--tag',
      image,
      '--file',
      plan.dockerfile,
      plan.context,
    ]),
    docker(plan, ['image', 'save', '--output', place.archive, image]),
  ];
}

export function dockerSmoke(plan: BuildPlan, command: readonly string[]): readonly BuildStep[] {
  const [program = '', ...args] = command;
  return [
    docker(plan, [
      'run',
      '--rm',
      '--name',
      `relock-smoke-${plan.id}`,
      '--network',
      'none',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      '--pids-limit',
      '512',
      '--memory',
      '2g',
      '--pull',
      'never',
      '--entrypoint',
      program,
      dockerImage(plan),
      ...args,
    ]),
  ];
}

/** What a daemon still has when all is over; each may fail. */
export function dockerRemove(plan: BuildPlan): readonly BuildStep[] {
  return [
    docker(plan, ['container', 'rm', '--force', `relock-smoke-${plan.id}`]),
    docker(plan, ['image', 'rm', '--force', dockerImage(plan)]),
  ];
}

export function dockerProbe(plan: Pick<BuildPlan, 'builder' | 'place' | 'credentials'>): BuildStep {
  return docker(plan, ['version', '--format', '{{.Server.Version}}']);
}

function docker(
  { builder, place, credentials }: Pick<BuildPlan, 'builder' | 'place' | 'credentials'>,
  words: readonly string[],
): BuildStep {
  const host = builder.address === null ? [] : ['--host', builder.address];
  return {
    argv: [builder.path, ...host, ...tls(builder, ['--tlsverify']), ...words],
    env: {
      DOCKER_CONFIG: credentials ?? join(place.home, '.docker'),
      BUILDKIT_PROGRESS: 'plain',
      // They are dated, so that no two builds are alike.
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      DOCKER_CLI_HINTS: 'false',
    },
  };
}

/**
 * Nothing stays at the daemon but its cache. No entitlement is allowed, so that the daemon refuses what needs one.
 * @see https://github.com/moby/buildkit, buildctl build --help
 */
export function buildctlBuild(plan: BuildPlan): readonly BuildStep[] {
  const { grants } = plan;
  const slash = plan.dockerfile.lastIndexOf('/');
  const options = {
    filename: plan.dockerfile.slice(slash + 1),
    platform: plan.platform,
    'image-resolve-mode': 'pull',
    ...prefixed('label', plan.labels),
    ...prefixed('build-arg', plan.buildArgs),
  };
  return [
    buildctl(plan, [
      'build',
      '--progress',
      'plain',
      '--no-cache',
      '--frontend',
      'dockerfile.v0',
      '--local',
      `context=${plan.context}`,
      '--local',
      `dockerfile=${plan.dockerfile.slice(0, slash)}`,
      ...pairs('--opt', options),
      ...grants.secrets.flatMap(({ id, file }) => ['--secret', `id=${id},src=${file}`]),
      ...(grants.ssh === null ? [] : ['--ssh', `default=${grants.ssh}`]),
      '--output',
      `type=oci,dest=${plan.place.layout},tar=false`,
    ]),
  ];
}

/** BuildKit has no `run`: the command is the one step of a build upon the layout, whose result is thrown away. */
export function buildctlSmoke(plan: BuildPlan, manifestDigest: string): readonly BuildStep[] {
  const { place } = plan;
  return [
    buildctl(plan, [
      'build',
      '--progress',
      'plain',
      '--no-cache',
      '--frontend',
      'dockerfile.v0',
      '--local',
      `context=${place.smoke}`,
      '--local',
      `dockerfile=${place.smoke}`,
      '--oci-layout',
      `relock=${place.layout}`,
      '--opt',
      `context:relock-built=oci-layout://relock@${manifestDigest}`,
      '--opt',
      'force-network-mode=none',
      '--opt',
      `platform=${plan.platform}`,
    ]),
  ];
}

export function buildctlProbe(plan: Pick<BuildPlan, 'builder' | 'place' | 'credentials'>): BuildStep {
  return buildctl(plan, ['debug', 'workers']);
}

function buildctl(
  { builder, place, credentials }: Pick<BuildPlan, 'builder' | 'place' | 'credentials'>,
  words: readonly string[],
): BuildStep {
  const address = builder.address === null ? [] : ['--addr', builder.address];
  return {
    argv: [builder.path, ...address, ...tls(builder, []), ...words],
    env: { DOCKER_CONFIG: credentials ?? join(place.home, '.docker') },
  };
}

/** Docker and BuildKit call these the same. */
function tls({ certificates }: BuildPlan['builder'], first: readonly string[]): readonly string[] {
  if (certificates === null) return [];
  const file = (option: string, name: string): readonly string[] => [option, join(certificates, name)];
  return [
    ...first,
    ...file('--tlscacert', 'ca.pem'),
    ...file('--tlscert', 'cert.pem'),
    ...file('--tlskey', 'key.pem'),
  ];
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value]));
}
