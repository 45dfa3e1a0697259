/** The user's own `~/.docker/config.json` (or podman's `auth.json`): who he has logged in as, and where. Terminal only. */
import { open } from 'node:fs/promises';
import type { Variables } from '../run/network/dial.ts';
import type { Origin } from '../run/network/lending.ts';
import { once } from '../run/once.ts';
import { askHelper } from './credential-helper.ts';
import { hostKey, hostKeysOf } from './endpoint.ts';

const MAX_BYTES = 1024 * 1024;
/** The key that `docker login` has used for Docker Hub since its first registry. */
const HUB_KEY = 'https://index.docker.io/v1/';
/** A helper answers with this name when the secret is a refresh token. */
const TOKEN_USER = '<token>';

export interface Login {
  readonly username: string;
  readonly password: string;
  /** An OAuth2 refresh token in place of a password, or null. */
  readonly identityToken: string | null;
}

export interface DockerConfig {
  /** `host:port` of each registry that the file names. */
  hosts(): Promise<ReadonlySet<string>>;
  /**
   * @param accounts origins under which it may be filed.
   * @returns `problem` says for people why one that the file speaks of cannot be had; nothing of it is secret.
   */
  login(
    accounts: readonly Origin[],
  ): Promise<{ readonly login: Login | null; readonly problem: string | null }>;
}

interface Read {
  readonly auths: ReadonlyMap<string, unknown>;
  readonly helpers: ReadonlyMap<string, string>;
  readonly store: string | null;
  readonly problem: string | null;
}

const NOTHING: Read = { auths: new Map(), helpers: new Map(), store: null, problem: null };

/** @param path absolute. A file that is not there says nothing. */
export function createDockerConfig(path: string, environment: Variables): DockerConfig {
  const read = once(async () => await readConfig(path));
  const asked = new Map<string, ReturnType<typeof askHelper>>();

  async function fromHelper(name: string, server: string): ReturnType<typeof askHelper> {
    const key = `${name} ${server}`;
    const known = asked.get(key) ?? askHelper(name, server, environment);
    asked.set(key, known);
    return await known;
  }

  return {
    async hosts() {
      const { auths, helpers } = await read();
      return new Set([...auths.keys(), ...helpers.keys()].flatMap((key) => hostKeysOf([key], 443)));
    },
    async login(accounts) {
      const config = await read();
      const keys = accounts.map(hostKey);
      const fits = (key: string): boolean => hostKeysOf([key], 443).some((host) => keys.includes(host));
      const named = [...config.helpers].find(([key]) => fits(key));
      const helper = named?.[1] ?? config.store;
      const plain = [...config.auths].find(([key]) => fits(key))?.[1];
      if (helper !== null) {
        const server = serverOf(accounts, named?.[0] ?? null);
        const answer = await fromHelper(helper, server);
        switch (answer.kind) {
          case 'found':
            return { login: loginOf(answer.username, answer.secret), problem: null };
          case 'failed':
            return {
              login: readAuth(plain),
              problem: `Docker's credential helper docker-credential-${helper.replace(/[^\w.-]/gu, '?').slice(0, 100)} failed: ${answer.why}.`,
            };
          case 'gone':
            break;
          default:
            answer satisfies never;
        }
      }
      return { login: readAuth(plain), problem: config.problem };
    },
  };
}

/** What a helper knows the registry by. */
function serverOf(accounts: readonly Origin[], key: string | null): string {
  if (accounts.some(({ host }) => host === 'docker.io')) return HUB_KEY;
  if (key !== null) return key;
  const [first] = accounts;
  if (first === undefined) return '';
  return first.port === (first.scheme === 'https' ? 443 : 80) ? first.host : hostKey(first);
}

function loginOf(username: string, secret: string): Login {
  return username === TOKEN_USER
    ? { username: '', password: '', identityToken: secret }
    : { username, password: secret, identityToken: null };
}

/** An entry of `auths`: `{"auth": base64 of user:password, "identitytoken": …}`. */
function readAuth(entry: unknown): Login | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const { auth, username, password, identitytoken } = entry as Record<string, unknown>;
  const decoded = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const name = colon > 0 ? decoded.slice(0, colon) : typeof username === 'string' ? username : '';
  const secret =
    colon > 0 ? decoded.slice(colon + 1).replace(/\0+$/u, '') : typeof password === 'string' ? password : '';
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { username: name, password: secret, identityToken: identitytoken };
  }
  return name === '' || secret === '' ? null : { username: name, password: secret, identityToken: null };
}

async function readConfig(path: string): Promise<Read> {
  let text: string;
  try {
    text = await readBounded(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? NOTHING : { ...NOTHING, problem: `Docker's configuration ${path} cannot be read.` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ...NOTHING, problem: `Docker's configuration ${path} is not JSON.` };
  }
  if (typeof value !== 'object' || value === null) return NOTHING;
  const { auths, credHelpers, credsStore } = value as Record<string, unknown>;
  const helpers = entriesOf(credHelpers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    auths: new Map(entriesOf(auths)),
    helpers: new Map(helpers),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : null,
    problem: null,
  };
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** By host: keys are written `ghcr.io`, `https://index.docker.io/v1/`, `https://host:5000`, podman's `host/path`. */
function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, entry]) => [
    key.replace(/^https?:\/\//u, '').split('/', 1)[0] ?? '',
    entry,
  ]);
}
