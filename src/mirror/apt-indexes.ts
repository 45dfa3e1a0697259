/** The indexes of all package sources of a Debian or Ubuntu image: fetched once, verified, and read. */
import type { AptFiles } from '../distro/apt-files.ts';
import type { AptRelease } from '../distro/apt-release.ts';
import type { AptSource } from '../distro/apt-sources.ts';
import type { DebIndex } from '../distro/deb-index.ts';
import type { AptIndex } from '../distro/deb-updates.ts';
import type { Reason } from '../reason.ts';
import { createLimiter } from '../run/limiter.ts';
import { loadPackages } from './apt-packages.ts';
import type { AptPool } from './apt-pool.ts';
import { MirrorError, shown, type MirrorFetch } from './deb-fetch.ts';
import { loadRelease, suiteUrl } from './release-fetch.ts';

export interface AptIndexOptions {
  readonly fetch: MirrorFetch;
  readonly pool: AptPool;
  /** Of the image: its keys. */
  readonly files: AptFiles;
  readonly limits?: AptIndexLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface AptIndexLimits {
  /** One index as it is sent, and unfolded. */
  readonly packedBytes: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
const LIMITS: AptIndexLimits = { packedBytes: 64 * MIB, bytes: 256 * MIB };
const AT_ONCE = 4;

export type AptFetched =
  | { readonly ok: true; readonly indexes: readonly AptIndex[]; readonly notes: readonly string[] }
  /** One that cannot be had or believed is enough: what it has may be the fix. */
  | { readonly ok: false; readonly reason: Reason };

/**
 * @returns one index for each source and component, in their order.
 * @throws {CancelledError}
 */
export async function fetchAptIndexes(
  sources: readonly AptSource[],
  options: AptIndexOptions,
): Promise<AptFetched> {
  const turn = createLimiter(AT_ONCE);
  try {
    const read = await Promise.all(sources.map((source) => turn(() => readSource(source, options))));
    return {
      ok: true,
      indexes: read.flatMap(({ indexes }) => indexes),
      notes: [...new Set(read.flatMap(({ notes }) => notes))],
    };
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    return { ok: false, reason: { code: error.code, message: error.message, fix: error.fix, detail: '' } };
  }
}

async function readSource(
  source: AptSource,
  options: AptIndexOptions,
): Promise<{ readonly indexes: readonly AptIndex[]; readonly notes: readonly string[] }> {
  const { release, signed, notes } = await loadRelease(source, options);
  const isFlat = source.suite.endsWith('/');
  const indexes: AptIndex[] = [];
  const told = [...notes];
  for (const component of isFlat ? [''] : source.components) {
    for (const folder of isFlat ? [''] : foldersOf(source, component, release)) {
      const packages = await readPackages(source, folder, release, options);
      if (packages === null) told.push(missingNote(source, component));
      else indexes.push({ source, component, release, signed, packages });
    }
  }
  return { indexes, notes: told };
}

function foldersOf(source: AptSource, component: string, release: AptRelease | null): readonly string[] {
  const own = `${component}/binary-${source.architecture}`;
  return release?.hasIndexForAll === true ? [own, `${component}/binary-all`] : [own];
}

/** @returns null where the suite has no such component or architecture; apt passes over it too. */
async function readPackages(
  source: AptSource,
  folder: string,
  release: AptRelease | null,
  options: AptIndexOptions,
): Promise<DebIndex | null> {
  const limits = options.limits ?? LIMITS;
  const base = suiteUrl(source);
  return await loadPackages({ base, folder, release, limits, ...options });
}

function missingNote({ url, suite, architecture }: AptSource, component: string): string {
  return `${shown(url)} ${suite.slice(0, 60)} has no component ${component.slice(0, 60)} for ${architecture}.`;
}
