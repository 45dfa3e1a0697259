/** Carries out the steps of a lock whose tool uv installs (Poetry, Pipenv), in a real folder, without the engine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Facts, PlannedLock, StepResult } from '../../src/locks/ecosystem.ts';
import type { Command, CommandResult } from '../../src/model.ts';
import { execute, type Driven } from './drive-lock.ts';

/** uv would look for it in the tool's private home. */
const CACHE =
  process.env['UV_CACHE_DIR'] ??
  fileURLToPath(new URL('../../node_modules/.cache/relock-test/uv-cache', import.meta.url));

export interface ToolRun {
  readonly uv: string;
  /** Folder of the checkout. */
  readonly root: string;
  /** Private home of the tool. */
  readonly home: string;
  /** ISO 8601 date: the tool's own dependencies are of that day. */
  readonly toolsFrom: string;
  /** Of the tool, over the command's own. It is installed without. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs `args` of a command's tool, in its environment. */
export async function runTool(
  command: Command,
  args: readonly string[],
  run: ToolRun,
): Promise<CommandResult> {
  mkdirSync(run.home, { recursive: true });
  const installed = await start(command, [command.argv[0], '--version'], run, [], {});
  if (installed.exitCode !== 0) return installed;
  return start(command, args, run, ['--offline'], run.environment ?? {});
}

function start(
  command: Command,
  args: readonly string[],
  run: ToolRun,
  options: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const { name, version, python, with: more } = command.tool;
  return execute(
    run.uv,
    [
      'tool',
      'run',
      '--quiet',
      ...options,
      '--exclude-newer',
      run.toolsFrom,
      '--python',
      python ?? '3',
      ...more.flatMap((requirement) => ['--with', requirement]),
      '--from',
      `${name}==${version ?? ''}`,
      ...args,
    ],
    join(run.root, command.cwd),
    { ...command.env, ...environment, UV_CACHE_DIR: CACHE, HOME: run.home, LANG: 'C.UTF-8' },
  );
}

export async function driveTool(lock: PlannedLock, facts: Facts, run: ToolRun): Promise<Driven> {
  const history: StepResult[] = [];
  for (;;) {
    const step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') return { last: step, history };
    if (step.do === 'write') {
      for (const [path, text] of Object.entries(step.files)) writeFileSync(join(run.root, path), text ?? '');
      history.push({ step, result: null, files: {} });
      continue;
    }
    const result = await runTool(step.command, step.command.argv, run);
    const files = Object.fromEntries(
      step.command.outputs.map((path) => [path, readFileSync(join(run.root, path), 'utf8')]),
    );
    history.push({ step, result, files });
  }
}
