/** Which CPython interpreters this machine has, as uv finds them. */
import { compare } from '@renovatebot/pep440';
import { EnvironmentError } from '../errors.ts';
import type { Interpreter } from '../locks/ecosystem.ts';
import type { RunChild } from './child.ts';

const TIMEOUT_SECONDS = 60;
const MAX_OUTPUT = 1_000_000;

export interface FindPythons {
  /** uv's executable. */
  readonly uv: string;
  /** A child's environment; its PATH is searched, besides the interpreters that uv installed. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder without Python projects, in which uv runs. */
  readonly cwd: string;
  readonly exec: RunChild;
  readonly signal: AbortSignal | null;
}

/**
 * @returns one interpreter a version (the first on PATH), newest first; no pre-releases, no free-threaded builds.
 * @throws {EnvironmentError} when uv cannot tell.
 */
export async function findPythons(input: FindPythons): Promise<readonly Interpreter[]> {
  const result = await input.exec({
    file: input.uv,
    args: ['python', 'list', '--only-installed', '--no-config', '--output-format', 'json'],
    cwd: input.cwd,
    env: input.env,
    timeoutSeconds: TIMEOUT_SECONDS,
    signal: input.signal,
    maxOutputBytes: MAX_OUTPUT,
  });
  if (result.exitCode !== 0) {
    throw new EnvironmentError(
      'python-list-failed',
      `uv could not list the installed Pythons: ${result.timedOut ? `no answer in ${TIMEOUT_SECONDS} s` : result.stderr.trim()}`,
      'Run `uv python list` by hand to see why.',
    );
  }
  return parsePythons(result.stdout);
}

/** Reads the answer of `uv python list --output-format json`. */
export function parsePythons(json: string): readonly Interpreter[] {
  let entries: unknown;
  try {
    entries = JSON.parse(json);
  } catch (error) {
    throw new EnvironmentError(
      'python-list-failed',
      'uv listed the installed Pythons in a way that is not JSON.',
      '',
      {
        cause: error,
      },
    );
  }
  const byVersion = new Map<string, string>();
  for (const entry of Array.isArray(entries) ? (entries as readonly unknown[]) : []) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { version, path, implementation, variant } = entry as Readonly<Record<string, unknown>>;
    if (typeof version !== 'string' || typeof path !== 'string') continue;
    if (implementation !== 'cpython' || (variant !== undefined && variant !== 'default')) continue;
    if (!/^\d+\.\d+\.\d+$/u.test(version) || byVersion.has(version)) continue;
    byVersion.set(version, path);
  }
  return [...byVersion]
    .map(([version, path]) => ({ version, path }))
    .sort((a, b) => compare(b.version, a.version));
}
