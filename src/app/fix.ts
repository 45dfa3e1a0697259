/** The smallest change that takes a vulnerable package out of a repository's locks, made on a fresh clone. */
import { tmpdir } from 'node:os';
import type { Advisory } from '../advisory/model.ts';
import { affected, lowestFixed } from '../advisory/affected.ts';
import { composePorts } from '../engine/compose.ts';
import { rebuildsAlone } from '../engine/compose-rebuild.ts';
import { runFix } from '../engine/fix.ts';
import type { AffectedPackage, FixResult } from '../engine/fix-group.ts';
import { scanChange } from '../engine/scan.ts';
import { previewForge } from '../forge/preview.ts';
import { NO_IMAGES } from '../images/result.ts';
import type { Job, PackageLinks } from '../model.ts';
import type { ScanOutcome } from '../scan/outcome.ts';
import type { AdvisedPackage } from '../store/store.ts';
import { localWorkspace } from '../workspace/local.ts';
import { onClone } from './on-clone.ts';
import type { RelockRequest } from './handle-job.ts';
import { cutoffOf, type RelockOptions } from './relock.ts';

export interface Fixed {
  /** One for each group of locks that has an affected version. */
  readonly fixes: readonly FixResult[];
  readonly scan: ScanOutcome;
  readonly links: ReadonlyMap<string, PackageLinks>;
  readonly notes: readonly string[];
  readonly seconds: number;
}

export type FixRequest = Omit<RelockRequest, 'job'> & { readonly advised: AdvisedPackage };

const LINKS_MS = 5000;

/** @returns what fixes for the job handler; it publishes nothing, and leaves nothing behind. */
export function createFix(options: RelockOptions): (request: FixRequest) => Promise<Fixed> {
  const { settings, environment, version, now, walls } = options;
  return async ({ advised, look, policy, token, signal }) => {
    const start = performance.now();
    const { owner, name } = look.repository;
    return onClone({ look, token, signal }, options, async (root) => {
      const cutoff = cutoffOf(policy, now());
      const job: Job = { repository: `${owner}/${name}`, trigger: 'advisory', only: [], cutoff };
      const composed = await composePorts({
        settings,
        walls,
        repository: job.repository,
        workspace: localWorkspace({ root: root, scratch: [tmpdir()] }),
        forge: previewForge,
        policy,
        cutoff,
        environment,
        version,
        registryPool: null,
        dockerConfig: null,
        rebuilds: rebuildsAlone('off'),
        observe: () => undefined,
        signal,
      });
      try {
        const { ports, index } = composed;
        const run = await runFix({ job, affected: [affectedBy(advised)] }, { ...ports, index });
        const results = run.fixes.flatMap((fix) => fix.results);
        for (const { target, changes } of results) if (target.remotes.length === 0) ports.links.ask(changes);
        const [links, scan] = await Promise.all([
          ports.links.found(LINKS_MS),
          scanChange({ results, images: NO_IMAGES, built: [] }, run.look, ports.scan),
        ]);
        const seconds = (performance.now() - start) / 1000;
        return { fixes: run.fixes, scan, links, notes: [...ports.notes, ...run.notes], seconds };
      } finally {
        await composed.close();
      }
    });
  };
}

/** What all advisories that still hold say of the package. */
function affectedBy({ package: name, ecosystem, advisories }: AdvisedPackage): AffectedPackage {
  const standing = advisories.filter(({ state }) => state !== 'withdrawn');
  return {
    name,
    isAffected: (version) => standing.some((advisory) => holdsFor(advisory, { ecosystem, name, version })),
    fixed: lowestFixed(standing, { ecosystem, name, version: '0' }),
  };
}

/** Whether an advisory is about this release. */
export function holdsFor(
  advisory: Advisory,
  release: { readonly ecosystem: string; readonly name: string; readonly version: string },
): boolean {
  return affected(advisory, [release]).length > 0;
}
