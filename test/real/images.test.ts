/** Base images from a terminal: a real registry, real layers, the whole of Relock. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relock, relockJson } from '../support/cli.ts';
import { findDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { folder, repository } from '../support/folder.ts';
import { makeTar } from '../support/images/make-tar.ts';
import { pushImage, type PushedImage, type PushedPlatform } from '../support/registry/push.ts';
import { sha256 } from '../support/registry/made-image.ts';

const found = findDockerRegistry();
if ('missing' in found) process.stdout.write(`not run: images of a registry. ${found.missing}\n`);

const OS_RELEASE =
  'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

function status(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .map(
      ([name, version]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
    )
    .join('\n');
}

/** A base with the distribution's packages in a gzip layer, and a zstd layer with Python's. */
function platformOf(
  platform: string,
  packages: Readonly<Record<string, string>>,
  pip: string,
): PushedPlatform {
  const system = makeTar([
    { path: 'etc/os-release', content: OS_RELEASE },
    { path: 'var/lib/dpkg/status', content: status(packages) },
  ]);
  const python = makeTar([
    {
      path: `usr/local/lib/python3.12/site-packages/pip-${pip}.dist-info/METADATA`,
      content: `Metadata-Version: 2.1\nName: pip\nVersion: ${pip}\n\n`,
    },
  ]);
  return {
    platform,
    layers: [
      { bytes: gzipSync(system), diffId: sha256(system) },
      {
        bytes: zstdCompressSync(python),
        diffId: sha256(python),
        mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
      },
    ],
    config: { created: '2026-10-01T00:00:00Z', config: { Env: ['PYTHON_VERSION=3.12.1'] } },
  };
}

const OLD = { libssl3: '3.0.15-1~deb12u1', 'perl-base': '5.36.0-7', zlib1g: '1:1.2.13' };
const NEW = { libssl3: '3.0.17-1~deb12u2', 'perl-base': '5.36.0-7', libnew1: '1.0' };

describe.skipIf('missing' in found)('base images of a repository', { timeout: 60_000 }, () => {
  let registry: DockerRegistry;
  let old: PushedImage;
  let now: PushedImage;
  let settings: string;
  beforeAll(async () => {
    registry = await startDockerRegistry('file' in found ? found.file : '');
    const origin = `http://${registry.host}`;
    old = await pushImage(origin, 'base/python', '3.12-slim', [
      platformOf('linux/amd64', OLD, '24.0'),
      platformOf('linux/arm64/v8', OLD, '24.0'),
    ]);
    now = await pushImage(origin, 'base/python', '3.12-slim', [
      platformOf('linux/amd64', NEW, '25.1'),
      platformOf('linux/arm64/v8', OLD, '24.0'),
    ]);
    settings = join(
      folder({ 'settings.toml': `[[registry]]\nhost = "${registry.host}"\ninsecure = true\n` }),
      'settings.toml',
    );
  }, 60_000);
  afterAll(() => registry.stop());

  function checkout(): { readonly root: string; readonly before: string } {
    const image = `${registry.host}/base/python:3.12-slim@${old.digest}`;
    const before = `# syntax=${registry.host}/none/syntax:1\r\nFROM ${image} AS app\r\nRUN echo ${old.digest}\r\n`;
    return {
      before,
      root: repository({
        Dockerfile: before,
        'deploy/compose.yaml': `services:\n  web:\n    image: "${image}" # ours\n`,
        'arm/Dockerfile': `FROM --platform=linux/arm64 ${registry.host}/base/python:3.12-slim@${now.digest}\n`,
      }),
    };
  }

  it('moves digests, byte for byte nothing else, and names exactly the packages that differ', async () => {
    const { root, before } = checkout();
    const { code, json, stderr } = await relockJson(['run', root, '--settings', settings, '--write']);
    expect({ code, stderr: stderr.includes('failed') }).toEqual({ code: 0, stderr: false });
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toBe(
      before.replace(`3.12-slim@${old.digest}`, `3.12-slim@${now.digest}`),
    );
    expect(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8')).toBe(
      `services:\n  web:\n    image: "${registry.host}/base/python:3.12-slim@${now.digest}" # ours\n`,
    );
    expect(execFileSync('git', ['-C', root, 'status', '--porcelain'], { encoding: 'utf8' })).toBe(
      ' M Dockerfile\n M deploy/compose.yaml\n',
    );
    const body = json.pullRequest?.body ?? '';
    expect(json.pullRequest?.title).toMatch(/base\/python:3\.12-slim: 4 packages moved inside$/u);
    for (const words of [
      'libssl3',
      '3.0.15-1~deb12u1',
      '3.0.17-1~deb12u2',
      'libnew1',
      'zlib1g',
      'pip',
      '25.1',
    ]) {
      expect(body).toContain(words);
    }
    expect(body).not.toContain('perl-base');

    const again = await relock(['run', root, '--settings', settings, '--check', '--quiet']);
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is no update where the platform that is used did not change', async () => {
    const image = `${registry.host}/base/python:3.12-slim@${old.digest}`;
    const root = repository({ Dockerfile: `FROM --platform=linux/arm64 ${image}\n` });
    expect((await relock(['run', root, '--settings', settings, '--check', '--quiet'])).code).toBe(0);
  });

  it('fails for a registry that is gone, and says so', async () => {
    const root = repository({ Dockerfile: `FROM 127.0.0.1:9/base/python:3@${old.digest}\n` });
    const file = join(folder({ 'settings.toml': 'allow-hosts = ["127.0.0.1:9"]\n' }), 'settings.toml');
    const { code, stdout } = await relock(['run', root, '--settings', file]);
    expect(code).toBe(1);
    expect(stdout).toContain('127.0.0.1:9');
    expect(stdout).toContain('registry-unreachable');
  });
});
