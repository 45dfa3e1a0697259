/** The whole environment of a child, made from an allow-list. Pure. */
import { join } from 'node:path';
import type { ToolSpec } from '../model.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface ChildEnvironmentInput {
  /** Our own environment; only what is listed here is taken from it. */
  readonly parent: Variables;
  /** Private home folder of this run; removed with it. */
  readonly home: string;
  /** Absolute folders, in order. */
  readonly path: readonly string[];
  /** Absolute folder of the lockers' caches: of this home alone where code of others must not write for later runs. */
  readonly caches: string;
  /** Absolute folder of interpreters that uv fetched. */
  readonly pythonFolder: string;
  /** Whether uv may fetch an interpreter. */
  readonly pythonDownloads: boolean;
  /** The tool that runs; null for one of our own errands. Poetry's cache is not shared between its versions. */
  readonly tool: Pick<ToolSpec, 'name' | 'version'> | null;
}

/** Names by which TLS clients find a bundle of certificates: OpenSSL, uv; Requests; curl; pip; git; Nix. */
const BUNDLES = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'NIX_SSL_CERT_FILE',
];
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Git without anybody's configuration, hooks, credentials or background work. */
const GIT_SETTINGS: readonly (readonly [string, string])[] = [
  ['credential.helper', ''],
  ['core.hooksPath', '/dev/null'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
];

/**
 * Threat: OpenSSH takes the home folder from the password database, not from HOME, so that a manifest's `git+ssh://`
 * would use the user's own keys. It gets none, and asks nothing.
 */
const SSH =
  'ssh -F none -oBatchMode=yes -oConnectTimeout=10 -oIdentityAgent=none -oIdentitiesOnly=yes -oIdentityFile=/dev/null';

const FIXED: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  // Where there is no such locale (macOS), Python reads and writes UTF-8 by this.
  PYTHONUTF8: '1',
  TERM: 'dumb',
  NO_COLOR: '1',
  // Messages on one line: what boils them down matches lines.
  COLUMNS: '200',
  UV_NO_WRAP: '1',

  PIP_CONFIG_FILE: '/dev/null',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_NO_INPUT: '1',
  PYTHONNOUSERSITE: '1',
  PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',

  UV_NO_PROGRESS: '1',
  UV_NO_SYSTEM_CONFIG: '1',

  POETRY_NO_INTERACTION: '1',
  POETRY_KEYRING_ENABLED: 'false',
  POETRY_VIRTUALENVS_IN_PROJECT: 'false',

  PIPENV_NOSPIN: '1',
  PIPENV_YES: '1',
  PIPENV_DONT_LOAD_ENV: '1',

  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  GIT_SSH_COMMAND: SSH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
};

/**
 * Nothing of the parent's environment passes but: certificates, proxies (a user and password in a proxy's URL is a
 * credential, which builds of foreign packages could read, so it is taken out: see `proxiesWithCredentials`).
 * Temporary files, virtual environments and configuration live in `home`; downloads in `caches`.
 */
export function childEnvironment(input: ChildEnvironmentInput): Record<string, string> {
  const { parent, home, caches, tool } = input;
  const poetry = tool?.name === 'poetry' ? (tool.version ?? 'any') : 'any';
  return {
    ...FIXED,
    ...gitSettings(),
    ...certificates(parent),
    ...proxies(parent),
    PATH: input.path.join(':'),
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_STATE_HOME: join(home, '.local/state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    UV_CACHE_DIR: join(caches, 'uv-cache'),
    UV_PYTHON_INSTALL_DIR: input.pythonFolder,
    UV_PYTHON_DOWNLOADS: input.pythonDownloads ? 'automatic' : 'never',
    PIP_CACHE_DIR: join(caches, 'pip'),
    // Not under the cache folder: pip-compile rewrites its one file without a lock, and several run side by side.
    PIP_TOOLS_CACHE_DIR: join(home, '.cache/pip-tools'),
    // Not kept either: Poetry remembers a release's files by name and version for ever, whatever index or cut-off they were
    // read through, so that what a cool-down hid would be missing from later locks, and wheels added since as well.
    POETRY_CACHE_DIR: join(home, '.cache/poetry', poetry),
    POETRY_VIRTUALENVS_PATH: join(home, 'virtualenvs'),
    PIPENV_CACHE_DIR: join(caches, 'pipenv'),
    WORKON_HOME: join(home, 'virtualenvs'),
    VIRTUALENV_OVERRIDE_APP_DATA: join(caches, 'virtualenv'),
  };
}

function gitSettings(): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(GIT_SETTINGS.length) };
  for (const [index, [key, value]] of GIT_SETTINGS.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return variables;
}

function certificates(parent: Variables): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of BUNDLES) {
    const value = parent[name];
    if (value !== undefined && value !== '') variables[name] = value;
  }
  const folder = parent['SSL_CERT_DIR'];
  if (folder !== undefined && folder !== '') variables['SSL_CERT_DIR'] = folder;
  return variables;
}

/** Both spellings, since some clients read only one; where both are set, the lower case wins, as in curl. */
function proxies(parent: Variables): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of PROXIES) {
    const value = parent[name.toLowerCase()] ?? parent[name];
    if (value === undefined || value === '') continue;
    variables[name] = withoutUser(value);
    variables[name.toLowerCase()] = withoutUser(value);
  }
  const none = parent['no_proxy'] ?? parent['NO_PROXY'];
  if (none !== undefined && none !== '') {
    variables['NO_PROXY'] = none;
    variables['no_proxy'] = none;
  }
  return variables;
}

function withoutUser(url: string): string {
  const start = url.indexOf('://') < 0 ? 0 : url.indexOf('://') + 3;
  return url.slice(0, start) + url.slice(url.lastIndexOf('@') + 1 || start);
}

/** Names of the proxy variables whose user and password children do not get, for a message. */
export function proxiesWithCredentials(parent: Variables): readonly string[] {
  return PROXIES.flatMap((name) => [name, name.toLowerCase()]).filter(
    (name) => parent[name]?.includes('@') === true,
  );
}

/** What decides which code runs, where a child writes, and the way to the network: never from a command. */
const RESERVED = [
  /^(?:PATH|HOME|TMPDIR|TMP|TEMP|ENV|BASH_ENV|SHELL|IFS|WORKON_HOME|PYTHON(?:PATH|HOME|STARTUP|INSPECT|EXECUTABLE|USERBASE|WARNINGS|BREAKPOINT))$/u,
  /^(?:XDG|LD|DYLD|GIT|SSH|NODE|UV_TOOL)_\w+$/u,
  /^(?:\w+_CACHE_DIR|PIP_CONFIG_FILE|UV_CONFIG_FILE|\w*SSL_CERT\w*|\w+_CA_BUNDLE|PIP_CERT|(?:https?|all|no)_proxy)$/iu,
];

/**
 * The first name that a command may not set, or null. A command may add what its tool reads (`PIPENV_PIPFILE`,
 * `UV_CUSTOM_COMPILE_COMMAND`, `POETRY_PYPI_MIRROR_URL`), but not PATH, HOME, folders, git's and the loaders' variables,
 * caches, certificates or proxies.
 */
export function refusedVariable(variables: Variables): string | null {
  const isReserved = (name: string): boolean =>
    !/^[A-Za-z_]\w*$/u.test(name) || RESERVED.some((pattern) => pattern.test(name));
  return Object.keys(variables).find(isReserved) ?? null;
}
