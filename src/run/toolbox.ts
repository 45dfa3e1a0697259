/** Lockers, each at its version in an environment of its own, installed once and kept. */
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compare as compareVersions } from '@renovatebot/pep440';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { Interpreter } from '../locks/ecosystem.ts';
import type { CommandResult, Reason, ToolSpec } from '../model.ts';
import type { ToolReleases } from '../pypi/tool-releases.ts';
import { bringsSolver, putSolver, solverDigest } from './conda-solver.ts';
import { explainInstall } from './install-failure.ts';
import type { Pass } from './runner.ts';
import type { RunConfined } from './sandbox/confined.ts';
import { holdOf, parseExact, weekOf } from './tool-hold.ts';
import { chooseToolPython } from './tool-python.ts';
import type { ToolPython } from './tool-python.ts';

const TIMEOUT_SECONDS = 300;
const MAX_OUTPUT = 200_000;
const MARKER = 'relock-tool.json';
/** Part of every key: environments that an older Relock made otherwise are not taken. */
const LAYOUT = 1;

export interface ToolboxOptions {
  /** Path of uv's executable. */
  readonly uv: () => Promise<string>;
  /** Newest first. */
  readonly pythons: () => Promise<readonly Interpreter[]>;
  readonly pythonDownloads: boolean;
  /** Absolute; environments come to lie in `tools/` below it. */
  readonly cacheFolder: string;
  readonly releases: ToolReleases;
  /** The operator's index for tools, or null: the public one. */
  readonly indexUrl: string | null;
  /** The cool-down's cut-off, ISO 8601: holds for what a tool needs as well. */
  readonly cutoff: string | null;
  /** A child's environment; `UV_DEFAULT_INDEX` is added. */
  readonly env: () => Promise<Readonly<Record<string, string>>>;
  /** The way to the index. */
  readonly pass: () => Promise<Pass>;
  /** Interpreters and uv, for a child that sees nothing else. */
  readonly readable: () => Promise<readonly string[]>;
  /** Where uv puts interpreters that it fetches. */
  readonly pythonFolder: string;
  /** A home without Python projects, in which uv runs. */
  readonly home: string;
  readonly exec: RunConfined;
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal | null;
}

export interface Tool {
  /** Absolute folder of its executables. */
  readonly bin: string;
  readonly version: string;
}

export interface Toolbox {
  /**
   * Finds a tool (not uv itself) installed, or installs it: once a process, and safely beside other processes.
   * @returns where it is, or why it cannot be had.
   * @throws {CancelledError}
   */
  install(spec: ToolSpec): Promise<Tool | Reason>;
}

export function createToolbox(options: ToolboxOptions): Toolbox {
  const asked = new Map<string, Promise<Tool | Reason>>();
  return {
    install(spec) {
      const key = JSON.stringify([spec.name, spec.version, spec.python, [...spec.with].sort()]);
      const known = asked.get(key);
      if (known !== undefined) return known;
      const tool = provide(spec, options);
      asked.set(key, tool);
      tool.catch(() => asked.delete(key));
      return tool;
    },
  };
}

interface Installation {
  readonly spec: ToolSpec;
  /** Exact requirements, the tool first. */
  readonly requirements: readonly string[];
  readonly title: string;
  readonly python: ToolPython;
  /** ISO 8601 instant, or null. */
  readonly excludeNewer: string | null;
  readonly folder: string;
}

async function provide(spec: ToolSpec, options: ToolboxOptions): Promise<Tool | Reason> {
  const version = spec.version ?? (await options.releases.newest(spec.name, spec.python));
  if (version === null) return noRelease(spec, options.cutoff);
  const requirements = [`${spec.name}==${version}`, ...[...spec.with].sort()];
  const wrong = requirements.find((requirement) => parseExact(requirement) === null);
  if (wrong !== undefined) {
    const message = `${wrong} is no exact requirement (NAME==VERSION), so it is not installed.`;
    return failure('tool-install-broken', message);
  }
  const tools = join(options.cacheFolder, 'tools');
  const asked = [
    LAYOUT,
    requirements,
    spec.python,
    withoutPassword(options.indexUrl),
    weekOf(options.cutoff),
    ...(bringsSolver(spec) ? [await solverDigest()] : []),
  ];
  const pointer = join(tools, 'by-request', digestOf(asked));
  const known = await follow(pointer, tools);
  if (known !== null) return { bin: join(known, 'bin'), version };
  const wanted = await settle(spec, version, requirements, options);
  if ('code' in wanted) return wanted;
  const reason = (await isWhole(wanted.folder)) ? null : await installInto(wanted, options);
  if (reason !== null) return reason;
  await writePointer(pointer, wanted.folder);
  return { bin: join(wanted.folder, 'bin'), version };
}

/** Decides the interpreter and the hold, which takes questions to the index and to uv. */
async function settle(
  spec: ToolSpec,
  version: string,
  requirements: readonly string[],
  options: ToolboxOptions,
): Promise<Installation | Reason> {
  const { releases, pythonDownloads } = options;
  const [pythons, requiresPython, uploadTime, excludeNewer] = await Promise.all([
    options.pythons(),
    releases.requiresPython(spec.name, version),
    releases.uploadTime(spec.name, version),
    holdOf(heldBy(spec, requirements), options.cutoff, releases),
  ]);
  const title = `${spec.name} ${version}`;
  const question = { tool: title, wanted: spec.python, pythons, requiresPython, uploadTime, pythonDownloads };
  const python = chooseToolPython(question);
  if ('code' in python) return python;
  const solver = bringsSolver(spec) ? [await solverDigest()] : [];
  const hash = digestOf([LAYOUT, requirements, excludeNewer, withoutPassword(options.indexUrl), ...solver]);
  const name = `${spec.name}-${version}-py${python.version}-${hash.slice(0, 12)}`;
  return {
    spec,
    requirements,
    title,
    python,
    excludeNewer,
    folder: join(options.cacheFolder, 'tools', name),
  };
}

/**
 * What a tool is installed with. Companions of conda-lock are ours, need nothing else, and may be years younger than the
 * conda-lock that a lock wants: they do not count for the time of what it needs.
 */
function heldBy({ name }: ToolSpec, requirements: readonly string[]): readonly string[] {
  return name === 'conda-lock' ? requirements.slice(0, 1) : requirements;
}

function digestOf(value: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** Where the same request led before: an installed tool then takes no question to the index, and no network. */
async function follow(pointer: string, tools: string): Promise<string | null> {
  const name = await readFile(pointer, 'utf8').catch(() => '');
  if (!/^[a-z0-9][A-Za-z0-9.!+_-]+$/u.test(name)) return null;
  const folder = join(tools, name);
  return (await isWhole(folder)) ? folder : null;
}

async function writePointer(pointer: string, folder: string): Promise<void> {
  try {
    await mkdir(dirname(pointer), { recursive: true, mode: 0o700 });
    const beside = `${pointer}.${randomBytes(6).toString('hex')}`;
    await writeFile(beside, basename(folder));
    await rename(beside, pointer);
  } catch {
    // Without it, the next run asks the index again.
  }
}

/** The marker is written last; and the interpreter that the environment stands on may have been removed since. */
async function isWhole(folder: string): Promise<boolean> {
  return Promise.all([readFile(join(folder, MARKER)), access(join(folder, 'bin/python'))]).then(
    () => true,
    () => false,
  );
}

/**
 * Made beside its place and renamed into it (its scripts find Python relative to themselves), so that a half-made one is
 * never seen, and of two processes the first wins.
 */
async function installInto(wanted: Installation, options: ToolboxOptions): Promise<Reason | null> {
  const { spec, folder, requirements, title, python } = wanted;
  const tools = join(options.cacheFolder, 'tools');
  const work = join(tools, `.new-${process.pid}-${randomBytes(6).toString('hex')}`);
  const hold = wanted.excludeNewer === null ? [] : ['--exclude-newer', wanted.excludeNewer];
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    const venv = ['venv', '--no-config', '--no-project', '--relocatable', '--python', python.request, work];
    // uv may fetch the interpreter; what runs after it may build packages, and sees the interpreters as they are.
    await mkdir(options.pythonFolder, { recursive: true });
    const made = await uv(venv, [work, options.pythonFolder], options);
    if (made.exitCode !== 0) return explainInstall(title, python.version, made, options.redact);
    const into = ['pip', 'install', '--no-config', '--python', join(work, 'bin/python')];
    // uv compiles by 3.7 and later; older Pythons do it when they first run.
    const compile = compareVersions(python.version, '3.7') < 0 ? [] : ['--compile-bytecode'];
    const held = heldBy(spec, requirements);
    const installed = await uv([...into, ...compile, ...hold, ...held], [work], options);
    if (installed.exitCode !== 0) return explainInstall(title, python.version, installed, options.redact);
    const beside = requirements.slice(held.length);
    if (beside.length > 0) {
      const added = await uv([...into, ...compile, '--no-deps', ...beside], [work], options);
      if (added.exitCode !== 0) return explainInstall(title, python.version, added, options.redact);
    }
    if (bringsSolver(spec)) await putSolver(work);
    await writeFile(join(work, MARKER), `${JSON.stringify({ requirements, python, hold }, null, 2)}\n`);
    await putInPlace(work, folder);
    return null;
  } catch (error) {
    if (error instanceof EnvironmentError)
      return failure('tool-install-broken', `${title}: ${error.message}`, error.fix);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const why = `${title} could not be put into Relock's cache: ${options.redact(messageOf(error))}`;
    return failure(
      'tool-install-broken',
      why,
      'Make the cache folder writable, with room for 200 MB a tool.',
    );
  } finally {
    await rm(work, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @param writable besides the home. */
async function uv(
  args: readonly string[],
  writable: readonly string[],
  options: ToolboxOptions,
): Promise<CommandResult> {
  const { exec, home, signal, indexUrl } = options;
  const [env, pass, readable] = await Promise.all([options.env(), options.pass(), options.readable()]);
  return exec({
    file: await options.uv(),
    args,
    cwd: home,
    env: { ...env, ...(indexUrl === null ? {} : { UV_DEFAULT_INDEX: indexUrl }), ...pass.environment },
    timeoutSeconds: TIMEOUT_SECONDS,
    signal,
    maxOutputBytes: MAX_OUTPUT,
    access: {
      readable: [...readable, ...pass.readable],
      writable: [home, ...writable],
      door: pass.socket,
    },
  });
}

async function putInPlace(work: string, folder: string): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await rename(work, folder);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || turn === 3) throw error;
    }
    if (await isWhole(folder)) return;
    // A broken one goes out of the way first: removing it in place would take away files under a process that looks.
    const old = `${work}-old`;
    await rename(folder, old).catch(() => undefined);
    await rm(old, { recursive: true, force: true });
  }
}

function withoutPassword(url: string | null): string | null {
  const parsed = url === null ? null : URL.parse(url);
  return parsed === null ? null : `${parsed.origin}${parsed.pathname}`;
}

function noRelease(spec: ToolSpec, cutoff: string | null): Reason {
  const python = spec.python === null ? '' : ` that runs on Python ${spec.python}`;
  const before = cutoff === null ? '' : ` and came out before ${cutoff}`;
  return failure(
    'tool-install-broken',
    `No release of ${spec.name}${python}${before} is known: the index has none, or does not answer.`,
    'Try again; or name the version with `tool-version` in .github/relock.toml.',
  );
}

function failure(code: Reason['code'], message: string, fix = ''): Reason {
  return { code, message, fix, detail: '' };
}
