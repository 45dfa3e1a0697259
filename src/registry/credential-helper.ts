/** Docker's credential helpers: `docker-credential-NAME get`, the server's name on standard input, JSON on standard output. */
import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Variables } from '../run/network/dial.ts';

const TIMEOUT_MS = 15_000;
const MAX_OUTPUT = 64 * 1024;

/** `gone`: the helper knows no credential for this server. */
export type HelperAnswer =
  | { readonly kind: 'found'; readonly username: string; readonly secret: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Runs a helper of the user's own configuration, with the user's environment: it may need his keyring or cloud login. Only
 * at a terminal.
 * @param name what follows `docker-credential-`. Threat: a name with a slash starts some other program.
 */
export async function askHelper(name: string, server: string, environment: Variables): Promise<HelperAnswer> {
  const file = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(name)
    ? await findProgram(`docker-credential-${name}`, environment)
    : null;
  if (file === null) return { kind: 'failed', why: 'it is not on PATH' };
  const { code, output } = await run(file, server, environment);
  if (code === 'late') return { kind: 'failed', why: `it gave no answer within ${TIMEOUT_MS / 1000} s` };
  if (code === 'flood') return { kind: 'failed', why: 'its answer has no end' };
  if (code !== 0) {
    // The text that Docker's own client looks for. Nothing else of the output is shown: it may hold a secret.
    if (output.includes('credentials not found')) return { kind: 'gone' };
    return {
      kind: 'failed',
      why: code === null ? 'it could not be run' : `it ended with exit code ${code}`,
    };
  }
  return readAnswer(output);
}

function readAnswer(output: string): HelperAnswer {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    value = null;
  }
  const { Username: username, Secret: secret } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Record<string, unknown>;
  if (typeof username !== 'string' || typeof secret !== 'string') {
    return { kind: 'failed', why: 'its answer is not understood' };
  }
  return secret === '' ? { kind: 'gone' } : { kind: 'found', username, secret };
}

/** Threat: a relative folder on PATH means the working folder, which is the repository. */
async function findProgram(name: string, environment: Variables): Promise<string | null> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info?.isFile() !== true) continue;
    const mayRun = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (mayRun) return path;
  }
  return null;
}

async function run(
  file: string,
  server: string,
  environment: Variables,
): Promise<{ readonly code: number | 'late' | 'flood' | null; readonly output: string }> {
  return await new Promise((resolve) => {
    const child = spawn(file, ['get'], {
      cwd: '/',
      env: environment,
      shell: false,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let stopped: 'late' | 'flood' | null = null;
    // Not a process group of its own: a helper may ask its user, at the terminal. What it started ends by the closed pipe.
    const stop = (why: 'late' | 'flood'): void => {
      stopped ??= why;
      child.kill('SIGKILL');
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop('late'), TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) chunks.push(chunk);
      else stop('flood');
    });
    const end = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code: stopped ?? code, output: Buffer.concat(chunks).toString('utf8') });
    };
    child.once('error', () => end(null));
    child.once('close', end);
    // One that does not read its input is none of our business.
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
  });
}
