/** The lockers of a run, one by one and without Relock's engine: what the run is compared with. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJob, type Ports } from '../src/engine.ts';
import { composePorts } from '../src/engine/compose.ts';
import { rebuildsAlone } from '../src/engine/compose-rebuild.ts';
import { findWalls } from '../src/engine/network.ts';
import { DEFAULT_SETTINGS } from '../src/config/defaults.ts';
import { previewForge } from '../src/forge/preview.ts';
import type { Command } from '../src/model.ts';
import { localWorkspace } from '../src/workspace/local.ts';

export interface HandRun {
  readonly lock: string;
  readonly seconds: number;
}

/** Seconds of each lock's commands, run alone, in a fresh copy, with the caches as they are. */
export async function runByHand(root: string): Promise<readonly HandRun[]> {
  const composed = await composePorts({
    settings: DEFAULT_SETTINGS,
    // As a person would: no walls, and the tools' own caches.
    walls: () => findWalls('none', process.env),
    repository: 'bench',
    workspace: localWorkspace({ root, scratch: [tmpdir()] }),
    forge: previewForge,
    cutoff: null,
    policy: null,
    environment: process.env,
    version: 'bench',
    registryPool: null,
    dockerConfig: null,
    rebuilds: rebuildsAlone('off'),
    observe: () => undefined,
    signal: new AbortController().signal,
  });
  try {
    const commands = await record(composed.ports);
    const runs: HandRun[] = [];
    for (const [lock, list] of commands)
      runs.push({ lock, seconds: await alone(root, list, composed.ports) });
    return runs;
  } finally {
    await composed.close();
  }
}

/** What a run starts, by the lock (the first output) that it is for. */
async function record(ports: Ports): Promise<ReadonlyMap<string, readonly Command[]>> {
  const commands = new Map<string, Command[]>();
  const { runner } = ports;
  const recording: Ports['runner'] = {
    prepare: (tool) => runner.prepare(tool),
    run(command, place) {
      const lock = command.outputs[0] ?? command.cwd;
      commands.set(lock, [...(commands.get(lock) ?? []), command]);
      return runner.run(command, place);
    },
  };
  await runJob(
    { repository: 'bench', trigger: 'terminal', only: [], cutoff: null },
    { ...ports, runner: recording },
  );
  return commands;
}

async function alone(root: string, commands: readonly Command[], ports: Ports): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'relock-bench-'));
  const place = {
    root: join(folder, 'checkout'),
    home: join(folder, 'home'),
    borrowed: [],
    pass: { environment: {}, readable: [], socket: null },
  };
  try {
    cpSync(root, place.root, { recursive: true });
    mkdirSync(join(place.home, 'tmp'), { recursive: true });
    const start = performance.now();
    for (const command of commands) await ports.runner.run(command, place);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
