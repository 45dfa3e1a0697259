/** Debian's package database: `var/lib/dpkg/status`, and distroless images' `status.d/*` (deb822, dpkg(1)). Pure. */
import type { ImagePackage } from './content.ts';
import type { ParsedPackages } from './package-words.ts';
import { isWord, linesOf } from './package-words.ts';

const FIELDS: ReadonlySet<string> = new Set(['package', 'status', 'version', 'architecture', 'source']);

/** What `dpkg -l` shows as there, be it configured or not. */
const THERE: ReadonlySet<string> = new Set([
  'installed',
  'half-configured',
  'unpacked',
  'triggers-awaited',
  'triggers-pending',
]);

/**
 * @param text of a `status` file, or of one file of `status.d` (which has one paragraph, without `Status`).
 * @param location the file's path in the image.
 */
export function parseDpkg(text: string, location: string): ParsedPackages<ImagePackage> {
  const packages: ImagePackage[] = [];
  let odd = 0;
  for (const fields of paragraphs(text)) {
    const state = fields.get('status')?.split(/\s+/u)[2] ?? 'installed';
    if (!THERE.has(state)) continue;
    const one = packageOf(fields, location);
    if (one === null) odd += 1;
    else packages.push(one);
  }
  return { packages, odd };
}

function packageOf(fields: ReadonlyMap<string, string>, location: string): ImagePackage | null {
  const name = fields.get('package') ?? '';
  const version = fields.get('version') ?? '';
  const arch = fields.get('architecture') ?? '';
  if (!isWord(name) || !isWord(version) || (arch !== '' && !isWord(arch))) return null;
  // `Source: glibc (2.36-9)`; the version only where it is another than the package's.
  const written = /^([^\s()]+)(?:\s+\(([^\s()]+)\))?$/u.exec(fields.get('source') ?? '');
  const source = written?.[1] ?? name;
  const sourceVersion = written?.[2] ?? version;
  if (!isWord(source) || !isWord(sourceVersion)) return null;
  return { kind: 'deb', name, version, arch, source, sourceVersion, location };
}

function* paragraphs(text: string): Generator<ReadonlyMap<string, string>> {
  let fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    if (line.trim() === '') {
      if (fields.size > 0) yield fields;
      fields = new Map();
      continue;
    }
    const colon = line.indexOf(':');
    // A line that starts with a blank goes on with the field before, of which only the first line is of use here.
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue;
    const field = line.slice(0, colon).toLowerCase();
    if (FIELDS.has(field)) fields.set(field, line.slice(colon + 1).trim());
  }
  if (fields.size > 0) yield fields;
}
