/** Runs a real tool for a test, in an environment that the test machine's own settings do not reach. */
import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** What a tool needs of the machine: where programs, certificates and the caches of uv are. */
const PASSED = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'HTTPS_PROXY',
  'UV_CACHE_DIR',
];

/** A folder of its own that ends with the test, with these files in it. */
export async function scratchFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'relock-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/**
 * Runs a program in `cwd` and gives its standard output and error, one after the other.
 * @throws {Error} with both, when it fails or takes longer than 60 seconds.
 */
export async function runTool(
  argv: readonly [string, ...string[]],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program, ...rest] = argv;
  const passed = PASSED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.endsWith('/shims'));
  try {
    const { stdout, stderr } = await run(program, rest, {
      cwd,
      timeout: 60_000,
      env: {
        ...Object.fromEntries(passed),
        PATH: path.join(delimiter),
        HOME: process.env['HOME'] ?? cwd,
        LANG: 'C.UTF-8',
        UV_PYTHON_DOWNLOADS: 'never',
        ...environment,
      },
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${argv.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}
