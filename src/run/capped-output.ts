/** What a child prints, in bounded memory: the head and the tail are kept, the middle is counted and dropped. */

const NEWLINE = 0x0a;
const SPACE = 0x20;

export interface CappedOutput {
  add(chunk: Buffer): void;
  /** Bytes kept at the moment. */
  kept(): number;
  /** All that was kept, decoded as UTF-8 (broken bytes become U+FFFD), with a line that says how much was dropped. */
  text(): string;
}

/** @param limit bytes that are kept, half at the head and half at the tail. */
export function createCappedOutput(limit: number): CappedOutput {
  const headLimit = Math.ceil(limit / 2);
  const tailLimit = limit - headLimit;
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let total = 0;

  return {
    add(chunk) {
      total += chunk.length;
      let rest = chunk;
      if (headBytes < headLimit) {
        const part = rest.subarray(0, headLimit - headBytes);
        head.push(part);
        headBytes += part.length;
        rest = rest.subarray(part.length);
      }
      if (rest.length === 0) return;
      tail.push(rest);
      tailBytes += rest.length;
      // Joined at twice the limit: each byte is copied once or twice however small the chunks are.
      if (tailBytes > tailLimit * 2) {
        const joined = lastBytes(tail, tailLimit);
        tail = [joined];
        tailBytes = joined.length;
      }
    },
    kept: () => headBytes + tailBytes,
    text() {
      const start = Buffer.concat(head);
      if (total <= limit) return Buffer.concat([start, ...tail]).toString('utf8');
      const first = wholeLinesAtStart(start);
      const last = wholeLinesAtEnd(lastBytes(tail, tailLimit));
      const dropped = total - first.length - last.length;
      return `${first.toString('utf8')}[… ${dropped} bytes of output dropped …]\n${last.toString('utf8')}`;
    },
  };
}

function lastBytes(chunks: readonly Buffer[], limit: number): Buffer {
  const joined = Buffer.concat(chunks);
  return Buffer.from(joined.subarray(Math.max(0, joined.length - limit)));
}

/**
 * Threat: a cut inside a secret leaves a half that no redaction finds, so a cut falls on a line's end, else on a space,
 * else nothing is kept. It also never halves a UTF-8 sequence.
 */
function wholeLinesAtStart(bytes: Buffer): Buffer {
  const line = bytes.lastIndexOf(NEWLINE);
  const end = line >= 0 ? line : bytes.lastIndexOf(SPACE);
  if (end < 0) return Buffer.alloc(0);
  return line >= 0 ? bytes.subarray(0, end + 1) : Buffer.concat([bytes.subarray(0, end), Buffer.from('\n')]);
}

function wholeLinesAtEnd(bytes: Buffer): Buffer {
  const line = bytes.indexOf(NEWLINE);
  const start = line >= 0 && line < bytes.length - 1 ? line : bytes.indexOf(SPACE);
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start + 1);
}
