/** Reads the operator's settings file. Pure; the environment comes as an argument. */
import { builderOf, checkBuilder } from './builder-keys.ts';
import { checkToml, type ConfigError, type Report } from './check.ts';
import { DEFAULT_SETTINGS } from './defaults.ts';
import type { Checked } from './schema.ts';
import { SETTINGS_KEYS } from './settings-keys.ts';
import type { Credential, RegistrySetting, ScanSettings, Settings } from './settings.ts';

const GIB = 1024 ** 3;

/** The environment's variables, as far as they are set. */
export type Environment = Readonly<Record<string, string | undefined>>;

type WrittenCredential = Checked<(typeof SETTINGS_KEYS)['credential']['fields']>;
type WrittenRegistry = Checked<(typeof SETTINGS_KEYS)['registry']['fields']>;
type WrittenScan = Checked<(typeof SETTINGS_KEYS)['scan']['fields']>;

/**
 * @param path how errors name the file.
 * @param env where the variables that `password-env` names are looked up.
 * @returns the settings with the defaults for what the file leaves out, or all that is wrong with it, each with its line
 * and what is right; no message ever holds a secret's value. Never throws, whatever the text.
 */
export function readSettings(
  text: string,
  path: string,
  env: Environment,
): { readonly settings: Settings } | { readonly errors: readonly ConfigError[] } {
  const read = checkToml(text, path, SETTINGS_KEYS, (value, report) => {
    for (const [index, credential] of (value.credential ?? []).entries()) {
      checkPassword(credential, index, env, report);
    }
    checkRegistries(value.registry ?? [], report);
    checkBuilder(value.builder ?? {}, report);
  });
  if ('errors' in read) return read;
  const { value } = read;
  const { tools } = DEFAULT_SETTINGS;
  return {
    settings: {
      indexUrl: value['index-url']?.replace(/\/+$/u, '') ?? DEFAULT_SETTINGS.indexUrl,
      credentials:
        value.credential?.map((written) => credentialOf(written, env)) ?? DEFAULT_SETTINGS.credentials,
      registries: value.registry?.map(registryOf) ?? DEFAULT_SETTINGS.registries,
      tools: {
        uv: value.tools?.uv ?? tools.uv,
        pythonDownloads: value.tools?.['python-downloads'] ?? tools.pythonDownloads,
        conda: value.tools?.conda ?? tools.conda,
      },
      scan: scanOf(value.scan ?? {}),
      builder: builderOf(value.builder ?? {}, DEFAULT_SETTINGS.builder),
      sandbox: value.sandbox ?? DEFAULT_SETTINGS.sandbox,
      allowHosts: value['allow-hosts']?.map((host) => host.toLowerCase()) ?? DEFAULT_SETTINGS.allowHosts,
      cacheBytes: (value['cache-size'] ?? DEFAULT_SETTINGS.cacheBytes / GIB) * GIB,
      timeoutSeconds: value.timeout ?? DEFAULT_SETTINGS.timeoutSeconds,
      parallel: value.parallel ?? DEFAULT_SETTINGS.parallel,
      cacheFolder: value['cache-folder'] ?? DEFAULT_SETTINGS.cacheFolder,
    },
  };
}

/** Threat: the name of the variable is not shown either, since people paste the secret itself there. */
function checkPassword(written: WrittenCredential, index: number, env: Environment, report: Report): void {
  const { password, 'password-env': name } = written;
  if (password !== undefined && name !== undefined) {
    report(
      ['credential', index, 'password'],
      '`[[credential]]` has both `password` and `password-env`.',
      'Keep `password-env` alone.',
    );
  } else if (name !== undefined) {
    const why = whyNotValue(lookUp(env, name));
    if (why === null) return;
    report(
      ['credential', index, 'password-env'],
      `The environment variable that \`password-env\` names ${why}.`,
      'Set it where Relock is started, or name another one.',
    );
  } else if (password === undefined) {
    report(
      ['credential', index],
      '`[[credential]]` lacks its password.',
      'Add `password-env = "NAME"`, the environment variable that holds it, or `password = "…"`.',
    );
  }
}

function checkRegistries(written: readonly WrittenRegistry[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, { host, mirror, insecure }] of written.entries()) {
    const name = host.toLowerCase();
    if (seen.has(name)) {
      report(
        ['registry', index, 'host'],
        `\`[[registry]]\` names ${name} twice.`,
        'Keep one table for each host.',
      );
    }
    seen.add(name);
    // Plain http shows to everybody on the way which images are asked for, and lets them answer in its place.
    if (mirror !== undefined && /^http:/iu.test(mirror) && insecure !== true) {
      report(
        ['registry', index, 'mirror'],
        `The mirror of ${name} begins with http://.`,
        'Write https://, or add `insecure = true` if plain http is meant.',
      );
    }
  }
}

function registryOf({ host, mirror, insecure = false }: WrittenRegistry): RegistrySetting {
  return { host: host.toLowerCase(), mirror: mirror?.replace(/\/+$/u, '') ?? null, insecure };
}

function scanOf(written: WrittenScan): ScanSettings {
  const { scan } = DEFAULT_SETTINGS;
  return {
    osvUrl: written['osv-url']?.replace(/\/+$/u, '') ?? scan.osvUrl,
    database: written.database ?? scan.database,
    databaseUrl: written['database-url']?.replace(/\/+$/u, '') ?? scan.databaseUrl,
    programs: {
      trivy: written.trivy ?? scan.programs.trivy,
      grype: written.grype ?? scan.programs.grype,
      'osv-scanner': written['osv-scanner'] ?? scan.programs['osv-scanner'],
    },
    offline: written.offline ?? scan.offline,
  };
}

function whyNotValue(value: string | undefined): string | null {
  if (value === undefined) return 'is not set';
  if (value === '') return 'is empty';
  return /\p{Cc}/u.test(value) ? 'has a line end or another control character' : null;
}

function credentialOf(written: WrittenCredential, env: Environment): Credential {
  const { host, owner, username, path = '/', password, 'password-env': name } = written;
  return {
    host: host.toLowerCase(),
    // With the slash, so that a secret for /simple/team does not go to /simple/teammates.
    path: path.endsWith('/') ? path : `${path}/`,
    owner,
    username,
    password: (name === undefined ? password : lookUp(env, name)) ?? '',
  };
}

function lookUp(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
