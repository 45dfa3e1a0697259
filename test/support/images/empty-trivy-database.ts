/** A database of Trivy without a single advisory: it looks for secrets all the same, and starts without the network. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '../folder.ts';

const PAGE = 4096;

/** @returns a cache folder for `--cache-dir`. */
export function emptyTrivyDatabase(): string {
  const cache = folder();
  mkdirSync(join(cache, 'db'));
  writeFileSync(join(cache, 'db/trivy.db'), emptyBolt());
  const day = (date: string): string => `2026-11-${date}T00:00:00Z`;
  const metadata = { Version: 2, UpdatedAt: day('20'), NextUpdate: day('21'), DownloadedAt: day('20') };
  writeFileSync(join(cache, 'db/metadata.json'), JSON.stringify(metadata));
  return cache;
}

/** A file of bbolt (go.etcd.io/bbolt): two meta pages, a free list and a root bucket, all empty. */
function emptyBolt(): Buffer {
  const file = Buffer.alloc(4 * PAGE);
  for (const [id, flags] of [0x04, 0x04, 0x10, 0x02].entries()) {
    file.writeBigUInt64LE(BigInt(id), id * PAGE);
    file.writeUInt16LE(flags, id * PAGE + 8);
  }
  for (const transaction of [0, 1]) {
    const meta = file.subarray(transaction * PAGE + 16, transaction * PAGE + 16 + 64);
    meta.writeUInt32LE(0xed_0c_da_ed, 0);
    meta.writeUInt32LE(2, 4);
    meta.writeUInt32LE(PAGE, 8);
    meta.writeBigUInt64LE(3n, 16);
    meta.writeBigUInt64LE(2n, 32);
    meta.writeBigUInt64LE(4n, 40);
    meta.writeBigUInt64LE(BigInt(transaction), 48);
    meta.writeBigUInt64LE(fnv64a(meta.subarray(0, 56)), 56);
  }
  return file;
}

function fnv64a(bytes: Buffer): bigint {
  let hash = 0xcb_f2_9c_e4_84_22_23_25n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x1_00_00_00_01_b3n);
  return hash;
}
