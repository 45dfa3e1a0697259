/**
 * One process at a time in a data folder. The lock is the operating system's own (a file lock, taken through SQLite), so
 * it ends with its process however that dies, holds across containers that share the folder, and cannot be mistaken by
 * a process id that was given out again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { EnvironmentError, messageOf } from '../errors.ts';
import { isRecord } from './fold.ts';

export interface FolderLock {
  release(): void;
}

/**
 * @param folder absolute path of an existing folder.
 * @throws {EnvironmentError} store-locked, naming the process that holds it; store-folder when it cannot be locked at all.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  // Imported here, so that only an embedded store loads SQLite.
  const { DatabaseSync } = await import('node:sqlite');
  const file = join(folder, 'relock.lock');
  const holder = join(folder, 'relock.holder.json');
  let lock: DatabaseSync | null = null;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(
      holder,
      `${JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() })}\n`,
    );
  } catch (error) {
    lock?.close();
    if (!isBusy(error)) {
      throw new EnvironmentError(
        'store-folder',
        `The data folder ${folder} cannot be locked: ${messageOf(error)}`,
        'Give Relock a folder on a local disk that it may write to.',
        { cause: error },
      );
    }
    throw new EnvironmentError(
      'store-locked',
      `The data folder ${folder} is in use by ${describeHolder(holder)}: the embedded database takes one process only.`,
      'Stop that process, or set DATABASE_URL to a PostgreSQL that all processes share.',
      { cause: error },
    );
  }
  const held = lock;
  return { release: () => held.close() };
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY, SQLITE_LOCKED and their extended codes.
  return isRecord(error) && typeof error['errcode'] === 'number' && [5, 6].includes(error['errcode'] & 0xff);
}

/** Only for the message: who holds the lock is the kernel's knowledge, not this file's. */
function describeHolder(file: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(holder) && typeof holder['pid'] === 'number') {
      return `process ${holder['pid']} on ${String(holder['host'])} since ${String(holder['since'])}`;
    }
  } catch {
    // Not written yet, or not readable for us.
  }
  return 'another process';
}
