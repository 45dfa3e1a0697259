/** What a scan finds in images of a real registry: base old against new, and secrets in their layers. */
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { diffFindings, diffSecrets } from '../../src/diff/findings.ts';
import { runScanner } from '../../src/engine/scan-steps.ts';
import type { ImageReference } from '../../src/images/model.ts';
import { openDatabase } from '../../src/osv/database.ts';
import { runChild } from '../../src/run/child.ts';
import { unconfined, type RunConfined } from '../../src/run/sandbox/confined.ts';
import { DEFAULT_LIMITS } from '../../src/run/sandbox/limits.ts';
import { createSandbox } from '../../src/run/sandbox/sandbox.ts';
import { findScannerProgram, runScannerProgram } from '../../src/run/scanner-program.ts';
import type { ScanReport } from '../../src/scan/model.ts';
import type { FindingChange } from '../../src/scan/outcome.ts';
import type { ScanInput } from '../../src/scan/scanner.ts';
import { osvDatabase } from '../../src/scan/osv/scanner.ts';
import { createTrivy } from '../../src/scan/trivy.ts';
import { imageTargets, packagesOfTargets } from '../../src/scan/targets.ts';
import { findDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts';
import { folder } from '../support/folder.ts';
import { debianImage, fillers, type DebianImage } from '../support/images/debian-image.ts';
import { emptyTrivyDatabase } from '../support/images/empty-trivy-database.ts';
import { imageScene, offlineDatabase, type MadeAdvisory } from '../support/images/scan-scene.ts';
import { imageOf } from '../support/registry/made-image.ts';
import { pushImage } from '../support/registry/push.ts';
import { sandboxHere } from '../support/sandbox.ts';

const found = findDockerRegistry();
if ('missing' in found) console.warn(`Skipped, images of a registry: ${found.missing}`);
const file = 'file' in found ? found.file : '';

const OLD: DebianImage = {
  debs: [
    { name: 'libssl3', version: '3.0.20-1~deb12u2', source: 'openssl' },
    { name: 'openssl', version: '3.0.20-1~deb12u2' },
    { name: 'perl-base', version: '5.36.0-7+deb12u3', source: 'perl' },
    { name: 'libc6', version: '2.36-9+deb12u14', source: 'glibc' },
    { name: 'libpcre2-8-0', version: '10.42-1+deb12u2', source: 'pcre2' },
    { name: 'python3-urllib3', version: '1.26.12-1+deb12u3', source: 'python-urllib3' },
    ...fillers(494),
  ],
  python: [
    ['pip', '23.0', 'usr/local/lib/python3.12/site-packages'],
    ['urllib3', '1.26.12', 'usr/lib/python3/dist-packages'],
  ],
};
const NEW: DebianImage = {
  debs: [
    { name: 'libssl3', version: '3.0.22-1~deb12u2', source: 'openssl' },
    { name: 'openssl', version: '3.0.22-1~deb12u2' },
    { name: 'perl-base', version: '5.36.0-7+deb12u3', source: 'perl' },
    { name: 'libc6', version: '2.36-9+deb12u15', source: 'glibc' },
    { name: 'libpcre2-8-0', version: '10.42-1+deb12u2', source: 'pcre2' },
    { name: 'python3-urllib3', version: '1.26.12-1+deb12u3', source: 'python-urllib3' },
    { name: 'zlib1g', version: '1:1.2.13.dfsg-1', source: 'zlib' },
    ...fillers(493),
  ],
  python: [
    ['pip', '24.0', 'usr/local/lib/python3.12/site-packages'],
    ['urllib3', '1.26.12', 'usr/lib/python3/dist-packages'],
  ],
};

function debian(cve: string, name: string, fixed: string | null, release = '12'): MadeAdvisory {
  return {
    id: `DEBIAN-${cve}${release === '12' ? '' : `-${release}`}`,
    ecosystem: `Debian:${release}`,
    name,
    fixed,
    names: { upstream: [cve] },
  };
}

/** Facts of true advisories; those of other releases, and of Python's index for Debian's own package, must not match. */
const ADVISORIES: readonly MadeAdvisory[] = [
  debian('CVE-2026-35189', 'openssl', '3.0.22-1~deb12u2'),
  debian('CVE-2026-42767', 'openssl', '3.0.22-1~deb12u1'),
  debian('CVE-2022-3602', 'openssl', '3.0.7-1'),
  debian('CVE-2025-15649', 'perl', '5.36.0-7+deb12u4'),
  debian('CVE-2026-103111', 'pcre2', '10.42-1+deb12u2'),
  debian('CVE-2019-9192', 'glibc', null),
  debian('CVE-2023-45853', 'zlib', null),
  debian('CVE-2099-1', 'openssl', '9.9-1', '13'),
  {
    id: 'GHSA-mq26-g339-26xf',
    ecosystem: 'PyPI',
    name: 'pip',
    fixed: '23.3',
    names: { aliases: ['CVE-2023-5752'] },
  },
  {
    id: 'GHSA-v845-jxx5-vc9f',
    ecosystem: 'PyPI',
    name: 'urllib3',
    fixed: '1.26.17',
    names: { aliases: ['CVE-2023-43804'] },
  },
];

function told({ finding, causes }: FindingChange): string {
  const [cause] = causes;
  const moved = cause === undefined ? '' : ` ${cause.from ?? '-'} -> ${cause.to ?? '-'}`;
  return `${finding.id} ${finding.package}${moved}`;
}

/** Made up, and put together here, so that nobody's scanner takes this file for a leak. */
const SECRET = ['AKIA', 'Q3EGRIKNWX5HJ7ZP'].join('');
const OTHER_SECRET = ['ghp_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('');

/** A layer with a secret, and one above that deletes the file. */
const LEAKY: DebianImage = {
  ...OLD,
  above: [
    [{ path: 'app/settings.env', content: `DEBUG=1\nAWS_ACCESS_KEY_ID=${SECRET}\n` }],
    [{ path: 'app/.wh.settings.env' }, { path: 'app/main.py', content: 'print(1)\n' }],
  ],
};
const OTHERWISE_LEAKY: DebianImage = {
  ...NEW,
  above: [[{ path: 'srv/token', content: `token=${OTHER_SECRET}\n` }]],
};

/** Behind walls where this machine has them: without any network, and with the layout to read. */
async function confinement(): Promise<RunConfined> {
  const sandbox = await sandboxHere();
  if ('missing' in sandbox) return unconfined(runChild);
  return createSandbox({ ...sandbox, limits: DEFAULT_LIMITS, exec: runChild });
}

async function findTrivy(run: RunConfined): ReturnType<typeof findScannerProgram> {
  const { PATH } = process.env;
  const options = { configured: null, environment: { PATH }, run, scratch: folder(), signal: null };
  return await findScannerProgram({ name: 'trivy', ...options });
}

const confined = await confinement();
const trivy = await findTrivy(confined);
const noTrivy = 'code' in trivy ? trivy.message : null;
if (noTrivy !== null) console.warn(`Skipped, secrets in layers: ${noTrivy}`);

/** One side's layouts, as the engine has them scanned. */
async function scanLayers(layouts: ScanInput['layouts']): Promise<Exclude<ScanReport, { state: 'failed' }>> {
  if ('code' in trivy) throw new Error(trivy.message);
  const database = { cacheFolder: emptyTrivyDatabase(), offline: true };
  const input = { packages: [], layouts, program: trivy };
  const scratch = folder();
  const report = await runScanner(createTrivy(database), input, {
    ask: async () => [],
    lookUp: async () => Promise.reject(new Error('nothing is to be looked up')),
    run: (_name, command, { path }) =>
      runScannerProgram({
        name: 'trivy',
        program: path,
        command,
        database,
        run: confined,
        pass: null,
        scratch,
        signal: null,
      }),
  });
  if (report.state === 'failed') throw new Error(`${report.reason.message} ${report.reason.detail}`);
  return report;
}

async function scanOffline(input: ScanInput, folder: string): Promise<ScanReport> {
  const database = openDatabase(folder);
  return await runScanner(osvDatabase('a folder'), input, {
    ask: async () => [],
    run: async () => Promise.reject(new Error('nothing is to be run')),
    lookUp: (wanted) => database.lookUp(wanted),
  });
}

describe.skipIf('missing' in found)('images of a real registry', () => {
  let server: DockerRegistry;
  beforeAll(async () => {
    server = await startDockerRegistry(file);
  });
  afterAll(() => server.stop());

  async function push(tag: string, image: DebianImage): Promise<ImageReference> {
    const { digest } = await pushImage(`http://${server.host}`, 'library/base', tag, [debianImage(image)]);
    return { ...imageOf(`x/library/base:${tag}`), registry: server.host, digest };
  }

  it('a base image of 500 packages, old against new, by the built-in scanner', async () => {
    const { read } = imageScene(server.host);
    const [before, after] = await read([await push('old', OLD), await push('new', NEW)]);
    if (before === undefined || after === undefined) throw new Error('nothing was read');
    const pair = imageTargets('base:12', before, after, {
      sendsNames: false,
      isPrivate: true,
      distributions: 'osv',
    });
    expect(pair.before.packages).toHaveLength(501);
    expect(pair.before.notChecked).toEqual([]);
    const packages = packagesOfTargets([pair.before, pair.after]);
    const report = await scanOffline({ packages, layouts: [], program: null }, offlineDatabase(ADVISORIES));
    if (report.state === 'failed') throw new Error(report.reason.message);
    expect(report.state).toBe('found');
    expect(report.notChecked).toEqual([]);
    const diff = diffFindings({ before: [pair.before], after: [pair.after], findings: report.findings });
    expect(diff.fixed.map(told).sort()).toEqual([
      'CVE-2023-5752 pip 23.0 -> 24.0',
      'CVE-2026-35189 openssl 3.0.20-1~deb12u2 -> 3.0.22-1~deb12u2',
      'CVE-2026-42767 openssl 3.0.20-1~deb12u2 -> 3.0.22-1~deb12u2',
    ]);
    expect(diff.added.map(told)).toEqual(['CVE-2023-45853 zlib - -> 1:1.2.13.dfsg-1']);
    expect(diff.remaining.map(told).sort()).toEqual(['CVE-2019-9192 glibc', 'CVE-2025-15649 perl']);
    expect(diff.remaining.find(({ finding }) => finding.package === 'perl')?.finding.fixed).toEqual([
      '5.36.0-7+deb12u4',
    ]);
  });

  it('an image that is only there for an account is laid out without any credential', async () => {
    const reference = await push('closed', OLD);
    const password = 'pull-S3cr3t';
    // Of the password, by bcrypt.
    const entry = 'me:$2y$05$abcdefghijklmnopqrstuuEIdKib8JJL4R7txH3NdEH4GJXbsNagy';
    const closed = await startDockerRegistry(file, { kind: 'htpasswd', entry }, server.folder);
    onTestFinished(() => closed.stop());
    const account = { host: closed.host, path: '/', owner: 'me', username: 'me', password };
    const { layOut, root, pool } = imageScene(closed.host, [account]);
    const written = await layOut({ ...reference, registry: closed.host }, 'layout');
    // Everything in it can be told from what was asked for.
    expect(pool.counts()).toMatchObject({ blobs: 3 });
    const files = readdirSync(written.folder, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(files).toHaveLength(6);
    for (const one of files) {
      const text = readFileSync(join(one.parentPath, one.name)).toString('latin1');
      for (const secret of [password, closed.host, Buffer.from(`me:${password}`).toString('base64')]) {
        expect(text).not.toContain(secret);
      }
    }
    expect(root).not.toContain(closed.host);
  });

  it.skipIf(noTrivy !== null)(
    'a secret in a layer is found, also where a later layer deletes it',
    { timeout: 60_000 },
    async () => {
      const scene = imageScene(server.host);
      const leaky = await push('leaky', LEAKY);
      const { folder: path, manifestDigest } = await scene.layOut(leaky, 'leaky');
      const place = { location: 'base:12', platform: 'linux/amd64' };
      const before = await scanLayers([{ ...place, folder: path }]);
      expect(before.state).toBe('found');
      const manifest = await scene.registry.manifest({ ...leaky, digest: manifestDigest });
      const layers = manifest.json['layers'] as readonly { readonly digest: string }[];
      expect(layers).toHaveLength(4);
      expect(before.secrets).toEqual([
        {
          ...place,
          rule: 'aws-access-key-id',
          title: 'AWS Access Key ID',
          severity: 'critical',
          path: 'app/settings.env',
          line: 2,
          layer: layers[2]?.digest,
        },
      ]);
      expect(JSON.stringify(before)).not.toContain(SECRET.slice(0, 8));

      const other = await scene.layOut(await push('other', OTHERWISE_LEAKY), 'other');
      const after = await scanLayers([{ ...place, folder: other.folder }]);
      const diff = diffSecrets(before.secrets, after.secrets);
      const short = (secrets: typeof before.secrets): readonly string[] =>
        secrets.map(({ rule, path }) => `${rule} ${path}`);
      expect(short(diff.fixed)).toEqual(['aws-access-key-id app/settings.env']);
      expect(short(diff.added)).toEqual(['github-pat srv/token']);
      expect(diff.remaining).toEqual([]);
      expect(JSON.stringify(after)).not.toContain(OTHER_SECRET.slice(0, 8));

      const clean = await scene.layOut(await push('clean', NEW), 'clean');
      expect((await scanLayers([{ ...place, folder: clean.folder }])).secrets).toEqual([]);
    },
  );

  it.skipIf(noTrivy !== null)('an image with a layer missing from the disk is no clean image', async () => {
    const { folder: path } = await imageScene(server.host).layOut(await push('leaky', LEAKY), 'broken');
    const blobs = join(path, 'blobs/sha256');
    const largest = readdirSync(blobs).toSorted(
      (a, b) => statSync(join(blobs, b)).size - statSync(join(blobs, a)).size,
    )[0];
    rmSync(join(blobs, largest ?? ''));
    await expect(
      scanLayers([{ location: 'base:12', platform: 'linux/amd64', folder: path }]),
    ).rejects.toThrow('trivy ended with exit code');
  });
});
