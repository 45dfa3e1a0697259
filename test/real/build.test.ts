/** Images that are really built, by Buildah behind bubblewrap, from a registry on loopback. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildRequest } from '../../src/build/build-image.ts';
import { buildImage } from '../../src/build/build-image.ts';
import { findBuilder } from '../../src/build/find-builder.ts';
import { readLayout } from '../../src/build/layout-registry.ts';
import type { Builder, BuildOutcome } from '../../src/build/model.ts';
import { DEFAULT_BUILD_LIMITS, NO_GRANTS } from '../../src/build/model.ts';
import { smokeInterpreters } from '../../src/build/smoke-program.ts';
import { compareImages } from '../../src/images/compare.ts';
import { CancelledError } from '../../src/errors.ts';
import { readImages } from '../../src/registry/layers/read-image.ts';
import { runChild } from '../../src/run/child.ts';
import { findSandbox } from '../../src/run/sandbox/find-sandbox.ts';
import { noBusybox, pushBusybox, pushPython } from '../support/build/base-images.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { findDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import type { Files } from '../support/folder.ts';
import { folder } from '../support/folder.ts';
import { missingPrograms } from '../support/images/debian-programs.ts';

const walls = await findSandbox({ environment: process.env, exec: runChild });
const program = findDockerRegistry();
const missing =
  missingPrograms(['buildah'], ['buildah']) ??
  noBusybox ??
  ('missing' in program ? program.missing : null) ??
  ('bwrap' in walls ? null : walls.message);
if (missing !== null) console.warn(`Skipped: ${missing}`);

describe.skipIf(missing !== null)('Buildah', { timeout: 60_000 }, () => {
  let registry: DockerRegistry;
  let builder: Builder;
  const scratch = folder();
  beforeAll(async () => {
    registry = await startDockerRegistry('file' in program ? program.file : '');
    const busybox = await pushBusybox(`http://${registry.host}`, folder());
    await pushPython(`http://${registry.host}`, busybox);
    const found = await findBuilder({
      settings: { kind: 'buildah', path: null, address: null, certificates: null },
      environment: process.env,
      run: runChild,
      walls,
      scratch,
      signal: null,
    });
    if (!('kind' in found)) throw new Error(found.message);
    builder = found;
  }, 60_000);
  afterAll(async () => {
    await registry.stop();
  });

  function request(files: Files, more: Partial<BuildRequest> = {}): BuildRequest {
    return {
      builder,
      root: folder(files),
      dockerfile: 'Dockerfile',
      context: '.',
      platform: 'linux/amd64',
      labels: { 'org.opencontainers.image.revision': 'abc' },
      buildArgs: {},
      grants: NO_GRANTS,
      limits: { ...DEFAULT_BUILD_LIMITS, seconds: 50 },
      registries: [{ host: registry.host, mirror: null, insecure: true }],
      credentials: null,
      secrets: [],
      environment: process.env,
      scratch,
      run: runChild,
      signal: null,
      ...more,
    };
  }
  const from = (...lines: readonly string[]): Files => ({
    Dockerfile: `${[`FROM ${registry.host}/base:1`, ...lines].join('\n')}\n`,
  });
  async function built(
    asked: BuildRequest,
    use: (outcome: BuildOutcome & { state: 'built' }) => Promise<void>,
  ): Promise<void> {
    const outcome = await buildImage(asked);
    if (outcome.state !== 'built') throw new Error(JSON.stringify(outcome));
    try {
      await use(outcome);
    } finally {
      await outcome.close();
    }
    expect(readdirSync(scratch)).toEqual([]);
  }
  async function failed(asked: BuildRequest): Promise<BuildOutcome & { state: 'failed' }> {
    const outcome = await buildImage(asked);
    if (outcome.state === 'built') await outcome.close();
    if (outcome.state !== 'failed') throw new Error(JSON.stringify(outcome));
    expect(readdirSync(scratch)).toEqual([]);
    return outcome;
  }

  it('tells its version', () => {
    expect(builder).toMatchObject({ kind: 'buildah', version: expect.stringMatching(/^1\.\d+/u) });
  });

  it('builds, and what was built is read as what is published', async () => {
    const files = {
      ...from('COPY . /app/', 'RUN id > /app/who && test -e /app/app.txt', 'ENV A=b', 'USER app'),
      'app.txt': 'x',
      'skipped.txt': 'y',
      '.dockerignore': 'skipped.txt\n',
    };
    await built(request(files), async (outcome) => {
      const layout = readLayout(outcome.folder);
      const [content] = await readImages(layout, [layout.reference], 'linux/amd64');
      expect(content).toMatchObject({
        unread: null,
        platform: 'linux/amd64',
        os: { id: 'made' },
        config: {
          user: 'app',
          env: ['PATH=/bin', 'A=b'],
          labels: { 'org.opencontainers.image.revision': 'abc' },
        },
      });
      expect(content!.layers).toHaveLength(3);
      expect(compareImages(content!, content!).packages).toEqual({ added: [], removed: [], moved: [] });

      const smoke = async (...command: string[]) => outcome.smoke({ command, interpreters: [], seconds: 20 });
      expect(await smoke('cat', '/app/who')).toMatchObject({
        state: 'passed',
        output: expect.stringContaining('uid=0'),
      });
      expect(await smoke('ls', '/app')).toMatchObject({ output: 'Dockerfile\napp.txt\nwho' });
      expect(await smoke('sh', '-c', 'echo $A; id; exit 3')).toMatchObject({
        state: 'failed',
        output: expect.stringMatching(/^b\nuid=1000\(app\)[^]*Exit code 3\.$/u),
      });
      // No network, not even the registry that is on this machine's loopback.
      expect(await smoke('wget', '-O', '-', `http://${registry.host}/v2/`)).toMatchObject({
        state: 'failed',
        output: expect.stringMatching(/refused|unreachable|can't connect/u),
      });
      const late = await outcome.smoke({ command: ['sleep', '30'], interpreters: [], seconds: 1 });
      expect(late).toMatchObject({
        state: 'failed',
        output: expect.stringContaining('longer than 1 second'),
      });
    });
  });

  it('shows the step that failed, and its last lines', async () => {
    const outcome = await failed(
      request(from('RUN echo first', "RUN echo one; echo two >&2; sh -c 'exit 7'")),
    );
    expect(outcome).toMatchObject({
      step: "RUN echo one; echo two >&2; sh -c 'exit 7'",
      lines: expect.stringMatching(/^(?:one\ntwo|two\none)$/u),
      reason: { code: 'tool-failed', detail: 'exit status 7' },
    });
    const absent = await failed(request(from('COPY nothing /x')));
    expect(absent).toMatchObject({ step: 'COPY nothing /x', reason: { detail: /no such file/u } });
    const base = await failed(request({ Dockerfile: `FROM ${registry.host}/none:1\n` }));
    expect(base.reason.detail).toMatch(/manifest unknown/u);
  });

  it('ends a build at its time, with everything that it started', async () => {
    const mark = `30.${process.pid}`;
    const files = from(`RUN setsid sleep ${mark} & setsid sh -c 'sleep ${mark}; true'`);
    const limits = { ...DEFAULT_BUILD_LIMITS, seconds: 4 };
    const outcome = await failed(request(files, { limits }));
    expect(outcome.reason.code).toBe('timeout');
    expect(outcome.step).toMatch(/^RUN setsid/u);
    expect(outcome.seconds).toBeLessThan(15);
    expect(commandLines().filter((line) => line.includes(mark))).toEqual([]);
  });

  it('ends it when it is cancelled, and leaves nothing', async () => {
    const stop = new AbortController();
    const mark = `31.${process.pid}`;
    const running = buildImage(request(from(`RUN sleep ${mark}`), { signal: stop.signal }));
    const watch = setInterval(() => {
      if (commandLines().some((line) => line.includes(`sleep ${mark}`))) stop.abort();
    }, 50);
    await expect(running).rejects.toThrow(CancelledError);
    clearInterval(watch);
    expect(readdirSync(scratch)).toEqual([]);
    expect(commandLines().filter((line) => line.includes(mark))).toEqual([]);
  });

  it('ends it at the limit of its disk, and of its memory', async () => {
    const small = { ...DEFAULT_BUILD_LIMITS, seconds: 40, diskBytes: 64 * 1024 ** 2 };
    const filling = 'RUN for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/f$i bs=1M count=30; done; sleep 20';
    const disk = await failed(request(from(filling), { limits: small }));
    expect(disk.reason).toMatchObject({ code: 'limit-exceeded', message: expect.stringContaining('disk') });
    const little = { ...DEFAULT_BUILD_LIMITS, seconds: 40, memoryBytes: 200 * 1024 ** 2 };
    const taking = 'RUN dd if=/dev/zero of=/dev/null bs=600M count=1000';
    const memory = await failed(request(from(taking), { limits: little }));
    expect(memory.reason).toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringContaining('memory'),
    });
  });

  it('shows a build neither this machine nor a way out of its chroot', async () => {
    const outside = folder({ secret: 'do-not-read' });
    process.env['RELOCK_TEST_SECRET'] = 'in-our-environment';
    const files = {
      ...from('COPY out /copied', 'RUN cat /copied/secret'),
      out: { link: outside },
    };
    const copied = await failed(request(files));
    expect(JSON.stringify(copied)).not.toContain('do-not-read');
    const looking = [
      'ls -d /proc/[0-9]*/root/usr/bin/buildah',
      `cat /proc/1/root${outside}/secret /proc/2/root${outside}/secret ../../../..${outside}/secret`,
      'cat /proc/1/environ /proc/self/environ; ls /dev /dev/vda /dev/kmsg /dev/mem',
      'mkdir /c; busybox chroot /c true; busybox mount -t tmpfs x /c && echo mounted; echo > /proc/sys/kernel/core_pattern && echo wrote',
      'ps > /all; grep -c [v]itest /all; echo seen',
    ];
    const seen = await failed(request(from(`RUN ${looking.join('; ')}; sh -c 'exit 1'`)));
    expect(seen.lines).toMatch(/^0\nseen$/mu);
    expect(seen.lines).not.toMatch(
      /do-not-read|in-our-environment|^mounted$|^wrote$|SSL_CERT|^\/proc\/|^\/dev\/vda$/mu,
    );
    expect(seen.lines).toMatch(/chroot: can't change root directory|Operation not permitted/u);
    Reflect.deleteProperty(process.env, 'RELOCK_TEST_SECRET');
  });

  it.each([
    [
      'a secret',
      'RUN --mount=type=secret,id=token cat /run/secrets/token',
      /line 2 wants the build secret "token"/u,
    ],
    ['an agent', 'RUN --mount=type=ssh true', /line 2 wants an SSH agent/u],
    ['no walls', 'RUN --security=insecure true', /line 2 asks for `--security=insecure`/u],
    ['this network', 'RUN --network=host true', /line 2 asks for `--network=host`/u],
  ])('builds nothing for a Dockerfile that wants %s', async (_what, line, message) => {
    const outcome = await buildImage(request(from(line)));
    expect(outcome).toMatchObject({ state: 'not-built', reason: { code: 'option-refused', message } });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('gives a secret that the operator configured', async () => {
    const file = join(folder({ token: 'the-token' }), 'token');
    const files = from('RUN --mount=type=secret,id=token cat /run/secrets/token > /seen');
    await built(
      request(files, { grants: { secrets: [{ id: 'token', file }], ssh: null } }),
      async (outcome) => {
        const result = await outcome.smoke({ command: ['cat', '/seen'], interpreters: [], seconds: 20 });
        expect(result).toMatchObject({ output: 'the-token' });
      },
    );
  });

  it('builds no context that a link leads out of the checkout', async () => {
    const outside = folder({ Dockerfile: 'FROM scratch\n' });
    const files = { ...from('RUN true'), away: { link: outside }, up: { link: '..' } };
    for (const more of [
      { context: 'away' },
      { context: 'up' },
      { context: '..' },
      { context: outside },
      { dockerfile: 'away/Dockerfile' },
    ]) {
      const outcome = await buildImage(request(files, more));
      expect(outcome).toMatchObject({ state: 'not-built' });
    }
  });

  it('imports what is installed, where no smoke test is configured', async () => {
    const site = '/usr/lib/python3/dist-packages';
    const dist = (name: string, more: string): string =>
      `mkdir -p ${site}/${name}-1.0.dist-info && printf 'Metadata-Version: 2.1\\nName: ${name}\\nVersion: 1.0\\n${more}' > ${site}/${name}-1.0.dist-info/METADATA && echo ${name} > ${site}/${name}-1.0.dist-info/top_level.txt`;
    const files = {
      Dockerfile: [
        `FROM ${registry.host}/python:1`,
        `RUN ${dist('good', '')}; echo 'import json' > ${site}/good.py`,
        `RUN ${dist('plugin', '')}; echo 'import a_host' > ${site}/plugin.py`,
        '',
      ].join('\n'),
    };
    const bad = {
      Dockerfile: `${files.Dockerfile}RUN ${dist('bad', 'Requires-Dist: gone\\n')}; echo 'import gone' > ${site}/bad.py\n`,
    };
    for (const [each, state, output] of [
      [files, 'passed', /left out: plugin \(plugin 1\.0\)/u],
      [bad, 'failed', /failed: bad[^]*left out: plugin/u],
    ] as const) {
      await built(request(each), async (outcome) => {
        const layout = readLayout(outcome.folder);
        const [content] = await readImages(layout, [layout.reference], 'linux/amd64');
        const interpreters = smokeInterpreters(content!);
        expect(interpreters).toEqual(['/usr/bin/python3']);
        const result = await outcome.smoke({ command: [], interpreters, seconds: 30 });
        expect(result).toMatchObject({ state, output: expect.stringMatching(output) });
      });
    }
  });
});

function commandLines(): readonly string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      return [readFileSync(join('/proc', name, 'cmdline'), 'latin1').replaceAll('\0', ' ')];
    } catch {
      return [];
    }
  });
}
