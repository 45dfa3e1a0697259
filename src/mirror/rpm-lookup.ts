/** What a distribution of the RPM family offers now to an image: its repositories read once, verified and compared. */
import type { SystemUpdates } from '../distro/model.ts';
import { readRpmVariables, rpmArchitecture } from '../distro/rpm-config.ts';
import { readRpmSources } from '../distro/rpm-sources.ts';
import { rpmUpdates } from '../distro/rpm-updates.ts';
import { createLimiter } from '../run/limiter.ts';
import { unknown, unknownBy, type RepoImage, type RepoLookup } from './repo-lookup.ts';
import { loadRpmRepository } from './rpm-repository.ts';

/** Each may hold a hundred megabytes while it is read. */
const AT_ONCE = 2;

/**
 * @returns what `dnf upgrade` in the image would move; `unknown` when a repository cannot be had or believed.
 * @throws {CancelledError}
 */
export async function lookUpRpmUpdates(image: RepoImage, lookup: RepoLookup): Promise<SystemUpdates> {
  const { files, packages, os } = image;
  const architecture = rpmArchitecture(packages);
  if (architecture === null)
    return unknown('database-missing', 'The image has no RPM packages of any architecture.');
  const variables = readRpmVariables(files, os, packages, architecture);
  const { sources, unread, notes, installOnly } = readRpmSources(files, variables);
  const [problem] = unread;
  if (problem !== undefined)
    return unknown('unsupported-kind', `A repository of the image cannot be looked up. ${problem}`);
  if (sources.length === 0) {
    return unknown(
      'nothing-pinned',
      'The image has no repository of packages that is enabled (etc/yum.repos.d).',
    );
  }
  const turn = createLimiter(AT_ONCE);
  try {
    const indexes = await Promise.all(
      sources.map((source) => turn(() => loadRpmRepository(source, files, lookup))),
    );
    return rpmUpdates({ packages, indexes, installOnly, now: lookup.now(), notes });
  } catch (error) {
    return unknownBy(error);
  }
}
