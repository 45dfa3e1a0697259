/** What looking up repositories of apk and RPM packages needs, and how its failures are told. */
import { createHash } from 'node:crypto';
import type { SystemUpdates } from '../distro/model.ts';
import type { RepoFiles } from '../distro/repo-files.ts';
import { RepoFormatError } from '../distro/repo-store.ts';
import type { ImagePackage, ImageSystem } from '../images/content.ts';
import type { ReasonCode } from '../reason.ts';
import { MirrorError, shown, type MirrorFetch } from './deb-fetch.ts';
import type { FetchedFile, RepoPool } from './repo-pool.ts';

export interface RepoImage {
  /** Those that `systemFileWanted` asks for. */
  readonly files: RepoFiles;
  readonly packages: readonly ImagePackage[];
  readonly os: ImageSystem | null;
}

export interface RepoLookup {
  readonly fetch: MirrorFetch;
  readonly pool: RepoPool;
  /** Root of Alpine's security database, without a slash at the end; null: it is not asked. */
  readonly secdbUrl: string | null;
  readonly limits?: RepoLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface RepoLimits {
  /** One index as it is sent, and unpacked. */
  readonly packedBytes: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
/** Fedora's packages have 20 MB that become 200. */
export const REPO_LIMITS: RepoLimits = { packedBytes: 96 * MIB, bytes: 1536 * MIB };

/** A file that may be another one tomorrow, fetched at most once in a while; null: it is not there. @throws {MirrorError} */
export async function fetchFile(
  lookup: RepoLookup,
  url: string,
  maxBytes: number,
): Promise<FetchedFile | null> {
  const { fetch, pool, signal } = lookup;
  return await pool.files.get(
    url,
    async () => {
      const bytes = await fetch({ url, maxBytes, sha256: null, signal });
      return bytes === null ? null : { bytes, sha256: sha256Of(bytes) };
    },
    signal,
  );
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A file that is not what its format says, as an error that names it; others as they are. */
export function asMirrorError(error: unknown, url: string): unknown {
  if (!(error instanceof RepoFormatError)) return error;
  return new MirrorError('database-unreadable', `${shown(url)} cannot be read: ${error.message}.`, '', {
    cause: error,
  });
}

export function unknown(code: ReasonCode, message: string, fix = ''): SystemUpdates {
  return { state: 'unknown', reason: { code, message, fix, detail: '' } };
}

/** @throws whatever is no fault of a repository. */
export function unknownBy(error: unknown): SystemUpdates {
  if (error instanceof MirrorError) return unknown(error.code, error.message, error.fix);
  throw error;
}
