/** Locks of conda-lock in the one model of locks. Pure. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { PUBLIC_FILES } from '../public-index.ts';
import { channelName, isUsualChannel, readCondaUrl } from './channels.ts';
import { readEnvLines, readExplicitLines, type ExplicitEntry, type ExplicitHead } from './explicit-file.ts';
import { readUnifiedLock, type LockEntry } from './lock-file.ts';
import { pipFileVersion } from './pip-file.ts';
import type { Source } from './source.ts';

/** What the sources ask for, to tell direct packages from others. */
export interface Asked {
  readonly conda: ReadonlySet<string>;
  readonly pip: ReadonlySet<string>;
}

export function askedOf(sources: readonly Source[]): Asked {
  return {
    conda: new Set(sources.flatMap(({ conda }) => [...conda])),
    pip: new Set(sources.flatMap(({ pip }) => [...pip])),
  };
}

/** @throws {LockSyntaxError} when it is no unified lock. */
export function parseUnified(path: string, text: string, asked: Asked): LockContent {
  return { packages: packagesOf(readUnifiedLock(path, text).entries, asked) };
}

/** An entry stands once for each category: they are put together. */
function packagesOf(entries: readonly LockEntry[], asked: Asked): readonly LockedPackage[] {
  const parents = parentsOf(entries);
  const merged = new Map<string, LockedPackage & { readonly groups: string[] }>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const same = merged.get(key);
    if (same === undefined) merged.set(key, packageOf(entry, asked, parents.get(key) ?? new Set()));
    else if (!same.groups.includes(entry.category)) same.groups.push(entry.category);
  }
  for (const { groups } of merged.values()) groups.sort();
  return [...merged.values()];
}

function packageOf(
  entry: LockEntry,
  asked: Asked,
  via: ReadonlySet<string>,
): LockedPackage & { readonly groups: string[] } {
  const { manager, platform, url } = entry;
  const name = nameOf(entry.manager, entry.name);
  const file = manager === 'conda' ? readCondaUrl(url) : null;
  return {
    name,
    version: entry.version,
    source: entry.direct ?? (manager === 'pip' ? pipSource(url) : sourceOf(file?.channel ?? null)),
    hashes: [...entry.hashes].sort(),
    direct: asked[manager].has(name),
    via: [...via].sort(),
    groups: [entry.category],
    conda: { platform, manager, build: file?.build ?? null, channel: file?.channel ?? null },
  };
}

/** Names of conda packages keep their dots and underlines, which tell `_libgcc_mutex` from others; pip's are normalised. */
function nameOf(manager: 'conda' | 'pip', name: string): string {
  return manager === 'pip' ? normaliseName(name) : name.toLowerCase();
}

function sourceOf(channel: string | null): string | null {
  return channel === null || isUsualChannel(channel) ? null : channel;
}

function keyOf({ platform, manager, name }: Pick<LockEntry, 'platform' | 'manager' | 'name'>): string {
  return `${platform} ${manager} ${nameOf(manager, name)}`;
}

/** A pip package may want what conda brings, seldom the other way round; within a platform. */
function parentsOf(entries: readonly LockEntry[]): ReadonlyMap<string, ReadonlySet<string>> {
  const parents = new Map<string, Set<string>>(entries.map((entry) => [keyOf(entry), new Set()]));
  for (const { platform, manager, name, dependencies } of entries) {
    const own = nameOf(manager, name);
    for (const wanted of dependencies) {
      const other = manager === 'pip' ? 'conda' : 'pip';
      const known =
        parents.get(keyOf({ platform, manager, name: wanted })) ??
        parents.get(
          keyOf({ platform, manager: other, name: manager === 'pip' ? normaliseName(wanted) : wanted }),
        );
      if (nameOf(manager, wanted) !== own) known?.add(own);
    }
  }
  return parents;
}

/**
 * @param head what the file says of itself: see `readExplicitHead`.
 * @throws {LockSyntaxError} with the line that is none of such a file.
 */
export function parseExplicit(
  path: string,
  text: string,
  head: Pick<ExplicitHead, 'form' | 'platform'>,
  asked: Asked,
): LockContent {
  const lines = head.form === 'explicit' ? readExplicitLines(path, text) : readEnvLines(path, text);
  const packages = new Map<string, LockedPackage>();
  for (const line of lines) {
    const one = explicitPackage(line, head.platform, asked);
    packages.set(`${one.conda?.manager ?? ''} ${one.name}`, one);
  }
  return { packages: [...packages.values()] };
}

function explicitPackage(line: ExplicitEntry, platform: string | null, asked: Asked): LockedPackage {
  const { manager, url } = line;
  const file = manager === 'conda' && url !== null ? readCondaUrl(url) : null;
  const name = nameOf(manager, file?.name ?? line.name ?? lastOf(url));
  const channel = file?.channel ?? null;
  const own = file === null || file.subdir === 'noarch' ? null : file.subdir;
  return {
    name,
    version: file?.version ?? line.version ?? (url === null ? null : pipFileVersion(url)),
    source: manager === 'conda' ? sourceOf(channel) : pipSource(url),
    hashes: line.hash === null ? [] : [line.hash],
    direct: asked[manager].has(name),
    via: [],
    groups: [],
    conda: { platform: platform ?? own ?? 'noarch', manager, build: file?.build ?? line.build, channel },
  };
}

/**
 * null for what the public index has. Threat: it would be asked for links of a package whose name is nobody's business, and
 * a stranger's package of that name would lend its own.
 */
function pipSource(url: string | null): string | null {
  if (url === null || url.startsWith(`${PUBLIC_FILES}/`)) return null;
  // A file of another index: which one, and not which file, so that a newer one is no other source.
  return pipFileVersion(url) === null ? url : (URL.parse(url)?.origin ?? url);
}

function lastOf(url: string | null): string {
  return url === null ? '' : channelName(url).split('/').at(-1) || url;
}
