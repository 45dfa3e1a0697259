/** The terminal that a command was started from: its folder, its output, its signals. */
import { writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { Job } from '../model.ts';
import type { Arguments } from './arguments.ts';
import { EXIT } from './exit.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal has already sent to us: within this time both are one. Milliseconds. */
const SAME_PRESS_MS = 1000;

/**
 * The first signal asks the run to end and to clear up, the second one ends it on the spot. The handler stays in place for
 * all that time: where there is none, children and we are killed without clearing up.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const cancel = new AbortController();
  let asked = 0;
  const stop = (): void => {
    // Children end with us: see `live-groups.ts`. The next run removes the private copy.
    if (cancel.signal.aborted && performance.now() - asked > SAME_PRESS_MS) process.exit(EXIT.interrupted);
    if (!cancel.signal.aborted) asked = performance.now();
    cancel.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work(cancel.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** A relative path is the caller's, also through `npm run`, which changes the folder before it starts us. */
export function fromCaller(path: string): string {
  const { env } = process;
  const byNpm = env['npm_lifecycle_event'] === 'relock' && env['npm_package_name'] === 'relock';
  return resolve(byNpm ? (env['INIT_CWD'] ?? '.') : '.', path);
}

/** The checkout; without one, the sample project. */
export function rootOf(given: Arguments): string {
  if (given.path !== null) return fromCaller(given.path);
  process.stderr.write('No PATH was given: showing the sample project that comes with Relock.\n');
  return fileURLToPath(new URL('../../examples/sample', import.meta.url));
}

/** @param cutoff ISO 8601 instant; null: none that the command line names. */
export function jobOf(given: Arguments, root: string, cutoff: string | null): Job {
  return { repository: given.repository ?? basename(root), trigger: 'terminal', only: given.targets, cutoff };
}

/** Waits until all of it is taken, so that a pipe gets a whole JSON document before we exit. */
export function print(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) done();
      else fail(error);
    });
  });
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Whether standard output shows colours. */
export function isStyled(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors() && process.env['NO_COLOR'] === undefined;
}

/**
 * Writes what `--sarif FILE` asks for.
 * @throws {EnvironmentError} naming the file.
 */
export async function writeSarif(
  file: string,
  sarif: unknown,
  write: (path: string, text: string) => Promise<void> = writeFile,
): Promise<void> {
  try {
    await write(fromCaller(file), jsonText(sarif));
  } catch (error) {
    throw new EnvironmentError('no-output', `--sarif ${file} cannot be written: ${messageOf(error)}`);
  }
}
