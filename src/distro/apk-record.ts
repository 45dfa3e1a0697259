/** One package as an index or a database of apk has it, and what its dependencies ask for (apk-package(5)). Pure. */
import { compareApkVersions } from '../images/apk-version.ts';
import { isWord } from '../images/package-words.ts';

export interface ApkRecord {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  /** The package that it was built with. */
  readonly origin: string;
  /** Seconds since 1970 when it was built; null: not told. */
  readonly built: number | null;
  readonly depends: readonly ApkDependency[];
  /** `so:libz.so.1=1.3.1` and the like. */
  readonly provides: readonly ApkProvided[];
  /** Comes by itself when all of these are there; empty: does not. */
  readonly installIf: readonly ApkDependency[];
}

export interface ApkProvided {
  readonly name: string;
  /** Empty: no version. */
  readonly version: string;
}

export interface ApkDependency {
  readonly name: string;
  /** Must not be there. */
  readonly isConflict: boolean;
  /** Made of `<`, `>`, `=`, `~` (begins with the same numbers); empty: any version. */
  readonly operator: string;
  readonly version: string;
  /** `edge` of `name@edge`, in the world; null: none. */
  readonly tag: string | null;
}

/** What `readApkFields` keeps, in the order of a stored record. */
const FIELDS = ['P', 'V', 'A', 'o', 't', 'D', 'p', 'i'] as const;
export const APK_FIELDS: ReadonlySet<string> = new Set(FIELDS);

/** @returns the fields of a record to be stored; null: it has no usable name or version. */
export function storedApk(fields: ReadonlyMap<string, string>): readonly string[] | null {
  const words = FIELDS.map((field) => {
    const text = (fields.get(field) ?? '').replaceAll('\t', ' ');
    // Marked, so that who provides something is told from who asks for it.
    return field === 'p' ? text.replaceAll(/(?<=^|\s)(?=\S)/gu, PROVIDED) : text;
  });
  const [name = '', version = '', arch = ''] = words;
  return isWord(name) && isWord(version) && (arch === '' || isWord(arch)) ? words : null;
}

/** Before what is provided, in a stored record: no name begins so. */
const PROVIDED = '^';

/** From what `storedApk` gave. */
export function readStoredApk(words: readonly string[]): ApkRecord {
  const [
    name = '',
    version = '',
    arch = '',
    origin = '',
    time = '',
    depends = '',
    provides = '',
    installIf = '',
  ] = words;
  return {
    name,
    version,
    arch,
    origin: isWord(origin) && origin !== '' ? origin : name,
    built: /^\d{1,12}$/u.test(time) ? Number(time) : null,
    depends: readApkDependencies(depends),
    provides: readApkDependencies(provides.replaceAll(PROVIDED, '')).map(({ name, version }) => ({
      name,
      version,
    })),
    installIf: readApkDependencies(installIf),
  };
}

const MAX_DEPENDENCIES = 5000;
const DEPENDENCY =
  /^(!?)([\x22-\x3b\x3f\x41-\x7d]{1,256})(?:@([\x21-\x3b\x41-\x7d]{1,64}))?(?:([<>=~]{1,3})([\x21-\x3b\x3f-\x7d][\x21-\x3b\x3d\x3f-\x7d]{0,511}))?$/u;

/** What cannot be read is passed over. */
export function readApkDependencies(text: string): readonly ApkDependency[] {
  if (text.trim() === '') return [];
  return text
    .trim()
    .split(/\s+/u)
    .slice(0, MAX_DEPENDENCIES)
    .flatMap((word) => {
      const match = DEPENDENCY.exec(word);
      if (match === null) return [];
      const [, mark = '', name = '', tag, operator = '', version = ''] = match;
      return [{ name, isConflict: mark === '!', operator, version, tag: tag ?? null }];
    });
}

/** Whether a version is one that the dependency asks for (or, of a conflict, one that it refuses). @param version empty: none. */
export function isAskedFor({ operator, version: wanted }: ApkDependency, version: string): boolean {
  // `><` names one build by its checksum, which is not looked at.
  if (operator === '' || operator === '><') return true;
  if (version === '') return false;
  if (operator.includes('~') && beginsLike(version, wanted)) return true;
  const order = compareApkVersions(version, wanted);
  if (order === null) return operator === '=' && version === wanted;
  return (
    (order === 0 && operator.includes('=')) ||
    (order < 0 && operator.includes('<')) ||
    (order > 0 && operator.includes('>'))
  );
}

/** `3.12.1-r0` begins like `3.12`; `3.120` does not. */
function beginsLike(version: string, start: string): boolean {
  if (!version.startsWith(start)) return false;
  return !/^\d/u.test(version.slice(start.length)) || !/\d$/u.test(start);
}
