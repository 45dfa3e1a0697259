/** Which repositories apk in an image is set up for (apk-repositories(5)). Pure. */
import type { ImagePackage } from '../images/content.ts';
import { linesOf } from '../images/package-words.ts';
import type { PackageSource } from './model.ts';
import { filesIn, readRepoUrl, repoText, shownText, type RepoFiles } from './repo-files.ts';

export interface ApkSource extends PackageSource {
  readonly kind: 'apk';
  /** `edge` of `@edge URL`: only for packages that the image's world names so; null: for all. */
  readonly tag: string | null;
  /** Where its index is. */
  readonly index: string;
}

export interface ApkSources {
  /** Without doubles. */
  readonly sources: readonly ApkSource[];
  /** Enabled, but of a form that is not read here: what they offer is not known. As sentences. */
  readonly unread: readonly string[];
  /** What was left out, and why, for people. */
  readonly notes: readonly string[];
}

const MAX_SOURCES = 100;

/** @param architecture apk's name, as `apkArchitecture` gives it. */
export function readApkSources(files: RepoFiles, architecture: string): ApkSources {
  const unread: string[] = [];
  const notes: string[] = [];
  const found = new Map<string, ApkSource>();
  const variables = new Map([['APK_ARCH', architecture]]);
  for (const path of repositoryFiles(files)) {
    let line = 0;
    for (const text of linesOf(repoText(files, path))) {
      line += 1;
      const place = `${path}:${line}`;
      const read = readLine(text, variables);
      if (read === null) continue;
      if (typeof read === 'string') {
        unread.push(`${place}: ${read}.`);
        continue;
      }
      for (const address of read.addresses) {
        if (address.startsWith('/') || address.startsWith('file:')) {
          notes.push(`${place}: ${shownText(address)} is a folder of the image, and was left out.`);
          continue;
        }
        const url = readRepoUrl(address);
        if (url === null) {
          unread.push(
            `${place}: ${shownText(address)} is not asked: only http and https without user names are.`,
          );
          continue;
        }
        const key = `${read.tag ?? ''} ${url}`;
        if (found.has(key)) continue;
        if (found.size >= MAX_SOURCES) {
          unread.push(`More than ${MAX_SOURCES} repositories are named.`);
          return { sources: [...found.values()], unread, notes };
        }
        found.set(key, sourceOf(url, read, architecture, path));
      }
    }
  }
  return { sources: [...found.values()], unread, notes };
}

function sourceOf(url: string, read: RepositoryLine, architecture: string, namedIn: string): ApkSource {
  const folder = read.isIndex ? url.replace(/\/[^/]*$/u, '') : url;
  const index = read.isIndex ? url : `${url}/${architecture}/APKINDEX.tar.gz`;
  return {
    kind: 'apk',
    url: folder,
    suite: '',
    components: [],
    architecture,
    namedIn,
    trusted: false,
    signedBy: [],
    tag: read.tag,
    index,
  };
}

/** A name of `repositories.d` in `etc` takes the place of the same one in `lib`. */
function repositoryFiles(files: RepoFiles): readonly string[] {
  const own = filesIn(files, 'etc/apk/repositories.d', '.list');
  const names = new Set(own.map((path) => path.split('/').at(-1)));
  const others = filesIn(files, 'lib/apk/repositories.d', '.list').filter(
    (path) => !names.has(path.split('/').at(-1)),
  );
  return ['etc/apk/repositories', ...own, ...others];
}

interface RepositoryLine {
  readonly tag: string | null;
  readonly addresses: readonly string[];
  /** The address is that of the index itself. */
  readonly isIndex: boolean;
}

/** @returns null for an empty line, a comment or a variable; a text (no full stop): why it is not read. */
function readLine(text: string, variables: Map<string, string>): RepositoryLine | string | null {
  const words = text.trim().split(/\s+/u);
  const [first = ''] = words;
  if (first === '' || first.startsWith('#')) return null;
  if (first === 'set') return setVariable(words.slice(1), variables);
  const type = ['ndx', 'v2', 'v3'].includes(first) ? words.shift() : undefined;
  const tag = words[0]?.startsWith('@') === true ? (words.shift() ?? '').slice(1) : null;
  const [address, ...components] = words.map((word) => expand(word, variables));
  if (address === undefined || tag === '') return 'it names no repository';
  if (address === null || components.includes(null)) return 'it uses a variable that is not set';
  if (!/^(?:\/|[a-z]+:\/\/)/u.test(address)) return `${shownText(first)} is no repository that is known here`;
  const isIndex = type === 'ndx' || (type === undefined && /\.(?:adb|tar\.gz)$/u.test(address));
  if (type === 'v3' || (isIndex && address.endsWith('.adb')))
    return 'indexes of the third format (ADB) are not read';
  const folder = address.replace(/\/+$/u, '');
  return {
    tag,
    isIndex,
    addresses: components.length === 0 ? [folder] : components.map((each) => `${folder}/${each}`),
  };
}

/** `set [-default] NAME=value`. */
function setVariable(words: readonly string[], variables: Map<string, string>): string | null {
  const isDefault = words[0] === '-default';
  const match = /^([A-Za-z]\w{0,60})=(.*)$/u.exec(words.slice(isDefault ? 1 : 0).join(' '));
  const [, name = '', written = ''] = match ?? [];
  const value = expand(written, variables);
  if (match === null || name.startsWith('APK_') || value === null)
    return 'it sets a variable in a way that is not known';
  if (!isDefault || !variables.has(name)) variables.set(name, value);
  return null;
}

const MAX_EXPANDED = 2000;

/** @returns null when a variable is not set. Threat: variables that double each other. */
function expand(text: string, variables: ReadonlyMap<string, string>): string | null {
  let isWhole = true;
  const expanded = text.replaceAll(/\$\{(\w{1,60})\}/gu, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) isWhole = false;
    return value ?? '';
  });
  return isWhole && expanded.length <= MAX_EXPANDED && !expanded.includes('${') ? expanded : null;
}

/** `x86_64`: as `etc/apk/arch` says, else that of most packages; null: not told. */
export function apkArchitecture(
  files: RepoFiles,
  packages: readonly Pick<ImagePackage, 'arch'>[],
): string | null {
  const [word = ''] = repoText(files, 'etc/apk/arch').trim().split(/\s+/u);
  if (isArchitecture(word)) return word;
  const counts = new Map<string, number>();
  for (const { arch } of packages) {
    if (arch !== 'noarch' && isArchitecture(arch)) counts.set(arch, (counts.get(arch) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function isArchitecture(text: string): boolean {
  return /^[a-z0-9_-]{1,32}$/u.test(text);
}
