/** Small base images for builds: a shell by busybox, and this machine's Python. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../registry/made-image.ts';
import type { PushedLayer } from '../registry/push.ts';
import { pushImage } from '../registry/push.ts';

const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path)) ?? '';
const APPLETS = [
  'sh',
  'ls',
  'cat',
  'echo',
  'sleep',
  'id',
  'touch',
  'mkdir',
  'setsid',
  'rm',
  'dd',
  'wget',
  'ps',
  'grep',
];
/** Builders that keep layers apart count them in the history. */
const CREATED = { created: '2026-01-01T00:00:00Z', history: [{ created: '2026-01-01T00:00:00Z' }] };

/** Why there is no base image here, or null. */
export const noBusybox = BUSYBOX === '' ? 'no busybox: apt-get install -y busybox-static' : null;

/** Pushes `base:1`: a shell, and a user `app`. @param folder empty, for its files. @returns its layer, packed. */
export async function pushBusybox(origin: string, folder: string): Promise<PushedLayer> {
  for (const name of ['bin', 'etc', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  execFileSync('cp', [BUSYBOX, join(folder, 'bin/busybox')]);
  for (const name of APPLETS) execFileSync('ln', ['-s', 'busybox', join(folder, 'bin', name)]);
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n');
  writeFileSync(join(folder, 'etc/os-release'), 'ID=made\nVERSION_ID=1\nNAME=Made\n');
  const layer = packed(tarOf(folder, ['.']));
  const config = { ...CREATED, config: { Env: ['PATH=/bin'] } };
  await pushImage(origin, 'base', '1', [{ platform: 'linux/amd64', layers: [layer], config }]);
  return layer;
}

/** Pushes `python:1`: the above, and Debian's Python with what it is linked to. */
export async function pushPython(origin: string, busybox: PushedLayer): Promise<void> {
  const version = execFileSync(
    '/usr/bin/python3',
    ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
    {
      encoding: 'utf8',
    },
  ).trim();
  const program = `/usr/bin/python${version}`;
  const library = `/usr/lib/python${version}`;
  const compiled = readdirSync(join(library, 'lib-dynload')).map((name) =>
    join(library, 'lib-dynload', name),
  );
  const linked = execFileSync('/usr/bin/ldd', [program, ...compiled], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/[^\s:]+) \(0x/gu)].map((match) => match[1] ?? '');
  const paths = ['/usr/bin/python3', program, library, ...new Set(libraries)].map((path) => path.slice(1));
  const layer = packed(tarOf('/', ['--exclude=__pycache__', '--exclude=test', '-h', ...paths]));
  const layers = [busybox, layer];
  const config = { ...CREATED, history: [{}, {}], config: { Env: ['PATH=/bin:/usr/bin'] } };
  await pushImage(origin, 'python', '1', [{ platform: 'linux/amd64', layers, config }]);
}

function packed(tar: Buffer): PushedLayer {
  return { bytes: gzipSync(tar, { level: 1 }), diffId: sha256(tar) };
}

function tarOf(root: string, words: readonly string[]): Buffer {
  return execFileSync('tar', ['-c', '-C', root, '--owner=0', '--group=0', ...words], {
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
