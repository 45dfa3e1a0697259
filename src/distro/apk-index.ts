/** The text of `APKINDEX`, and of apk's own database of installed packages: one letter, a colon and a value a line. Pure. */
import { APK_FIELDS, readStoredApk, storedApk, type ApkRecord } from './apk-record.ts';
import {
  createRecordWriter,
  RepoFormatError,
  RECORD_LIMITS,
  type RecordLimits,
  type RecordStore,
} from './repo-store.ts';

export interface ApkIndexReader {
  /** The next bytes, cut anywhere. @throws {RepoFormatError} */
  readonly write: (chunk: Buffer) => void;
  /** @throws {RepoFormatError} */
  readonly end: () => ApkPackages;
}

export interface ApkPackages {
  readonly packages: RecordStore;
  /** ISO 8601: when its newest package was built; null: not told. */
  readonly date: string | null;
}

/** Threat: a line without end. The longest, dependencies of large metapackages, have some kilobytes. */
const MAX_LINE = 1024 * 1024;

export function createApkIndexReader(limits: RecordLimits = RECORD_LIMITS): ApkIndexReader {
  const writer = createRecordWriter(limits);
  let fields = new Map<string, string>();
  let pending = '';
  let newest = 0;

  function finish(): void {
    if (fields.size === 0) return;
    const words = storedApk(fields);
    if (words !== null) writer.put(words[0] ?? '', words);
    const built = fields.get('t') ?? '';
    if (/^\d{1,11}$/u.test(built)) newest = Math.max(newest, Number(built));
    fields = new Map();
  }

  function take(line: string): void {
    if (line === '') finish();
    else if (line[1] === ':' && APK_FIELDS.has(line[0] ?? ''))
      fields.set(line[0] ?? '', line.slice(2).trim());
  }

  return {
    write(chunk) {
      // All that is kept is ASCII.
      const text = pending + chunk.toString('latin1');
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        take(text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end));
        start = end + 1;
      }
      pending = text.slice(start);
      if (pending.length > MAX_LINE) throw new RepoFormatError('it has a line without end');
    },
    end() {
      if (pending !== '') take(pending);
      pending = '';
      finish();
      return { packages: writer.end(), date: newest === 0 ? null : new Date(newest * 1000).toISOString() };
    },
  };
}

/** An installed package, and the tag of the repository that it came from. */
export interface InstalledApk extends ApkRecord {
  readonly tag: string | null;
}

/** Of `lib/apk/db/installed`. Later entries of a name take the place of earlier ones. */
export function parseInstalledApks(text: string): readonly InstalledApk[] {
  const found = new Map<string, InstalledApk>();
  for (const paragraph of text.split(/\n\r?\n/u)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split('\n')) {
      const letter = line[0] ?? '';
      // Files and folders of the package follow: `a`, `F`, `R`, `Z` and `M` lines.
      if (line[1] === ':' && (APK_FIELDS.has(letter) || letter === 's'))
        fields.set(letter, line.slice(2).trim());
    }
    const words = storedApk(fields);
    if (words === null) continue;
    const record = readStoredApk(words);
    const tag = (fields.get('s') ?? '').replace(/^@/u, '');
    found.set(record.name, { ...record, tag: tag === '' ? null : tag });
  }
  return [...found.values()];
}
