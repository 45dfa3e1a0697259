/** The `Runner` of this machine: a tool of the toolbox, a private environment, output without secrets or folders. */
import { access, constants, mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command, CommandResult, Reason, ToolSpec } from '../model.ts';
import { childEnvironment, refusedVariable } from './child-env.ts';
import { foldersOfProgram } from './visible.ts';
import { createRedactor } from './redact.ts';
import type { Redaction } from './redact.ts';
import type { Place, Runner } from './runner.ts';
import type { ConfinedResult, Limit, RunConfined } from './sandbox/confined.ts';
import type { SearchPath } from './search-path.ts';
import type { Tool, Toolbox } from './toolbox.ts';
import type { UvProgram, UvVersions } from './uv-versions.ts';
import { workingFolder } from './working-folder.ts';

export interface LocalRunnerOptions {
  readonly toolbox: Toolbox;
  readonly uv: UvVersions;
  /** Our own environment: see `childEnvironment` for what passes. */
  readonly parent: Readonly<Record<string, string | undefined>>;
  readonly searchPath: () => Promise<SearchPath>;
  /** Where lockers keep downloads: for a home, or for all of them. */
  readonly caches: (home: string) => Promise<string>;
  readonly pythonFolder: string;
  /** Whether uv may fetch an interpreter by itself. */
  readonly pythonDownloads: () => Promise<boolean>;
  /** Tools and interpreters, for children that see nothing else: absolute. */
  readonly readable: () => Promise<readonly string[]>;
  /** A conda, mamba or micromamba of the operator's, absolute, that commands may name; null: none. */
  readonly conda: string | null;
  readonly redaction: Redaction;
  /** Of each stream. */
  readonly maxOutputBytes: number;
  readonly exec: RunConfined;
  readonly signal: AbortSignal | null;
}

export function createRunner(options: LocalRunnerOptions): Runner {
  const provide = (tool: ToolSpec): Promise<Tool | UvProgram | Reason> =>
    tool.name === 'uv' ? options.uv(tool.version) : options.toolbox.install(tool);
  return {
    async prepare(tool) {
      const found = await provide(tool);
      return 'code' in found ? found : null;
    },
    async run(command, place) {
      const cwd = await workingFolder(place.root, command.cwd);
      if (typeof cwd !== 'string') return cwd;
      const refused = refusedVariable(command.env);
      if (refused !== null) return internal(`A command sets ${refused}, which is the runner's to set.`);
      const tool = await provide(command.tool);
      if ('code' in tool) return tool;
      const file = await executable(command.argv[0], command, tool);
      if (typeof file !== 'string') return file;
      const args = await argumentsOf(command, tool);
      if ('code' in args) return args;
      return start({ command, file, args, tool, place, cwd }, options);
    },
  };
}

interface Start {
  readonly command: Command;
  readonly file: string;
  readonly args: readonly string[];
  readonly tool: Tool | UvProgram;
  readonly place: Place;
  readonly cwd: string;
}

async function start(
  { command, file, args, tool, place, cwd }: Start,
  options: LocalRunnerOptions,
): Promise<CommandResult | Reason> {
  const { programs, pythons } = await options.searchPath();
  const path = [...('bin' in tool ? [tool.bin] : []), ...programs, ...pythons];
  const { name } = command.tool;
  const { home, pass } = place;
  const own = childEnvironment({
    parent: options.parent,
    home,
    path,
    caches: await options.caches(home),
    pythonFolder: options.pythonFolder,
    pythonDownloads: await options.pythonDownloads(),
    tool: { name, version: tool.version },
  });
  const top = await realpath(place.root);
  const named =
    options.conda !== null && args.includes(options.conda) ? await foldersOfProgram(options.conda) : [];
  const result = await options.exec({
    file,
    args,
    cwd,
    // Without the ceiling, git run in a copy without `.git` would find a repository around the scratch folder.
    env: {
      ...own,
      ...(await activated(tool, name, home)),
      GIT_CEILING_DIRECTORIES: dirname(top),
      ...command.env,
      ...pass.environment,
    },
    timeoutSeconds: command.timeoutSeconds,
    signal: options.signal,
    maxOutputBytes: options.maxOutputBytes,
    access: {
      readable: [...(await options.readable()), ...named, ...place.borrowed, ...pass.readable],
      writable: [top, home],
      door: pass.socket,
    },
  });
  const redact = createRedactor({
    secrets: options.redaction.secrets,
    folders: [
      ...options.redaction.folders,
      { folder: top, as: '.' },
      { folder: place.root, as: '.' },
      { folder: home, as: '~' },
    ],
  });
  const { exceeded, ...rest } = result;
  const clean = { ...rest, stdout: redact(result.stdout), stderr: redact(result.stderr) };
  return exceeded === null ? clean : tooMuch(name, exceeded, clean);
}

const LIMITS: Readonly<Record<Limit, string>> = {
  memory: 'it took more memory than a locker may',
  processes: 'it started more processes than a locker may have',
  disk: 'it wrote more to the disk than a locker may',
  output: 'it printed more than a locker may',
};

function tooMuch(name: string, limit: Limit, { stderr }: Omit<ConfinedResult, 'exceeded'>): Reason {
  return {
    code: 'limit-exceeded',
    message: `${name} was ended with all that it had started: ${LIMITS[limit]}.`,
    fix: 'Look at what the newest source distribution among the packages does when it is built.',
    detail: stderr.slice(-4000),
  };
}

/**
 * Pipenv locks for the interpreter of the active virtual environment: its own, which is on the lock's Python. It also makes a
 * folder in there for what it clones, so that what it gets is one in its home, which leads to its own.
 */
async function activated(
  tool: Tool | UvProgram,
  name: ToolSpec['name'],
  home: string,
): Promise<Readonly<Record<string, string>>> {
  if (name !== 'pipenv' || !('bin' in tool)) return {};
  const own = dirname(tool.bin);
  const active = join(home, 'active-environment');
  // Threat: what ran before in this home may have put a link there, to where ours would be written. Only a new folder is filled.
  const isNew = await mkdir(active).then(
    () => true,
    () => false,
  );
  if (!isNew) return { VIRTUAL_ENV: active };
  for (const entry of await readdir(own)) {
    if (entry !== 'src') await symlink(join(own, entry), join(active, entry));
  }
  return { VIRTUAL_ENV: active };
}

/** Only what the tool itself brings: a name of PATH would start something that nobody pinned. */
async function executable(name: string, command: Command, tool: Tool | UvProgram): Promise<string | Reason> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/u.test(name)) {
    return internal(`${JSON.stringify(name)} is not the name of an executable.`);
  }
  if ('path' in tool && name === 'uv') return tool.path;
  const file = join('path' in tool ? dirname(tool.path) : tool.bin, name);
  return access(file, constants.X_OK).then(
    () => file,
    () => ({
      code: 'tool-install-broken' as const,
      message: `${command.tool.name} ${tool.version} is installed, but brings no executable named ${name}.`,
      fix: "Remove the tool's folder from Relock's cache and run again.",
      detail: '',
    }),
  );
}

const PROVIDED = '{bin}/';

/** With `{bin}/NAME` as the absolute path of that executable. */
async function argumentsOf(command: Command, tool: Tool | UvProgram): Promise<readonly string[] | Reason> {
  const args: string[] = [];
  for (const item of command.argv.slice(1)) {
    const meant = item.startsWith(PROVIDED)
      ? await executable(item.slice(PROVIDED.length), command, tool)
      : item;
    if (typeof meant !== 'string') return meant;
    args.push(meant);
  }
  return args;
}

function internal(message: string): Reason {
  return { code: 'internal', message, fix: 'This is a defect of Relock: please report it.', detail: '' };
}
