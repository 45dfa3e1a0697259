/** Releases as forges list them, and those between two versions of a package. Pure. */
import { normaliseName } from '../locks/package-name.ts';
import { safeUrl } from '../report/links.ts';
import { isBreaking } from './breaking.ts';
import type { ForgeHost, Repository } from './forges.ts';
import type { NotesVersion, NotesWanted } from './model.ts';
import { isBetween, newestFirst, readTag, type TagVersion } from './versions.ts';

export interface Release {
  readonly tag: string;
  readonly title: string;
  /** Foreign Markdown. */
  readonly text: string;
  readonly date: string | null;
  readonly url: string | null;
}

/** Of one text; the rest is cut off. */
const MAX_TEXT = 60_000;

/** Reads one page of a forge's answer; what is not understood is passed over. Never throws. */
export function readReleases(host: ForgeHost, page: unknown): readonly Release[] {
  if (!Array.isArray(page)) return [];
  return (page as readonly unknown[]).flatMap((entry) => {
    const tag = text(entry, 'tag_name');
    if (tag === null || tag.length > 200 || field(entry, 'draft') === true) return [];
    if (field(entry, 'upcoming_release') === true) return [];
    const self = host === 'gitlab.com' ? text(field(entry, '_links'), 'self') : text(entry, 'html_url');
    const url = self === null ? null : safeUrl(self);
    return [
      {
        tag,
        title: (text(entry, 'name') ?? '').slice(0, 300),
        text: (text(entry, host === 'gitlab.com' ? 'description' : 'body') ?? '').slice(0, MAX_TEXT),
        date: dateOf(text(entry, host === 'gitlab.com' ? 'released_at' : 'published_at')),
        // Threat: a page of another host than the one that was asked.
        url: url !== null && url.startsWith(`https://${host}/`) ? url : null,
      },
    ];
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : null;
}

function text(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === 'string' ? found : null;
}

function dateOf(instant: string | null): string | null {
  return /^\d{4}-\d{2}-\d{2}(?=T|$)/u.exec(instant ?? '')?.[0] ?? null;
}

interface Read extends TagVersion {
  readonly release: Release;
}

/**
 * The releases of this package: where some tags have its name those, else those with no name, else those with the
 * repository's.
 */
export function releasesOf(
  name: string,
  repository: Repository,
  releases: readonly Release[],
): readonly Read[] {
  const names = { package: name, repository: normaliseName(repository.path.split('/').at(-1) ?? '') };
  const read = releases.flatMap((release) => {
    const tag = readTag(release.tag, names);
    return tag === null ? [] : [{ ...tag, release }];
  });
  for (const kind of ['own', 'plain', 'repository'] as const) {
    const found = read.filter((one) => one.kind === kind);
    if (found.length > 0) return found;
  }
  return [];
}

/** Those between the versions, newest first, each version once. */
export function notesOfReleases(read: readonly Read[], wanted: NotesWanted): readonly NotesVersion[] {
  const found = new Map<string, NotesVersion>();
  for (const { version, release } of read) {
    if (!isBetween(version, wanted) || found.has(version)) continue;
    found.set(version, {
      version,
      date: release.date,
      title: release.title,
      text: release.text,
      breaking: isBreaking(release.text),
      url: release.url,
    });
  }
  return [...found.values()].sort((one, other) => newestFirst(one.version, other.version));
}
