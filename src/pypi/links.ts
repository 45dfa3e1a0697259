/** Asks the index for the metadata of packages that moved, and reads their links out of it. */
import type { Change, PackageLinks } from '../model.ts';
import { chooseLinks, labelledUrls } from '../report/links.ts';
import { linkKey } from '../report/review.ts';
import type { ProjectUrls } from './project-urls.ts';
import type { SimpleClient } from './simple-client.ts';

/** More are not asked for: a report of that length drops its tables anyway. */
const MAX_PACKAGES = 400;

/**
 * Links by `linkKey`, of those that answer in time; direct ones are asked first. Packages from elsewhere than the default
 * index are left out.
 * Threat: a stranger's package of the same name on the public index would otherwise lend its links to a private one.
 * @param project asked where the index has no metadata of that very version.
 * @param timeoutMs for all of it.
 */
export async function fetchLinks(
  changes: readonly Change[],
  client: SimpleClient,
  project: ProjectUrls,
  timeoutMs: number,
): Promise<ReadonlyMap<string, PackageLinks>> {
  const wanted = new Map<string, Change>();
  for (const change of [...changes].sort((a, b) => Number(b.direct) - Number(a.direct))) {
    if (change.origin === null && change.kind !== 'hash' && wanted.size < MAX_PACKAGES)
      wanted.set(linkKey(change), change);
  }
  const links = new Map<string, PackageLinks>();
  const asking = [...wanted].map(async ([key, { name, from, to }]) => {
    const version = to ?? from;
    const metadata = version === null ? null : await client.metadata(name, version);
    const urls = metadata === null ? await project(name) : labelledUrls(metadata);
    if (urls.length > 0) links.set(key, chooseLinks(urls, from, to));
  });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([Promise.allSettled(asking), late]);
  clearTimeout(timer);
  // A copy: what still comes in must not change a report that is being written.
  return new Map(links);
}
