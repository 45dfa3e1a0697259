/** The places of a change, and which versions of which source packages each has before and after. Pure. */
import { packageKey, type ScanTarget } from '../scan/model.ts';
import type { FindingPlace } from '../scan/outcome.ts';
import { compareText } from '../images/content.ts';

export interface Place {
  readonly place: FindingPlace;
  readonly before: Side;
  readonly after: Side;
}

export interface Side {
  /** See `packageKey`; each once. */
  readonly keys: readonly string[];
  /** Keys of one source package. @param scope family of ecosystems and name, with a NUL between. */
  of(scope: string): readonly string[];
}

const NOWHERE: Side = { keys: [], of: () => [] };

/**
 * Places in order: locks, then images, by location and platform.
 * @param failed locations that stay what they were.
 */
export function placesOf(
  before: readonly ScanTarget[],
  after: readonly ScanTarget[],
  failed: ReadonlySet<string>,
): readonly Place[] {
  const olds = Map.groupBy(before, keyOf);
  const nows = Map.groupBy(after, keyOf);
  const known = new Map([...before, ...after].map((target) => [keyOf(target), target]));
  return [...known]
    .toSorted(([, a], [, b]) => comparePlaces(a, b))
    .map(([key, { kind, location, platform }]) => {
      const old = read(olds.get(key));
      const now = failed.has(location) ? old : read(nows.get(key));
      return {
        place: { kind, location, platform },
        before: old ?? now ?? NOWHERE,
        after: now ?? old ?? NOWHERE,
      };
    });
}

function keyOf({ location, platform }: ScanTarget): string {
  return `${location}\u0000${platform ?? ''}`;
}

function comparePlaces(a: FindingPlace, b: FindingPlace): number {
  return (
    Number(a.kind === 'image') - Number(b.kind === 'image') ||
    compareText(a.location, b.location) ||
    compareText(a.platform ?? '', b.platform ?? '')
  );
}

/** null: it is there, and could not be read. */
function read(targets: readonly ScanTarget[] | undefined): Side | null {
  if (targets === undefined) return NOWHERE;
  if (targets.some(({ unread }) => unread !== null)) return null;
  const scopes = new Map<string, Set<string>>();
  for (const { packages } of targets) {
    for (const { ecosystem, source, sourceVersion } of packages) {
      const scope = `${ecosystem.split(':', 1)[0] ?? ''}\u0000${source}`;
      const keys = scopes.get(scope) ?? new Set();
      scopes.set(scope, keys.add(packageKey(ecosystem, source, sourceVersion)));
    }
  }
  const byScope = new Map([...scopes].map(([scope, keys]) => [scope, [...keys]]));
  return { keys: [...byScope.values()].flat(), of: (scope) => byScope.get(scope) ?? [] };
}
