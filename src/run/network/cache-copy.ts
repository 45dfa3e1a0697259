/** Passes a body on while a copy of it is kept. What goes wrong with the copy does not touch the body. */
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { messageOf } from '../../errors.ts';
import type { Incoming } from './cache-store.ts';

interface Whole {
  readonly sha256: string;
  readonly length: number;
}

export interface CopyBody {
  readonly body: Readable;
  readonly receive: () => Promise<Incoming>;
  /** Bytes of all bodies on their way in. */
  readonly incoming: { bytes: number };
  /** Bytes of one body, and of all on their way, from which on no copy is made. Threat: many large bodies at once fill the disk. */
  readonly limit: number;
  readonly limitAll: number;
  readonly isWanted: (whole: Whole) => boolean;
  /** The copy is in its place: before the returned stream ends. */
  readonly onKept: (whole: Whole) => Promise<void>;
  readonly log: (message: string) => void;
}

/** Gives a stream of `body`'s bytes; its end waits until the copy is in its place, or given up. */
export function copyBody(options: CopyBody): Readable {
  const { body, incoming } = options;
  let copy: Incoming | null = null;
  let bytes = 0;
  let isGivenUp = false;

  async function giveUp(): Promise<void> {
    isGivenUp = true;
    incoming.bytes -= bytes;
    bytes = 0;
    const discarded = copy;
    copy = null;
    await discarded?.discard();
  }

  async function attempt(act: () => Promise<void>): Promise<void> {
    if (isGivenUp) return;
    try {
      await act();
    } catch (error) {
      options.log(`The cache could not keep an answer: ${messageOf(error)}`);
      await giveUp();
    }
  }

  async function take(piece: Buffer): Promise<void> {
    bytes += piece.length;
    incoming.bytes += piece.length;
    if (bytes > options.limit || incoming.bytes > options.limitAll) {
      await giveUp();
      return;
    }
    copy ??= await options.receive();
    await copy.write(piece);
  }

  async function finish(): Promise<void> {
    copy ??= await options.receive();
    const whole = await copy.finish();
    if (options.isWanted(whole)) {
      await copy.keep();
      await options.onKept(whole);
    }
    await giveUp();
  }

  async function* copying(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const piece of source) {
        await attempt(() => take(piece));
        yield piece;
      }
      await attempt(finish);
    } finally {
      if (!isGivenUp) await giveUp();
    }
  }

  const through = new PassThrough();
  // A failure of the body is the returned stream's too.
  pipeline(body, copying, through, () => undefined);
  // Pipeline would wait for the next piece, which may never come.
  through.once('close', () => body.destroy());
  return through;
}
