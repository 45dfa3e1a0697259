/** Files of the .xz format (version 1.2.1), as far as package indexes use it: LZMA2 without further filters. Pure. */
import { createLzma2Decoder, LzmaError, type Lzma2Decoder } from './deb-lzma.ts';

/** `xz -9` takes as much. Threat: a header asks for gigabytes. */
const MAX_DICTIONARY = 64 * 1024 * 1024;
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FOOTER_BYTES = 12;

/**
 * Unfolds a whole file. Its own checksums are not looked at: who calls has a digest of the file, and of its content.
 * @returns parts of at most 2 MiB, each good until the next one is asked for.
 * @throws {LzmaError} when it is no such file, or broken.
 */
export function* xzParts(file: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  do {
    at = yield* stream(file, at);
    // Streams may follow each other, with zeros between them.
    while (at < file.length && file[at] === 0) at += 1;
  } while (at < file.length);
}

function* stream(file: Uint8Array, start: number): Generator<Uint8Array, number> {
  if (MAGIC.some((octet, index) => file[start + index] !== octet)) throw new LzmaError('it is no .xz file');
  const checkBytes = sizeOfCheck(file[start + 7] ?? 0);
  let at = start + 12;
  while ((octetAt(file, at) ?? 0) !== 0) {
    const blockStart = at;
    const { next, dictionary } = readBlockHeader(file, at);
    const decoder = createLzma2Decoder(dictionary);
    at = yield* block(decoder, file, next);
    at += (4 - ((at - blockStart) % 4)) % 4;
    at += checkBytes;
  }
  const index = readIndex(file, at);
  if (index + FOOTER_BYTES > file.length) throw new LzmaError('it is cut off');
  return index + FOOTER_BYTES;
}

function* block(decoder: Lzma2Decoder, file: Uint8Array, start: number): Generator<Uint8Array, number> {
  let at = start;
  for (;;) {
    const chunk = decoder.chunk(file, at);
    if (chunk === null) return at + 1;
    yield chunk.bytes;
    at = chunk.next;
  }
}

function octetAt(file: Uint8Array, at: number): number {
  const octet = file[at];
  if (octet === undefined) throw new LzmaError('it is cut off');
  return octet;
}

/** None, CRC32, CRC64, SHA-256; others by the format's table. */
function sizeOfCheck(flags: number): number {
  const kind = flags & 0x0f;
  return [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][kind] ?? 0;
}

function readBlockHeader(
  file: Uint8Array,
  at: number,
): { readonly next: number; readonly dictionary: number } {
  const next = at + (octetAt(file, at) + 1) * 4;
  octetAt(file, next);
  const flags = octetAt(file, at + 1);
  let cursor = at + 2;
  if ((flags & 0x40) !== 0) cursor = readNumber(file, cursor).next;
  if ((flags & 0x80) !== 0) cursor = readNumber(file, cursor).next;
  const isPlain = (flags & 0x3f) === 0 && octetAt(file, cursor) === 0x21 && octetAt(file, cursor + 1) === 1;
  if (!isPlain) throw new LzmaError('it uses a filter that is not known here');
  const bits = octetAt(file, cursor + 2);
  const dictionary = bits > 40 ? Infinity : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
  if (dictionary > MAX_DICTIONARY) throw new LzmaError('it needs too much memory');
  return { next, dictionary };
}

function readIndex(file: Uint8Array, start: number): number {
  const count = readNumber(file, start + 1);
  let at = count.next;
  for (let left = count.value * 2; left > 0; left -= 1) at = readNumber(file, at).next;
  at += (4 - ((at - start) % 4)) % 4;
  return at + 4;
}

/** Seven bits in an octet, the lowest first. */
function readNumber(file: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    const octet = octetAt(file, at + index);
    value += (octet & 0x7f) * 2 ** (7 * index);
    if (octet < 0x80) return { value, next: at + index + 1 };
  }
  throw new LzmaError('it has a number that is too long');
}
