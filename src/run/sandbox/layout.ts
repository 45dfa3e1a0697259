/** What of this machine goes into a sandbox: the usual system, and the paths that a child was given. */
import { access, constants, lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import type { Mount, SystemLayout } from './argv.ts';
import type { Access } from './confined.ts';

/** Programs and libraries. Where distributions have merged /usr, most of these are links. */
const SYSTEM = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix/store',
  '/run/current-system',
];

/**
 * Of /etc, what programs need to start, and public certificates. Threat: to a child of root all of /etc is readable, with the
 * private keys in `ssl/private` and `pki/tls/private`.
 */
const ETC = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'debian_version',
  'gai.conf',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'os-release',
  'pki/ca-trust/extracted',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'pki/tls/openssl.cnf',
  'protocols',
  'services',
  'ssl/cert.pem',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
];

/** As container engines mask them, and what only root can read. */
const MASKED = [
  'acpi',
  'asound',
  'interrupts',
  'kallsyms',
  'kcore',
  'key-users',
  'keys',
  'kmsg',
  'kpagecgroup',
  'kpagecount',
  'kpageflags',
  'latency_stats',
  'pagetypeinfo',
  'sched_debug',
  'scsi',
  'slabinfo',
  'timer_list',
  'timer_stats',
  'vmallocinfo',
];

/** Reads how this machine is laid out. */
export async function readLayout(): Promise<SystemLayout> {
  const python = (await readdir('/etc').catch(() => [])).filter((name) => /^python3[\d.]*$/u.test(name));
  const paths = [...SYSTEM, ...[...ETC, ...python].map((name) => `/etc/${name}`)];
  const entries = await Promise.all(paths.map(systemEntry));
  const masked = await Promise.all(
    MASKED.map(async (name) => ({
      path: `/proc/${name}`,
      info: await stat(`/proc/${name}`).catch(() => null),
    })),
  );
  return {
    entries: entries.filter((entry) => entry !== null),
    maskedFiles: masked.filter(({ info }) => info?.isFile() === true).map(({ path }) => path),
    maskedFolders: masked.filter(({ info }) => info?.isDirectory() === true).map(({ path }) => path),
  };
}

/** Links at the top stay links; in /etc they lead to where nothing is shown, so that their target is. */
async function systemEntry(path: string): Promise<SystemLayout['entries'][number] | null> {
  const info = await lstat(path).catch(() => null);
  if (info === null) return null;
  if (info.isSymbolicLink() && !path.startsWith('/etc/')) return { path, link: await readlink(path) };
  const target = await stat(path).catch(() => null);
  return target === null ? null : { path, link: null };
}

/** Shown already, and readable only; or not to be shown at all. */
const SYSTEM_PATH = /^\/(?:usr|bin|sbin|lib|lib32|lib64|libx32|nix\/store)(?:\/|$)/u;
const NEVER = /^\/(?:$|(?:proc|dev|sys|run\/relock)(?:\/|$))/u;

/**
 * The mounts for what a child was given. A path that is reached by links is shown under its true name as well, since programs
 * resolve their own paths.
 *
 * Threat: a child may write in a folder and leave a link there, at a place that a later one is given: `realpath` would lead
 * anywhere. So what lies below a writable folder counts only if no link is on the way.
 * @throws {EnvironmentError} when a writable path is not there, or a path cannot be shown.
 */
export async function accessMounts({ readable, writable }: Access): Promise<readonly Mount[]> {
  const writables = writable.map(checkedPath);
  const mounts: Mount[] = [];
  for (const path of writables) {
    const real = await truePath(path, writables);
    if (real === null)
      throw refused(path, 'is not there, or is reached by a link that a child can have made');
    if (SYSTEM_PATH.test(real) || NEVER.test(real)) throw refused(path, 'is a part of the system');
    for (const each of new Set([path, real])) mounts.push({ path: each, writable: true });
  }
  for (const path of readable.map(checkedPath)) {
    const real = await truePath(path, writables);
    if (real === null) continue;
    if (NEVER.test(real)) throw refused(path, `leads to ${real}, which is shown to no child`);
    for (const each of new Set([path, real])) {
      if (!SYSTEM_PATH.test(each)) mounts.push({ path: each, writable: false });
    }
  }
  return mounts;
}

function checkedPath(path: string): string {
  const normal = normalize(path).replace(/(?<=.)\/$/u, '');
  if (!isAbsolute(normal) || normal.includes('\0')) throw refused(path, 'is no absolute path');
  if (NEVER.test(normal)) throw refused(path, 'is shown to no child');
  return normal;
}

async function truePath(path: string, writables: readonly string[]): Promise<string | null> {
  const real = await realpath(path).catch(() => null);
  const above = writables
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => a.length - b.length);
  const [top] = above;
  if (real === null || top === undefined) return real;
  const realTop = await realpath(top).catch(() => null);
  return realTop !== null && real === join(realTop, path.slice(top.length)) ? real : null;
}

/**
 * Says before bubblewrap would, and in the words of `runChild`, that there is no such program or folder inside.
 * @throws {EnvironmentError}
 */
export async function checkStart(
  input: { readonly file: string; readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  mounts: readonly Mount[],
): Promise<void> {
  const { file, cwd } = input;
  const shown = (path: string): boolean =>
    SYSTEM_PATH.test(path) ||
    mounts.some((mount) => path === mount.path || path.startsWith(`${mount.path}/`));
  const fail = (why: string): EnvironmentError =>
    new EnvironmentError('child-not-started', `${file} cannot be started: ${why}.`);
  const folder = await stat(cwd).catch(() => null);
  if (folder?.isDirectory() !== true) throw fail(`its working folder ${cwd} is not a folder`);
  if (!shown(normalize(cwd)) && normalize(cwd) !== '/tmp') {
    throw fail(`its working folder ${cwd} is not among what the sandbox shows`);
  }
  const paths = file.includes('/')
    ? [file]
    : (input.env['PATH'] ?? '').split(':').map((folder) => join(folder, file));
  let found = false;
  for (const path of paths) {
    if ((await stat(path).catch(() => null))?.isFile() !== true) continue;
    if (
      await access(path, constants.X_OK).then(
        () => false,
        () => true,
      )
    )
      continue;
    found = true;
    if (shown(normalize(path))) return;
  }
  if (found) throw fail('it is not among what the sandbox shows');
  const there = file.includes('/') && (await stat(file).catch(() => null)) !== null;
  throw fail(there ? 'it is not an executable file' : 'there is no such program');
}

function refused(path: string, why: string): EnvironmentError {
  return new EnvironmentError('sandbox-path', `The sandbox cannot show ${path}: it ${why}.`);
}
