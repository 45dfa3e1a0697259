/** What a checkout holds now, without making anything anew. */
import { lookOver, type Ports } from '../engine.ts';
import type { Job } from '../model.ts';
import { lockInventory, type Inventory } from '../scan/inventory.ts';
import { asItWas } from './run-lock.ts';

/** @throws {UsageError} when the repository's policy is wrong. */
export async function takeInventory(
  job: Job,
  ports: Pick<Ports, 'workspace' | 'ecosystems' | 'now' | 'policy'>,
): Promise<readonly Inventory[]> {
  const { plan, tree } = await lookOver(job, ports);
  return plan.locks.map((lock) => lockInventory(lock.target.path, asItWas(lock, tree).before));
}
