/** What all images of a process share of Debian's repositories, so that a hundred on five bases fetch each index once. */
import type { AptRelease } from '../distro/apt-release.ts';
import type { DebIndex } from '../distro/deb-index.ts';
import type { PgpKey, Verified } from '../distro/pgp-verify.ts';
import { createSharedValues, type SharedValues } from './deb-cache.ts';

/** A suite's own file as it was fetched. */
export interface ReleaseFiles {
  /** `InRelease`; null: there is none. */
  readonly inRelease: string | null;
  readonly release: string | null;
  /** `Release.gpg`. */
  readonly signature: Buffer | null;
}

export interface ReadRelease {
  readonly verified: Verified;
  /** null: it was not verified, or is no such file. */
  readonly release: AptRelease | null;
}

export interface AptPool {
  /** By address, for a short time. */
  readonly releases: SharedValues<ReleaseFiles>;
  /** By digest and keyrings. */
  readonly verified: SharedValues<ReadRelease>;
  /** By digest of the bytes. */
  readonly keyrings: SharedValues<readonly PgpKey[]>;
  /** By host and digest: what has a digest never changes. */
  readonly indexes: SharedValues<DebIndex>;
}

const MIB = 1024 * 1024;

export interface AptPoolOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a suite's release stands before it is asked for again; ten minutes unless told. */
  readonly keepSeconds?: number;
  /** Of indexes in memory; Debian's main one takes 30 MB. */
  readonly indexBytes?: number;
}

export function createAptPool({ now, keepSeconds = 600, indexBytes = 256 * MIB }: AptPoolOptions): AptPool {
  return {
    releases: createSharedValues<ReleaseFiles>({
      now,
      keepMs: keepSeconds * 1000,
      maxWeight: 16 * MIB,
      weigh: ({ inRelease, release }) => (inRelease?.length ?? 0) + (release?.length ?? 0) + 1000,
    }),
    verified: createSharedValues<ReadRelease>({
      now,
      // A key may end meanwhile.
      keepMs: keepSeconds * 1000,
      maxWeight: 200_000,
      weigh: ({ release }) => (release?.files.size ?? 0) + 10,
    }),
    keyrings: createSharedValues<readonly PgpKey[]>({
      now,
      keepMs: null,
      maxWeight: 2000,
      weigh: (keys) => keys.length + 1,
    }),
    indexes: createSharedValues<DebIndex>({
      now,
      keepMs: null,
      maxWeight: indexBytes,
      weigh: ({ bytes }) => bytes,
    }),
  };
}
