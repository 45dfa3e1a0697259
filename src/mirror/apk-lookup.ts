/** What Alpine (or Wolfi, Chainguard) offers now to an image: its indexes fetched once, verified, read and compared. */
import { createApkIndexReader, type ApkPackages } from '../distro/apk-index.ts';
import { parseApkSecurity } from '../distro/apk-secdb.ts';
import { apkKeys, verifyApkIndex } from '../distro/apk-signature.ts';
import { apkArchitecture, readApkSources, type ApkSource } from '../distro/apk-sources.ts';
import { apkUpdates, installedApks, securityUrl, type ApkIndex } from '../distro/apk-updates.ts';
import type { SystemUpdates } from '../distro/model.ts';
import { RepoFormatError } from '../distro/repo-store.ts';
import { createLimiter } from '../run/limiter.ts';
import { MirrorError, shown } from './deb-fetch.ts';
import { createFileOfTar } from './repo-tar.ts';
import {
  asMirrorError,
  fetchFile,
  REPO_LIMITS,
  sha256Of,
  unknown,
  unknownBy,
  type RepoImage,
  type RepoLookup,
} from './repo-lookup.ts';
import { unpacked } from './repo-unpack.ts';

const MAX_SECURITY_BYTES = 48 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * @returns what `apk upgrade` in the image would move; `unknown` when an index cannot be had or believed.
 * @throws {CancelledError}
 */
export async function lookUpApkUpdates(image: RepoImage, lookup: RepoLookup): Promise<SystemUpdates> {
  const { files } = image;
  const installed = installedApks(files);
  if (installed === null) return unknown('database-missing', 'The image has no database of apk packages.');
  const architecture = apkArchitecture(files, installed);
  if (architecture === null)
    return unknown('database-unreadable', 'The image does not say for which architecture apk is.');
  const { sources, unread, notes } = readApkSources(files, architecture);
  const [problem] = unread;
  if (problem !== undefined)
    return unknown('unsupported-kind', `A repository of the image cannot be looked up. ${problem}`);
  if (sources.length === 0) {
    return unknown('nothing-pinned', 'The image names no repository of packages (etc/apk/repositories).');
  }
  const turn = createLimiter(AT_ONCE);
  try {
    const indexes = await Promise.all(sources.map((source) => turn(() => loadIndex(source, image, lookup))));
    const usable = await Promise.all(indexes.map((index) => turn(() => withSecurity(index, image, lookup))));
    return apkUpdates({ installed, files, indexes: usable, now: lookup.now(), notes });
  } catch (error) {
    return unknownBy(error);
  }
}

async function loadIndex(source: ApkSource, image: RepoImage, lookup: RepoLookup): Promise<ApkIndex> {
  const { pool, signal } = lookup;
  const limits = lookup.limits ?? REPO_LIMITS;
  const { index: url } = source;
  const file = await fetchFile(lookup, url, limits.packedBytes);
  if (file === null) {
    throw new MirrorError(
      'index-unreachable',
      `${shown(url)} is not there.`,
      `Look at ${source.namedIn} of the image: the branch may be gone (end of life), or misspelt.`,
    );
  }
  const keys = apkKeys(image.files);
  const ring = [...keys].map(([name, bytes]) => `${name} ${sha256Of(bytes)}`).sort();
  const { why, start } = await pool.verified.get(
    `${file.sha256} ${sha256Of(ring.join('\n'))}`,
    async () => {
      const verified = verifyApkIndex(file.bytes, keys);
      return verified.ok ? { why: '', start: verified.start } : { why: verified.why, start: 0 };
    },
    signal,
  );
  if (why !== '') {
    throw new MirrorError(
      'database-unreadable',
      `${shown(url)} is not believed: ${why}.`,
      'A key may have been changed: look whether `apk update` in a fresh container of the image complains too.',
    );
  }
  const read = await pool.apk.get(
    file.sha256,
    () => readIndex(file.bytes.subarray(start), limits.bytes, url),
    signal,
  );
  return { source, ...read, signed: true, security: 'none' };
}

/** @param bytes what is signed of the file. */
async function readIndex(bytes: Buffer, maxBytes: number, url: string): Promise<ApkPackages> {
  const reader = createApkIndexReader();
  const tar = createFileOfTar('APKINDEX', reader.write);
  try {
    for await (const part of unpacked(bytes, maxBytes)) tar.write(part);
    if (!tar.isWhole()) throw new RepoFormatError('it holds no whole APKINDEX');
    return reader.end();
  } catch (error) {
    throw asMirrorError(error, url);
  }
}

async function withSecurity(index: ApkIndex, { os }: RepoImage, lookup: RepoLookup): Promise<ApkIndex> {
  const { secdbUrl, pool, fetch, signal } = lookup;
  const url = securityUrl(index.source, os, secdbUrl ?? 'https://secdb.invalid');
  if (url === null) return index;
  if (secdbUrl === null && os?.id === 'alpine') return { ...index, security: 'unreachable' };
  try {
    const security = await pool.security.get(
      url,
      async () => {
        const bytes = await fetch({ url, maxBytes: MAX_SECURITY_BYTES, sha256: null, signal });
        return bytes === null ? null : parseApkSecurity(bytes.toString('utf8'));
      },
      signal,
    );
    return { ...index, security: security ?? 'unreachable' };
  } catch (error) {
    if (error instanceof MirrorError) return { ...index, security: 'unreachable' };
    throw error;
  }
}
