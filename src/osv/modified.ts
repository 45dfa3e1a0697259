/**
 * OSV's list of modified entries (https://google.github.io/osv.dev/data/#downloading-recent-changes): lines `TIME,ID`, the
 * newest first, of which only the top is read.
 */
import type { Fetch } from '../pypi/http-get.ts';
import { withoutUser } from '../pypi/http-get.ts';
import { isAdvisoryId, readRecord } from '../scan/osv/record.ts';
import type { OsvRecord } from '../scan/osv/record.ts';
import type { AdvisoryService } from './ask.ts';
import { advance, fingerprint, readCursor, writeCursor } from './modified-cursor.ts';
import type { ModifiedCursor, ModifiedEntry } from './modified-cursor.ts';
import { causeOf, throwIfAborted } from './send.ts';

export interface ReadModified {
  /** With or without a trailing slash; `ADVISORY_DATABASES` is the public one. */
  readonly baseUrl: string;
  /** Without release: `PyPI`, `Debian`. */
  readonly ecosystem: string;
  /** What the last reading gave; null: the first, which only finds out where the list is now. */
  readonly cursor: string | null;
  readonly fetch: Fetch;
  readonly userAgent: string;
  readonly signal: AbortSignal | null;
  /** At once; of more, the oldest come first. 1000 unless told. */
  readonly maxEntries?: number;
  /** To be read of the list; 64 MB unless told. */
  readonly maxBytes?: number;
  /** For the whole reading; 60 unless told. */
  readonly timeoutSeconds?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export type Modified =
  | {
      readonly state: 'read';
      /** What changed, the oldest first. */
      readonly entries: readonly ModifiedEntry[];
      /** To be kept once the entries are dealt with. */
      readonly cursor: string;
      /** There is more: read again with the new cursor. */
      readonly more: boolean;
    }
  /** `why` is a sentence without a full stop, and holds no credential. The next reading begins where this one did. */
  | { readonly state: 'failed'; readonly why: string };

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_ENTRIES = 1000;
const LONGEST_LINE = 512;
const LONGEST_ETAG = 256;
/** Threat: a date far ahead would stand above all that is to come. */
const AHEAD_MS = 86_400_000;

/** One request, one try: it is asked for again soon. @throws {CancelledError} when the signal aborts; nothing else. */
export async function readModified(input: ReadModified): Promise<Modified> {
  throwIfAborted(input.signal);
  const before = readCursor(input.cursor);
  const url = `${input.baseUrl.replace(/\/+$/u, '')}/${encodeURIComponent(input.ecosystem)}/modified_id.csv`;
  const shown = withoutUser(url);
  const seconds = input.timeoutSeconds ?? 60;
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const response = await input.fetch(url, {
      headers: {
        'user-agent': input.userAgent,
        ...(before?.etag === null || before === null ? {} : { 'if-none-match': before.etag }),
      },
      signal: input.signal === null ? limit : AbortSignal.any([limit, input.signal]),
      redirect: 'follow',
    });
    if (response.status === 304 && before !== null) {
      await response.body?.cancel();
      return { state: 'read', entries: [], cursor: writeCursor(before), more: false };
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      return { state: 'failed', why: `${shown} answered ${response.status}` };
    }
    const top = await readTop(response, before, input);
    return typeof top === 'string'
      ? { state: 'failed', why: `${shown} ${top}` }
      : found(before, top, response.headers.get('etag'), input.maxEntries ?? MAX_ENTRIES);
  } catch (error) {
    throwIfAborted(input.signal);
    const why = limit.aborted ? `no whole answer within ${seconds} s` : causeOf(error);
    return { state: 'failed', why: `${shown} cannot be reached: ${why}` };
  }
}

function found(
  before: ModifiedCursor | null,
  top: readonly ModifiedEntry[],
  etag: string | null,
  most: number,
): Modified {
  const tag = etag !== null && etag.length <= LONGEST_ETAG ? etag : null;
  // The first time: threat: tens of thousands of old advisories, and a pull request for each.
  if (before === null) {
    return { state: 'read', entries: [], cursor: writeCursor(advance(null, top, top, tag)), more: false };
  }
  const known = new Set(before.known);
  const fresh = top.filter((entry) => !known.has(fingerprint(entry))).sort((a, b) => a.time - b.time);
  const entries = fresh.slice(0, most);
  const more = entries.length < fresh.length;
  const cursor = writeCursor(advance(before, entries, top, more ? null : tag));
  return { state: 'read', entries, cursor, more };
}

/** @returns the entries after what is done with; or why there are none, to follow the address. */
async function readTop(
  response: Response,
  before: ModifiedCursor | null,
  input: ReadModified,
): Promise<readonly ModifiedEntry[] | string> {
  const maxBytes = input.maxBytes ?? MAX_BYTES;
  const latest = (input.now ?? Date.now)() + AHEAD_MS;
  const entries: ModifiedEntry[] = [];
  let isList = false;
  let end = before?.done ?? null;
  let bytes = 0;
  let rest = '';
  const decoder = new TextDecoder();
  const take = (line: string): boolean => {
    const entry = readLine(line);
    if (entry === null) return false;
    isList = true;
    if (entry.time > latest) return false;
    // The first time the newest two hours are enough to tell where it is.
    end ??= entry.time - FIRST_MS;
    if (entry.time <= end) return true;
    entries.push(entry);
    return false;
  };
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return `has more than ${maxBytes} bytes of news`;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.some(take)) return entries;
    if (rest.length > LONGEST_LINE) return `has a line of more than ${LONGEST_LINE} characters`;
  }
  take(rest);
  return isList ? entries : 'is not a list of times and names';
}

const FIRST_MS = 2 * 3_600_000;
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/u;

/** In lists of all ecosystems the name has that of its ecosystem before it, which is none of ours. */
function readLine(line: string): ModifiedEntry | null {
  const comma = line.indexOf(',');
  const modified = line.slice(0, Math.max(0, comma));
  const id = line.slice(comma + 1).trimEnd();
  const time = TIME.test(modified) ? Date.parse(modified) : Number.NaN;
  return Number.isNaN(time) || !isAdvisoryId(id) ? null : { id, modified, time };
}

export interface ModifiedRecords {
  readonly records: readonly OsvRecord[];
  /** Names of entries that the service does not have, or that are no records. */
  readonly left: readonly string[];
  /** Why some were not answered: the cursor must then stay where it is. null: all were. */
  readonly failed: string | null;
}

/** The records themselves, from OSV's API. @throws {CancelledError} when the service's signal aborts. */
export async function readModifiedRecords(
  service: AdvisoryService,
  entries: readonly ModifiedEntry[],
): Promise<ModifiedRecords> {
  const answers = await service.ask(
    entries.map(({ id }) => ({
      method: 'GET',
      path: `/v1/vulns/${encodeURIComponent(id)}`,
      body: null,
      // Asked once. Threat: an answer older than the list, kept as if it were of that time.
      keep: null,
    })),
  );
  const records: OsvRecord[] = [];
  const left: string[] = [];
  let failed: string | null = null;
  for (const [index, { id }] of entries.entries()) {
    const answer = answers[index];
    if (answer === undefined || 'failed' in answer) failed ??= answer?.failed ?? 'there was no answer';
    else {
      const record = answer.status === 200 ? recordOf(answer.body) : null;
      if (record?.id === id) records.push(record);
      else left.push(id);
    }
  }
  return { records, left, failed };
}

function recordOf(body: string): OsvRecord | null {
  try {
    return readRecord(JSON.parse(body));
  } catch {
    return null;
  }
}
