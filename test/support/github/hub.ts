/** A new stand-in's state: its App with a fresh key, its people with their tokens, an empty folder for git. */
import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account, App, Hub, Permissions, Role } from './model.ts';
import { preReceive } from './smart-http.ts';

export interface GitHubOptions {
  /** Organisations; `acme` unless told. The App is installed on the first, on all of its repositories. */
  readonly organizations?: readonly string[];
  /** People, and the role that each has in every repository of the organisations. */
  readonly users?: Readonly<Record<string, Role | 'none'>>;
  readonly permissions?: Permissions;
  readonly events?: readonly string[];
  /** False: nobody has installed the App yet. */
  readonly installed?: boolean;
  /** Requests per hour and installation; 5000 unless told. */
  readonly rateLimit?: number;
  /** Judges the stand-in's own answers too: for its own tests. */
  readonly checkAnswers?: boolean;
}

const defaultPermissions: Permissions = {
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
};
export const defaultUsers = { alice: 'admin', walter: 'write', rita: 'read', mallory: 'none' } as const;
const firstEvents = ['issue_comment', 'pull_request', 'push'];

let key: Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> | undefined;

async function makeApp(bot: Account, owner: Account, options: GitHubOptions): Promise<App> {
  // One key serves every stand-in of a process: making it takes longer than all the rest.
  key ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { publicKey, privateKey } = await key;
  return {
    id: 12345,
    slug: 'relock',
    clientId: 'Iv23liRelockStandIn',
    publicKey,
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    webhookSecret: `whs_${randomBytes(16).toString('hex')}`,
    permissions: options.permissions ?? defaultPermissions,
    events: options.events ?? firstEvents,
    bot,
    owner,
  };
}

/** Makes the state, and the folder that `close` removes. */
export async function makeHub(options: GitHubOptions): Promise<Hub> {
  const folder = await mkdtemp(join(tmpdir(), 'github-'));
  const accounts = new Map<string, Account>();
  const tokens: Hub['tokens'] = new Map();
  const add = (login: string, type: Account['type']): Account => {
    const account = { id: 1000 + accounts.size, login, type };
    accounts.set(login.toLowerCase(), account);
    if (type === 'User') tokens.set(`ghp_${randomBytes(18).toString('hex')}`, { kind: 'user', account });
    return account;
  };
  const [owner] = (options.organizations ?? ['acme']).map((login) => add(login, 'Organization'));
  for (const login of Object.keys(options.users ?? defaultUsers)) add(login, 'User');
  const bot = add('relock[bot]', 'Bot');
  await mkdir(join(folder, 'hooks'));
  await writeFile(join(folder, 'hooks/pre-receive'), preReceive, { mode: 0o755 });
  const app = await makeApp(bot, owner ?? bot, options);
  return {
    folder,
    app,
    accounts,
    repositories: new Map(),
    installations: new Map(),
    tokens,
    secrets: new Set([...tokens.keys(), app.privateKey, app.webhookSecret]),
    deliveries: [],
    underWay: new Set(),
    url: '',
    webhookUrl: undefined,
    lastId: 10_000,
  };
}
