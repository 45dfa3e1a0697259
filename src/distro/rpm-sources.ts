/** Which repositories dnf (or yum) in an image is set up for. Pure. */
import type { PackageSource } from './model.ts';
import {
  expandRpm,
  parseIni,
  readList,
  readSwitch,
  type IniSection,
  type RpmVariables,
} from './rpm-config.ts';
import { filesIn, readRepoUrl, repoText, shownText, type RepoFiles } from './repo-files.ts';

export interface RpmSource extends PackageSource {
  readonly kind: 'rpm';
  /** `baseos`. */
  readonly id: string;
  /** The addresses that the image names itself; empty: `list` has to be asked. */
  readonly addresses: readonly string[];
  /** Where mirrors are listed; null: nowhere, or it need not be asked. */
  readonly list: { readonly kind: 'metalink' | 'mirrorlist'; readonly url: string } | null;
  /** Its index must be signed. */
  readonly signed: boolean;
  /** `gpgkey`: `file:///etc/pki/rpm-gpg/…` or https. */
  readonly keys: readonly string[];
  /** The lower, the more it counts. */
  readonly priority: number;
  /** Globs of packages that are not taken from it. */
  readonly excludes: readonly string[];
  /** Globs of the only packages that are taken from it; empty: all are. */
  readonly includes: readonly string[];
  /** It wants a certificate of a subscription. */
  readonly subscription: boolean;
}

export interface RpmSources {
  /** In the order of their names in the image's files. */
  readonly sources: readonly RpmSource[];
  /** Enabled, but not to be asked: what they offer is not known. As sentences. */
  readonly unread: readonly string[];
  readonly notes: readonly string[];
  /** `installonlypkgs` and what dnf takes for them by itself: several versions of these stand side by side. */
  readonly installOnly: readonly string[];
}

const MAX_SOURCES = 200;
const MAIN = 'etc/dnf/dnf.conf';
const PRIORITY = 99;
const INSTALL_ONLY = [
  'kernel',
  'kernel-core',
  'kernel-modules',
  'kernel-modules-core',
  'kernel-modules-extra',
  'kernel-devel',
];

export function readRpmSources(files: RepoFiles, variables: RpmVariables): RpmSources {
  const unread: string[] = [];
  const notes: string[] = [];
  const sources = new Map<string, RpmSource>();
  const config = files.has(MAIN) ? MAIN : 'etc/yum.conf';
  const main = parseIni(repoText(files, config)).get('main') ?? new Map<string, string>();
  for (const path of [config, ...repositoryFiles(files)]) {
    for (const [id, section] of parseIni(repoText(files, path))) {
      if (id === 'main' || readSwitch(section.get('enabled')) === false) continue;
      const read = readRepository(expandRpm(id, variables), section, main, variables, path);
      if ('source' in read) sources.set(read.source.id, read.source);
      else (read.isLocal ? notes : unread).push(read.why);
    }
  }
  if (sources.size > MAX_SOURCES) unread.push(`More than ${MAX_SOURCES} repositories are enabled.`);
  return {
    sources: [...sources.values()].slice(0, MAX_SOURCES),
    unread,
    notes,
    installOnly: [...INSTALL_ONLY, ...readList(main.get('installonlypkgs'))],
  };
}

/** The folders that dnf 4 and dnf 5 look into (`reposdir`). */
function repositoryFiles(files: RepoFiles): readonly string[] {
  return ['usr/share/dnf5/repos.d', 'etc/distro.repos.d', 'etc/yum.repos.d'].flatMap((folder) =>
    filesIn(files, folder, '.repo'),
  );
}

type Read = { readonly source: RpmSource } | { readonly why: string; readonly isLocal: boolean };

function readRepository(
  id: string,
  section: IniSection,
  main: IniSection,
  variables: RpmVariables,
  namedIn: string,
): Read {
  const get = (name: string): string => expandRpm(section.get(name) ?? '', variables);
  const either = (name: string): string | undefined => section.get(name) ?? main.get(name);
  const place = `${namedIn} [${shownText(id)}]`;
  const written = readList(get('baseurl'));
  const addresses = written.flatMap((each) => readRepoUrl(each) ?? []);
  const list = listOf(get('metalink'), get('mirrorlist'));
  const [first] = written;
  if (addresses.length === 0 && list === null) {
    if (first === undefined) return { why: `${place} names no address.`, isLocal: false };
    const isLocal = /^(?:file:|media:|cdrom:|\/)/u.test(first);
    const end = isLocal
      ? 'lies in the image, and was left out'
      : 'is not asked: only http and https without user names are';
    return { why: `${place}: ${shownText(first)} ${end}.`, isLocal };
  }
  const url = addresses[0] ?? list?.url ?? '';
  // In a query dnf leaves it as it is, and servers of mirrors pass over it (`infra=$infra`).
  if (/\$(?:\{|%7B)?\w/iu.test(url.split('?', 1)[0] ?? '')) {
    return { why: `${place}: ${shownText(url)} has a variable whose value is not known.`, isLocal: false };
  }
  const signed = readSwitch(either('repo_gpgcheck')) === true;
  return {
    source: {
      kind: 'rpm',
      url,
      suite: '',
      components: [],
      architecture: variables.get('arch') ?? '',
      namedIn,
      trusted: !signed,
      signedBy: readList(get('gpgkey')),
      id,
      addresses,
      list: addresses.length > 0 ? null : list,
      signed,
      keys: readList(get('gpgkey')),
      priority: readNumber(section.get('priority')) ?? PRIORITY,
      excludes: excludesOf(section, main),
      includes: [...readList(section.get('includepkgs')), ...readList(main.get('includepkgs'))],
      subscription: section.has('sslclientcert'),
    },
  };
}

/** `disable_excludes` is an option of the command alone. */
function excludesOf(section: IniSection, main: IniSection): readonly string[] {
  return [section, main].flatMap((each) =>
    ['excludepkgs', 'exclude'].flatMap((key) => readList(each.get(key))),
  );
}

/** A mirror list may be a metalink, which its address tells. */
function listOf(metalink: string, mirrorlist: string): RpmSource['list'] {
  for (const [text, kind] of [
    [metalink, 'metalink'],
    [mirrorlist, mirrorlist.includes('metalink') ? 'metalink' : 'mirrorlist'],
  ] as const) {
    const url = text === '' ? null : readRepoUrl(text.trim());
    if (url !== null) return { kind, url };
  }
  return null;
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,6}$/u.test(text.trim()) ? Number(text.trim()) : null;
}
