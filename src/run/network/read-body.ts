/** Whole pages in memory, bounded in size and in how many there are at once. */
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Answer } from './cached-fetch.ts';

const unzip = promisify(gunzip);

/** The largest pages of the public index have some 30 MB. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Of all pages that are being read, or sent whole. Threat: many endless pages at once fill the memory. */
const MAX_BYTES_AT_ONCE = 256 * 1024 * 1024;
/** Of pages that are being parsed, which takes many times their size. */
const MAX_PARSED_AT_ONCE = 96 * 1024 * 1024;
/** Objects and lists in a page. Threat: a page of `{},{},…` takes twenty times its size. */
const MAX_NODES = 3_000_000;

/** What an index sent cannot be used: asking again is of no use. */
export class UnusablePageError extends Error {
  override readonly name = 'UnusablePageError';
}

export interface BodyReader {
  /**
   * Reads and decodes a body, and gives it to `parse` when it is its turn.
   * @throws {UnusablePageError}
   * @throws {Error} for people.
   */
  read<T>(answer: Answer, parse: (body: Buffer) => Promise<T> | T): Promise<T>;
  /**
   * Counts bytes that are kept until an answer is sent.
   * @throws {Error} when there are too many.
   */
  hold(bytes: number, until: ServerResponse): void;
}

export function createBodyReader(): BodyReader {
  let atOnce = 0;
  let parsing = 0;
  const turns: (() => void)[] = [];

  function take(bytes: number): void {
    atOnce += bytes;
    if (atOnce > MAX_BYTES_AT_ONCE) throw new Error('too many large pages are asked for at once');
  }

  async function collect(answer: Answer, taken: { bytes: number }): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      taken.bytes += chunk.length;
      take(chunk.length);
      if (taken.bytes > MAX_PAGE_BYTES) throw new UnusablePageError('the page is larger than 64 MiB');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  function mayParse(bytes: number): boolean {
    return parsing === 0 || parsing + bytes <= MAX_PARSED_AT_ONCE;
  }

  /** Waits until no more than so many bytes are parsed at once; one page always is. */
  async function inTurn<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    while (!mayParse(bytes)) await new Promise<void>((resolve) => turns.push(resolve));
    parsing += bytes;
    try {
      return await work();
    } finally {
      parsing -= bytes;
      for (const next of turns.splice(0)) next();
    }
  }

  return {
    async read(answer, parse) {
      const taken = { bytes: 0 };
      try {
        const body = await collect(answer, taken);
        const coding = headerOf(answer.headers, 'content-encoding')?.trim().toLowerCase() ?? '';
        const bytes = decodedLength(body, coding);
        return await inTurn(bytes, async () => await parse(await decode(body, coding, bytes)));
      } finally {
        atOnce -= taken.bytes;
        answer.body.destroy();
        answer.done();
      }
    },
    hold(bytes, until) {
      if (until.closed) return;
      until.once('close', () => (atOnce -= bytes));
      take(bytes);
    },
  };
}

/** @throws {UnusablePageError} when JSON has more objects and lists than any index would send. */
export function checkDensity(body: Buffer): void {
  let nodes = 0;
  for (const octet of body) if (octet === 0x7b || octet === 0x5b) nodes += 1;
  if (nodes > MAX_NODES) throw new UnusablePageError('the page has too many parts');
}

/** The first value of a header (lower case) in raw headers; null when there is none. */
export function headerOf(raw: readonly string[], wanted: string): string | null {
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === wanted) return raw[at + 1] ?? '';
  }
  return null;
}

/** Gzip says at its end how long its content is (RFC 1952, ISIZE). */
function decodedLength(body: Buffer, coding: string): number {
  if (coding === '' || coding === 'identity') return body.length;
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new UnusablePageError(`the page is coded as ${coding.slice(0, 20)}`);
  }
  const length = body.length < 18 ? 0 : body.readUInt32LE(body.length - 4);
  if (length > MAX_PAGE_BYTES) throw new UnusablePageError('the page is larger than 64 MiB');
  return length;
}

async function decode(body: Buffer, coding: string, bytes: number): Promise<Buffer> {
  if (coding === '' || coding === 'identity') return body;
  try {
    return await unzip(body, { maxOutputLength: Math.max(bytes, 1) });
  } catch (cause) {
    throw new UnusablePageError('the coding of the page is broken', { cause });
  }
}
