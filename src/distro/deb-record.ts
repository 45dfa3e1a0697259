/** One version of a Debian package, as an index or the database of installed packages describes it. Pure. */
import { isWord } from '../images/package-words.ts';
import type { ControlFields } from './deb-control.ts';

export interface DebRecord {
  readonly name: string;
  readonly version: string;
  /** `amd64`, `all`. */
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** `same`, `foreign`, `allowed`, or `no`. */
  readonly multiArch: 'same' | 'foreign' | 'allowed' | 'no';
  /** `required`, `important`, …; empty where none is written. */
  readonly priority: string;
  /** Also `Protected`: apt treats both alike where it chooses. */
  readonly essential: boolean;
  /** Share of machines that get it yet; null: all. */
  readonly phased: number | null;
  /** As written, in the order in which apt reads them. */
  readonly preDepends: string;
  readonly depends: string;
  readonly recommends: string;
  readonly conflicts: string;
  readonly breaks: string;
  readonly provides: string;
  /** Of what apt compares, beside version and architecture, to tell one build of a version from another. */
  readonly build: number;
  /** Bytes of its file; 0: not told (the database of installed packages). */
  readonly size: number;
}

/** The fields that a record is made of; lower case. */
export const RECORD_FIELDS: ReadonlySet<string> = new Set([
  'package',
  'version',
  'architecture',
  'source',
  'multi-arch',
  'priority',
  'essential',
  'protected',
  'important',
  'phased-update-percentage',
  'pre-depends',
  'depends',
  'recommends',
  'conflicts',
  'breaks',
  'provides',
  'installed-size',
  'replaces',
  'size',
]);

/** As apt's VersionHash reads them. */
const BUILD_FIELDS = ['installed-size', 'depends', 'pre-depends', 'conflicts', 'breaks', 'replaces'] as const;

/** @returns null when name, version or architecture are none. */
export function recordOf(fields: ControlFields): DebRecord | null {
  const get = (name: string): string => fields.get(name) ?? '';
  const name = get('package');
  const version = get('version');
  const arch = get('architecture');
  if (!isWord(name) || !isWord(version) || !isWord(arch)) return null;
  // `Source: glibc (2.36-9)`; the version only where it is another than the package's.
  const written = /^([^\s()]+)(?:\s+\(([^\s()]+)\))?$/u.exec(get('source'));
  const source = written?.[1] ?? name;
  const sourceVersion = written?.[2] ?? version;
  const phased = get('phased-update-percentage');
  return {
    name,
    version,
    arch,
    source: isWord(source) ? source : name,
    sourceVersion: isWord(sourceVersion) ? sourceVersion : version,
    multiArch: readMultiArch(get('multi-arch'), arch),
    priority: get('priority').toLowerCase(),
    essential: ['essential', 'protected', 'important'].some((field) => get(field).toLowerCase() === 'yes'),
    phased: /^\d{1,3}$/u.test(phased) && Number(phased) < 100 ? Number(phased) : null,
    preDepends: get('pre-depends'),
    depends: get('depends'),
    recommends: get('recommends'),
    conflicts: get('conflicts'),
    breaks: get('breaks'),
    provides: get('provides'),
    build: buildOf(fields),
    size: /^\d{1,15}$/u.test(get('size')) ? Number(get('size')) : 0,
  };
}

/** Blanks, `=` and epochs of zero do not count: dpkg writes them anew. */
function buildOf(fields: ControlFields): number {
  let hash = 5381;
  for (const field of BUILD_FIELDS) {
    const text = fields.get(field) ?? '';
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '0' && text[at + 1] === ':') {
        at += 1;
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 0x20 || (code >= 9 && code <= 13) || code === 0x3d) continue;
      hash = (Math.imul(hash, 33) + (code >= 65 && code <= 90 ? code + 32 : code)) | 0;
    }
  }
  return hash;
}

/** Whether two records tell of one build of one version; a version that was built anew is another one to apt. */
export function isSameBuild(a: DebRecord, b: DebRecord): boolean {
  return (
    a.version === b.version &&
    a.build === b.build &&
    a.multiArch === b.multiArch &&
    (a.arch === 'all') === (b.arch === 'all') &&
    (a.size === 0 || b.size === 0 || a.size === b.size)
  );
}

function readMultiArch(text: string, arch: string): DebRecord['multiArch'] {
  // There is one package alone for all architectures.
  if (text === 'same' && arch === 'all') return 'no';
  return text === 'same' || text === 'foreign' || text === 'allowed' ? text : 'no';
}
