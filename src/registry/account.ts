/** Whom Relock is at a registry. */
import type { Credential } from '../config/settings.ts';
import type { Variables } from '../run/network/dial.ts';
import { basicAuthorization, credentialFor, type Origin } from '../run/network/lending.ts';
import { createDockerConfig, type Login } from './docker-config.ts';
import { hostKey, hostKeysOf, type Wanted } from './endpoint.ts';

export interface Account extends Login {
  /** Whether this account's secret is also the operator's secret for that origin. */
  sharesWith(origin: Origin): boolean;
}

export interface Accounts {
  /**
   * Whose answers these are: they are shared with nobody of another space. `public`, `owner:NAME` (whose credential is lent),
   * or `terminal` (the user's own login).
   */
  spaceOf(wanted: Wanted): string;
  /** Null: none is known. */
  accountOf(wanted: Wanted): Promise<{ readonly account: Account | null; readonly problem: string | null }>;
  /** The operator named this host, so that it may have a private address. */
  isNamed(origin: Origin): Promise<boolean>;
}

export interface AccountOptions {
  /** Those that the job's owner may use (`usableCredentials`). */
  readonly credentials: readonly Credential[];
  /** `host` or `host:port` that the operator named: `allow-hosts`, registries and their mirrors. */
  readonly namedHosts: readonly string[];
  /** Absolute path of Docker's configuration; null where it is not the user's own machine. */
  readonly dockerConfig: string | null;
  readonly environment: Variables;
}

export function createAccounts(options: AccountOptions): Accounts {
  const { credentials } = options;
  const docker =
    options.dockerConfig === null ? null : createDockerConfig(options.dockerConfig, options.environment);
  const named = new Set(hostKeysOf([...options.namedHosts, ...credentials.map(({ host }) => host)], 443));

  /** A credential may be for some repositories of the host alone: its path begins with `/v2/`. */
  function lent({ endpoint, repository }: Wanted): Credential | null {
    const path = `/v2/${repository}/`;
    for (const origin of endpoint.accounts) {
      const found = credentialFor(credentials, origin, path);
      if (found !== null) return found;
    }
    return null;
  }

  return {
    spaceOf(wanted) {
      const credential = lent(wanted);
      if (credential !== null) return `owner:${credential.owner.toLowerCase()}`;
      return docker === null ? 'public' : 'terminal';
    },
    async accountOf(wanted) {
      const credential = lent(wanted);
      if (credential !== null) {
        const { username, password } = credential;
        return {
          account: {
            username,
            password,
            identityToken: null,
            sharesWith: (origin) =>
              credentials.some(
                (other) =>
                  other.username === username &&
                  other.password === password &&
                  credentialFor([other], origin, other.path) !== null,
              ),
          },
          problem: null,
        };
      }
      if (docker === null) return { account: null, problem: null };
      const { login, problem } = await docker.login(wanted.endpoint.accounts);
      return { account: login === null ? null : { ...login, sharesWith: () => false }, problem };
    },
    async isNamed(origin) {
      const key = hostKey(origin);
      return named.has(key) || (await docker?.hosts())?.has(key) === true;
    },
  };
}

/** Value of an Authorization header. */
export function basicOf({ username, password }: Login): string {
  return basicAuthorization(username, password);
}
