/** How far OSV's list of modified entries was read: a text to be kept, and what it says. */
import { createHash } from 'node:crypto';

export interface ModifiedCursor {
  /** Milliseconds since 1970: what changed then or before is done with. */
  readonly done: number;
  /** Of the entries after `done` that are done with, too. */
  readonly known: readonly string[];
  /** Of the list that holds nothing more than that; null: ask for it in any case. */
  readonly etag: string | null;
}

export interface ModifiedEntry {
  readonly id: string;
  /** As the list writes it. */
  readonly modified: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * The list is written while entries change, so that one may turn up in it after a later one did. Export and import of OSV take
 * minutes.
 */
const LATE_MS = 2 * 3_600_000;
/** A text of some hundred kilobytes. */
const MOST_KNOWN = 20_000;

export function fingerprint({ id, modified }: ModifiedEntry): string {
  return createHash('sha256').update(`${modified},${id}`).digest('base64url').slice(0, 12);
}

/**
 * @param before null: nothing was read before.
 * @param done entries that are done with now, in any order, besides those that were before.
 */
export function advance(
  before: ModifiedCursor | null,
  done: readonly ModifiedEntry[],
  seen: readonly ModifiedEntry[],
  etag: string | null,
): ModifiedCursor {
  const newest = done.reduce((time, entry) => Math.max(time, entry.time), before?.done ?? 0);
  const from = Math.max(before?.done ?? 0, newest - LATE_MS);
  const isKnown = new Set([...(before?.known ?? []), ...done.map(fingerprint)]);
  const kept = seen
    .filter((entry) => entry.time > from && isKnown.has(fingerprint(entry)))
    .sort((a, b) => b.time - a.time);
  const last = kept[MOST_KNOWN];
  // Those of the newest instant stay in any case: of these there may be more to come.
  const cut = last === undefined || last.time === kept[0]?.time ? from : last.time;
  return { done: cut, known: kept.filter(({ time }) => time > cut).map(fingerprint), etag };
}

export function writeCursor(cursor: ModifiedCursor): string {
  return JSON.stringify(cursor);
}

/** @returns null for what is none, as if nothing had been read. */
export function readCursor(text: string | null): ModifiedCursor | null {
  if (text === null) return null;
  try {
    const { done, known, etag } = JSON.parse(text) as Partial<Record<keyof ModifiedCursor, unknown>>;
    if (typeof done !== 'number' || !Number.isFinite(done) || !Array.isArray(known)) return null;
    return {
      done,
      known: known.filter((one) => typeof one === 'string'),
      etag: typeof etag === 'string' ? etag : null,
    };
  } catch {
    return null;
  }
}
