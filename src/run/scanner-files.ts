/** The private folder of one run of a scanner's program. */
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';

export interface ScannerFolder {
  /** Absolute: what `{folder}` stands for, and where the program starts. */
  readonly folder: string;
  /** Absolute, with a folder `tmp`. */
  readonly home: string;
  /** The text of a file that it wrote; null: there is none, or it is no regular file of at most that many bytes. */
  read(name: string, maxBytes: number): Promise<string | null>;
  remove(): Promise<void>;
}

/**
 * @param scratch absolute. @param files plain names and texts.
 * @throws {EnvironmentError} when it cannot be made. @throws {RangeError} for a name that leads elsewhere.
 */
export async function makeScannerFolder(
  scratch: string,
  files: Readonly<Record<string, string>>,
): Promise<ScannerFolder> {
  for (const name of Object.keys(files)) checkName(name);
  const base = await makeBase(scratch);
  const folder = join(base, 'work');
  const home = join(base, 'home');
  const remove = (): Promise<void> => rm(base, { recursive: true, force: true, maxRetries: 3 });
  try {
    await mkdir(folder);
    await mkdir(join(home, 'tmp'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { flag: 'wx', mode: 0o600 });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    home,
    read: (name, maxBytes) => readPlain(join(folder, checkName(name)), maxBytes),
    remove,
  };
}

async function makeBase(scratch: string): Promise<string> {
  try {
    await mkdir(scratch, { recursive: true });
    // Named as other private folders are, so that the same sweep finds one whose process was killed.
    return await mkdtemp(join(scratch, `relock-${process.pid}-scan-`));
  } catch (error) {
    throw new EnvironmentError(
      'no-scratch',
      `No private folder can be made in ${scratch}: ${messageOf(error)}`,
      'Set TMPDIR to a folder with room.',
      { cause: error },
    );
  }
}

function checkName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,120}$/u.test(name)) return name;
  throw new RangeError(`${JSON.stringify(name)} is no name of a file in a private folder.`);
}

/** Threat: a program that an image has taken over leaves a link or a pipe where its answer is read. */
async function readPlain(path: string, maxBytes: number): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => null);
  if (handle === null) return null;
  try {
    const info = await handle.stat();
    if (!info.isFile() || info.size > maxBytes) return null;
    const text = await handle.readFile('utf8');
    return text.length > maxBytes ? null : text;
  } finally {
    await handle.close();
  }
}
