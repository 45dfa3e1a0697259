/** Advisories that come without a webhook: what OSV's list says has changed. */
import { advisoryOfRecord } from '../advisory/from-record.ts';
import { CancelledError, messageOf } from '../errors.ts';
import { createAdvisoryService } from '../osv/ask.ts';
import { readModified, readModifiedRecords } from '../osv/modified.ts';
import { ADVISORY_DATABASES, ADVISORY_SERVICE } from '../osv/service.ts';
import type { Settings } from '../config/settings.ts';
import type { Store, StoreLog } from '../store/store.ts';
import type { AdvisoryIntake } from './advisories.ts';
import type { Looker } from './tick.ts';

export interface AdvisoryPollOptions {
  readonly store: Store;
  readonly intake: AdvisoryIntake;
  readonly settings: Settings;
  readonly version: string;
  readonly log: StoreLog;
}

/** Distributions have too many of them, and bring them by their own indexes: see `src/distro`. */
const ECOSYSTEM = 'PyPI';
const PARALLEL = 8;
/** Lists that were read in one look; the rest waits for the next. */
const LISTS = 5;

/** The cursor moves only when the jobs are queued: what was lost in between is read again. */
export function createAdvisoryPoll(options: AdvisoryPollOptions): Looker {
  const { store, intake, settings, version, log } = options;
  const userAgent = `relock/${version}`;
  const source = `osv/${ECOSYSTEM}`;
  const lookOnce = async (signal: AbortSignal): Promise<boolean> => {
    const listed = await readModified({
      baseUrl: settings.scan.databaseUrl ?? ADVISORY_DATABASES,
      ecosystem: ECOSYSTEM,
      cursor: await store.advisoryCursor(source),
      fetch,
      userAgent,
      signal,
    });
    if (listed.state === 'failed') throw new Error(listed.why);
    const service = createAdvisoryService({
      baseUrl: settings.scan.osvUrl ?? ADVISORY_SERVICE,
      fetch,
      userAgent,
      cacheFolder: null,
      signal,
      parallel: PARALLEL,
    });
    const { records, failed } = await readModifiedRecords(service, listed.entries);
    if (failed !== null) throw new Error(failed);
    await intake.take(
      records.flatMap((record) => {
        const reading = advisoryOfRecord(record);
        return reading.read === 'advisory' ? [reading.advisory] : [];
      }),
    );
    await store.saveAdvisoryCursor(source, listed.cursor);
    return listed.more;
  };
  return {
    async look(signal) {
      // With a database on this machine alone, nothing is asked of the outside.
      if (settings.scan.database !== null) return;
      try {
        for (let lists = 0; lists < LISTS && (await lookOnce(signal)); lists += 1);
      } catch (error) {
        if (error instanceof CancelledError || signal.aborted) return;
        log.warn({ error: messageOf(error) }, 'the list of changed advisories could not be read');
      }
    },
  };
}
