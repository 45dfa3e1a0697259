/** Tars by hand, as no tool writes them: right, odd and wrong ones. */

export interface MadeEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  /** Type flag; by default a file, or a folder where the path ends with a slash. */
  readonly flag?: string;
  readonly linkTarget?: string;
  /** As the header says, where that is a lie. */
  readonly size?: number;
}

const BLOCK = 512;

/** The tar of some entries, with its two blocks of zeros. */
export function makeTar(entries: readonly MadeEntry[]): Buffer {
  return Buffer.concat([...entries.map(makeEntry), Buffer.alloc(2 * BLOCK)]);
}

/** Header and content. A path of more than 100 bytes gets a pax record. */
export function makeEntry(entry: MadeEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const flag = entry.flag ?? (entry.path.endsWith('/') ? '5' : '0');
  const records = [
    ...(Buffer.byteLength(entry.path) > 100 ? [['path', entry.path] as const] : []),
    ...(Buffer.byteLength(entry.linkTarget ?? '') > 100
      ? [['linkpath', entry.linkTarget ?? ''] as const]
      : []),
  ];
  return Buffer.concat([
    ...(records.length > 0 ? [makePax(records)] : []),
    makeHeader({ ...entry, flag, size: entry.size ?? content.length }),
    padded(content),
  ]);
}

export function makePax(records: readonly (readonly [string, string])[], flag = 'x'): Buffer {
  const content = Buffer.concat(records.map(([key, value]) => record(key, value)));
  return Buffer.concat([makeHeader({ path: 'pax', flag, size: content.length }), padded(content)]);
}

function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length + rest !== length) length += 1;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

export function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

export function makeHeader(entry: MadeEntry): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(entry.path.slice(0, 100), 0, 100, 'utf8');
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${(entry.size ?? 0).toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(entry.flag ?? '0', 156);
  block.write((entry.linkTarget ?? '').slice(0, 100), 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  return withSum(block);
}

/** Writes a header's checksum anew. */
export function withSum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
