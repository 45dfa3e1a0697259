/**
 * Records of a package index, kept as text in one block and read only for the names that are asked for, so that a hundred
 * images share one index: Fedora's have 60,000 packages, Wolfi's 100,000. Pure.
 */

export interface RecordStore {
  /** All records of this name, in the order of the index, as they were put. */
  readonly find: (name: string) => readonly (readonly string[])[];
  /** Records that have the word `^name`, alone or before `=`, in a field (words parted by blanks); at most 100. */
  readonly providing: (name: string) => readonly (readonly string[])[];
  /** How many records it has. */
  readonly size: number;
  /** Bytes of memory, about. */
  readonly bytes: number;
}

export interface RecordWriter {
  /** @param fields without tabs and line ends. @throws {RepoFormatError} past the limits. */
  readonly put: (name: string, fields: readonly string[]) => void;
  readonly end: () => RecordStore;
}

/** What is past these limits is refused. */
export interface RecordLimits {
  readonly records: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
export const RECORD_LIMITS: RecordLimits = { records: 1_000_000, bytes: 192 * MIB };
/** Records of one name. Threat: they are compared with each other. RHEL's kernels come to some hundreds. */
const MAX_ALIKE = 5000;
const BLOCK = 4 * MIB;

/** A repository's file is not what its format says, or is past a limit. Its message goes on after "cannot be read:". */
export class RepoFormatError extends Error {
  override readonly name = 'RepoFormatError';
}

export function createRecordWriter(limits: RecordLimits = RECORD_LIMITS): RecordWriter {
  let block = Buffer.allocUnsafeSlow(64 * 1024);
  let kept = 0;
  const places = new Map<string, number | number[]>();
  const ends: number[] = [0];

  function reserve(bytes: number): void {
    if (kept + bytes > limits.bytes) throw new RepoFormatError('it is too large');
    if (kept + bytes <= block.length) return;
    const larger = Buffer.allocUnsafeSlow(
      Math.max(Math.min(block.length * 2, block.length + BLOCK * 8), kept + bytes),
    );
    block.copy(larger, 0, 0, kept);
    block = larger;
  }

  return {
    put(name, fields) {
      const place = ends.length - 1;
      if (place >= limits.records) throw new RepoFormatError('it has too many entries');
      const line = `${fields.join('\t')}\t`;
      reserve(line.length + name.length);
      const start = kept;
      // The name goes through the block: as a part of a larger text it would hold on to all of that.
      block.write(name, start, 'latin1');
      const own = block.toString('latin1', start, start + name.length);
      kept = start + block.write(line, start, 'latin1');
      ends.push(kept);
      const known = places.get(own);
      if (known === undefined) places.set(own, place);
      else if (typeof known === 'number') places.set(own, [known, place]);
      else if (known.length < MAX_ALIKE) known.push(place);
      else throw new RepoFormatError('it has too many entries of one name');
    },
    end() {
      const whole = Buffer.from(block.subarray(0, kept));
      block = Buffer.alloc(0);
      const offsets = Float64Array.from(ends);
      ends.length = 0;
      const read = (place: number): readonly string[] =>
        whole.toString('latin1', offsets[place] ?? 0, (offsets[place + 1] ?? 0) - 1).split('\t');
      return {
        size: offsets.length - 1,
        bytes: kept + places.size * 100 + offsets.byteLength,
        find(name) {
          const found = places.get(name) ?? [];
          return (typeof found === 'number' ? [found] : found).map(read);
        },
        providing: (name) => placesOf(whole, offsets, `^${name}`).map(read),
      };
    },
  };
}

const BORDERS = new Set(Buffer.from(' \t'));
const ENDS = new Set(Buffer.from(' \t='));
const MAX_PROVIDING = 100;

/** By looking through all of it, which takes some milliseconds: few ask. */
function placesOf(whole: Buffer, offsets: Float64Array, word: string): readonly number[] {
  const found: number[] = [];
  for (let at = whole.indexOf(word, 0, 'latin1'); at !== -1; at = whole.indexOf(word, at + 1, 'latin1')) {
    if (!BORDERS.has(whole[at - 1] ?? 0) || !ENDS.has(whole[at + word.length] ?? 0)) continue;
    const place = placeAt(offsets, at);
    if (found.at(-1) !== place) found.push(place);
    if (found.length >= MAX_PROVIDING) break;
  }
  return found;
}

/** Which record a byte is of. */
function placeAt(offsets: Float64Array, at: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low;
}
