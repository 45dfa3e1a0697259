/** What the distribution of an image offers to it now, whatever its package manager. */
import { readAptSources } from '../distro/apt-sources.ts';
import { architecturesOf, debianUpdates, readInstalled } from '../distro/deb-updates.ts';
import type { SystemUpdates } from '../distro/model.ts';
import type { ImageContent } from '../images/content.ts';
import { DPKG_STATUS, isStatusFile } from '../images/wanted-files.ts';
import type { Reason } from '../reason.ts';
import { lookUpApkUpdates } from './apk-lookup.ts';
import { fetchAptIndexes } from './apt-indexes.ts';
import type { AptPool } from './apt-pool.ts';
import type { RepoLookup } from './repo-lookup.ts';
import { lookUpRpmUpdates } from './rpm-lookup.ts';

export interface SystemLookup extends RepoLookup {
  readonly aptPool: AptPool;
}

/**
 * @param content read with `sources`.
 * @returns what an upgrade inside would move; `unknown`, never `clean`, when that cannot be told.
 * @throws {CancelledError}
 */
export async function lookUpSystemUpdates(
  content: ImageContent,
  lookup: SystemLookup,
): Promise<SystemUpdates> {
  const { unread, packages, sourceFiles: files } = content;
  if (unread !== null || files === undefined) return unknown(unread ?? 'its layers could not be read');
  const kinds = new Set(packages.map(({ kind }) => kind));
  const image = { files, packages, os: content.os };
  if (kinds.has('deb')) return debian(files, lookup);
  if (kinds.has('apk')) return lookUpApkUpdates(image, lookup);
  if (kinds.has('rpm')) return lookUpRpmUpdates(image, lookup);
  return unknown('it has no packages of a distribution');
}

async function debian(files: ReadonlyMap<string, Buffer>, lookup: SystemLookup): Promise<SystemUpdates> {
  const { fetch, aptPool: pool, now, signal } = lookup;
  const databases = [...files].filter(([path]) => path === DPKG_STATUS || isStatusFile(path));
  const installed = readInstalled(databases.map(([, bytes]) => bytes.toString('latin1')));
  const architectures = architecturesOf(installed, files);
  const { sources, notes } = readAptSources(files, architectures);
  const got = await fetchAptIndexes(sources, { fetch, pool, files, now, signal });
  if (!got.ok) return { state: 'unknown', reason: got.reason };
  return debianUpdates({
    installed,
    native: architectures[0] ?? '',
    files,
    indexes: got.indexes,
    notes: [...notes, ...got.notes],
  });
}

function unknown(why: string): SystemUpdates {
  const reason: Reason = {
    code: 'database-missing',
    message: `What its distribution offers cannot be told: ${why}.`,
    fix: '',
    detail: '',
  };
  return { state: 'unknown', reason };
}
