/** `relock db update`: brings OSV's own zips into a database folder; the old one stays whenever anything goes wrong. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CancelledError, messageOf } from '../errors.ts';
import type { Fetch } from '../pypi/http-get.ts';
import type { Reason } from '../reason.ts';
import { findZip, ZIP_LIMITS } from './database.ts';
import { download } from './download.ts';
import type { Downloaded } from './download.ts';
import { indexPlaces, isEcosystem, notePlace, rootOf, zipPlaces } from './place.ts';
import { buildIndex, saveIndex, stampOf } from './record-index.ts';
import type { RecordIndex } from './record-index.ts';
import { throwIfAborted } from './send.ts';
import { readNote } from './update-note.ts';
import type { UpdateNote } from './update-note.ts';
import type { ZipLimits } from './zip.ts';

const MAX_ZIP_BYTES = 4 * 1024 * 1024 * 1024;
const DAY_MS = 86_400_000;
const PART = '.part';

export interface UpdateOptions {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  /** As OSV names them; a release (`Debian:12`) is left out, since its zips are for all releases. */
  readonly ecosystems: readonly string[];
  /** With or without a trailing slash; `ADVISORY_DATABASES` is the public one. */
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly userAgent: string;
  readonly signal: AbortSignal | null;
  /** Told now and then while a zip comes in. */
  readonly onProgress?: (progress: UpdateProgress) => void;
  /** Without a byte for so long, a try is over; 60 unless told. */
  readonly idleSeconds?: number;
  /** Before the second try, where the server names no time; 1000 unless told. */
  readonly retryDelayMs?: number;
  /** Of one zip; 4 GB unless told. */
  readonly maxBytes?: number;
  readonly limits?: ZipLimits;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface UpdateProgress {
  readonly ecosystem: string;
  readonly state: 'downloading' | 'checking';
  readonly bytes: number;
  /** null: the server does not say. */
  readonly totalBytes: number | null;
}

export type EcosystemUpdate =
  | {
      readonly ecosystem: string;
      readonly state: 'updated' | 'unchanged';
      readonly file: string;
      readonly bytes: number;
      /** null for an unchanged one: it was not read. */
      readonly records: number | null;
      /** Files in it that are no advisory records. */
      readonly skipped: number | null;
    }
  | { readonly ecosystem: string; readonly state: 'failed'; readonly reason: Reason };

/**
 * One after the other, in the order given, doubles once.
 * @throws {CancelledError} when the signal aborts; any other failure is a value.
 */
export async function updateDatabase(options: UpdateOptions): Promise<readonly EcosystemUpdate[]> {
  const updates: EcosystemUpdate[] = [];
  for (const ecosystem of new Set(options.ecosystems.map(rootOf))) {
    throwIfAborted(options.signal);
    try {
      updates.push(await updateOne(ecosystem, options));
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      updates.push(
        failure(
          ecosystem,
          'database-unreadable',
          `The advisory database of ${ecosystem} cannot be written to ${options.folder}: ${messageOf(error)}.`,
          'Name a folder that can be written, on a disk with space.',
        ),
      );
    }
  }
  return updates;
}

async function updateOne(ecosystem: string, options: UpdateOptions): Promise<EcosystemUpdate> {
  const [first] = zipPlaces(options.folder, ecosystem);
  if (first === undefined || !isEcosystem(ecosystem)) return noSuch(ecosystem);
  const there = await findZip(options.folder, ecosystem);
  const zip = there ?? first;
  const note = there === null ? null : await readNote(zip);
  await mkdir(dirname(zip), { recursive: true });
  await removeParts(zip, (options.now ?? Date.now)());
  const part = `${zip}.${randomBytes(6).toString('hex')}${PART}`;
  try {
    const got = await download({
      fetch: options.fetch,
      url: `${options.baseUrl.replace(/\/+$/u, '')}/${encodeURIComponent(ecosystem)}/all.zip`,
      userAgent: options.userAgent,
      etag: note?.etag ?? null,
      lastModified: note?.lastModified ?? null,
      to: part,
      maxBytes: options.maxBytes ?? MAX_ZIP_BYTES,
      idleSeconds: options.idleSeconds ?? 60,
      retryDelayMs: options.retryDelayMs ?? 1000,
      signal: options.signal,
      now: options.now ?? Date.now,
      onBytes: (bytes, totalBytes) =>
        options.onProgress?.({ ecosystem, state: 'downloading', bytes, totalBytes }),
    });
    if (got.state === 'unchanged') {
      const { size } = await stat(zip);
      return { ecosystem, state: 'unchanged', file: zip, bytes: size, records: null, skipped: null };
    }
    if (got.state === 'missing') return noSuch(ecosystem);
    if (got.state === 'failed') {
      return failure(
        ecosystem,
        'advisories-unreachable',
        `The advisory database of ${ecosystem} could not be downloaded: ${got.why}.`,
        there === null
          ? 'Try again, or check network and proxy.'
          : 'The one from before is still there. Try again, or check network and proxy.',
      );
    }
    options.onProgress?.({ ecosystem, state: 'checking', bytes: got.bytes, totalBytes: got.bytes });
    const index = await checkedIndex(part, ecosystem, options);
    if ('unreadable' in index) {
      return failure(
        ecosystem,
        'database-unreadable',
        `What was downloaded as the advisory database of ${ecosystem} cannot be used: ${index.unreadable}.`,
        there === null ? 'Try again later.' : 'The one from before is still there. Try again later.',
      );
    }
    await put(part, zip, index, got);
    const { entries, skipped } = index;
    return {
      ecosystem,
      state: 'updated',
      file: zip,
      bytes: got.bytes,
      records: entries.length - skipped,
      skipped,
    };
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

/** Reads every record of it, which is the one true check; the index is wanted anyway. */
async function checkedIndex(
  part: string,
  ecosystem: string,
  options: UpdateOptions,
): Promise<RecordIndex | { readonly unreadable: string }> {
  const handle = await open(part, 'r');
  try {
    const now = (options.now ?? Date.now)();
    return await buildIndex(handle, ecosystem, options.limits ?? ZIP_LIMITS, now, options.signal);
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return { unreadable: messageOf(error) };
  } finally {
    await handle.close();
  }
}

/** The zip first: an index or a note that does not belong to it is not believed. */
async function put(
  part: string,
  zip: string,
  index: RecordIndex,
  got: Extract<Downloaded, { state: 'got' }>,
): Promise<void> {
  await rename(part, zip);
  const handle = await open(zip, 'r');
  try {
    const [beside] = indexPlaces(zip, null);
    if (beside !== undefined) await saveIndex(beside, await stampOf(handle), index);
    const { size, mtimeMs } = await handle.stat();
    const note: UpdateNote = {
      etag: got.etag,
      lastModified: got.lastModified,
      bytes: size,
      mtimeMs: Math.floor(mtimeMs),
    };
    const text = `${JSON.stringify(note)}\n`;
    const fresh = `${notePlace(zip)}.${randomBytes(6).toString('hex')}${PART}`;
    await writeFile(fresh, text, { flag: 'wx' });
    await rename(fresh, notePlace(zip));
  } finally {
    await handle.close();
  }
}

/** What killed updates left half-written. */
async function removeParts(zip: string, now: number): Promise<void> {
  for (const name of await readdir(dirname(zip))) {
    if (!name.startsWith(`${basename(zip)}.`) || !name.endsWith(PART)) continue;
    const path = join(dirname(zip), name);
    const about = await stat(path).catch(() => null);
    if (about !== null && now - about.mtimeMs > DAY_MS)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

function noSuch(ecosystem: string): EcosystemUpdate {
  return failure(
    ecosystem,
    'database-missing',
    `OSV has no advisory database for ${JSON.stringify(ecosystem)}.`,
    'Ecosystems are spelt as OSV spells them: PyPI, Debian, Ubuntu, Alpine, Red Hat.',
  );
}

function failure(ecosystem: string, code: Reason['code'], message: string, fix: string): EcosystemUpdate {
  return { ecosystem, state: 'failed', reason: { code, message, fix, detail: '' } };
}
