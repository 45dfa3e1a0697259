/** RPM's package database in the three formats that images have. Pure. */
import type { ImagePackage } from './content.ts';
import { FormatError } from './format-error.ts';
import { bdbBlobs } from './rpm-bdb.ts';
import { parseRpmHeader } from './rpm-header.ts';
import { ndbBlobs } from './rpm-ndb.ts';
import { sqliteBlobs } from './rpm-sqlite.ts';

export type RpmFormat = 'sqlite' | 'ndb' | 'bdb';

/** File names in rpm's folder, the newest format first: where one was converted, that is the one in use. */
export const RPM_FILES: readonly { readonly name: string; readonly format: RpmFormat }[] = [
  { name: 'rpmdb.sqlite', format: 'sqlite' },
  { name: 'Packages.db', format: 'ndb' },
  { name: 'Packages', format: 'bdb' },
];

export type RpmRead =
  | { readonly kind: 'read'; readonly packages: readonly ImagePackage[] }
  /** `why` goes on after "could not be read:". */
  | { readonly kind: 'damaged'; readonly why: string };

/**
 * @param log `rpmdb.sqlite-wal`, or null; only for SQLite.
 * @param location the database's path in the image.
 */
export function parseRpm(format: RpmFormat, file: Buffer, log: Buffer | null, location: string): RpmRead {
  try {
    const packages: ImagePackage[] = [];
    for (const blob of blobsOf(format, file, log)) {
      const one = parseRpmHeader(blob, location);
      if (one !== null) packages.push(one);
    }
    return { kind: 'read', packages };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'damaged', why: error.message };
    // Threat: an offset inside the database that points past its end.
    if (error instanceof RangeError) return { kind: 'damaged', why: 'it points past its own end' };
    throw error;
  }
}

function blobsOf(format: RpmFormat, file: Buffer, log: Buffer | null): Generator<Buffer> {
  switch (format) {
    case 'sqlite':
      return sqliteBlobs(file, log);
    case 'ndb':
      return ndbBlobs(file);
    case 'bdb':
      return bdbBlobs(file);
  }
}
