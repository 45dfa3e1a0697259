/** The webhooks that tell of advisories, and of repositories that are no longer ours to look at. */
import type { Probot } from 'probot';
import { readAdvisoryEvent, type AdvisoryEvent } from '../advisory/from-github.ts';
import type { Store, StoreLog } from '../store/store.ts';
import type { AdvisoryIntake } from './advisories.ts';

export interface AdvisoryTriggerOptions {
  readonly store: Store;
  readonly intake: AdvisoryIntake;
  readonly log: StoreLog;
}

/** Those of which something can follow. */
export const ADVISORY_EVENTS = [
  'security_advisory.published',
  'security_advisory.updated',
  'security_advisory.withdrawn',
  'dependabot_alert.created',
  'dependabot_alert.reopened',
  'dependabot_alert.reintroduced',
  'dependabot_alert.auto_reopened',
  'repository_advisory.published',
] as const;

/** Registers the handlers. `security_advisory` names no repository: who has the package is asked of the index. */
export function registerAdvisoryTriggers(app: Probot, { store, intake, log }: AdvisoryTriggerOptions): void {
  const take = async (event: AdvisoryEvent, payload: unknown): Promise<void> => {
    const reading = readAdvisoryEvent(event, payload);
    if (reading.read === 'advisory') {
      await intake.take([reading.advisory]);
      return;
    }
    log.info({ event, why: reading.why }, 'an advisory asked for nothing');
  };
  for (const name of ADVISORY_EVENTS) {
    const [event] = name.split('.', 1) as [AdvisoryEvent];
    app.on(name, async ({ payload }) => take(event, payload));
  }

  app.on('installation.deleted', async ({ payload }) => store.forgetInstallation(payload.installation.id));
  app.on('installation_repositories.removed', async ({ payload }) => {
    for (const { id } of payload.repositories_removed) await store.forgetRepository(id);
  });
}
