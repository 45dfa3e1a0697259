/** Carries out the steps of one planned lock in a real folder, without the engine: for the tests of single ecosystems. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSearchPath } from '../../src/run/search-path.ts';
import { parsePythons } from '../../src/run/interpreters.ts';
import type { Facts, PlannedLock, Step, StepResult } from '../../src/locks/ecosystem.ts';
import type { Command, CommandResult, Tree } from '../../src/model.ts';
import { listFiles } from '../../src/workspace/list-files.ts';
import { readWanted } from '../../src/workspace/read-files.ts';

export interface Driven {
  readonly last: Extract<Step, { do: 'done' | 'fail' }>;
  readonly history: readonly StepResult[];
}

/** Snapshot of a folder, as the engine takes it. */
export async function treeOfFolder(root: string): Promise<Tree> {
  const paths = await listFiles(root);
  return { paths, files: await readWanted(root, paths) };
}

/** A tree of texts that are nowhere. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  const paths = Object.keys(files).sort();
  return { paths, files: new Map(paths.map((path) => [path, { kind: 'text', text: files[path] ?? '' }])) };
}

/** Facts of a machine without anything, against the public index. */
export function factsOf(tree: Tree, more: Partial<Facts> = {}): Facts {
  return {
    tree,
    pythons: [],
    pythonDownloads: false,
    uvVersion: '0.13.9',
    index: { url: 'https://pypi.org/simple', isMirror: false, hasVersionJson: true },
    cutoff: null,
    timeoutSeconds: 60,
    newestTool: () => null,
    condaExecutable: null,
    ...more,
  };
}

/** What a result of a step looks like, for tests that run nothing. */
export function resultOf(
  step: Step,
  files: Readonly<Record<string, string | null>> = {},
  exitCode = 0,
): StepResult {
  if (step.do === 'write') return { step, result: null, files: {} };
  if (step.do !== 'run') throw new Error(`The lock ended: ${JSON.stringify(step)}`);
  return { step, result: { exitCode, timedOut: false, stdout: '', stderr: '', seconds: 0 }, files };
}

/** Interpreters of this machine; shims of pyenv are left out, since they fail for most versions. */
export async function pythonsOf(uv: string): Promise<Facts['pythons']> {
  const { stdout } = await execute(
    uv,
    ['python', 'list', '--only-installed', '--no-config', '--output-format', 'json'],
    '/',
  );
  return parsePythons(stdout);
}

/**
 * @param uv absolute path of the uv that stands for every version.
 * @param environment of each command, over its own.
 */
export async function driveLock(
  lock: PlannedLock,
  facts: Facts,
  root: string,
  uv: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Driven> {
  const history: StepResult[] = [];
  while (history.length < 40) {
    const step = lock.next(facts, history);
    if (step.do === 'done' || step.do === 'fail') return { last: step, history };
    if (step.do === 'write') {
      for (const [path, text] of Object.entries(step.files)) {
        if (text === null) rmSync(join(root, path), { force: true });
        else writeFileSync(join(root, path), text);
      }
      history.push({ step, result: null, files: {} });
    } else {
      const result = await runCommand(step.command, root, uv, environment);
      const files = Object.fromEntries(
        step.command.outputs.map((path) => [path, readOrNull(join(root, path))]),
      );
      history.push({ step, result, files });
    }
  }
  throw new Error('More than 40 steps.');
}

function runCommand(
  command: Command,
  root: string,
  uv: string,
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const env = { ...command.env, ...environment };
  return execute(uv, command.argv.slice(1), join(root, command.cwd), env);
}

export async function execute(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(?:SSL_|.*_CA_|HOME$|LANG$|UV_CACHE_DIR$)/u.test(name),
  );
  const { programs, pythons } = await readSearchPath(process.env);
  const started = performance.now();
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      {
        cwd,
        env: {
          ...Object.fromEntries(kept),
          PATH: [dirname(file), ...pythons, ...programs].join(':'),
          UV_PYTHON_DOWNLOADS: 'never',
          UV_NO_SYSTEM_CONFIG: '1',
          NO_COLOR: '1',
          ...env,
        },
        maxBuffer: 50_000_000,
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ exitCode, timedOut: false, stdout, stderr, seconds: (performance.now() - started) / 1000 });
      },
    );
  });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
