/**
 * Decoder of LZMA2 (the LZMA specification of the LZMA SDK; chunks as in xz's lzma2 format). Node has no decoder of its own,
 * and Debian's suites of security fixes have their indexes in this form alone. Pure.
 */

/** The bytes are not what they should be. */
export class LzmaError extends Error {
  override readonly name = 'LzmaError';
}

const INITIAL = 1024;
const TOP = 2 ** 24;
/** A chunk unfolds to 2 MiB at most. */
const MAX_CHUNK = 2 * 1024 * 1024;

/** Offsets of the tables in one array of probabilities. */
const IS_MATCH = 0;
const IS_REP = IS_MATCH + 192;
const IS_REP0 = IS_REP + 12;
const IS_REP1 = IS_REP0 + 12;
const IS_REP2 = IS_REP1 + 12;
const IS_REP0_LONG = IS_REP2 + 12;
const SLOT = IS_REP0_LONG + 192;
const SPECIAL = SLOT + 256;
const ALIGN = SPECIAL + 128;
const LENGTHS = ALIGN + 16;
/** Choices (2), low (16 × 8), middle (16 × 8), high (256). */
const LENGTH_SIZE = 2 + 128 + 128 + 256;
const LITERALS = LENGTHS + 2 * LENGTH_SIZE;

export interface Lzma2Decoder {
  /**
   * Decodes one chunk that starts at `at`.
   * @returns its bytes, good until the next call, and where the next one starts; null at the end mark.
   * @throws {LzmaError}
   */
  readonly chunk: (
    input: Uint8Array,
    at: number,
  ) => { readonly bytes: Uint8Array; readonly next: number } | null;
}

/** @param dictionary bytes that later ones may refer to. */
export function createLzma2Decoder(dictionary: number): Lzma2Decoder {
  const window = new Uint8Array(dictionary + 2 * MAX_CHUNK);
  /** What may be referred to lies before `position`, `filled` bytes of it. */
  let position = 0;
  let filled = 0;
  let probabilities = new Uint16Array(LITERALS);
  let lc = 0;
  let lp = 0;
  let pb = 0;
  let state = 0;
  const reps = new Uint32Array(4);
  let needsDictionary = true;
  let needsProperties = true;
  let needsState = true;

  // The range coder.
  let source: Uint8Array = new Uint8Array(0);
  let cursor = 0;
  let end = 0;
  let range = 0;
  let code = 0;

  function setProperties(octet: number): void {
    if (octet >= 9 * 5 * 5) throw new LzmaError('its properties are wrong');
    lc = octet % 9;
    const rest = Math.floor(octet / 9);
    lp = rest % 5;
    pb = Math.floor(rest / 5);
    if (lc + lp > 4) throw new LzmaError('its properties are wrong');
    probabilities = new Uint16Array(LITERALS + 0x300 * 2 ** (lc + lp));
    needsProperties = false;
  }

  function resetState(): void {
    probabilities.fill(INITIAL);
    reps.fill(0);
    state = 0;
    needsState = false;
  }

  function bit(at: number): 0 | 1 {
    const probability = probabilities[at] ?? INITIAL;
    const bound = (range >>> 11) * probability;
    let value: 0 | 1;
    if (code < bound) {
      range = bound;
      probabilities[at] = probability + ((2048 - probability) >> 5);
      value = 0;
    } else {
      range -= bound;
      code -= bound;
      probabilities[at] = probability - (probability >> 5);
      value = 1;
    }
    if (range < TOP) shift();
    return value;
  }

  function shift(): void {
    if (cursor >= end) throw new LzmaError('it is cut off');
    range = (range << 8) >>> 0;
    code = ((code << 8) | (source[cursor] ?? 0)) >>> 0;
    cursor += 1;
  }

  function direct(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      range >>>= 1;
      const one = code >= range ? 1 : 0;
      if (one === 1) code -= range;
      value = value * 2 + one;
      if (range < TOP) shift();
    }
    return value;
  }

  function tree(base: number, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left -= 1) node = (node << 1) | bit(base + node);
    return node - (1 << bits);
  }

  function reverseTree(base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let at = 0; at < bits; at += 1) {
      const one = bit(base + node);
      node = (node << 1) | one;
      value |= one << at;
    }
    return value;
  }

  function length(base: number, place: number): number {
    if (bit(base) === 0) return 2 + tree(base + 2 + place * 8, 3);
    if (bit(base + 1) === 0) return 10 + tree(base + 130 + place * 8, 3);
    return 18 + tree(base + 258, 8);
  }

  function distance(size: number): number {
    const slot = tree(SLOT + Math.min(size - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return start + reverseTree(SPECIAL + start - slot, bits);
    return start + direct(bits - 4) * 16 + reverseTree(ALIGN, 4);
  }

  function literal(): void {
    const before = filled === 0 ? 0 : (window[position - 1] ?? 0);
    const place = ((filled & (2 ** lp - 1)) << lc) + (before >> (8 - lc));
    const base = LITERALS + 0x300 * place;
    let node = 1;
    if (state >= 7) {
      let matched = window[position - (reps[0] ?? 0) - 1] ?? 0;
      while (node < 0x100) {
        const side = (matched >> 7) & 1;
        matched <<= 1;
        const one = bit(base + ((1 + side) << 8) + node);
        node = (node << 1) | one;
        if (side !== one) break;
      }
    }
    while (node < 0x100) node = (node << 1) | bit(base + node);
    put(node & 0xff);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  function put(octet: number): void {
    window[position] = octet;
    position += 1;
    filled += 1;
  }

  /** @returns the length; 0: it was a single byte. */
  function repeated(place: number): number {
    if (bit(IS_REP0 + state) === 0) {
      if (bit(IS_REP0_LONG + (state << 4) + place) === 0) {
        state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      let found = reps[1] ?? 0;
      if (bit(IS_REP1 + state) === 1) {
        if (bit(IS_REP2 + state) === 0) found = reps[2] ?? 0;
        else {
          found = reps[3] ?? 0;
          reps[3] = reps[2] ?? 0;
        }
        reps[2] = reps[1] ?? 0;
      }
      reps[1] = reps[0] ?? 0;
      reps[0] = found;
    }
    const size = length(LENGTHS + LENGTH_SIZE, place);
    state = state < 7 ? 8 : 11;
    return size;
  }

  function matched(place: number): number {
    reps[3] = reps[2] ?? 0;
    reps[2] = reps[1] ?? 0;
    reps[1] = reps[0] ?? 0;
    const size = length(LENGTHS, place);
    const far = distance(size);
    if (far > 0xffff_fffe) throw new LzmaError('it has an end mark where none may be');
    reps[0] = far;
    state = state < 7 ? 7 : 10;
    return size;
  }

  function decode(size: number): void {
    const until = position + size;
    const mask = 2 ** pb - 1;
    while (position < until) {
      const place = filled & mask;
      if (bit(IS_MATCH + (state << 4) + place) === 0) {
        literal();
        continue;
      }
      const count = bit(IS_REP + state) === 1 ? repeated(place) : matched(place);
      const back = (reps[0] ?? 0) + 1;
      if (back > filled || back > dictionary || position + count > until) {
        throw new LzmaError('it refers to bytes that it does not have');
      }
      for (let left = count; left > 0; left -= 1) put(window[position - back] ?? 0);
    }
  }

  function makeRoom(): void {
    if (position + MAX_CHUNK <= window.length) return;
    window.copyWithin(0, position - dictionary, position);
    position = dictionary;
  }

  function octets(input: Uint8Array, at: number, count: number): number {
    if (at + count > input.length) throw new LzmaError('it is cut off');
    let value = 0;
    for (let index = at; index < at + count; index += 1) value = value * 256 + (input[index] ?? 0);
    return value;
  }

  return {
    chunk(input, at) {
      const control = octets(input, at, 1);
      if (control === 0) return null;
      if (control === 1 || control >= 0xe0) {
        filled = 0;
        needsDictionary = false;
      } else if (needsDictionary) throw new LzmaError('it starts without a dictionary');
      makeRoom();
      const start = position;
      if (control < 0x80) {
        if (control > 2) throw new LzmaError('it has a chunk of an unknown kind');
        const size = octets(input, at + 1, 2) + 1;
        octets(input, at + 2 + size, 1);
        window.set(input.subarray(at + 3, at + 3 + size), position);
        position += size;
        filled += size;
        return { bytes: window.subarray(start, position), next: at + 3 + size };
      }
      const size = (control & 0x1f) * 65_536 + octets(input, at + 1, 2) + 1;
      const packed = octets(input, at + 3, 2) + 1;
      let body = at + 5;
      if (control >= 0xc0) {
        setProperties(octets(input, body, 1));
        body += 1;
      }
      if (needsProperties) throw new LzmaError('it starts without properties');
      if (control >= 0xa0) resetState();
      if (needsState || packed < 5) throw new LzmaError('it starts without a state');
      octets(input, body + packed - 1, 1);
      source = input;
      end = body + packed;
      range = 0xffff_ffff;
      code = octets(input, body + 1, 4);
      cursor = body + 5;
      decode(size);
      if (cursor !== end) throw new LzmaError('a chunk is longer than what is in it');
      return { bytes: window.subarray(start, position), next: end };
    },
  };
}
