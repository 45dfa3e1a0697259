import { describe, expect, it } from 'vitest';
import { BUILDERS } from '../../src/build/builders.ts';
import { smokeDockerfile } from '../../src/build/containers.ts';
import type { BuilderKind, BuildPlan } from '../../src/build/model.ts';

function planOf(kind: BuilderKind, more: Partial<BuildPlan> = {}): BuildPlan {
  return {
    builder: { path: `/usr/bin/${kind}`, address: null, certificates: null },
    place: {
      home: '/b/home',
      storage: '/b/storage',
      layout: '/b/layout',
      archive: '/b/image.tar',
      log: '/b/build.log',
      registries: '/b/registries.conf',
      smoke: '/b/smoke',
    },
    id: 'id-1',
    context: '/src/app',
    dockerfile: '/src/docker/Dockerfile.web',
    platform: 'linux/arm64',
    labels: { 'org.opencontainers.image.revision': 'abc', 'a b': 'c=d' },
    buildArgs: { VERSION: '1' },
    grants: { secrets: [], ssh: null },
    driver: 'vfs',
    credentials: null,
    ...more,
  };
}
const lines = (kind: BuilderKind, more: Partial<BuildPlan> = {}): readonly string[] =>
  BUILDERS[kind].build(planOf(kind, more)).map(({ argv }) => argv.join(' '));

describe('what builders are told', () => {
  const options =
    '--no-cache --pull=always --layers --format oci --platform linux/arm64 RETRY--identity-label=false ' +
    '--isolation chroot --network host --cap-drop CAP_SYS_CHROOT --label a b=c=d ' +
    '--label org.opencontainers.image.revision=abc --build-arg VERSION=1 --file /src/docker/Dockerfile.web ' +
    '--tag localhost/relock:built /src/app';
  it.each(['buildah', 'podman'] as const)('%s', (kind) => {
    const start = `/usr/bin/${kind} --root /b/storage/root --runroot /b/storage/run --storage-driver vfs`;
    expect(lines(kind)).toEqual([
      `${start} build --logfile /b/build.log ${options.replace('RETRY', kind === 'buildah' ? '--retry 1 ' : '')}`,
      `${start} push --quiet localhost/relock:built oci:/b/layout:built`,
    ]);
    for (const { env } of BUILDERS[kind].build(planOf(kind))) {
      expect(env).toEqual({
        CONTAINERS_REGISTRIES_CONF: '/b/registries.conf',
        CONTAINERS_STORAGE_CONF: '/b/home/storage.conf',
        CONTAINERS_CONF: '/b/home/containers.conf',
      });
    }
  });

  it('docker, of a daemon elsewhere', () => {
    const builder = { path: '/usr/bin/docker', address: 'tcp://builds:2376', certificates: null };
    expect(lines('docker', { builder })).toEqual([
      '/usr/bin/docker --host tcp://builds:2376 build --no-cache --pull --force-rm --platform linux/arm64 ' +
        '--label a b=c=d --label org.opencontainers.image.revision=abc --build-arg VERSION=1 ' +
        '--tag relock-build:id-1 --file /src/docker/Dockerfile.web /src/app',
      '/usr/bin/docker --host tcp://builds:2376 image save --output /b/image.tar relock-build:id-1',
    ]);
    expect(BUILDERS.docker.remove(planOf('docker')).map(({ argv }) => argv.join(' '))).toEqual([
      '/usr/bin/docker container rm --force relock-smoke-id-1',
      '/usr/bin/docker image rm --force relock-build:id-1',
    ]);
  });

  it('buildctl, of a daemon elsewhere', () => {
    const builder = { path: '/usr/bin/buildctl', address: 'tcp://buildkit:1234', certificates: null };
    expect(lines('buildctl', { builder })).toEqual([
      '/usr/bin/buildctl --addr tcp://buildkit:1234 build --progress plain --no-cache --frontend dockerfile.v0 ' +
        '--local context=/src/app --local dockerfile=/src/docker --opt build-arg:VERSION=1 ' +
        '--opt filename=Dockerfile.web --opt image-resolve-mode=pull --opt label:a b=c=d ' +
        '--opt label:org.opencontainers.image.revision=abc --opt platform=linux/arm64 ' +
        '--output type=oci,dest=/b/layout,tar=false',
    ]);
  });

  it('shows a daemon elsewhere its certificates, and takes only its own', () => {
    const builder = { path: '/b', address: 'tcp://b:1', certificates: '/c' };
    const files = '--tlscacert /c/ca.pem --tlscert /c/cert.pem --tlskey /c/key.pem';
    expect(lines('buildctl', { builder })[0]).toContain(`/b --addr tcp://b:1 ${files} build`);
    for (const line of lines('docker', { builder })) {
      expect(line).toContain(`/b --host tcp://b:1 --tlsverify ${files} `);
    }
  });

  it.each(['buildah', 'podman', 'docker', 'buildctl'] as const)(
    '%s gives no secret, agent or credential, and pushes nothing, unless that is granted',
    (kind) => {
      const all = BUILDERS[kind].build(planOf(kind));
      expect(JSON.stringify(all)).not.toMatch(/--secret|--ssh|--authfile|--allow|docker:\/\/|push=true/u);
      const grants = { secrets: [{ id: 'pip', file: '/run/pip.conf' }], ssh: '/run/agent' };
      const granted = JSON.stringify(
        BUILDERS[kind].build(planOf(kind, { grants, credentials: '/run/auth' })),
      );
      expect(granted).toContain('"--secret","id=pip,src=/run/pip.conf","--ssh","default=/run/agent"');
      expect(granted).toContain('/run/auth');
    },
  );
});

describe('smoke tests', () => {
  const command = ['python', '-c', 'print("a\\n")\nimport app'];
  it.each([
    ['buildah', '"run","--isolation","chroot","--cap-drop","ALL","relock-smoke","--","python","-c"'],
    ['docker', '"--network","none","--cap-drop","ALL","--security-opt","no-new-privileges"'],
    ['buildctl', '"--opt","force-network-mode=none"'],
    ['podman', '"--pull=never","--isolation","chroot"'],
  ] as const)('%s', (kind, words) => {
    const steps = BUILDERS[kind].smoke(planOf(kind), command, 'sha256:0');
    expect(JSON.stringify(steps.at(-1)?.argv)).toContain(words);
    expect(JSON.stringify(steps)).not.toMatch(/--secret|--ssh|--authfile/u);
  });

  it('a Dockerfile for those that only build keeps the command on one line', () => {
    const text = smokeDockerfile('relock-built', command);
    expect(text.split('\n')).toHaveLength(3);
    expect(JSON.parse(text.split('\n')[1]?.slice('RUN '.length) ?? '')).toEqual(command);
  });
});
