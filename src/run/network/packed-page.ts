/** Pages as they are kept: compressed, and sent piece by piece. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGunzip, gzip } from 'node:zlib';

const zip = promisify(gzip);

const PIECE_BYTES = 64 * 1024;

export interface PackedPage {
  readonly zipped: Buffer;
  /** Length of the content. */
  readonly bytes: number;
}

export async function packPage(body: Buffer): Promise<PackedPage> {
  return { zipped: await zip(body, { level: constants.Z_BEST_SPEED }), bytes: body.length };
}

/**
 * Sends a page as the client takes it. Threat: a client that asks for large pages and reads none of them; each costs a
 * piece of memory, not its whole length.
 */
export async function sendPacked(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  { zipped, bytes }: PackedPage,
): Promise<void> {
  const isZipped = /\bgzip\b/u.test(request.headers['accept-encoding'] ?? '');
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': isZipped ? zipped.length : bytes,
    vary: 'accept, accept-encoding',
    ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
    // Threat: a locker's own cache would show the cut page to a later run, or the uncut one to a run with a cool-down.
    'cache-control': 'no-store',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const pieces = Readable.from(piecesOf(zipped));
  await (isZipped ? pipeline(pieces, response) : pipeline(pieces, createGunzip(), response));
}

function* piecesOf(buffer: Buffer): Generator<Buffer> {
  for (let at = 0; at < buffer.length; at += PIECE_BYTES) yield buffer.subarray(at, at + PIECE_BYTES);
}
