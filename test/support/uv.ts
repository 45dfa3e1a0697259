/** Where the tests of real tools get uv from. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Only for machines that have no uv at all. */
const UV_REQUIREMENT = 'uv==0.13.9';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/relock-test', import.meta.url));

let found: Promise<string> | undefined;

/**
 * The absolute path of a uv executable: `RELOCK_TEST_UV`, else the first on PATH, else one installed with pip into a
 * virtual environment below node_modules/.cache (kept for the next run).
 * @throws {Error} when none of the three works; its message says what each one gave.
 */
export function findUv(): Promise<string> {
  found ??= lookForUv();
  return found;
}

async function lookForUv(): Promise<string> {
  const named = process.env['RELOCK_TEST_UV'];
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named;
    throw new Error(`RELOCK_TEST_UV names ${named}, which is not an executable file.`);
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'uv');
    // A pyenv shim exists for every tool of every interpreter, and fails for most.
    if (folder !== '' && !folder.endsWith('/shims') && (await isExecutable(candidate))) return candidate;
  }
  const kept = join(CACHE, 'uv-venv', 'bin', 'uv');
  return (await isExecutable(kept)) ? kept : await installUv(kept);
}

async function installUv(kept: string): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  // Test files run in processes side by side: each builds its own, the first one to finish is kept.
  const own = await mkdtemp(join(CACHE, 'uv-'));
  try {
    await run('python3', ['-m', 'venv', own]);
    await run(join(own, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', UV_REQUIREMENT]);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw new Error('No uv: RELOCK_TEST_UV is not set, PATH has none, and pip could not install it.', {
      cause: error,
    });
  }
  await rename(own, join(CACHE, 'uv-venv')).catch(() => rm(own, { recursive: true, force: true }));
  return kept;
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
