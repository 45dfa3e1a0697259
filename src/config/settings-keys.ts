/** The keys of the operator's settings file: the table from which it is checked, and its JSON schema made. */
import { BUILDER_KEYS } from './builder-keys.ts';
import { isLoopback, whyNotHost } from './host.ts';
import { SCAN_SETTINGS_KEYS } from './scan-settings-keys.ts';
import type { Fields } from './schema.ts';

const MINUTE = 60;

export const SETTINGS_KEYS = {
  'index-url': {
    type: 'string',
    // Not shown: people put `user:password@` there, which is what the check is about.
    secret: true,
    check: whyNotIndex,
    example: 'https://mirror.example.com/simple',
    description:
      'Root of the simple index (PEP 503) that stands for the public one, for every tool: https, or http to this ' +
      'machine only (localhost, 127.0.0.1, [::1]). Its credentials, if any, go into `[[credential]]`.',
  },
  credential: {
    type: 'tables',
    description: 'A secret for one host, lent only to the repositories of one owner.',
    fields: {
      host: {
        type: 'string',
        required: true,
        secret: true,
        check: whyNotHost,
        example: 'pypi.example.com',
        description: 'The host alone, with its port if it is not the usual one; matched exactly.',
      },
      path: {
        type: 'string',
        check: whyNotPath,
        example: '/simple/team/',
        description:
          'Path on the host below which the secret is sent; left out, it is sent to the whole host.',
      },
      owner: {
        type: 'string',
        required: true,
        pattern: String.raw`^(?:\*|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$`,
        example: 'my-organisation',
        description:
          'Owner of the repositories that may use it, as in owner/name. "*" lends it to every repository that this ' +
          'installation serves: whoever names the host in a manifest then has its use.',
      },
      username: {
        type: 'string',
        required: true,
        secret: true,
        check: whyNotSecret,
        example: '__token__',
        description: 'User name; many indexes take "__token__" with a token as password.',
      },
      password: {
        type: 'string',
        secret: true,
        check: whyNotSecret,
        example: '…',
        description: 'The password or token itself. Better: `password-env`, which keeps it out of the file.',
      },
      'password-env': {
        type: 'string',
        secret: true,
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        example: 'INDEX_PASSWORD',
        description: 'Name of the environment variable that holds the password or token.',
      },
    },
  },
  registry: {
    type: 'tables',
    description:
      'How one container registry is asked. A registry that is listed here may have a private address.',
    fields: {
      host: {
        type: 'string',
        required: true,
        check: whyNotHost,
        example: 'docker.io',
        description: 'The registry as image references name it, with its port if it is not the usual one.',
      },
      mirror: {
        type: 'string',
        // Not shown: people put `user:password@` there, which is what the check is about.
        secret: true,
        check: whyNotMirror,
        example: 'https://harbor.example.com/dockerhub',
        description:
          'A mirror that is asked in its place, for everything; its path goes before the name of the repository. Its ' +
          'credentials, if any, go into `[[credential]]` under its own host.',
      },
      insecure: {
        type: 'boolean',
        description: 'Ask it, or its mirror, over plain http. Left out: https.',
      },
    },
  },
  tools: {
    type: 'table',
    description: 'The tools that Relock starts.',
    fields: {
      uv: {
        type: 'string',
        check: (value) => (value === '' || /\p{Cc}/u.test(value) ? 'it is not the name of a program' : null),
        example: '/usr/local/bin/uv',
        description: 'Path or name of a uv executable. Left out: uv on PATH, else a copy of its own.',
      },
      'python-downloads': {
        type: 'boolean',
        description: 'Whether uv may download a Python that is not on the machine.',
      },
      conda: {
        type: 'string',
        check: whyNotProgram,
        example: '/opt/micromamba/bin/micromamba',
        description:
          'Absolute path of the micromamba, mamba or conda that solves for conda-lock. Left out: a solver that Relock ' +
          'brings (py-rattler), which needs no conda.',
      },
    },
  },
  scan: {
    type: 'table',
    description: 'What looks for known vulnerabilities, and in which data.',
    fields: SCAN_SETTINGS_KEYS,
  },
  builder: {
    type: 'table',
    description: 'What builds images, to show what a rebuild without cache gives.',
    fields: BUILDER_KEYS,
  },
  sandbox: {
    type: 'string',
    oneOf: ['require', 'auto', 'none'],
    example: 'require',
    description:
      'Whether lockers, which run code of package authors, are shut in by bubblewrap: "require" runs nothing without it, ' +
      '"auto" runs without it where it cannot be had and says so in the report, "none" never uses it. Left out: "auto" ' +
      'at a terminal, "require" in the App.',
  },
  'allow-hosts': {
    type: 'strings',
    check: whyNotHost,
    example: 'pypi.corp.example:8443',
    description:
      'Hosts that lockers may reach besides the indexes and forges that manifests name, also when they have a private ' +
      "address: an internal index or forge, or a mirror of a distribution that an image's package sources name. Each with " +
      'its port if it is not 443. The hosts of `index-url` and of `[[credential]]` need no mention.',
  },
  'cache-size': {
    type: 'integer',
    minimum: 0,
    maximum: 10_000,
    description:
      'How many GiB of downloads are kept for later runs in the cache folder; 0 keeps none. Left out: 2.',
  },
  timeout: {
    type: 'seconds',
    minimum: 10,
    maximum: 24 * 60 * MINUTE,
    example: '15 minutes',
    description: 'Time limit of one command of a locker.',
  },
  parallel: {
    type: 'integer',
    minimum: 1,
    maximum: 64,
    description:
      'How many lockers run side by side. Left out: as many as the machine has processors, at least 4.',
  },
  'cache-folder': {
    type: 'string',
    check: whyNotFolder,
    example: '/var/cache/relock',
    description: "Absolute folder of tools and caches. Left out: `relock` in the user's cache folder.",
  },
} as const satisfies Fields;

function whyNotIndex(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || /[\p{Cc}\s]/u.test(value)) return 'it is not an address';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it must begin with https://';
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password';
  // Those that pip trusts without TLS.
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'it begins with http:// and is not on this machine, so that pip ignores it as untrusted: a mirror must be https://';
  return url.search === '' && url.hash === '' ? null : 'it has a query or a fragment';
}

function whyNotMirror(value: string): string | null {
  const url = URL.parse(value);
  if (url === null || /[\p{Cc}\s]/u.test(value)) return 'it is not an address';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it must begin with https://';
  if (url.username !== '' || url.password !== '') return 'it carries a user name or password';
  if (url.search !== '' || url.hash !== '') return 'it has a query or a fragment';
  // distribution-spec: what a repository's name may consist of.
  return /^(?:\/|(?:\/[a-z0-9][a-z0-9._-]*)*\/?)$/u.test(url.pathname)
    ? null
    : "its path is no part of a repository's name";
}

function whyNotPath(value: string): string | null {
  if (!value.startsWith('/')) return 'it must begin with /';
  if (/[\p{Cc}\s?#\\]/u.test(value)) return 'it has characters that a path cannot have';
  // Threat: a server that resolves `..` or `%2e%2e` would get the secret outside the path it was meant for.
  return /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/iu.test(value) ? 'it has `.` or `..` in it' : null;
}

function whyNotSecret(value: string): string | null {
  if (value === '') return 'it is empty';
  return /\p{Cc}/u.test(value) ? 'it has control characters' : null;
}

function whyNotProgram(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return value.startsWith('/') && !value.endsWith('/') ? null : 'it must be an absolute path';
}

function whyNotFolder(value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'it has control characters';
  return /^(?:\/|[A-Za-z]:[\\/])/u.test(value) ? null : 'it must be an absolute path (`~` is not understood)';
}
