/** Walls around a builder that has no daemon: what bubblewrap is told. */
import { dirname } from 'node:path';
import type { SystemLayout } from '../run/sandbox/argv.ts';

/** Of /etc, what resolves names, finds images and maps users, beside what every child in a sandbox sees. */
const ETC = [
  'containers',
  'group',
  'host.conf',
  'hosts',
  'nsswitch.conf',
  'passwd',
  'resolv.conf',
  'subgid',
  'subuid',
].map((name) => `/etc/${name}`);

export interface WallsInput {
  readonly layout: SystemLayout;
  /** Absolute: the checkout, certificates, secrets; shown where they are. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  readonly network: boolean;
  readonly statusFd: number;
}

/**
 * A builder needs what lockers are denied: capabilities, to mount and to change owners. So these walls are others than
 * the sandbox's: the builder keeps its capabilities, but in a root of its own that shows the system's programs, the checkout
 * and the build's private folder, a /dev without devices, and processes of its own, which all end with the first of them. Steps
 * of a Dockerfile run in a chroot inside of it, with the few capabilities that engines give.
 *
 * What stays open: the network, this machine's loopback included; the kernel, for a step of root is root there too.
 * @see bwrap(1)
 */
export function wallArguments(input: WallsInput): readonly string[] {
  const { layout } = input;
  const own = new Set(ETC);
  return [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(input.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    // Threat: bubblewrap's own first process has no capabilities, so that a step of root may look through its root folder.
    '--as-pid-1',
    '--hostname',
    'relock',
    '--cap-add',
    'ALL',
    ...layout.entries.flatMap(({ path, link }) => {
      if (own.has(path)) return [];
      return link === null ? ['--ro-bind', path, path] : ['--symlink', link, path];
    }),
    ...ETC.flatMap((path) => ['--ro-bind-try', path, path]),
    '--ro-bind',
    '/sys',
    '/sys',
    '--proc',
    '/proc',
    ...layout.maskedFiles.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...layout.maskedFolders.flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--tmpfs',
    '/run',
    '--dir',
    '/var',
    '--symlink',
    '../tmp',
    '/var/tmp',
    ...[...new Set(input.readable)].flatMap((path) => ['--ro-bind-try', path, path]),
    ...[...new Set(input.writable)].flatMap((path) => ['--bind', path, path]),
    '--chdir',
    '/',
    '--json-status-fd',
    String(input.statusFd),
    '--',
  ];
}

/** Folders of programs that are not the system's own. */
export function programFolder(path: string): readonly string[] {
  return /^\/(?:usr|bin|sbin|nix\/store)\//u.test(path) ? [] : [dirname(path)];
}
