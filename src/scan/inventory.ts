/** What a repository holds, for the index in which advisories are looked up. Pure. */
import type { ImageContent } from '../images/content.ts';
import type { LockContent, LockedPackage } from '../model.ts';
import { imageTarget, lockTarget } from './targets.ts';

/** One release in a lock or an image. */
export interface HeldPackage {
  /** As OSV names it. */
  readonly ecosystem: string;
  /** PEP 503 for Python; a distribution's source package. */
  readonly name: string;
  readonly version: string;
  readonly direct: boolean;
  /** Nothing but development needs it. */
  readonly dev: boolean;
}

export interface Inventory {
  readonly kind: 'lock' | 'image';
  readonly place: string;
  readonly packages: readonly HeldPackage[];
}

/** The index is our own database: names of private packages are nobody else's to see there. */
const EVERYTHING = { sendsNames: false, hidesIndex: false } as const;

/** @param path of the lock. */
export function lockInventory(path: string, content: LockContent | null): Inventory {
  const by = Map.groupBy(content?.packages ?? [], ({ name }) => name);
  const { packages } = lockTarget(path, content, EVERYTHING);
  return {
    kind: 'lock',
    place: path,
    packages: packages.map(({ ecosystem, source, sourceVersion }) => {
      const entries = by.get(source) ?? [];
      return {
        ecosystem,
        name: source,
        version: sourceVersion,
        direct: entries.some(({ direct }) => direct),
        dev: entries.length > 0 && entries.every(isDevelopment),
      };
    }),
  };
}

/** @param reference as written. */
export function imageInventory(reference: string, content: ImageContent): Inventory {
  const options = { sendsNames: false, isPrivate: false, distributions: 'osv' } as const;
  const { packages } = imageTarget(reference, content, options);
  const found = new Map<string, HeldPackage>();
  for (const { ecosystem, source, sourceVersion } of packages) {
    const held = { ecosystem, name: source, version: sourceVersion, direct: false, dev: false };
    found.set(`${ecosystem} ${source} ${sourceVersion}`, held);
  }
  return { kind: 'image', place: reference, packages: [...found.values()] };
}

function isDevelopment({ groups }: LockedPackage): boolean {
  return groups.length > 0 && !groups.some((group) => group === 'main' || group === 'default');
}
