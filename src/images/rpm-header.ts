/** One package of an RPM database: a header as rpm keeps it (without the leading magic), big-endian. Pure. */
import type { ImagePackage } from './content.ts';
import { FormatError } from './format-error.ts';
import { isWord } from './package-words.ts';

const INTRO = 8;
const ENTRY = 16;
/** rpm's own limit (`HEADER_TAGS_MAX`). */
const MOST_ENTRIES = 0x0f_ff_ff;
/** rpm's types: four-byte integers and NUL-ended text. */
const INT32 = 4;
const STRING = 6;
const TAGS = { name: 1000, version: 1001, release: 1002, epoch: 1003, arch: 1022, sourceRpm: 1044 } as const;
const LONGEST = 512;

/**
 * @returns null for an entry that is no package (`gpg-pubkey`).
 * @throws FormatError when the header does not fit its own sizes, or lacks name, version or release.
 */
export function parseRpmHeader(blob: Buffer, location: string): ImagePackage | null {
  const tags = readTags(blob);
  const name = tags.get(TAGS.name);
  const version = tags.get(TAGS.version);
  const release = tags.get(TAGS.release);
  if (name === undefined || version === undefined || release === undefined) {
    throw new FormatError('a package has no name, version or release');
  }
  if (name === 'gpg-pubkey') return null;
  const epoch = tags.get(TAGS.epoch);
  const whole = `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`;
  const arch = tags.get(TAGS.arch) ?? '';
  if (!isWord(name) || !isWord(whole) || (arch !== '' && !isWord(arch))) {
    throw new FormatError('a package has a name or version that is none');
  }
  const source = sourceOf(tags.get(TAGS.sourceRpm) ?? '');
  return {
    kind: 'rpm',
    name,
    version: whole,
    arch,
    source: source?.name ?? name,
    sourceVersion: source?.version ?? `${version}-${release}`,
    location,
  };
}

/** `bash-5.1.8-6.el9.src.rpm`; version and release have no dash of their own. */
function sourceOf(file: string): { readonly name: string; readonly version: string } | null {
  const match = /^([^\s/]+)-([^-\s/]+-[^-\s/]+)\.(?:no)?src\.rpm$/u.exec(file);
  if (match === null || !isWord(file)) return null;
  return { name: match[1] ?? '', version: match[2] ?? '' };
}

/** The wanted tags as text; where one is written twice the first counts. */
function readTags(blob: Buffer): ReadonlyMap<number, string> {
  if (blob.length < INTRO) throw new FormatError('a package header is cut off');
  const entries = blob.readUInt32BE(0);
  const bytes = blob.readUInt32BE(4);
  const data = INTRO + entries * ENTRY;
  if (entries > MOST_ENTRIES || data + bytes > blob.length) {
    throw new FormatError('a package header does not fit its size');
  }
  const wanted: ReadonlySet<number> = new Set(Object.values(TAGS));
  const found = new Map<number, string>();
  for (let index = 0; index < entries; index += 1) {
    const at = INTRO + index * ENTRY;
    const tag = blob.readUInt32BE(at);
    if (!wanted.has(tag) || found.has(tag)) continue;
    const value = readValue(blob, data, bytes, blob.readUInt32BE(at + 4), blob.readUInt32BE(at + 8));
    if (value !== null) found.set(tag, value);
  }
  return found;
}

function readValue(blob: Buffer, data: number, bytes: number, type: number, offset: number): string | null {
  if (offset >= bytes) throw new FormatError('a package header points outside itself');
  if (type === INT32) {
    if (offset + 4 > bytes) throw new FormatError('a package header points outside itself');
    return String(blob.readUInt32BE(data + offset));
  }
  if (type !== STRING) return null;
  const rest = blob.subarray(data + offset, Math.min(data + bytes, data + offset + LONGEST));
  const end = rest.indexOf(0);
  if (end === -1) throw new FormatError('a text of a package header has no end');
  return rest.toString('utf8', 0, end);
}
