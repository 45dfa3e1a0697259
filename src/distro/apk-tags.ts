/** Which tagged repositories a package may come from (apk-world(5)). Pure. */
import type { InstalledApk } from './apk-index.ts';
import type { ApkDependency } from './apk-record.ts';

export interface ApkTags {
  /** The tag that the world names a package with; null: none. */
  readonly ownOf: (name: string) => string | null;
  /** Its own, and those of the packages that need it. */
  readonly allowedOf: (name: string) => ReadonlySet<string>;
  /** All that the world names. */
  readonly used: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

export function apkTags(world: readonly ApkDependency[], installed: readonly InstalledApk[]): ApkTags {
  const own = new Map<string, string>();
  for (const { name, tag } of world) if (tag !== null) own.set(name, tag);
  const allowed = new Map<string, Set<string>>();
  if (own.size > 0) {
    const byName = new Map(installed.map((one) => [one.name, one]));
    const providers = new Map<string, string[]>();
    for (const { name, provides } of installed) {
      for (const provided of provides)
        providers.set(provided.name, [...(providers.get(provided.name) ?? []), name]);
    }
    const queue = [...own];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [name, tag] = next;
      const tags = allowed.get(name) ?? new Set();
      if (tags.has(tag)) continue;
      allowed.set(name, tags.add(tag));
      for (const dependency of byName.get(name)?.depends ?? []) {
        for (const each of [dependency.name, ...(providers.get(dependency.name) ?? [])])
          queue.push([each, tag]);
      }
    }
  }
  return {
    ownOf: (name) => own.get(name) ?? null,
    allowedOf: (name) => allowed.get(name) ?? NONE,
    used: new Set(own.values()),
  };
}
