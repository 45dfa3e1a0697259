/** A shallow clone of one commit, made with a token that never reaches the disk. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError, EnvironmentError } from '../errors.ts';

export interface CloneRequest {
  /** `https://host/owner/name.git`, without user and password. */
  readonly url: string;
  /** An installation token. */
  readonly token: string;
  /** The commit to check out: a full object id. */
  readonly commit: string;
  /** Absolute folder in which a new one is made. */
  readonly scratch: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface Clone {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Removes it. Safe to call twice. */
  close(): Promise<void>;
}

/** What a child of ours may take from our environment: programs, certificates, the operator's proxy. */
const PASSED = /^(?:PATH|LANG|GIT_SSL_CAINFO|SSL_CERT_FILE|CURL_CA_BUNDLE|(?:https?|all|no)_proxy)$/iu;

/**
 * Clones one commit, without history.
 * @throws {EnvironmentError} `clone-failed`, whose message holds neither token nor path of this machine.
 * @throws {CancelledError}
 */
export async function cloneCommit(request: CloneRequest): Promise<Clone> {
  const home = await mkdtemp(join(request.scratch, `relock-${process.pid}-clone-`));
  const root = join(home, 'checkout');
  const close = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 3 });
  try {
    await git(request, home, ['init', '--quiet', '--initial-branch=main', root]);
    const fetch = [
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-recurse-submodules',
      request.url,
      request.commit,
    ];
    await git(request, home, ['-C', root, ...fetch]);
    await git(request, home, ['-C', root, 'checkout', '--quiet', '--detach', request.commit]);
    return { root, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function git(request: CloneRequest, home: string, args: readonly string[]): Promise<void> {
  const { environment, signal, timeoutSeconds } = request;
  const passed = Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED.test(name)));
  const env = {
    ...passed,
    HOME: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    // Threat: a redirect or a submodule that names another kind of address.
    GIT_ALLOW_PROTOCOL: 'https:http',
    ...asConfiguration(request),
  };
  return new Promise((done, fail) => {
    execFile(
      'git',
      [...args],
      { env, signal, timeout: timeoutSeconds * 1000, maxBuffer: 4 * 1024 * 1024 },
      (error, _, stderr) => {
        if (error === null) done();
        else if (signal.aborted) fail(new CancelledError('The run was cancelled.'));
        else fail(cloneError(request, home, stderr));
      },
    );
  });
}

/** The token goes in by the environment: others can read a command line, and the configuration stays in the checkout. */
function asConfiguration({ url, token }: CloneRequest): Readonly<Record<string, string>> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const entries: readonly (readonly [string, string])[] = [
    [`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`],
    // Threat: the header would follow a redirect to another host.
    ['http.followRedirects', 'false'],
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['advice.detachedHead', 'false'],
  ];
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(pairs) };
}

function cloneError({ url, token, commit }: CloneRequest, home: string, stderr: string): EnvironmentError {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const words = [token, basic, home].reduce((text, secret) => text.replaceAll(secret, '***'), stderr).trim();
  return new EnvironmentError(
    'clone-failed',
    `${url} cannot be cloned at ${commit.slice(0, 12)}: ${words.slice(-500) || 'git gave no reason'}`,
    'The run is tried again; if that does not help, look whether the App may read the contents of the repository.',
  );
}
