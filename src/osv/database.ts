/**
 * The offline database: a folder with OSV's own zips (`DIR/PyPI/all.zip`), or with osv-scanner's copies of them
 * (`DIR/osv-scalibr/PyPI/all.zip`).
 */
import { open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError, messageOf } from '../errors.ts';
import type { WantedRecords } from '../scan/scanner.ts';
import { DatabaseError } from './database-error.ts';
import { indexPlaces, packageName, rootOf, SCANNER_FOLDER, zipPlaces } from './place.ts';
import { affectedName, buildIndex, isObject, loadIndex, saveIndex, stampOf } from './record-index.ts';
import type { RecordIndex } from './record-index.ts';
import { throwIfAborted } from './send.ts';
import { noteDate, readNote } from './update-note.ts';
import { createReadAhead, readEntry } from './zip.ts';
import type { ZipLimits } from './zip.ts';

/** OSV's largest single ecosystems have some hundred thousand records, and unpack to a few gigabytes. */
export const ZIP_LIMITS: ZipLimits = {
  entries: 1_000_000,
  entryBytes: 16 * 1024 * 1024,
  totalBytes: 8 * 1024 * 1024 * 1024,
};
/** Of the records of one look-up, unpacked. */
const MAX_LOOKUP_BYTES = 2 * 1024 * 1024 * 1024;
const READ_AHEAD = 64 * 1024;

export interface DatabaseOptions {
  /** Absolute; for indexes of a database that cannot be written. null: such an index is made anew by every process. */
  readonly cacheFolder?: string | null;
  readonly signal?: AbortSignal | null;
  readonly limits?: ZipLimits;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface LookUp {
  /** OSV records, each with those items of `affected` alone that speak of wanted packages. */
  readonly records: readonly unknown[];
  /** ISO 8601: how fresh the data is; of several ecosystems the oldest. See {@link EcosystemDatabase.date}. */
  readonly date: string | null;
  /** Ecosystems (without release) that the folder has no zip for. */
  readonly missing: readonly string[];
  /** Files in the zips that are no advisory records, and so were not looked at. */
  readonly skipped: number;
}

export interface EcosystemDatabase {
  readonly ecosystem: string;
  /** The zip. */
  readonly file: string;
  readonly bytes: number;
  readonly records: number;
  readonly skipped: number;
  readonly duplicates: number;
  /** ISO 8601: the later of when `db update` was told that it last changed, and the newest `modified` of its records. */
  readonly date: string | null;
}

export interface Database {
  /**
   * @throws {DatabaseError} `database-missing` when there is no such folder, `database-unreadable` when a zip that is wanted is
   *   cut short, broken, or beyond the limits. @throws {CancelledError}
   */
  lookUp(wanted: readonly WantedRecords[]): Promise<LookUp>;
  /** All ecosystems it has. @throws as `lookUp`. */
  describe(): Promise<readonly EcosystemDatabase[]>;
}

/** Nothing is read before the first look-up. @param folder absolute. */
export function openDatabase(folder: string, options: DatabaseOptions = {}): Database {
  const now = options.now ?? Date.now;
  const signal = options.signal ?? null;
  const limits = options.limits ?? ZIP_LIMITS;
  const held = new Map<string, { readonly stamp: string; readonly index: RecordIndex }>();

  const indexOf = async (
    handle: FileHandle,
    zip: string,
    root: string,
    fresh: boolean,
  ): Promise<RecordIndex> => {
    const stamp = await stampOf(handle);
    const known = held.get(zip);
    if (known?.stamp === stamp && !fresh) return known.index;
    const places = indexPlaces(zip, options.cacheFolder ?? null);
    for (const place of fresh ? [] : places) {
      const index = await loadIndex(place, stamp);
      if (index === null) continue;
      held.set(zip, { stamp, index });
      return index;
    }
    const index = await buildIndex(handle, root, limits, now(), signal);
    for (const place of places) if (await saveIndex(place, stamp, index)) break;
    held.set(zip, { stamp, index });
    return index;
  };

  /** `use` with the index; once more with a fresh one where the index may be what is wrong. */
  const withIndex = <T>(
    zip: string,
    root: string,
    use: (handle: FileHandle, index: RecordIndex) => Promise<T>,
  ): Promise<T> =>
    withZip(zip, async (handle) => {
      const index = await indexOf(handle, zip, root, false);
      try {
        return await use(handle, index);
      } catch (error) {
        if (error instanceof CancelledError || error instanceof DatabaseError) throw error;
        return use(handle, await indexOf(handle, zip, root, true));
      }
    });

  const dateOf = async (zip: string, index: RecordIndex): Promise<string | null> =>
    laterOf(noteDate(await readNote(zip), now()), index.newest);

  return {
    async lookUp(wanted) {
      await mustBeFolder(folder);
      const missing: string[] = [];
      const records: unknown[] = [];
      const dates: (string | null)[] = [];
      let skipped = 0;
      for (const [root, names] of byRoot(wanted)) {
        const zip = await findZip(folder, root);
        if (zip === null) {
          missing.push(root);
          continue;
        }
        const found = await withIndex(zip, root, async (handle, index) => ({
          index,
          records: await readRecords(handle, index, root, names, signal),
        }));
        for (const record of found.records) records.push(record);
        dates.push(await dateOf(zip, found.index));
        skipped += found.index.skipped;
      }
      return { records, date: oldestOf(dates), missing, skipped };
    },
    async describe() {
      await mustBeFolder(folder);
      const all: EcosystemDatabase[] = [];
      for (const root of await rootsIn(folder)) {
        const file = await findZip(folder, root);
        if (file === null) continue;
        const { index, bytes } = await withIndex(file, root, async (handle, index) => ({
          index,
          bytes: (await handle.stat()).size,
        }));
        all.push({
          ecosystem: root,
          file,
          bytes,
          records: index.entries.length - index.skipped,
          skipped: index.skipped,
          duplicates: index.duplicates,
          date: await dateOf(file, index),
        });
      }
      return all;
    },
  };
}

async function readRecords(
  handle: FileHandle,
  index: RecordIndex,
  root: string,
  names: ReadonlySet<string>,
  signal: AbortSignal | null,
): Promise<readonly unknown[]> {
  const numbers = new Set<number>();
  for (const name of names) for (const number of index.names.get(name) ?? []) numbers.add(number);
  const readAt = createReadAhead(handle, READ_AHEAD);
  const records: unknown[] = [];
  let total = 0;
  // In the order of their places.
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (records.length % 200 === 0) throwIfAborted(signal);
    const entry = index.entries[number];
    if (entry === undefined) throw new Error('its index is wrong');
    total += entry.bytes;
    if (total > MAX_LOOKUP_BYTES)
      throw new Error(`the records asked for are more than ${MAX_LOOKUP_BYTES} bytes`);
    const record: unknown = JSON.parse((await readEntry(readAt, entry)).toString('utf8'));
    records.push(trimmed(record, root, names));
  }
  return records;
}

/** One record of a kernel speaks of hundreds of packages: what nobody asked for is not kept in memory. */
function trimmed(record: unknown, root: string, names: ReadonlySet<string>): unknown {
  if (!isObject(record) || !Array.isArray(record['affected'])) return record;
  const affected = record['affected'].filter((item) => {
    const name = affectedName(item, root);
    return name !== null && names.has(name);
  });
  return { ...record, affected };
}

function byRoot(wanted: readonly WantedRecords[]): ReadonlyMap<string, ReadonlySet<string>> {
  const roots = new Map<string, Set<string>>();
  for (const { ecosystem, names } of wanted) {
    const root = rootOf(ecosystem);
    const all = roots.get(root) ?? new Set<string>();
    for (const name of names) all.add(packageName(root, name));
    roots.set(root, all);
  }
  return roots;
}

/** @throws {DatabaseError} that names the file. */
async function withZip<T>(zip: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(zip, 'r').catch((error: unknown) => {
    throw unreadable(zip, error);
  });
  try {
    return await use(handle);
  } catch (error) {
    if (error instanceof CancelledError || error instanceof DatabaseError) throw error;
    throw unreadable(zip, error);
  } finally {
    await handle.close();
  }
}

export function unreadable(zip: string, cause: unknown): DatabaseError {
  const message = `The advisory database ${zip} cannot be read: ${messageOf(cause)}.`;
  const fix = 'Get it again: `relock db update`, or OSV’s own all.zip for that ecosystem.';
  return new DatabaseError('database-unreadable', message, fix, { cause });
}

async function mustBeFolder(folder: string): Promise<void> {
  if (await isThere(folder, 'folder')) return;
  const message = `There is no advisory database in ${folder}: it is no folder.`;
  const fix = `Fill it with \`relock db update --db ${folder}\`, or put OSV’s zips there (${join(folder, 'PyPI/all.zip')}).`;
  throw new DatabaseError('database-missing', message, fix);
}

/** @returns null when there is none. */
export async function findZip(folder: string, root: string): Promise<string | null> {
  for (const place of zipPlaces(folder, root)) if (await isThere(place, 'file')) return place;
  return null;
}

/** A pipe or a device at that place would hang or never end: no file. */
async function isThere(path: string, as: 'file' | 'folder'): Promise<boolean> {
  const about = await stat(path).catch(() => null);
  return about !== null && (as === 'file' ? about.isFile() : about.isDirectory());
}

async function rootsIn(folder: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const place of [folder, join(folder, SCANNER_FOLDER)])
    for (const name of await readdir(place).catch(() => [])) names.add(name);
  return [...names].sort();
}

function laterOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

/** null when the age of one is not known. */
function oldestOf(dates: readonly (string | null)[]): string | null {
  const known = dates.flatMap((date) => (date === null ? [] : [date]));
  if (known.length === 0 || known.length < dates.length) return null;
  return known.reduce((oldest, date) => (Date.parse(date) < Date.parse(oldest) ? date : oldest));
}
