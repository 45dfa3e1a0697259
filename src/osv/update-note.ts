/** What `db update` notes beside a zip: by what to ask whether there is a newer one, and how old it is. */
import { readFile, stat } from 'node:fs/promises';
import { notePlace } from './place.ts';

export interface UpdateNote {
  /** For `If-None-Match`, or null. */
  readonly etag: string | null;
  /** For `If-Modified-Since`, as the server wrote it, or null. */
  readonly lastModified: string | null;
  /** Of the zip it speaks of: one that was since replaced by hand is not meant. */
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** @returns null when there is none, it cannot be read, or the zip is no longer the one it speaks of. */
export async function readNote(zip: string): Promise<UpdateNote | null> {
  try {
    const value = JSON.parse(await readFile(notePlace(zip), 'utf8')) as Partial<UpdateNote> | null;
    const { size, mtimeMs } = await stat(zip);
    if (value?.bytes !== size || value.mtimeMs !== Math.floor(mtimeMs)) return null;
    return {
      etag: header(value.etag),
      lastModified: header(value.lastModified),
      bytes: size,
      mtimeMs: value.mtimeMs,
    };
  } catch {
    return null;
  }
}

/** The instant of `lastModified` as ISO 8601; null when there is none that can be read, or it is later than `now`. */
export function noteDate(note: UpdateNote | null, now: number): string | null {
  const time = Date.parse(note?.lastModified ?? '');
  return Number.isNaN(time) || time > now ? null : new Date(time).toISOString();
}

/** What may go into a header: a file on disk can hold anything. */
function header(value: unknown): string | null {
  return typeof value === 'string' && /^[\x20-\x7e]{1,200}$/u.test(value) ? value : null;
}
