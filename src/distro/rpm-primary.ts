/** `primary.xml`: the packages of a repository, kept small. Pure. */
import { isWord } from '../images/package-words.ts';
import { createRecordWriter, RECORD_LIMITS, type RecordLimits, type RecordStore } from './repo-store.ts';
import { createXmlReader } from './rpm-xml.ts';

/** One package that a repository offers. */
export interface RpmRecord {
  readonly name: string;
  readonly arch: string;
  /** `[epoch:]version-release`; no epoch where it is 0. */
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Seconds since 1970 when its file was made; null: not told. */
  readonly made: number | null;
  /** `name`, or `name LT|LE|EQ|GE|GT version`. */
  readonly obsoletes: readonly RpmObsoleted[];
}

export interface RpmObsoleted {
  readonly name: string;
  readonly flags: string;
  readonly version: string;
}

export interface RpmReader<T> {
  /** The next bytes, cut anywhere. @throws {RepoFormatError} */
  readonly write: (chunk: Buffer) => void;
  /** @throws {RepoFormatError} */
  readonly end: () => T;
}

export interface RpmPackages {
  readonly packages: RecordStore;
  /** Those that take the place of others, by the name of these. */
  readonly obsoleting: ReadonlyMap<string, readonly RpmRecord[]>;
}

const MAX_OBSOLETES = 500;
const MAX_OBSOLETING = 200_000;
const FLAGS: ReadonlySet<string> = new Set(['LT', 'LE', 'EQ', 'GE', 'GT']);

export function createPrimaryReader(limits: RecordLimits = RECORD_LIMITS): RpmReader<RpmPackages> {
  const writer = createRecordWriter(limits);
  const obsoleting = new Map<string, RpmRecord[]>();
  let kept = 0;
  let fields = new Map<string, string>();
  let obsoletes: RpmObsoleted[] = [];
  let isObsoletes = false;

  function finish(): void {
    const record = recordOf(fields, obsoletes);
    if (record !== null) {
      const { name, arch, version, source, sourceVersion, made } = record;
      writer.put(name, [name, arch, version, source, sourceVersion, made === null ? '' : String(made)]);
      for (const each of record.obsoletes) {
        kept += 1;
        if (kept > MAX_OBSOLETING) break;
        obsoleting.set(each.name, [...(obsoleting.get(each.name) ?? []).slice(-500), record]);
      }
    }
    fields = new Map();
    obsoletes = [];
  }

  const reader = createXmlReader({
    wantsText: (name) => name === 'name' || name === 'arch' || name === 'rpm:sourcerpm',
    open(name, attribute) {
      if (name === 'version') {
        for (const part of ['epoch', 'ver', 'rel']) fields.set(part, attribute(part));
      } else if (name === 'time') fields.set('time', attribute('file'));
      else if (name === 'rpm:obsoletes') isObsoletes = true;
      else if (name === 'rpm:entry' && isObsoletes && obsoletes.length < MAX_OBSOLETES) {
        const flags = attribute('flags');
        const version = versionOf(attribute('epoch'), attribute('ver'), attribute('rel'));
        obsoletes.push({ name: attribute('name'), flags: FLAGS.has(flags) ? flags : '', version });
      }
    },
    close(name, text) {
      if (name === 'name' || name === 'arch' || name === 'rpm:sourcerpm') fields.set(name, text);
      else if (name === 'rpm:obsoletes') isObsoletes = false;
      else if (name === 'package') finish();
    },
  });

  return {
    write: (chunk) => reader.write(chunk),
    end() {
      reader.end();
      return { packages: writer.end(), obsoleting };
    },
  };
}

/** From what the reader stored. */
export function readStoredRpm(words: readonly string[]): RpmRecord {
  const [name = '', arch = '', version = '', source = '', sourceVersion = '', time = ''] = words;
  return {
    name,
    arch,
    version,
    source,
    sourceVersion,
    made: time === '' ? null : Number(time),
    obsoletes: [],
  };
}

/** @returns null for what is no binary package, or has no usable name or version. */
function recordOf(fields: ReadonlyMap<string, string>, obsoletes: readonly RpmObsoleted[]): RpmRecord | null {
  const get = (name: string): string => fields.get(name) ?? '';
  const [name, arch] = [get('name'), get('arch')];
  const version = versionOf(get('epoch'), get('ver'), get('rel'));
  if (
    !isName(name) ||
    !isName(arch) ||
    arch === 'src' ||
    arch === 'nosrc' ||
    !isWord(version) ||
    get('ver') === ''
  )
    return null;
  const source = /^([^\s/]+)-([^-\s/]+-[^-\s/]+)\.(?:no)?src\.rpm$/u.exec(get('rpm:sourcerpm'));
  const isSource = source !== null && isWord(source[0]);
  const time = get('time');
  return {
    name,
    arch,
    version,
    source: isSource ? (source[1] ?? '') : name,
    sourceVersion: isSource ? (source[2] ?? '') : version,
    made: /^\d{1,11}$/u.test(time) ? Number(time) : null,
    obsoletes: obsoletes
      .filter((each) => isName(each.name) && (each.version === '' || isWord(each.version)))
      .map(copied),
  };
}

/** Threat to memory: a part of a text holds on to all of it. */
function copied({ name, flags, version }: RpmObsoleted): RpmObsoleted {
  const own = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
  return { name: own(name), flags: own(flags), version: own(version) };
}

function isName(text: string): boolean {
  return text !== '' && isWord(text);
}

export function versionOf(epoch: string, version: string, release: string): string {
  const start = epoch === '' || epoch === '0' ? '' : `${epoch}:`;
  return `${start}${version}${release === '' ? '' : `-${release}`}`;
}
