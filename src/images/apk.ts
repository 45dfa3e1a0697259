/** Alpine's package database: `lib/apk/db/installed`, one letter and a colon a line (apk-tools' installed format). Pure. */
import type { ImagePackage } from './content.ts';
import type { ParsedPackages } from './package-words.ts';
import { isWord, linesOf } from './package-words.ts';

/**
 * `P:` name, `V:` version, `A:` architecture, `o:` origin; an empty line ends a package. Upper and lower case differ.
 * @param location the file's path in the image.
 */
export function parseApk(text: string, location: string): ParsedPackages<ImagePackage> {
  const packages: ImagePackage[] = [];
  let odd = 0;
  let fields = new Map<string, string>();
  const finish = (): void => {
    if (fields.size === 0) return;
    const one = packageOf(fields, location);
    if (one === null) odd += 1;
    else packages.push(one);
    fields = new Map();
  };
  for (const line of linesOf(text)) {
    if (line === '') finish();
    else if (line[1] === ':' && 'PVAo'.includes(line[0] ?? ' '))
      fields.set(line[0] ?? '', line.slice(2).trim());
  }
  finish();
  return { packages, odd };
}

function packageOf(fields: ReadonlyMap<string, string>, location: string): ImagePackage | null {
  const name = fields.get('P') ?? '';
  const version = fields.get('V') ?? '';
  const arch = fields.get('A') ?? '';
  const origin = fields.get('o') ?? '';
  if (!isWord(name) || !isWord(version) || (arch !== '' && !isWord(arch))) return null;
  const source = isWord(origin) ? origin : name;
  return { kind: 'apk', name, version, arch, source, sourceVersion: version, location };
}
