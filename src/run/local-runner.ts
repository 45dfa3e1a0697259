/** The `Runner` of this machine: a tool of the toolbox, a private environment, output without secrets or folders. */
import { access, constants, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command, CommandResult, Reason, ToolSpec } from '../model.ts';
import { childEnvironment, refusedVariable } from './child-env.ts';
import type { RunChild } from './child.ts';
import { createRedactor } from './redact.ts';
import type { Redaction } from './redact.ts';
import type { Runner } from './runner.ts';
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
  /** Private home folder, there already with its `tmp`. */
  readonly home: string;
  readonly cacheFolder: string;
  readonly tlsBundle: string | null;
  readonly pythonDownloads: boolean;
  readonly redaction: Redaction;
  /** Of each stream. */
  readonly maxOutputBytes: number;
  readonly exec: RunChild;
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
    async run(command, root, extra) {
      const cwd = await workingFolder(root, command.cwd);
      if (typeof cwd !== 'string') return cwd;
      const refused = refusedVariable(command.env, 'command') ?? refusedVariable(extra, 'run');
      if (refused !== null) return internal(`A command sets ${refused}, which is the runner's to set.`);
      const tool = await provide(command.tool);
      if ('code' in tool) return tool;
      const file = await executable(command, tool);
      if (typeof file !== 'string') return file;
      return start(command, file, tool, { root, cwd, extra }, options);
    },
  };
}

interface Place {
  readonly root: string;
  readonly cwd: string;
  readonly extra: Readonly<Record<string, string>>;
}

async function start(
  command: Command,
  file: string,
  tool: Tool | UvProgram,
  place: Place,
  options: LocalRunnerOptions,
): Promise<CommandResult> {
  const { parent, home, cacheFolder, tlsBundle, pythonDownloads } = options;
  const { programs, pythons } = await options.searchPath();
  const path = [...('bin' in tool ? [tool.bin] : []), ...programs, ...pythons];
  const { name } = command.tool;
  const own = childEnvironment({
    parent,
    home,
    path,
    cacheFolder,
    tlsBundle,
    pythonDownloads,
    tool: { name, version: tool.version },
  });
  const top = await realpath(place.root);
  const result = await options.exec({
    file,
    args: command.argv.slice(1),
    cwd: place.cwd,
    // Without the ceiling, git run in a copy without `.git` would find a repository around the scratch folder.
    env: {
      ...own,
      ...activated(tool, name),
      GIT_CEILING_DIRECTORIES: dirname(top),
      ...command.env,
      ...place.extra,
    },
    timeoutSeconds: command.timeoutSeconds,
    signal: options.signal,
    maxOutputBytes: options.maxOutputBytes,
  });
  const redact = createRedactor({
    secrets: options.redaction.secrets,
    folders: [...options.redaction.folders, { folder: top, as: '.' }, { folder: place.root, as: '.' }],
  });
  return { ...result, stdout: redact(result.stdout), stderr: redact(result.stderr) };
}

/** Pipenv locks for the interpreter of the active virtual environment: its own, which is on the lock's Python. */
function activated(tool: Tool | UvProgram, name: ToolSpec['name']): Readonly<Record<string, string>> {
  return name === 'pipenv' && 'bin' in tool ? { VIRTUAL_ENV: dirname(tool.bin) } : {};
}

/** Only what the tool itself brings: a name of PATH would start something that nobody pinned. */
async function executable(command: Command, tool: Tool | UvProgram): Promise<string | Reason> {
  const [name] = command.argv;
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

function internal(message: string): Reason {
  return { code: 'internal', message, fix: 'This is a defect of Relock: please report it.', detail: '' };
}
