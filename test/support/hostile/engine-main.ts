/**
 * The true engine over one repository, in a process of its own whose environment is full of secrets: `SPEC OUT`. It is put
 * together as for the terminal; only the private copies are looked at once more before they are removed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../../src/config/settings.ts';
import { composePorts, scratchFolders } from '../../../src/engine/compose.ts';
import { chooseWalls, type Walls } from '../../../src/engine/gate.ts';
import { rebuildsAlone } from '../../../src/engine/compose-rebuild.ts';
import { findWalls } from '../../../src/engine/network.ts';
import { runJob } from '../../../src/engine.ts';
import { workingTreeForge } from '../../../src/forge/working-tree.ts';
import type { Outcome } from '../../../src/model.ts';
import { runChild } from '../../../src/run/child.ts';
import { once } from '../../../src/run/once.ts';
import { unconfined } from '../../../src/run/sandbox/confined.ts';
import { findSandbox } from '../../../src/run/sandbox/find-sandbox.ts';
import type { Limits } from '../../../src/run/sandbox/limits.ts';
import { createSandbox } from '../../../src/run/sandbox/sandbox.ts';
import { localWorkspace } from '../../../src/workspace/local.ts';
import type { Checkout, Workspace } from '../../../src/workspace/workspace.ts';
import { secretsBelow } from './secrets.ts';

export interface Spec {
  readonly root: string;
  readonly settings: Settings;
  /** Of the sandbox; null: the usual ones. */
  readonly limits: Limits | null;
  readonly cutoff: string | null;
}

/** A line of what python/backend.py tells. */
export interface Note {
  readonly kind: 'ran' | 'got' | 'told';
  readonly what: string;
  readonly value: string;
}

export interface Ran {
  readonly outcome: Outcome;
  /** By the name of the package. */
  readonly notes: Readonly<Record<string, readonly Note[]>>;
  /** Secrets that lay in private copies and homes at their end. */
  readonly leaks: readonly string[];
}

const [specPath = '', out = ''] = process.argv.slice(2);
const { root, settings, limits, cutoff } = JSON.parse(readFileSync(specPath, 'utf8')) as Spec;
const notes: Record<string, readonly Note[]> = {};
const leaks: string[] = [];

function readNotes(home: string): void {
  for (const file of readdirSync(home)) {
    const name = /^hostile-(?<name>.+)\.jsonl$/u.exec(file)?.groups?.['name'];
    if (name === undefined) continue;
    const lines = readFileSync(join(home, file), 'utf8').split('\n').slice(0, -1);
    notes[name] = [...(notes[name] ?? []), ...lines.map((line) => JSON.parse(line) as Note)];
  }
}

function watched(workspace: Workspace): Workspace {
  return {
    readTree: () => workspace.readTree(),
    isExecutable: (path) => workspace.isExecutable(path),
    async checkOut(): Promise<Checkout> {
      const checkout = await workspace.checkOut();
      return {
        ...checkout,
        async close() {
          try {
            readNotes(checkout.home);
            leaks.push(...secretsBelow(checkout.home));
          } catch {
            // An attack may have left what cannot be read.
          }
          await checkout.close();
        },
      };
    },
  };
}

/** As `findWalls` finds them, with limits that a test reaches soon. */
async function findTightWalls(): Promise<Walls> {
  const mode = settings.sandbox ?? 'require';
  if (limits === null || mode === 'none') return findWalls(mode, process.env);
  const found = await findSandbox({ environment: process.env, exec: runChild });
  const inside = 'code' in found ? found : createSandbox({ ...found, limits, exec: runChild });
  return chooseWalls(mode, inside, unconfined(runChild));
}

const { signal } = new AbortController();
const composed = await composePorts({
  settings,
  walls: once(findTightWalls),
  repository: 'acme/shop',
  workspace: watched(localWorkspace({ root, scratch: scratchFolders(settings, process.env) })),
  forge: workingTreeForge(root),
  cutoff,
  policy: null,
  registryPool: null,
  dockerConfig: null,
  rebuilds: rebuildsAlone('off'),
  environment: process.env,
  version: '0',
  observe: (event) => {
    if (event.kind === 'finished') console.error(`${event.result.target.path}: ${event.result.status}`);
  },
  signal,
});
try {
  const job = { repository: 'acme/shop', trigger: 'terminal', only: [], cutoff } as const;
  const outcome = await runJob(job, composed.ports);
  const ran: Ran = { outcome, notes, leaks };
  writeFileSync(out, JSON.stringify(ran));
} finally {
  await composed.close();
}
