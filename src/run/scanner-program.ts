/** Scanners that are programs of their own: where they are, and how one is run. */
import { constants } from 'node:fs';
import { access, mkdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { CommandResult, Reason } from '../model.ts';
import type { ScannerName } from '../scan/model.ts';
import type { ScanCommand } from '../scan/scanner.ts';
import { createRedactor } from './redact.ts';
import type { Pass } from './runner.ts';
import type { RunConfined } from './sandbox/confined.ts';
import { makeScannerFolder, type ScannerFolder } from './scanner-files.ts';
import { startScanner } from './scanner-start.ts';
import { pathFolders } from './search-path.ts';

type Variables = Readonly<Record<string, string | undefined>>;
export type ProgramName = Exclude<ScannerName, 'osv'>;

export interface ScannerProgram {
  /** Absolute. */
  readonly path: string;
  /** `0.74.0`; `unknown`: a build that was not told. */
  readonly version: string;
}

/**
 * Where each fetches its database from, and nothing else: for the `hosts` of its client of the door. All of it is read by GET.
 * They are given no package's name.
 */
export const SCANNER_HOSTS: Readonly<Record<ProgramName, readonly string[]>> = {
  trivy: ['mirror.gcr.io', 'ghcr.io', 'pkg-containers.githubusercontent.com'],
  grype: ['grype.anchore.io', 'toolbox-data.anchore.io'],
  'osv-scanner': ['osv-vulnerabilities.storage.googleapis.com'],
};

/** Of the file with the answer. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const VERSION_SECONDS = 60;

export interface FindScannerOptions {
  readonly name: ProgramName;
  /** Absolute path, or `off`, as the settings name it; null: it is looked for on PATH. */
  readonly configured: string | null;
  /** The operator's environment: only PATH is read. */
  readonly environment: Variables;
  readonly run: RunConfined;
  /** Absolute folder in which a private one is made. */
  readonly scratch: string;
  readonly signal: AbortSignal | null;
}

/**
 * Finds a scanner's program and asks it for its version.
 * @returns why it cannot be used: `scanner-missing`, or `scanner-failed` when it is there and does not start.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function findScannerProgram(options: FindScannerOptions): Promise<ScannerProgram | Reason> {
  const { name, configured, environment } = options;
  const missing = (message: string, fix: string): Reason => ({
    code: 'scanner-missing',
    message,
    fix,
    detail: '',
  });
  if (configured === 'off') {
    return missing(
      `${name} is switched off by the settings of Relock.`,
      `Take \`${name} = "off"\` out of [scan] to have it used.`,
    );
  }
  if (configured !== null) {
    const why = isAbsolute(configured) ? await whyNotRun(configured) : 'is no absolute path';
    return why === null
      ? withVersion(configured, options)
      : missing(
          `${configured}, which the settings of Relock name as ${name} (under [scan]), ${why}.`,
          'Correct the path, or leave the key out: then it is looked for on PATH.',
        );
  }
  for (const folder of pathFolders(environment)) {
    const path = join(folder, name);
    if ((await whyNotRun(path)) === null) return withVersion(path, options);
  }
  return missing(
    `${name} is not on PATH.`,
    `Install ${name}, or name its path in the settings of Relock, under [scan].`,
  );
}

async function whyNotRun(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return 'is not there';
  if (!info.isFile()) return 'is no file';
  return access(path, constants.X_OK).then(
    () => null,
    () => 'cannot be executed',
  );
}

const VERSION_ARGUMENTS: Readonly<Record<ProgramName, readonly string[]>> = {
  trivy: ['version', '--format', 'json'],
  grype: ['version', '--output', 'json'],
  'osv-scanner': ['--version'],
};

async function withVersion(path: string, options: FindScannerOptions): Promise<ScannerProgram | Reason> {
  const { name, run, scratch, signal } = options;
  const place = await makeScannerFolder(scratch, {});
  try {
    const result = await startScanner(run, {
      path,
      args: VERSION_ARGUMENTS[name],
      place,
      env: {},
      pass: null,
      readable: [],
      writable: [],
      timeoutSeconds: VERSION_SECONDS,
      signal,
    });
    if ('code' in result) return result;
    if (result.exitCode === 0) return { path, version: versionIn(result.stdout) };
    return {
      code: 'scanner-failed',
      message: `${path} does not tell its version: it ${result.timedOut ? 'took too long' : `ended with exit code ${result.exitCode ?? 'of a signal'}`}.`,
      fix: `See whether it is ${name}, and for this machine.`,
      detail: `${result.stderr}\n${result.stdout}`.trim().slice(-2000),
    };
  } finally {
    await place.remove();
  }
}

/** `"Version": "0.74.0"`, `"version": "0.121.2"`, `osv-scanner version: 2.6.0`: the first that is one. */
function versionIn(text: string): string {
  return (
    /\b(?:version)"?:\s{0,4}"?v?(\d{1,6}(?:\.\d{1,6}){1,3}(?:[-+][\w.-]{1,60})?)/iu.exec(
      text.slice(0, 20_000),
    )?.[1] ?? 'unknown'
  );
}

export interface RunScannerOptions {
  readonly name: ProgramName;
  /** Absolute path of the program. */
  readonly program: string;
  readonly command: ScanCommand;
  readonly database: {
    /** Absolute; made when it is not there. */
    readonly cacheFolder: string;
    /** The folder is only read, and there is no network. */
    readonly offline: boolean;
  };
  readonly run: RunConfined;
  /** The way to the hosts of `SCANNER_HOSTS`; null, or an offline database: none. */
  readonly pass: Pass | null;
  /** Absolute folder in which a private one is made. */
  readonly scratch: string;
  readonly signal: AbortSignal | null;
}

/**
 * Runs a scanner's command in a private folder, with an environment of its own and no credential. Any exit code is a result.
 * @returns the result and the text of the file it was to write (null: none, or too large); or why it could not be run.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function runScannerProgram(
  options: RunScannerOptions,
): Promise<{ readonly result: CommandResult; readonly output: string | null } | Reason> {
  const { name, command, database, signal } = options;
  const { cacheFolder, offline } = database;
  const refused = Object.keys(command.env).find(
    (key) => !/^(?:TRIVY|GRYPE|OSV_SCANNER)_[A-Z_]{1,60}$/u.test(key),
  );
  if (refused !== undefined)
    throw new RangeError(`A scanner's command sets ${refused}, which is not its own.`);
  const cache = await folderOf(cacheFolder, name, offline);
  if (typeof cache !== 'string') return cache;
  const place = await makeScannerFolder(options.scratch, command.files);
  try {
    const result = await startScanner(options.run, {
      path: options.program,
      args: command.argv.map((item) => placed(item, place.folder)),
      place,
      env: command.env,
      pass: offline ? null : options.pass,
      readable: [...command.readable, ...(offline ? [cacheFolder, cache] : [])],
      writable: offline ? [] : [cacheFolder],
      timeoutSeconds: command.timeoutSeconds,
      signal,
    });
    if ('code' in result) return result;
    const output = await place.read(command.output, MAX_ANSWER_BYTES);
    return { result: redacted(result, place, cacheFolder), output };
  } finally {
    await place.remove();
  }
}

/** @returns where the folder really is. */
async function folderOf(path: string, name: ProgramName, offline: boolean): Promise<string | Reason> {
  if (!isAbsolute(path)) throw new RangeError(`${path} is no absolute folder for the database of ${name}.`);
  try {
    if (!offline) await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    return {
      code: 'database-missing',
      message: `The folder of ${name}'s database cannot be used: ${messageOf(error)}.`,
      fix: offline
        ? `Put its database there, or take \`offline\` out of [scan] in the settings of Relock to have it downloaded.`
        : 'Name a folder that can be written to (XDG_CACHE_HOME).',
      detail: '',
    };
  }
}

/** `{folder}` only at the start of an item, so that nothing in an argument is taken for it. */
function placed(item: string, folder: string): string {
  const mark = '{folder}';
  return item === mark || item.startsWith(`${mark}/`) ? folder + item.slice(mark.length) : item;
}

function redacted(
  result: CommandResult,
  { folder, home }: ScannerFolder,
  cacheFolder: string,
): CommandResult {
  const redact = createRedactor({
    secrets: [],
    folders: [
      { folder, as: '.' },
      { folder: home, as: '~' },
      { folder: cacheFolder, as: '<database>' },
    ],
  });
  return { ...result, stdout: redact(result.stdout), stderr: redact(result.stderr) };
}
