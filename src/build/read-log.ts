/** The end of what a builder has written to its log. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { plainText } from '../run/plain-text.ts';

const KEPT = 256 * 1024;

/** @param path absolute, in a private folder. @returns the last 256 KiB as plain text; empty: there is none. */
export async function readLog(path: string): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => null);
  if (handle === null) return '';
  try {
    const info = await handle.stat();
    if (!info.isFile()) return '';
    const bytes = Buffer.alloc(Math.min(KEPT, info.size));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, info.size - bytes.length);
    return plainText(bytes.subarray(0, bytesRead).toString('utf8'));
  } finally {
    await handle.close();
  }
}
