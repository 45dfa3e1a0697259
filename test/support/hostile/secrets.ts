/** Secrets to plant, each to be told from the others, and the search for them. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As python/backend.py looks for them. */
const SECRET = /planted-[a-z]+-[0-9a-f]{12}/u;
const MOST_BYTES = 16 * 1024 ** 2;

/** @param kind letters alone. */
export function plant(kind: string): string {
  return `planted-${kind}-${randomBytes(6).toString('hex')}`;
}

/** The kind of the first secret in a text; null: none is in it. */
export function secretIn(text: string): string | null {
  return SECRET.exec(text)?.[0] ?? null;
}

/** Every regular file below a folder that holds a secret, with which. */
export function secretsBelow(root: string): readonly string[] {
  const found: string[] = [];
  const look = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const info = lstatSync(path);
      if (info.isDirectory()) look(path);
      else if (info.isFile() && info.size < MOST_BYTES) {
        const secret = secretIn(readFileSync(path, 'latin1'));
        if (secret !== null) found.push(`${path}: ${secret}`);
      }
    }
  };
  look(root);
  return found;
}
