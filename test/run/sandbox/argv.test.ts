import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RELAY_PORT,
  insideUser,
  relayFile,
  sandboxArguments,
  sandboxCommand,
  standInFiles,
} from '../../../src/run/sandbox/argv.ts';
import type { ArgumentsInput, Mount } from '../../../src/run/sandbox/argv.ts';

const INPUT: ArgumentsInput = {
  version: '0.8.0',
  layout: {
    entries: [
      { path: '/usr', link: null },
      { path: '/bin', link: 'usr/bin' },
      { path: '/etc/ssl/certs', link: null },
    ],
    maskedFiles: ['/proc/kcore'],
    maskedFolders: ['/proc/acpi'],
  },
  mounts: [],
  env: { PATH: '/usr/bin', TOKEN: 'of the door' },
  cwd: '/job',
  relay: null,
  filesFrom: 6,
  files: [],
  statusFd: 4,
  seccompFd: 5,
  temporaryBytes: 1000,
  user: { uid: 501, gid: 20 },
};

function words(changes: Partial<ArgumentsInput> = {}): string {
  return sandboxArguments({ ...INPUT, ...changes }).join(' ');
}

/** What the binds of a list show of a path at the end: bubblewrap lays them over each other in order. */
function modeOf(path: string, args: readonly string[]): 'readable' | 'writable' | 'hidden' {
  let mode: 'readable' | 'writable' | 'hidden' = 'hidden';
  for (const [index, word] of args.entries()) {
    if (word !== '--bind' && word !== '--ro-bind') continue;
    const at = args[index + 2] ?? '';
    if (path === at || path.startsWith(`${at}/`)) mode = word === '--bind' ? 'writable' : 'readable';
  }
  return mode;
}

describe('options', () => {
  it('isolate everything, with no environment but the child’s own', () => {
    expect(words()).toMatch(
      /^--unshare-all --unshare-user --disable-userns --die-with-parent --new-session --clearenv --hostname relock --uid 501 --gid 20 --cap-drop ALL /u,
    );
    expect(words()).toContain('--setenv PATH /usr/bin --setenv TOKEN of the door --chdir /job');
    expect(words()).toContain('--json-status-fd 4 --seccomp 5');
  });

  it('lay out the system: links as links, all else readable', () => {
    expect(words()).toContain(
      '--ro-bind /usr /usr --symlink usr/bin /bin --ro-bind /etc/ssl/certs /etc/ssl/certs',
    );
  });

  it('make /proc, /dev and the root readable only, after all that is laid into them', () => {
    const all = words({
      relay: { door: '/door.sock', node: '/node' },
      files: standInFiles({ uid: 501, gid: 20 }),
    });
    const order = [
      '--proc /proc',
      '--ro-bind /dev/null /proc/kcore',
      '--tmpfs /proc/acpi --remount-ro /proc/acpi',
      '--remount-ro /proc --dev /dev',
      '--size 500 --tmpfs /dev/shm --remount-ro /dev',
      '--size 1000 --tmpfs /tmp',
      '--file 6 /etc/passwd',
      '--ro-bind /door.sock /run/relock/door.sock',
      '--remount-ro / --setenv',
    ];
    const places = order.map((part) => all.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it.each([
    ['0.4.1', ['--disable-userns', '--size', '--perms', '--clearenv']],
    ['0.6.1', ['--disable-userns', '--size']],
    ['0.7.0', ['--disable-userns']],
    ['0.11.0', []],
    ['1.0', []],
  ])('of bubblewrap %s lack %j', (version, lacking) => {
    const all = sandboxArguments({ ...INPUT, version });
    const options = ['--disable-userns', '--size', '--perms', '--clearenv'];
    expect(options.filter((option) => !all.includes(option))).toEqual(lacking);
    expect(all).toContain('--unshare-user');
  });

  it('have no filter where there is none for the processor', () => {
    expect(words({ seccompFd: null })).not.toContain('--seccomp');
  });
});

describe('mounts', () => {
  it.each<[string, readonly Mount[], string]>([
    ['readable', [{ path: '/a', writable: false }], '--ro-bind /a /a'],
    ['writable', [{ path: '/a', writable: true }], '--bind /a /a'],
    [
      'both: writable',
      [
        { path: '/a', writable: true },
        { path: '/a', writable: false },
      ],
      '--bind /a /a',
    ],
    [
      'a readable one in a writable one',
      [
        { path: '/a/b/c', writable: false },
        { path: '/a', writable: true },
      ],
      '--bind /a /a --ro-bind /a/b/c /a/b/c',
    ],
    [
      'a writable one in a readable one in a writable one',
      [
        { path: '/a/b/c', writable: true },
        { path: '/a/b', writable: false },
        { path: '/a', writable: true },
      ],
      '--bind /a /a --ro-bind /a/b /a/b --bind /a/b/c /a/b/c',
    ],
    [
      'what shows nothing new: left out',
      [
        { path: '/a', writable: false },
        { path: '/a/b', writable: false },
        { path: '/ab', writable: false },
      ],
      '--ro-bind /a /a --ro-bind /ab /ab',
    ],
  ])('%s', (_, mounts, expected) => {
    const all = words({ mounts });
    const start = all.indexOf('/var/tmp') + '/var/tmp '.length;
    expect(all.slice(start, all.indexOf(' --remount-ro / '))).toBe(expected);
  });

  it('give each path the mode of its nearest mount, whatever their order', () => {
    const part = fc.constantFrom('a', 'b', 'ab');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    const mount = fc.record({ path, writable: fc.boolean() });
    fc.assert(
      fc.property(fc.array(mount, { maxLength: 8 }), path, (mounts, asked) => {
        const args = sandboxArguments({ ...INPUT, mounts });
        const near = mounts
          .filter((each) => asked === each.path || asked.startsWith(`${each.path}/`))
          .sort((a, b) => b.path.length - a.path.length);
        const nearest = near.filter((each) => each.path === near[0]?.path);
        const expected =
          nearest.length === 0 ? 'hidden' : nearest.some((each) => each.writable) ? 'writable' : 'readable';
        expect(modeOf(asked, args)).toBe(expected);
      }),
    );
  });
});

describe('the command line', () => {
  it('holds nothing of the environment', () => {
    const command = sandboxCommand(
      3,
      ['/usr/bin/nice', '-n', '10'],
      { file: '/uv', args: ['lock', '--upgrade'] },
      false,
    );
    expect(command).toEqual(['--args', '3', '--', '/usr/bin/nice', '-n', '10', '/uv', 'lock', '--upgrade']);
  });

  it('starts the relay first where there is a door', () => {
    const command = sandboxCommand(3, [], { file: '/uv', args: [] }, true);
    const relay = [
      '/run/relock/node',
      '/run/relock/relay.mjs',
      '/run/relock/door.sock',
      String(RELAY_PORT),
      '--',
    ];
    expect(command).toEqual(['--args', '3', '--', ...relay, '/uv']);
    expect(relayFile('text').path).toBe(relay[1]);
  });
});

it('nobody is root inside, and whoever it is has a name', () => {
  expect(insideUser({ uid: 0, gid: 0 })).toEqual({ uid: 1000, gid: 1000 });
  expect(insideUser({ uid: 501, gid: 20 })).toEqual({ uid: 501, gid: 20 });
  const passwd = (uid: number, gid: number): string => standInFiles({ uid, gid })[0]?.text ?? '';
  expect(passwd(1000, 1001)).toMatch(/^relock:x:1000:1001:.*\nnobody:x:65534:/u);
  expect(passwd(65534, 65534)).not.toContain('nobody:x:65534');
});
