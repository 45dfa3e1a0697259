/**
 * Which files of a database zip speak of which package, so that a scan reads those alone. Made once for each zip and kept in a
 * small file: the first line says what it belongs to and its own digest, the rest is JSON.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from './send.ts';
import { packageName, rootOf } from './place.ts';
import { createReadAhead, listEntries, readEntry } from './zip.ts';
import type { ZipEntry, ZipLimits } from './zip.ts';

const MAGIC = 'relock-osv-index 1';
const MAX_INDEX_BYTES = 512 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
const READ_AHEAD = 1024 * 1024;

export interface RecordIndex {
  /** By number. */
  readonly entries: readonly ZipEntry[];
  /** Numbers by name of package. */
  readonly names: ReadonlyMap<string, readonly number[]>;
  /** Newest `modified` of all records that is not in the future, ISO 8601; null: no record has one. */
  readonly newest: string | null;
  /** Files that are no advisory records (no JSON, no id, no list of what they affect). */
  readonly skipped: number;
  /** Records left out because another one with the same id speaks of the same package, and is newer. */
  readonly duplicates: number;
}

/** What an index belongs to: another size, time of change or end of the zip (its directory) makes it stale. */
export async function stampOf(handle: FileHandle): Promise<string> {
  const { size, mtimeMs } = await handle.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await handle.read(tail, 0, tail.length, size - tail.length);
  return `${size} ${Math.floor(mtimeMs)} ${sha256(tail)}`;
}

/**
 * Reads the whole zip once.
 * @param now milliseconds since 1970.
 * @throws {Error} when the zip is broken, beyond the limits or without a single record, in words that follow `FILE: `.
 * @throws {CancelledError}
 */
export async function buildIndex(
  handle: FileHandle,
  ecosystem: string,
  limits: ZipLimits,
  now: number,
  signal: AbortSignal | null,
): Promise<RecordIndex> {
  const entries = await listEntries(handle, limits, signal);
  const readAt = createReadAhead(handle, READ_AHEAD);
  const names = new Map<string, Map<string, Found>>();
  let newest = { text: null as string | null, time: -Infinity };
  let skipped = 0;
  let duplicates = 0;
  for (const [number, entry] of entries.entries()) {
    if (number % 200 === 0) throwIfAborted(signal);
    const record = asRecord(await readEntry(readAt, entry));
    if (record === null) {
      skipped += 1;
      continue;
    }
    const time = timeOf(record.modified);
    if (time > newest.time && time <= now) newest = { text: record.modified, time };
    for (const name of namesOf(record.affected, ecosystem)) {
      const ids = names.get(name) ?? new Map<string, Found>();
      names.set(name, ids);
      const other = ids.get(record.id);
      if (other !== undefined) duplicates += 1;
      if (other === undefined || time >= other.time) ids.set(record.id, { number, time });
    }
  }
  if (entries.length === skipped) {
    throw new Error(
      skipped === 0 ? 'it holds no advisories' : `none of its ${skipped} files is an advisory record`,
    );
  }
  const numbers = new Map<string, readonly number[]>();
  for (const [name, ids] of names)
    numbers.set(
      name,
      [...ids.values()].map(({ number }) => number),
    );
  return { entries, names: numbers, newest: newest.text, skipped, duplicates };
}

interface Found {
  readonly number: number;
  readonly time: number;
}

interface RawRecord {
  readonly id: string;
  readonly modified: string | null;
  readonly affected: readonly unknown[];
}

/** What an OSV record must have to be one (https://ossf.github.io/osv-schema/); the rest is not looked at here. */
function asRecord(bytes: Buffer): RawRecord | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (!isObject(value) || typeof value['id'] !== 'string') return null;
    const { id, modified, affected = [] } = value;
    if (!Array.isArray(affected)) return null;
    return { id, modified: typeof modified === 'string' ? modified : null, affected };
  } catch {
    return null;
  }
}

/** The packages of that ecosystem, in whichever release, that an `affected` list speaks of. */
function namesOf(affected: readonly unknown[], ecosystem: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const item of affected) {
    const name = affectedName(item, ecosystem);
    if (name !== null) names.add(name);
  }
  return names;
}

/** @returns the name by which the index knows an item of `affected`, or null: it speaks of another ecosystem. */
export function affectedName(item: unknown, ecosystem: string): string | null {
  if (!isObject(item) || !isObject(item['package'])) return null;
  const { ecosystem: of, name } = item['package'];
  if (typeof of !== 'string' || typeof name !== 'string' || rootOf(of) !== ecosystem) return null;
  return packageName(ecosystem, name);
}

function timeOf(modified: string | null): number {
  // RFC 3339, as the schema wants it; `Date.parse` alone takes much more.
  if (modified === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/u.test(modified))
    return -Infinity;
  const time = Date.parse(modified);
  return Number.isNaN(time) ? -Infinity : time;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns null when there is none, or it belongs to another zip, another Relock, or is not what was written. */
export async function loadIndex(path: string, stamp: string): Promise<RecordIndex | null> {
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) return null;
  try {
    const about = await handle.stat();
    if (!about.isFile() || about.size > MAX_INDEX_BYTES) return null;
    const bytes = await handle.readFile();
    const end = bytes.indexOf(0x0a);
    const body = bytes.subarray(end + 1);
    if (end < 0 || bytes.toString('utf8', 0, end) !== headOf(stamp, body)) return null;
    const kept = JSON.parse(body.toString('utf8')) as KeptIndex;
    return { ...kept, entries: kept.entries.map(asEntry), names: new Map(kept.names) };
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

/** @returns whether it was written: where it was not, the next run makes it again. */
export async function saveIndex(path: string, stamp: string, index: RecordIndex): Promise<boolean> {
  const kept: KeptIndex = {
    ...index,
    entries: index.entries.map(({ offset, packedBytes, bytes, crc, method }) => [
      offset,
      packedBytes,
      bytes,
      crc,
      method,
    ]),
    names: [...index.names],
  };
  const body = Buffer.from(JSON.stringify(kept), 'utf8');
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside, Buffer.concat([Buffer.from(`${headOf(stamp, body)}\n`, 'utf8'), body]), {
      flag: 'wx',
    });
    await rename(beside, path);
    return true;
  } catch {
    await rm(beside, { force: true }).catch(() => undefined);
    return false;
  }
}

interface KeptIndex {
  readonly entries: readonly (readonly [number, number, number, number, number])[];
  readonly names: readonly (readonly [string, readonly number[]])[];
  readonly newest: string | null;
  readonly skipped: number;
  readonly duplicates: number;
}

function asEntry([offset, packedBytes, bytes, crc, method]: KeptIndex['entries'][number]): ZipEntry {
  return { offset, packedBytes, bytes, crc, method };
}

function headOf(stamp: string, body: Buffer): string {
  return `${MAGIC} ${sha256(body)} ${stamp}`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
