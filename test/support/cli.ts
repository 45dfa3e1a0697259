/** Relock as its users start it: a child process of its own, in an environment that holds nothing of the test's. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonResult } from '../../src/report/json.ts';
import { folder, git } from './folder.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const MIXED = fileURLToPath(new URL('../fixtures/mixed', import.meta.url));

/** Tools and downloads; kept for the next test file and the next run. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/relock-test/cli', import.meta.url));

/** Of the machine: certificates and proxies, without which nothing answers. */
const PASSED =
  /^(?:SSL_CERT_|REQUESTS_CA_|CURL_CA_|PIP_CERT$|GIT_SSL_|NODE_EXTRA_CA_|(?:https?|no|all)_proxy$)/iu;

export interface Options {
  readonly cwd?: string;
  /** Over the environment that is made here. */
  readonly env?: Readonly<Record<string, string>>;
  /** The child's TMPDIR; a new one unless told. */
  readonly tmp?: string;
  /** What to start in place of the sources: a file for this Node. */
  readonly main?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Its TMPDIR. */
  readonly tmp: string;
  readonly ended: Promise<Ended>;
}

/** What every client needs to reach anything on this machine. */
export function networkEnvironment(): Record<string, string> {
  const passed = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && PASSED.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(passed);
}

/** The environment of a child: a home of its own without any configuration, the test's cache, no stray settings. */
function cliEnvironment(tmp: string): Record<string, string> {
  const home = folder({ '.config/empty': '' });
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((one) => !one.endsWith('/.bin'));
  return {
    ...networkEnvironment(),
    PATH: path.join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: tmp,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: CACHE,
    // Where the machine has its interpreters, since HOME is another.
    PYENV_ROOT: process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'),
  };
}

export function startRelock(args: readonly string[], options: Options = {}): Started {
  const tmp = options.tmp ?? folder();
  mkdirSync(CACHE, { recursive: true });
  const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
    cwd: options.cwd ?? folder(),
    env: { ...cliEnvironment(tmp), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (read.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (read.stderr += text));
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...read,
  }));
  return { child, tmp, ended };
}

/**
 * Runs `relock ARGS` to its end.
 * @throws {Error} when it leaves anything in its TMPDIR.
 */
export async function relock(args: readonly string[], options: Options = {}): Promise<Ended> {
  const { tmp, ended } = startRelock(args, options);
  const result = await ended;
  const left = readdirSync(tmp);
  if (left.length > 0) throw new Error(`relock ${args.join(' ')} left ${left.join(', ')} in its TMPDIR.`);
  return result;
}

/**
 * Runs it with `--json`.
 * @throws {Error} with what it said, when it prints no JSON.
 */
export async function relockJson(
  args: readonly string[],
  options: Options = {},
): Promise<Ended & { readonly json: JsonResult; readonly targets: ReadonlyMap<string, JsonTarget> }> {
  const result = await relock([...args, '--json'], options);
  try {
    const json = JSON.parse(result.stdout) as JsonResult;
    return { ...result, json, targets: new Map(json.targets.map((target) => [target.path, target])) };
  } catch (error) {
    const said = `${result.stdout}\n${result.stderr}`;
    throw new Error(`relock ${args.join(' ')} ended with ${result.code}:\n${said}`, { cause: error });
  }
}

export type JsonTarget = JsonResult['targets'][number];

/** What became of each lock, for one comparison. */
export function statuses(json: JsonResult): Readonly<Record<string, string>> {
  return Object.fromEntries(
    json.targets.map(({ path, status, reason }) => [
      path,
      reason === null ? status : `${status}: ${reason.code}`,
    ]),
  );
}

/** What moved in each lock: `name 1.0 -> 2.0 (major)`. */
export function moves(json: JsonResult): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    json.targets.map(({ path, changes }) => [
      path,
      changes.map((change) => `${change.name} ${change.from} -> ${change.to} (${change.kind})`),
    ]),
  );
}

/** A git repository with a lock of each kind, locked in June 2022. */
export function mixedRepository(): string {
  const root = folder();
  cpSync(MIXED, root, { recursive: true });
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'first');
  return root;
}

/** Every file below `root` with its content, to compare before and after; links by where they lead. */
export function snapshot(root: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  // Names as bytes: not every name is UTF-8.
  const look = (folder: Buffer): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
      const key = path.toString('latin1');
      if (entry.isSymbolicLink()) found[key] = `-> ${readlinkSync(path)}`;
      else if (entry.isFile()) found[key] = `${lstatSync(path).mode} ${readFileSync(path, 'latin1')}`;
      else found[key] = entry.isDirectory() ? 'folder' : 'other';
      if (entry.isDirectory()) look(path);
    }
  };
  look(Buffer.from(root));
  return found;
}

/** An executable of a tool that Relock installed into the test's cache. */
export function cachedTool(prefix: string, name: string): string {
  const tools = join(CACHE, 'relock', 'tools');
  const found = readdirSync(tools).find(
    (one) => one.startsWith(prefix) && existsSync(join(tools, one, 'bin', name)),
  );
  if (found === undefined) throw new Error(`${tools} has no ${prefix}`);
  return join(tools, found, 'bin', name);
}
