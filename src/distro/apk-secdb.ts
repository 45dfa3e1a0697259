/** Alpine's security database (`main.json`), and Wolfi's and Chainguard's, which have its form. Pure. */
import { compareText } from '../images/content.ts';
import { compareApkVersions } from '../images/apk-version.ts';
import { isWord } from '../images/package-words.ts';

export interface ApkSecurity {
  /** Advisories fixed on the way from one version to another (the later one counts), by the package's origin. Sorted. */
  readonly fixedBetween: (origin: string, from: string, to: string) => readonly string[];
}

interface Fixes {
  readonly version: string;
  readonly ids: readonly string[];
}

const MAX_IDS = 200;

/** @returns null when the text is no such database. */
export function parseApkSecurity(text: string): ApkSecurity | null {
  const packages = readPackages(text);
  if (packages === null) return null;
  const fixes = new Map<string, readonly Fixes[]>();
  for (const each of packages) {
    const pkg = fieldOf(each, 'pkg');
    const name = fieldOf(pkg, 'name');
    const secfixes = fieldOf(pkg, 'secfixes');
    if (typeof name !== 'string' || !isWord(name) || typeof secfixes !== 'object' || secfixes === null)
      continue;
    const own = Object.entries(secfixes).flatMap(([version, ids]): readonly Fixes[] => {
      // `0`: the package never had the fault.
      if (version === '0' || !isWord(version) || !Array.isArray(ids)) return [];
      return [{ version, ids: ids.flatMap(readIds).slice(0, MAX_IDS) }];
    });
    fixes.set(name, [...(fixes.get(name) ?? []), ...own]);
  }
  return {
    fixedBetween(origin, from, to) {
      const found = (fixes.get(origin) ?? []).filter(({ version }) => {
        const [start, end] = [compareApkVersions(version, from), compareApkVersions(version, to)];
        return start !== null && end !== null && start > 0 && end <= 0;
      });
      return [...new Set(found.flatMap(({ ids }) => ids))].sort(compareText);
    },
  };
}

function readPackages(text: string): readonly unknown[] | null {
  try {
    const packages = fieldOf(JSON.parse(text), 'packages');
    return Array.isArray(packages) ? packages : null;
  } catch {
    return null;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** `CVE-2019-14697 ALPINE-13661`: several names of one fault stand in one text. */
function readIds(text: unknown): readonly string[] {
  if (typeof text !== 'string' || text.length > 1000) return [];
  return text.split(/[\s,;]+/u).filter((word) => /^[A-Z]{2,20}-[A-Za-z0-9-]{1,60}$/u.test(word));
}
