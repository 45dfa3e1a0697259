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
  const releases = async (name: string): Promise<ReadonlyMap<string, readonly IndexFile[]>> => {
    const project = await client.project(name).catch((error: unknown) => {
      if (error instanceof CancelledError) throw error;
      return null;
    });
    const byVersion = new Map<string, IndexFile[]>();
    for (const file of project?.files ?? []) {
      const version = versionOfFile(file.filename, normaliseName(name));
      if (version === null) continue;
      const files = byVersion.get(version);
      if (files === undefined) byVersion.set(version, [file]);
      else files.push(file);
    }
    return byVersion;
  };
  const filesOf = async (name: string, version: string): Promise<readonly IndexFile[]> => {
    if (valid(version) === null) return [];
    return [...(await releases(name))].flatMap(([other, files]) => (eq(other, version) ? files : []));
  };

  return {
    async newest(name, python) {
      const fitting = [...(await releases(name))].flatMap(([version, files]) => {
        const { is_prerelease: isPrerelease = true } = explain(version) ?? {};
        const good = files.some(
          (file) => isUsable(file, options.cutoff) && admitsPython(file.requiresPython, python),
        );
        return good && !isPrerelease ? [version] : [];
      });
      return fitting.sort((a, b) => compare(b, a))[0] ?? null;
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
