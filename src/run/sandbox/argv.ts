/** What bubblewrap is told: a new root made of the system's programs and of what a child may see. Pure. */

/** Where our own things are inside. */
const OWN = '/run/relock';
const DOOR = `${OWN}/door.sock`;
const NODE = `${OWN}/node`;
const RELAY = `${OWN}/relay.mjs`;
/** On loopback of the sandbox; clients inside are told this port. */
export const RELAY_PORT = 41730;

/** A path of this machine that is shown inside at the same place. */
export interface Mount {
  /** Absolute, normal. */
  readonly path: string;
  readonly writable: boolean;
}

/** What this machine has of the usual system. */
export interface SystemLayout {
  /** Folders and files, and links with what they say. */
  readonly entries: readonly { readonly path: string; readonly link: string | null }[];
  /** Files of /proc that tell of the machine, or are dangerous to a child of root. */
  readonly maskedFiles: readonly string[];
  readonly maskedFolders: readonly string[];
}

/** Text that bubblewrap reads from a descriptor and lays down inside. */
export interface OwnFile {
  readonly path: string;
  readonly text: string;
}

export interface ArgumentsInput {
  /** Of bubblewrap: it decides which options there are. */
  readonly version: string;
  readonly layout: SystemLayout;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The door's socket here, and what the relay needs; null: no network. */
  readonly relay: { readonly door: string; readonly node: string } | null;
  /** The first descriptor of `files`; they follow in order. */
  readonly filesFrom: number;
  readonly files: readonly OwnFile[];
  readonly statusFd: number;
  /** null: no filter for this processor. */
  readonly seccompFd: number | null;
  /** Of /tmp; /dev/shm has half of it. */
  readonly temporaryBytes: number;
  readonly user: User;
}

/** Who a child seems to be inside. Outside, and for files, it is who we are. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Not root, even for root: programs that believe to be root change owners (tar) or refuse to run. */
export function insideUser(ours: User): User {
  return ours.uid === 0 ? { uid: 1000, gid: 1000 } : ours;
}

/**
 * All options, to be given by `--args FD` and not on the command line: other users of the machine can read that one, and the
 * environment holds the token for the door. Mounts are in the order of their depth, so that a readable folder in a writable one
 * stays readable only, and the reverse.
 * @see bwrap(1)
 */
export function sandboxArguments(input: ArgumentsInput): readonly string[] {
  const { layout, relay } = input;
  return [
    ...isolation(input),
    ...['/etc', '/run', '/var'].flatMap((path) => [...mode(input, '0755'), '--dir', path]),
    ...layout.entries.flatMap(({ path, link }) =>
      link === null ? ['--ro-bind', path, path] : ['--symlink', link, path],
    ),
    // Threat: as root, the system's settings (`/proc/sys/kernel/core_pattern`) may be written without any capability.
    '--proc',
    '/proc',
    ...layout.maskedFiles.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...layout.maskedFolders.flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
    '--remount-ro',
    '/proc',
    '--dev',
    '/dev',
    ...temporary(input, '/dev/shm', input.temporaryBytes / 2),
    '--remount-ro',
    '/dev',
    ...temporary(input, '/tmp', input.temporaryBytes),
    '--symlink',
    '../tmp',
    '/var/tmp',
    ...byDepth(input.mounts).flatMap(({ path, writable }) => [writable ? '--bind' : '--ro-bind', path, path]),
    ...input.files.flatMap(({ path }, index) => [
      ...mode(input, '0444'),
      '--file',
      String(input.filesFrom + index),
      path,
    ]),
    ...(relay === null ? [] : ['--ro-bind', relay.node, NODE, '--ro-bind', relay.door, DOOR]),
    // What bubblewrap made for mount points is memory without a bound.
    '--remount-ro',
    '/',
    ...Object.entries(input.env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    input.cwd,
    '--json-status-fd',
    String(input.statusFd),
    ...(input.seccompFd === null ? [] : ['--seccomp', String(input.seccompFd)]),
  ];
}

function isolation(input: ArgumentsInput): readonly string[] {
  return [
    '--unshare-all',
    // Alone, --unshare-all does without for root.
    '--unshare-user',
    ...(since(input, 8) ? ['--disable-userns'] : []),
    '--die-with-parent',
    '--new-session',
    ...(since(input, 5) ? ['--clearenv'] : []),
    '--hostname',
    'relock',
    '--uid',
    String(input.user.uid),
    '--gid',
    String(input.user.gid),
    '--cap-drop',
    'ALL',
  ];
}

/** Whether this bubblewrap is 0.`minor` or newer. */
function since({ version }: Pick<ArgumentsInput, 'version'>, minor: number): boolean {
  const [major = 0, its = 0] = version.split('.').map(Number);
  return major > 0 || its >= minor;
}

function mode(input: ArgumentsInput, octal: string): readonly string[] {
  return since(input, 5) ? ['--perms', octal] : [];
}

/** Without `--size`, older ones leave half of the machine's memory: then only the watch ends who takes it. */
function temporary(input: ArgumentsInput, path: string, bytes: number): readonly string[] {
  const size = since(input, 7) ? ['--size', String(Math.floor(bytes))] : [];
  return [...mode(input, '1777'), ...size, '--tmpfs', path];
}

/** Those that show nothing new are left out. */
function byDepth(mounts: readonly Mount[]): readonly Mount[] {
  const modes = new Map<string, boolean>();
  for (const { path, writable } of mounts) modes.set(path, writable || modes.get(path) === true);
  const sorted = [...modes]
    .map(([path, writable]) => ({ path, writable }))
    .sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
  return sorted.filter(({ path, writable }) => around(path, modes) !== writable);
}

/** How the nearest of the mounts around a path is; null: there is none. */
function around(path: string, modes: ReadonlyMap<string, boolean>): boolean | null {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const found = modes.get(path.slice(0, at));
    if (found !== undefined) return found;
  }
  return null;
}

function depth(path: string): number {
  return path.split('/').length;
}

/** The files that stand in for the machine's own: who runs, and no name but localhost. */
export function standInFiles({ uid, gid }: User): readonly OwnFile[] {
  const nobody = uid === 65534 ? '' : 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n';
  return [
    { path: '/etc/passwd', text: `relock:x:${uid}:${gid}:relock:/tmp:/bin/sh\n${nobody}` },
    { path: '/etc/group', text: `relock:x:${gid}:\n` },
    { path: '/etc/hosts', text: '127.0.0.1 localhost relock\n::1 localhost\n' },
    { path: '/etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files\n' },
  ];
}

export function relayFile(text: string): OwnFile {
  return { path: RELAY, text };
}

/**
 * The command line of bubblewrap; what it runs inside comes last.
 * @param inner programs that each start the next.
 */
export function sandboxCommand(
  argumentsFd: number,
  inner: readonly string[],
  program: { readonly file: string; readonly args: readonly string[] },
  hasRelay: boolean,
): readonly string[] {
  const relay = hasRelay ? [NODE, RELAY, DOOR, String(RELAY_PORT), '--'] : [];
  return ['--args', String(argumentsFd), '--', ...inner, ...relay, program.file, ...program.args];
}
