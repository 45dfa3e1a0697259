/** What the layers of an image show together (OCI image-spec, layer.md), read from the newest down. Pure. */
import type { ImageWant } from './content.ts';
import { APK_FILES, DPKG_STATUS, OS_RELEASE, OS_RELEASE_USR } from './wanted-files.ts';

export interface LayerEntry {
  readonly type: 'file' | 'link' | 'folder' | 'other';
  /** The file's content, or as much as was wanted; null where there is none (a link, a sparse file). */
  readonly bytes: Buffer | null;
}

/** What one layer says of the files that are looked for. All paths are without a leading slash. */
export interface LayerFacts {
  /** Of the wanted files. */
  readonly entries: ReadonlyMap<string, LayerEntry>;
  /** Paths that hide what older layers have at them and below: whiteouts, and what is no folder. */
  readonly gone: ReadonlySet<string>;
  /** Folders whose older content is hidden (`.wh..wh..opq`); the root is empty. */
  readonly opaque: ReadonlySet<string>;
  /** Bytes of the tar. */
  readonly uncompressed: number;
}

export type ImageFiles = ReadonlyMap<string, LayerEntry>;

export interface LayerStack {
  /** Adds the next older layer. */
  readonly add: (facts: LayerFacts) => void;
  /** Whether no older layer can change what is wanted. */
  readonly isSettled: () => boolean;
  readonly files: ImageFiles;
}

/**
 * The rule of reading: from the newest layer down, until nothing that is wanted can come from below.
 * - Distribution packages are settled by the newest layer that has `var/lib/dpkg/status` or Alpine's `installed`: each is
 *   the whole database, and an image has one. `status.d` and RPM databases are several files, which layers may share out:
 *   they are settled by nothing.
 * - The release is settled by a regular `etc/os-release`, or by that link and `usr/lib/os-release`.
 * - Python distributions, and the package manager's configuration, can be in any layer: all are read.
 */
export function createLayerStack(want: ImageWant): LayerStack {
  const files = new Map<string, LayerEntry>();
  const gone = new Set<string>();
  const opaque = new Set<string>();
  return {
    files,
    add(facts) {
      for (const [path, entry] of facts.entries) {
        if (!files.has(path) && !isHidden(path, gone, opaque)) files.set(path, entry);
      }
      for (const path of facts.gone) gone.add(path);
      for (const path of facts.opaque) opaque.add(path);
    },
    isSettled: () =>
      !want.python &&
      want.sources !== true &&
      (!want.system || hasDatabase(files)) &&
      (!want.release || hasRelease(files)),
  };
}

function isHidden(path: string, gone: ReadonlySet<string>, opaque: ReadonlySet<string>): boolean {
  if (gone.has(path)) return true;
  for (let slash = path.lastIndexOf('/'); slash !== -1; slash = path.lastIndexOf('/', slash - 1)) {
    const folder = path.slice(0, slash);
    if (gone.has(folder) || opaque.has(folder)) return true;
    if (slash === 0) break;
  }
  return opaque.has('');
}

function hasDatabase(files: ImageFiles): boolean {
  return [DPKG_STATUS, ...APK_FILES].some((path) => files.get(path)?.type === 'file');
}

function hasRelease(files: ImageFiles): boolean {
  const own = files.get(OS_RELEASE);
  return own?.type === 'file' || (own !== undefined && files.has(OS_RELEASE_USR));
}
