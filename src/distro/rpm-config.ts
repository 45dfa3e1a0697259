/** The INI files of dnf and yum (dnf.conf(5)), and their variables. Pure. */
import type { ImagePackage, ImageSystem } from '../images/content.ts';
import { linesOf } from '../images/package-words.ts';
import { filesIn, repoText, type RepoFiles } from './repo-files.ts';

/** Keys in lower case; a value of several lines has them joined by line ends. */
export type IniSection = ReadonlyMap<string, string>;

const MAX_SECTIONS = 1000;
const MAX_VALUE = 16 * 1024;

/** `[name]`, `key = value`; lines that begin with a blank go on with the value before. The last value of a key counts. */
export function parseIni(text: string): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | null = null;
  let key: string | null = null;
  for (const line of linesOf(text)) {
    if (/^\s*(?:[#;].*)?$/u.test(line)) continue;
    if (/^\s/u.test(line)) {
      const before = key === null ? undefined : section?.get(key);
      if (key !== null && before !== undefined && before.length < MAX_VALUE)
        section?.set(key, `${before}\n${line.trim()}`);
      continue;
    }
    key = null;
    const header = /^\[([^\]]{1,200})\]/u.exec(line);
    if (header !== null) {
      if (sections.size >= MAX_SECTIONS) break;
      section = sections.get(header[1] ?? '') ?? new Map();
      sections.set(header[1] ?? '', section);
      continue;
    }
    const equals = line.indexOf('=');
    if (section === null || equals < 1) continue;
    key = line.slice(0, equals).trim().toLowerCase();
    section.set(
      key,
      line
        .slice(equals + 1)
        .trim()
        .slice(0, MAX_VALUE),
    );
  }
  return sections;
}

/** As dnf reads truth; null: it says neither. */
export function readSwitch(text: string | undefined): boolean | null {
  const word = (text ?? '').trim().toLowerCase();
  if (['1', 'yes', 'true', 'on', 'enabled'].includes(word)) return true;
  return ['0', 'no', 'false', 'off', 'disabled'].includes(word) ? false : null;
}

/** Words of a list, which blanks, commas or line ends part. */
export function readList(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[\s,]+/u).filter((word) => word !== '');
}

export type RpmVariables = ReadonlyMap<string, string>;

/** Architectures by the one that repositories are for (`$basearch`). */
const BASES: ReadonlyMap<string, string> = new Map([
  ['i386', 'i386'],
  ['i486', 'i386'],
  ['i586', 'i386'],
  ['i686', 'i386'],
  ['x86_64_v2', 'x86_64'],
  ['armv7hl', 'armhfp'],
]);

/** What rpm's packages are for in an image: that of most packages but `noarch`, before any of 32 bits; null: not told. */
export function rpmArchitecture(packages: readonly Pick<ImagePackage, 'kind' | 'arch'>[]): string | null {
  const counts = new Map<string, number>();
  for (const { kind, arch } of packages) {
    if (kind === 'rpm' && arch !== 'noarch' && /^[a-z0-9_]{2,20}$/u.test(arch))
      counts.set(arch, (counts.get(arch) ?? 0) + 1);
  }
  const isSmall = (arch: string): number => Number(/^i\d86$/u.test(arch));
  return [...counts].sort((a, b) => isSmall(a[0]) - isSmall(b[0]) || b[1] - a[1])[0]?.[0] ?? null;
}

/**
 * Variables of repository files: `$releasever`, `$basearch`, `$arch` and what the image defines in files of their own.
 * @param architecture as `rpmArchitecture` gives it.
 */
export function readRpmVariables(
  files: RepoFiles,
  os: Pick<ImageSystem, 'id' | 'version'> | null,
  packages: readonly Pick<ImagePackage, 'kind' | 'name' | 'version'>[],
  architecture: string,
): RpmVariables {
  const variables = new Map<string, string>([
    ['arch', architecture],
    ['basearch', BASES.get(architecture) ?? architecture],
  ]);
  const release = releaseOf(os, packages);
  if (release !== null) {
    variables.set('releasever', release);
    variables.set('releasever_major', release.split('.')[0] ?? '');
    variables.set('releasever_minor', release.split('.')[1] ?? '');
  }
  // Later folders have the last word.
  for (const folder of ['usr/share/dnf5/vars.d', 'etc/yum/vars', 'etc/dnf/vars']) {
    for (const path of filesIn(files, folder, '')) {
      const name = path.slice(folder.length + 1);
      const [value = ''] = repoText(files, path).split(/\r?\n/u, 1);
      if (/^\w{1,60}$/u.test(name)) variables.set(name, value.trim().slice(0, 500));
    }
  }
  return variables;
}

/** dnf asks which package provides `system-release`; the packages of each family say it in the same few ways. */
function releaseOf(
  os: Pick<ImageSystem, 'id' | 'version'> | null,
  packages: readonly Pick<ImagePackage, 'kind' | 'name' | 'version'>[],
): string | null {
  const own = packages.find(({ kind, name }) => kind === 'rpm' && name === 'system-release');
  // Amazon Linux 2023 holds an image at the release it was made from: 2023.4.20240611.
  if (os?.id === 'amzn' && own !== undefined) return own.version.replace(/^\d+:/u, '').split('-')[0] ?? null;
  const version = os?.version ?? '';
  if (version === '') return null;
  return ['fedora', 'amzn'].includes(os?.id ?? '') ? version : (version.split('.')[0] ?? null);
}

const MAX_EXPANDED = 4000;

/** `$name`, `${name}`, `${name:-otherwise}`, `${name:+instead}`; what is not known stays. */
export function expandRpm(text: string, variables: RpmVariables): string {
  return text
    .slice(0, MAX_EXPANDED)
    .replaceAll(/\$(?:(\w+)|\{(\w+)(?::([+-])([^${}]*))?\})/gu, (whole, bare, braced, mark, word) => {
      const value = variables.get(String(bare ?? braced));
      if (mark === '-') return value === undefined || value === '' ? String(word) : value;
      if (mark === '+') return value === undefined || value === '' ? '' : String(word);
      return value ?? whole;
    })
    .slice(0, MAX_EXPANDED);
}
