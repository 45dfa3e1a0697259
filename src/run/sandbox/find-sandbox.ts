/** Finds bubblewrap and proves that it works here. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import type { Reason } from '../../model.ts';
import type { RunChild } from '../child.ts';
import { pathFolders } from '../search-path.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { OLDEST_BUBBLEWRAP, sandboxReason } from './sandbox-reason.ts';
import type { SandboxFacts, SandboxProblem } from './sandbox-reason.ts';
import { createSandbox } from './sandbox.ts';

export interface FindSandbox {
  /** Our own environment, for PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly exec: RunChild;
  /** Absolute; a bubblewrap in there is the repository's, not the machine's. */
  readonly repository?: string;
}

export interface FoundSandbox {
  /** Absolute path. */
  readonly bwrap: string;
  readonly version: string;
}

const SECONDS = 10;
const EXECUTABLE = 0o111;
const OTHERS_WRITE = 0o002;

/**
 * Takes the first `bwrap` on PATH that belongs to root or to us, and runs `true` in the very sandbox that lockers get. The answer
 * holds for the life of the process.
 */
export async function findSandbox(input: FindSandbox): Promise<FoundSandbox | Reason> {
  const facts = await readFacts();
  if (facts.platform !== 'linux') return sandboxReason({ kind: 'missing' }, facts);
  let problem: SandboxProblem = { kind: 'missing' };
  for (const path of await candidates(input)) {
    const tried = await attempt(path, input.exec);
    if ('bwrap' in tried) return tried;
    if (problem.kind === 'missing') problem = tried;
  }
  return sandboxReason(problem, facts);
}

async function candidates({ environment, repository }: FindSandbox): Promise<readonly string[]> {
  const inside = repository === undefined ? null : await realpath(repository).catch(() => repository);
  const found: string[] = [];
  for (const folder of pathFolders(environment)) {
    const path = await realpath(join(folder, 'bwrap')).catch(() => null);
    const info = path === null ? null : await stat(path).catch(() => null);
    if (path === null || info?.isFile() !== true) continue;
    // Threat: a program that somebody else put in a folder of PATH.
    const trusted = (info.uid === 0 || info.uid === process.getuid?.()) && (info.mode & OTHERS_WRITE) === 0;
    if (!trusted || (info.mode & EXECUTABLE) === 0) continue;
    if (inside !== null && path.startsWith(inside + sep)) continue;
    if (!found.includes(path)) found.push(path);
  }
  return found;
}

async function attempt(path: string, exec: RunChild): Promise<FoundSandbox | SandboxProblem> {
  const failed = (words: string): SandboxProblem => ({ kind: 'failed', path, words });
  const common = { cwd: '/', timeoutSeconds: SECONDS, signal: null, maxOutputBytes: 4096 };
  try {
    const asked = await exec({ ...common, file: path, args: ['--version'], env: {} });
    const version = /^bubblewrap (\d+\.\d+(?:\.\d+)?)/u.exec(asked.stdout)?.[1];
    if (version === undefined) return failed((asked.stderr || asked.stdout).trim());
    if (isOlder(version, OLDEST_BUBBLEWRAP)) return { kind: 'too-old', path, version };
    const run = createSandbox({ bwrap: path, version, limits: DEFAULT_LIMITS, exec });
    const result = await run({
      ...common,
      file: 'true',
      args: [],
      cwd: '/tmp',
      env: { PATH: '/usr/bin:/bin:/run/current-system/sw/bin' },
      access: { readable: [], writable: [], door: null },
    });
    if (result.exitCode === 0) return { bwrap: path, version };
    return failed(result.timedOut ? `it did not end within ${SECONDS} seconds` : result.stderr.trim());
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return failed(error.message);
  }
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = than.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

async function readFacts(): Promise<SandboxFacts> {
  const setting = (name: string): Promise<string | null> =>
    readFile(`/proc/sys/${name}`, 'latin1').then(
      (text) => text.trim(),
      () => null,
    );
  const there = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );
  const [appArmor, clone, most, docker, podman, kubernetes] = await Promise.all([
    setting('kernel/apparmor_restrict_unprivileged_userns'),
    setting('kernel/unprivileged_userns_clone'),
    setting('user/max_user_namespaces'),
    there('/.dockerenv'),
    there('/run/.containerenv'),
    there('/var/run/secrets/kubernetes.io'),
  ]);
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    container: docker || podman || kubernetes,
    appArmorRestricts: appArmor === '1',
    cloneForbidden: clone === '0',
    noUserNamespaces: most === '0',
  };
}
