/** What all images of a process share of repositories of apk and RPM packages, so that a hundred on five bases ask once. */
import type { ApkPackages } from '../distro/apk-index.ts';
import type { ApkSecurity } from '../distro/apk-secdb.ts';
import type { PgpKey } from '../distro/pgp-verify.ts';
import type { RecordStore } from '../distro/repo-store.ts';
import type { RpmPackages } from '../distro/rpm-primary.ts';
import { createSharedValues, type SharedValues } from './deb-cache.ts';

/** A file that may be another one tomorrow. */
export interface FetchedFile {
  readonly bytes: Buffer;
  /** Hex. */
  readonly sha256: string;
}

export interface VerifiedFile {
  /** Empty: it is believed; else why it is not. */
  readonly why: string;
  /** Where what is signed starts in it. */
  readonly start: number;
}

export interface RepoPool {
  /** By address, for a short time: signed indexes of apk, `repomd.xml` and its signature, mirror lists; null: not there. */
  readonly files: SharedValues<FetchedFile | null>;
  /** By digests of the file and of the image's keys. */
  readonly verified: SharedValues<VerifiedFile>;
  /** By address, for a short time. */
  readonly security: SharedValues<ApkSecurity | null>;
  /** By digest: what has one never changes. */
  readonly apk: SharedValues<ApkPackages>;
  readonly primary: SharedValues<RpmPackages>;
  readonly updateinfo: SharedValues<RecordStore>;
  readonly keyrings: SharedValues<readonly PgpKey[]>;
}

const MIB = 1024 * 1024;

export interface RepoPoolOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a file without a digest stands before it is asked for again; ten minutes unless told. */
  readonly keepSeconds?: number;
  /** Of read indexes in memory, for each kind; Fedora's packages take 20 MB. */
  readonly indexBytes?: number;
}

export function createRepoPool({
  now,
  keepSeconds = 600,
  indexBytes = 192 * MIB,
}: RepoPoolOptions): RepoPool {
  const short = { now, keepMs: keepSeconds * 1000 };
  const lasting = { now, keepMs: null, maxWeight: indexBytes };
  return {
    files: createSharedValues<FetchedFile | null>({
      ...short,
      maxWeight: 64 * MIB,
      weigh: (file) => (file?.bytes.length ?? 0) + 200,
    }),
    verified: createSharedValues<VerifiedFile>({ now, keepMs: null, maxWeight: 10_000, weigh: () => 1 }),
    security: createSharedValues<ApkSecurity | null>({ ...short, maxWeight: 50, weigh: () => 1 }),
    apk: createSharedValues<ApkPackages>({ ...lasting, weigh: ({ packages }) => packages.bytes }),
    primary: createSharedValues<RpmPackages>({
      ...lasting,
      weigh: ({ packages, obsoleting }) => packages.bytes + obsoleting.size * 400,
    }),
    updateinfo: createSharedValues<RecordStore>({ ...lasting, weigh: ({ bytes }) => bytes }),
    keyrings: createSharedValues<readonly PgpKey[]>({
      now,
      keepMs: null,
      maxWeight: 2000,
      weigh: (keys) => keys.length + 1,
    }),
  };
}
