/** A job over pretend locks, with every port in sight. */
import type { Ports } from '../../src/engine.ts';
import type { RunEvent } from '../../src/engine/events.ts';
import type { ImagePorts } from '../../src/engine/images.ts';
import type { LockPass } from '../../src/engine/gate.ts';
import type { Action } from '../../src/forge/forge.ts';
import type { PlannedLock } from '../../src/locks/ecosystem.ts';
import type { CommandResult, Reason } from '../../src/model.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import type { Place } from '../../src/run/runner.ts';
import { localWorkspace } from '../../src/workspace/local.ts';
import { folder, type Files } from '../support/folder.ts';
import { fakeEcosystem, GOOD } from '../support/locks.ts';

export const JOB = { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null } as const;

interface Given {
  readonly locks: readonly PlannedLock[];
  readonly files: Files;
  /** Plays the tool: may write into the private copy. */
  readonly tool?: (path: string, root: string) => CommandResult | Reason | Promise<CommandResult | Reason>;
  /** What a lock was refused, or had without upload times. */
  readonly pass?: Partial<LockPass>;
  readonly ports?: Partial<Ports>;
}

/** No registry answers. */
export function noImages(): ImagePorts {
  const fail = (): Promise<never> =>
    Promise.reject(new RegistryError('registry-unreachable', 'No registry answers here.'));
  return {
    registry: { digestOf: fail, manifest: fail, blob: fail, tags: fail },
    read: fail,
    fileNames: () => Promise.resolve([]),
    lifecycles: { systems: new Map(), python: { name: 'Python', source: '', date: '', releases: new Map() } },
    now: () => new Date('2026-11-24T12:00:00Z'),
  };
}

/** No scanner is there. */
export function noScan(): Ports['scan'] {
  const fail = (): Promise<never> => Promise.reject(new Error('No scanner is there.'));
  return {
    choose: () => Promise.resolve([]),
    effects: { ask: fail, lookUp: fail, run: fail },
    layout: fail,
    clear: () => Promise.resolve(),
    isPrivate: () => false,
    explain: (diff) => Promise.resolve(diff),
    now: () => new Date('2026-11-24T12:00:00Z'),
  };
}

export function setUp({ locks, files, tool = () => GOOD, pass = {}, ports = {} }: Given) {
  const root = folder(files);
  const scratch = folder();
  const actions: Action[] = [];
  const events: RunEvent[] = [];
  const closed: string[] = [];
  const opened: (string | null)[] = [];
  const places: Place[] = [];
  const all: Ports = {
    workspace: localWorkspace({ root, scratch: [scratch] }),
    forge: {
      apply: (given) => {
        actions.push(...given);
        return Promise.resolve();
      },
    },
    ecosystems: [fakeEcosystem(locks)],
    policy: null,
    runner: {
      prepare: () => Promise.resolve(null),
      run: async (command, place) => {
        places.push(place);
        return tool(command.argv[2] ?? '', place.root);
      },
    },
    fetchPython: () => Promise.resolve(true),
    facts: {
      uvVersion: () => Promise.resolve('0.0.0'),
      pythons: () => Promise.resolve([]),
      hasVersionJson: () => Promise.resolve(true),
      newestTool: () => Promise.resolve(null),
      condaExecutable: () => Promise.resolve(null),
      indexUrl: 'https://index.example.test/simple',
      isMirror: false,
      pythonDownloads: false,
      timeoutSeconds: 60,
    },
    network: {
      probe: () => Promise.resolve(new Map()),
      open: (cutoff) => {
        opened.push(cutoff);
        return Promise.resolve({
          pass: ({ path }) => ({
            environment: { HTTPS_PROXY: `http://${path}` },
            readable: [],
            socket: null,
            refusals: () => [],
            undated: () => ({ refused: [], passed: [] }),
            ...pass,
          }),
          notes: ['No sandbox.'],
          close: () => Promise.resolve(void closed.push('gate')),
        });
      },
    },
    images: noImages(),
    scan: noScan(),
    rebuilds: null,
    links: { ask: () => undefined, found: () => Promise.resolve(new Map()) },
    releaseNotes: { ask: () => undefined, found: () => Promise.resolve(new Map()) },
    observe: (event) => events.push(event),
    parallel: 4,
    clock: () => 0,
    now: () => new Date('2026-11-24T12:00:00Z'),
    notes: [],
    ...ports,
  };
  return { root, scratch, actions, events, closed, opened, places, ports: all };
}
