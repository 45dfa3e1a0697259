/**
 * A `Packages` index, made small while it is read: Debian's main one has 50 MB, of which a tenth matters here. What is kept
 * is text, parsed only for the names that are asked for, so that a hundred images share one index. Pure.
 */
import { controlParagraphs } from './deb-control.ts';
import { recordOf, RECORD_FIELDS, type DebRecord } from './deb-record.ts';

export interface DebIndex {
  /** All that the index has of this name, in its order. */
  readonly find: (name: string) => readonly DebRecord[];
  /** How many packages it has. */
  readonly size: number;
  /** Bytes of memory, about. */
  readonly bytes: number;
}

export interface DebIndexReader {
  /** The next bytes; cut anywhere. */
  readonly write: (chunk: Uint8Array) => void;
  readonly end: () => DebIndex;
}

/** What is past these limits is refused. */
export interface DebIndexLimits {
  readonly packages: number;
  /** Of the text that is kept. */
  readonly keptBytes: number;
}

const DEB_INDEX_LIMITS: DebIndexLimits = { packages: 400_000, keptBytes: 192 * 1024 * 1024 };

/** What one paragraph can be at most. Threat: a line without end. */
const MAX_PENDING = 8 * 1024 * 1024;

/** Versions of one package. Threat: they are compared with each other. */
const MAX_ALIKE = 2000;

/** The index is past a limit. */
export class DebIndexError extends Error {
  override readonly name = 'DebIndexError';
}

/** `write` and `end` throw {DebIndexError}. */
export function createDebIndexReader(limits: DebIndexLimits = DEB_INDEX_LIMITS): DebIndexReader {
  const chunks: Buffer[] = [];
  const places = new Map<string, number | number[]>();
  /** `start, end` of each kept paragraph. */
  const spans: number[] = [];
  let kept = 0;
  let pending = '';

  function take(paragraph: string): void {
    let name: string | null = null;
    let keep = false;
    const lines: string[] = [];
    let start = 0;
    while (start < paragraph.length) {
      const newline = paragraph.indexOf('\n', start);
      const end = newline === -1 ? paragraph.length : newline;
      const line = paragraph.slice(start, paragraph[end - 1] === '\r' ? end - 1 : end);
      start = end + 1;
      if (line.startsWith(' ') || line.startsWith('\t')) {
        if (keep) lines.push(line);
        continue;
      }
      const colon = line.indexOf(':');
      const field = line.slice(0, Math.max(colon, 0)).toLowerCase();
      keep = RECORD_FIELDS.has(field);
      if (!keep) continue;
      lines.push(line);
      if (field === 'package') name = line.slice(colon + 1).trim();
    }
    // A part of a string keeps all of it in memory: the name is made anew.
    if (name !== null) put(Buffer.from(name, 'latin1').toString('latin1'), lines.join('\n'));
  }

  function put(name: string, text: string): void {
    const bytes = Buffer.from(`${text}\n\n`, 'latin1');
    const place = spans.length;
    if (place / 2 >= limits.packages) throw new DebIndexError('it has too many packages');
    spans.push(kept, kept + bytes.length);
    kept += bytes.length;
    if (kept > limits.keptBytes) throw new DebIndexError('it is too large');
    chunks.push(bytes);
    const known = places.get(name);
    if (known === undefined) places.set(name, place);
    else if (typeof known === 'number') places.set(name, [known, place]);
    else if (known.length < MAX_ALIKE) known.push(place);
    else throw new DebIndexError('it has too many versions of one package');
  }

  function takeWhole(isEnd: boolean): void {
    let start = 0;
    for (;;) {
      const gap = pending.indexOf('\n\n', start);
      if (gap === -1) break;
      if (gap > start) take(pending.slice(start, gap));
      start = gap + 2;
    }
    if (isEnd && start < pending.length) {
      take(pending.slice(start));
      start = pending.length;
    }
    pending = pending.slice(start);
    if (pending.length > MAX_PENDING) throw new DebIndexError('it has a paragraph without end');
  }

  return {
    write(chunk) {
      // What is kept is ASCII; other texts must only not change in length.
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
      pending += text.includes('\r') ? text.replaceAll('\r', '') : text;
      takeWhole(false);
    },
    end() {
      takeWhole(true);
      const whole = Buffer.concat(chunks, kept);
      chunks.length = 0;
      const offsets = Float64Array.from(spans);
      spans.length = 0;
      return {
        size: offsets.length / 2,
        bytes: kept + places.size * 100,
        find: (name) => {
          const found = places.get(name) ?? [];
          return (typeof found === 'number' ? [found] : found).flatMap((place) => {
            const text = whole.toString('latin1', offsets[place], offsets[place + 1]);
            const [fields] = [...controlParagraphs(text, { comments: false, only: RECORD_FIELDS })];
            const record = fields === undefined ? null : recordOf(fields);
            return record === null ? [] : [record];
          });
        },
      };
    },
  };
}
