/** What releases want, and which releases there are: asked of the default index, each once a run. */
import { normaliseName } from '../locks/package-name.ts';
import { readRequirement } from '../locks/requirements/requirement.ts';
import type { RequiredPackage } from '../scan/why.ts';
import type { IndexRelease } from '../scan/why-releases.ts';
import { versionOfFile } from './file-name.ts';
import type { IndexFile, IndexProject } from './simple-client.ts';

/** More headers than any package has; descriptions come after them. Characters. */
const MAX_HEADER = 200_000;
const MAX_REQUIRED = 2000;

/**
 * The `Requires-Dist` of core metadata ("Core metadata specifications"), in its order; what is no requirement, and what
 * comes from an address of its own, is left out.
 */
export function requiredPackages(metadata: string): readonly RequiredPackage[] {
  const head = metadata.slice(0, MAX_HEADER).replaceAll('\r\n', '\n').split('\n\n', 1)[0] ?? '';
  const found: RequiredPackage[] = [];
  for (const line of head.split('\n')) {
    if (found.length >= MAX_REQUIRED) break;
    const written = /^Requires-Dist:\s*(\S.*)$/iu.exec(line.slice(0, 2000))?.[1];
    const parts = written === undefined ? null : readRequirement(written.trim());
    if (parts === null || typeof parts === 'string' || parts.name === null || parts.url !== null) continue;
    const { name, writtenName, specifier, marker } = parts;
    found.push({ name, writtenName, specifier, marker });
  }
  return found;
}

/** The releases of a project's page, in no order. */
export function indexReleases({ name, files }: IndexProject): readonly IndexRelease[] {
  const byVersion = Map.groupBy(files, ({ filename }) => versionOfFile(filename, normaliseName(name)));
  return [...byVersion].flatMap(([version, all]) => (version === null ? [] : [releaseOf(version, all)]));
}

function releaseOf(version: string, files: readonly IndexFile[]): IndexRelease {
  const usable = files.filter(({ yanked }) => yanked === false);
  const times = usable.flatMap(({ uploadTime }) => uploadTime ?? []).sort();
  return {
    version,
    uploaded: times[0] ?? null,
    requiresPython: [...new Set(usable.map(({ requiresPython }) => requiresPython))],
    yanked: usable.length === 0,
  };
}
