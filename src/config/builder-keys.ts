/** The keys of `[builder]` in the operator's settings: what builds images to show what a rebuild gives. */
import { isLoopback } from './host.ts';
import type { Report } from './check.ts';
import type { Checked, Fields } from './schema.ts';
import type { BuilderSettings } from './settings.ts';
import { parseBytes } from './size.ts';

const MINUTE = 60;
const LEAST_MEMORY = 256 * 1024 ** 2;

export const BUILDER_KEYS = {
  kind: {
    type: 'string',
    oneOf: ['auto', 'buildctl', 'docker', 'podman', 'buildah', 'none'],
    example: 'buildctl',
    description:
      'What builds: "buildctl" (BuildKit), "buildah", "podman" or "docker"; "auto" the first of them that works here; ' +
      '"none" nothing. Left out: "auto" in the App and with `--build`; else nothing is built.',
  },
  path: {
    type: 'string',
    check: whyNotAbsolute,
    example: '/usr/bin/buildah',
    description: 'Absolute path of that program. Left out: on PATH.',
  },
  address: {
    type: 'string',
    // Not shown: people put a user's name and password there, which is what the check is about.
    secret: true,
    check: whyNotAddress,
    example: 'tcp://buildkit.internal:1234',
    description:
      'Where its daemon listens: unix:///path, or tcp://host:port, which needs `certificates` unless it is this machine. ' +
      'Left out: where the program itself looks for it. With `kind = "auto"` it is that of BuildKit.',
  },
  certificates: {
    type: 'string',
    check: whyNotAbsolute,
    example: '/etc/relock/buildkit',
    description: 'Absolute folder with ca.pem, cert.pem and key.pem, for an `address` with tcp://.',
  },
  timeout: {
    type: 'seconds',
    minimum: 60,
    maximum: 24 * 60 * MINUTE,
    example: '30 minutes',
    description: 'Time limit of one build. Left out: 30 minutes.',
  },
  memory: {
    type: 'string',
    check: (value) => whyNotSize(value, LEAST_MEMORY, '256 MiB'),
    example: '4 GiB',
    description: 'How much memory one build may take, where Relock can hold it to that. Left out: 4 GiB.',
  },
  disk: {
    type: 'string',
    check: (value) => whyNotSize(value, 1024 ** 3, '1 GiB'),
    example: '20 GiB',
    description: 'How much room one build may take on disk. Left out: 20 GiB.',
  },
} as const satisfies Fields;

type WrittenBuilder = Checked<typeof BUILDER_KEYS>;

/** Those that talk to a daemon, which can be elsewhere; with `auto` it is BuildKit's. */
const WITH_DAEMON: readonly string[] = ['auto', 'buildctl', 'docker'];

/** What needs more than one key. */
export function checkBuilder(written: WrittenBuilder, report: Report): void {
  const { kind = 'auto', path, address, certificates } = written;
  if (path !== undefined && (kind === 'auto' || kind === 'none')) {
    report(
      ['builder', 'path'],
      '`builder.path` does not say of which program it is.',
      'Add `kind = "buildctl"`, or "docker", "podman", "buildah".',
    );
  }
  if (address !== undefined && !WITH_DAEMON.includes(kind)) {
    report(
      ['builder', 'address'],
      `\`builder.address\` does not go with \`kind = "${kind}"\`.`,
      'Write `kind = "buildctl"` or "docker", which have a daemon, or leave `address` out.',
    );
  }
  const remote = address !== undefined && address.startsWith('tcp:');
  if (certificates !== undefined && !remote) {
    report(
      ['builder', 'certificates'],
      '`builder.certificates` is for an `address` with tcp://, and there is none.',
      'Add `address = "tcp://…"`, or leave it out.',
    );
  }
  // Threat: whoever is on the way could build as they like, and whoever reaches the port is root there.
  if (remote && certificates === undefined && !isLoopback(URL.parse(address)?.hostname ?? '')) {
    report(
      ['builder', 'address'],
      '`builder.address` is another machine, and the way to it has no TLS.',
      'Add `certificates = "/etc/relock/buildkit"`, a folder with ca.pem, cert.pem and key.pem.',
    );
  }
}

/** With the defaults. */
export function builderOf(written: WrittenBuilder, defaults: BuilderSettings): BuilderSettings {
  return {
    kind: written.kind ?? defaults.kind,
    path: written.path ?? defaults.path,
    address: written.address ?? defaults.address,
    certificates: written.certificates ?? defaults.certificates,
    timeoutSeconds: written.timeout ?? defaults.timeoutSeconds,
    memoryBytes: sizeOf(written.memory) ?? defaults.memoryBytes,
    diskBytes: sizeOf(written.disk) ?? defaults.diskBytes,
  };
}

function sizeOf(text: string | undefined): number | null {
  return text === undefined ? null : parseBytes(text);
}

function whyNotSize(text: string, least: number, named: string): string | null {
  const bytes = parseBytes(text);
  if (bytes === null) return 'it is not a size';
  return bytes < least ? `it is less than ${named}` : null;
}

function whyNotAbsolute(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return value.startsWith('/') && !value.endsWith('/') ? null : 'it must be an absolute path';
}

function whyNotAddress(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || /[\p{Cc}\s]/u.test(value)) return 'it is not an address';
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password';
  if (url.search !== '' || url.hash !== '') return 'it has a query or a fragment';
  if (url.protocol === 'unix:')
    return url.host === '' && url.pathname.length > 1 ? null : 'it must be unix:// and an absolute path';
  if (url.protocol !== 'tcp:') return 'it must begin with unix:// or tcp://';
  if (url.hostname === '' || url.port === '') return 'it must name host and port';
  return url.pathname === '' || url.pathname === '/' ? null : 'it has a path';
}
