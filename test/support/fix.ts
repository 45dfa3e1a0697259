/** Fixes of real locks by real lockers, at a time of the past. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DEFAULT_SETTINGS, NO_POLICY } from '../../src/config/defaults.ts';
import { runJob, type Ports } from '../../src/engine.ts';
import { rebuildsAlone } from '../../src/engine/compose-rebuild.ts';
import { composePorts } from '../../src/engine/compose.ts';
import { runFix, type FixRun } from '../../src/engine/fix.ts';
import type { AffectedPackage } from '../../src/engine/fix-group.ts';
import { findWalls } from '../../src/engine/network.ts';
import { previewForge } from '../../src/forge/preview.ts';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import type { Job } from '../../src/model.ts';
import { createSimpleClient } from '../../src/pypi/simple-client-http.ts';
import type { SimpleClient } from '../../src/pypi/simple-client.ts';
import { localWorkspace } from '../../src/workspace/local.ts';
import { noScan } from '../engine/set-up.ts';
import { folder, type Files } from './folder.ts';

/** Tools and their own dependencies are of that day. */
const TOOLS_FROM = '2025-03-01T00:00:00Z';

export interface Repository {
  readonly root: string;
  /** Makes all locks anew as they would have been on a day, in place. */
  readonly relock: (cutoff: string) => Promise<void>;
  /** Looks for the smallest fix as it would have been on a day; publishes nothing. */
  readonly fix: (cutoff: string, ...affected: readonly AffectedPackage[]) => Promise<FixRun>;
}

export async function repository(files: Files, uv: string): Promise<Repository> {
  const root = folder(files);
  const environment = process.env;
  const settings = {
    ...DEFAULT_SETTINGS,
    sandbox: 'none',
    tools: { uv, pythonDownloads: false, conda: null },
  } as const;
  const composed = await composePorts({
    settings,
    walls: () => findWalls('none', environment),
    repository: 'acme/app',
    workspace: localWorkspace({ root, scratch: [folder()] }),
    forge: previewForge,
    cutoff: TOOLS_FROM,
    policy: {
      ...NO_POLICY,
      locks: [
        { path: '**', python: '3.11' },
        { path: 'pip-tools/**', python: '3.11', solver: 'pip-compile', toolVersion: '7.4.1' },
      ],
    },
    environment,
    version: 'test',
    registryPool: null,
    dockerConfig: null,
    rebuilds: rebuildsAlone('off'),
    observe: () => undefined,
    signal: new AbortController().signal,
  });
  onTestFinished(() => composed.close());
  const ports: Ports = {
    ...composed.ports,
    scan: noScan(),
    rebuilds: null,
    links: { ask: () => undefined, found: () => Promise.resolve(new Map()) },
  };
  const job = (cutoff: string): Job => ({ repository: 'acme/app', trigger: 'advisory', only: [], cutoff });
  return {
    root,
    async relock(cutoff) {
      const { results } = await runJob(job(cutoff), ports);
      for (const { reason, files: made } of results) {
        if (reason !== null) throw new Error(JSON.stringify(reason));
        for (const { path, text } of made) writeAt(join(root, path), text ?? '');
      }
    },
    fix: (cutoff, ...affected) =>
      runFix({ job: job(cutoff), affected }, { ...ports, index: indexOf(cutoff) }),
  };
}

function writeAt(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The public index as it was on a day. */
function indexOf(cutoff: string): SimpleClient {
  const client = createSimpleClient({
    indexUrl: PUBLIC_INDEX,
    fetch,
    userAgent: 'relock-tests',
    cacheFolder: null,
    authorization: null,
  });
  return {
    ...client,
    async project(name) {
      const project = await client.project(name);
      const old = project?.files.filter(({ uploadTime }) => (uploadTime ?? '') < cutoff);
      return project === null ? null : { ...project, files: old ?? [] };
    },
  };
}
