/** A queued security fix, and what the index of packages learns of a repository. */
import { advisoryOfRecord } from '../advisory/from-record.ts';
import type { Advisory } from '../advisory/model.ts';
import type { AppPolicy } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import { CancelledError } from '../errors.ts';
import { createAdvisoryService } from '../osv/ask.ts';
import { recordsOf, type RecordSource } from '../osv/advisories-of.ts';
import { openDatabase } from '../osv/database.ts';
import { ADVISORY_SERVICE } from '../osv/service.ts';
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import type { Verdict } from '../proposal/verdict.ts';
import { lockInventory, type Inventory } from '../scan/inventory.ts';
import type { AdvisedPackage, Lease, QueuedJob, Store } from '../store/store.ts';
import type { Fixed, FixRequest } from './fix.ts';
import type { InstalledApi } from './handle-job.ts';
import type { Relocked } from './propose.ts';
import { proposeFix } from './propose-fix.ts';

/** All that is known of a package, beside what a webhook told. */
export type KnownAdvisories = (advised: AdvisedPackage, signal: AbortSignal) => Promise<readonly Advisory[]>;

/** Asks OSV as the settings say; what cannot be had adds nothing to what was told. */
export function createKnownAdvisories(settings: Settings, version: string): KnownAdvisories {
  return async ({ ecosystem, package: name }, signal) => {
    const { database, osvUrl } = settings.scan;
    const source: RecordSource =
      database === null
        ? {
            service: createAdvisoryService({
              baseUrl: osvUrl ?? ADVISORY_SERVICE,
              fetch,
              userAgent: `relock/${version}`,
              cacheFolder: null,
              signal,
              parallel: 1,
            }),
          }
        : { database: openDatabase(database, { signal }) };
    try {
      const records = (await recordsOf(source, ecosystem, name)) ?? [];
      return records.flatMap((record) => {
        const reading = advisoryOfRecord(record);
        return reading.read === 'advisory' ? [reading.advisory] : [];
      });
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      return [];
    }
  };
}

export interface SecurityWork {
  readonly job: QueuedJob;
  readonly advised: AdvisedPackage;
  readonly look: RepositoryLook;
  readonly policy: AppPolicy;
  readonly installed: InstalledApi;
  readonly lease: Lease;
  readonly fix: (request: FixRequest) => Promise<Fixed>;
  readonly known: KnownAdvisories;
  readonly version: string;
  readonly now: () => Date;
}

/** Fixes one package, with the smallest change, and proposes it. */
export async function fixPackage(work: SecurityWork): Promise<Verdict> {
  const { advised, look, policy, installed, lease } = work;
  const known = await work.known(advised, lease.signal);
  const whole = { ...advised, advisories: [...advised.advisories, ...known] };
  const token = (): Promise<string> => installed.cloneToken();
  const fixed = await work.fix({ advised: whole, look, policy, token, signal: lease.signal });
  return proposeFix({ ...work, advised: whole, fixed, api: installed.api });
}

/** What a run saw: locks as they are on the default branch, and published images. A run over some locks says nothing of the others. */
export async function rememberPackages(
  { repository, installation, only }: QueuedJob,
  head: string,
  { results, rebuilds }: Pick<Relocked, 'results' | 'rebuilds'>,
  store: Store,
): Promise<void> {
  const locks = results.map(({ target, contents }) => lockInventory(target.path, contents?.before ?? null));
  const places: readonly Inventory[] = [...locks, ...(rebuilds.inventory ?? [])];
  const scope = only.length === 0 ? 'repository' : 'places';
  await store.recordPackages({ ...repository, installation }, head, places, { scope });
}
