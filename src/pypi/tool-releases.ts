/** Which releases of a tool there are, and when they came out. */
import { compare, eq, explain, satisfies, valid, validRange } from '@renovatebot/pep440';
import { CancelledError } from '../errors.ts';
import { normaliseName } from '../locks/package-name.ts';
import { versionOfFile } from './file-name.ts';
import type { IndexFile, SimpleClient } from './simple-client.ts';

export interface ToolReleases {
  /**
   * The newest release that is no pre-release, not yanked, runs on `python` (`3.9`, `3.9.18`; null: any) by its
   * Requires-Python, and was uploaded before the cut-off.
   * @returns null when there is none, or the index cannot be asked.
   */
  newest(name: string, python: string | null): Promise<string | null>;
  /** When a release's last file came, ISO 8601 UTC; null when nobody knows. Files added months later do not count. */
  uploadTime(name: string, version: string): Promise<string | null>;
  /** Requires-Python of a release; null when it has none or nobody knows. */
  requiresPython(name: string, version: string): Promise<string | null>;
}

export interface ToolReleasesOptions {
  /** ISO 8601 instant: what came at or after it does not exist; nor do files of unknown time. */
  readonly cutoff: string | null;
}

export function createToolReleases(client: SimpleClient, options: ToolReleasesOptions): ToolReleases {
  /** Newest first; once a name. */
  const known = new Map<string, Promise<readonly Release[]>>();
  const releases = (name: string): Promise<readonly Release[]> => {
    const asked = known.get(name) ?? readReleases(client, name);
    known.set(name, asked);
    asked.catch(() => known.delete(name));
    return asked;
  };
  const filesOf = async (name: string, version: string): Promise<readonly IndexFile[]> => {
    if (valid(version) === null) return [];
    return (await releases(name)).flatMap((release) => (eq(release.version, version) ? release.files : []));
  };

  return {
    async newest(name, python) {
      const fits = ({ version, files }: Release): boolean =>
        explain(version)?.is_prerelease === false &&
        files.some((file) => isUsable(file, options.cutoff) && admitsPython(file.requiresPython, python));
      return (await releases(name)).find(fits)?.version ?? null;
    },
    async uploadTime(name, version) {
      const times = (await filesOf(name, version)).flatMap((file) => file.uploadTime ?? []).sort();
      const [first] = times;
      if (first === undefined) return null;
      return times.filter((time) => Date.parse(time) - Date.parse(first) < A_DAY_MS).at(-1) ?? first;
    },
    async requiresPython(name, version) {
      const files = await filesOf(name, version);
      return files.find((file) => file.requiresPython !== null)?.requiresPython ?? null;
    },
  };
}

interface Release {
  readonly version: string;
  readonly files: readonly IndexFile[];
}

/** Empty when the index cannot be asked. */
async function readReleases(client: SimpleClient, name: string): Promise<readonly Release[]> {
  const project = await client.project(name).catch((error: unknown) => {
    if (error instanceof CancelledError) throw error;
    return null;
  });
  const byVersion = Map.groupBy(project?.files ?? [], ({ filename }) =>
    versionOfFile(filename, normaliseName(name)),
  );
  return [...byVersion]
    .flatMap(([version, files]) => (version === null ? [] : [{ version, files }]))
    .sort((a, b) => compare(b.version, a.version));
}

const A_DAY_MS = 86_400_000;

function isUsable(file: IndexFile, cutoff: string | null): boolean {
  if (file.yanked !== false) return false;
  if (cutoff === null) return true;
  return file.uploadTime !== null && Date.parse(file.uploadTime) < Date.parse(cutoff);
}

/**
 * Whether a Requires-Python admits a Python. A version without a patch number stands for its newest patch, so that
 * `>=3.9.1` admits `3.9`. Read as leniently as pip does: `>=3.6.*` is `>=3.6`, and what is no specifier set admits all.
 */
export function admitsPython(requires: string | null, python: string | null): boolean {
  if (requires === null || python === null) return true;
  const version = /^\d+\.\d+$/u.test(python) ? `${python}.99` : python;
  const range = requires
    .split(',')
    .map((part) =>
      part.trim().replace(/^(?<operator>[<>]=?|~=)(?<version>.*)\.\*$/u, '$<operator>$<version>'),
    )
    .filter((part) => part !== '')
    .join(',');
  if (range === '' || valid(version) === null || !validRange(range)) return true;
  return satisfies(version, range);
}
