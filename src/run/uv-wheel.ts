/** uv out of one of its wheels: fetched, checked against its digest, and put in place whole or not at all. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError, EnvironmentError, messageOf } from '../errors.ts';
import { extractEntry } from './zip-entry.ts';

interface UvWheel {
  readonly version: string;
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
}

export interface InstallUv {
  readonly wheel: UvWheel;
  /** Absolute; `uv` and `uvx` come to lie in `<folder>/<version>/`. */
  readonly folder: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly userAgent: string;
  readonly signal: AbortSignal | null;
}

/** Of the wheel, and of each program in it; today's are 18 and 60 MB. */
const MAX_WHEEL_BYTES = 100_000_000;
const MAX_PROGRAM_BYTES = 400_000_000;
const TIMEOUT_SECONDS = 300;
const PROGRAMS = ['uv', 'uvx'];

/**
 * Several processes may do this at once: each works in a folder of its own, and the first to rename it into place wins.
 * @returns the path of `uv`.
 * @throws {EnvironmentError} when the wheel cannot be had, is not the one that was pinned, or holds no uv.
 */
export async function installUv(input: InstallUv): Promise<string> {
  const { wheel, folder } = input;
  const place = join(folder, wheel.version);
  const work = join(folder, `.new-${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    const file = join(work, 'wheel');
    await download(input, file);
    const out = join(work, 'out');
    await mkdir(out);
    for (const name of PROGRAMS) {
      const entry = `uv-${wheel.version}.data/scripts/${name}`;
      await extractEntry(file, entry, join(out, name), 0o755, MAX_PROGRAM_BYTES);
    }
    await rename(out, place).catch((error: unknown) => {
      // Another process was first; what it put there had the same digest.
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    });
    return join(place, 'uv');
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof CancelledError) throw error;
    if (input.signal?.aborted === true) throw new CancelledError('The run was cancelled.', { cause: error });
    throw new EnvironmentError(
      'uv-not-installed',
      `uv ${wheel.version} could not be put into ${folder}: ${messageOf(error)}`,
      'Make the folder writable, or install uv yourself and put it on PATH.',
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Threat: an index, a mirror or a cache in between hands out something else; nothing is unpacked before the digest is right. */
async function download(input: InstallUv, file: string): Promise<void> {
  const { wheel } = input;
  const limit = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
  const signal = input.signal === null ? limit : AbortSignal.any([limit, input.signal]);
  const hash = createHash('sha256');
  const failed = (why: string, cause?: unknown): EnvironmentError =>
    new EnvironmentError(
      'uv-not-fetched',
      `uv ${wheel.version} could not be fetched from ${wheel.url}: ${why}.`,
      'Install uv yourself and put it on PATH, or name an index that has it in the settings.',
      { cause },
    );
  const to = await open(file, 'wx', 0o600);
  try {
    const response = await input.fetch(wheel.url, { headers: { 'user-agent': input.userAgent }, signal });
    if (response.status !== 200 || response.body === null) throw failed(`the answer was ${response.status}`);
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > MAX_WHEEL_BYTES) throw failed(`it is larger than ${MAX_WHEEL_BYTES} bytes`);
      hash.update(chunk);
      await to.writeFile(chunk);
    }
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    if (input.signal?.aborted === true) throw new CancelledError('The run was cancelled.', { cause: error });
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(limit.aborted ? `not done within ${TIMEOUT_SECONDS} s` : messageOf(inner), error);
  } finally {
    await to.close();
  }
  const digest = hash.digest('hex');
  if (digest !== wheel.sha256) {
    throw new EnvironmentError(
      'uv-digest',
      `What ${wheel.url} gave is not the uv ${wheel.version} that is expected: its sha256 is ${digest}, not ${wheel.sha256}. It was thrown away.`,
      'Find out who changed it (a mirror, a proxy); or install uv yourself and put it on PATH.',
    );
  }
}
