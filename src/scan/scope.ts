/** What a scan says of some of its locks and images: those of one pull request among several. Pure. */
import type { FindingChange, FindingPlace, FindingsDiff, ScanOutcome } from './outcome.ts';

/**
 * @param within whether a lock or image belongs to it.
 * @returns the outcome as if only those had been scanned: what is fixed there, and stays elsewhere, is fixed.
 */
export function scopeScan(scan: ScanOutcome, within: (place: FindingPlace) => boolean): ScanOutcome {
  const all = [...scan.diff.fixed, ...scan.diff.added, ...scan.diff.remaining];
  const changes = all.flatMap((change) => scopeChange(change, within));
  const diff: FindingsDiff = {
    fixed: changes.filter(({ state }) => state === 'fixed'),
    added: changes.filter(({ state }) => state === 'added'),
    remaining: changes.filter(({ state }) => state === 'remaining'),
  };
  const isImage = ({ location, platform }: { location: string; platform: string }): boolean =>
    within({ kind: 'image', location, platform });
  return {
    ...scan,
    diff,
    secrets: {
      fixed: scan.secrets.fixed.filter(isImage),
      added: scan.secrets.added.filter(isImage),
      remaining: scan.secrets.remaining.filter(isImage),
    },
    ignored: scan.ignored.flatMap((ignored) => {
      const places = ignored.places.filter(within);
      return places.length === 0 ? [] : [{ ...ignored, places }];
    }),
  };
}

function scopeChange(
  change: FindingChange,
  within: (place: FindingPlace) => boolean,
): readonly FindingChange[] {
  const before = change.before.filter(within);
  const after = change.after.filter(within);
  const causes = change.causes.filter(({ place }) => within(place));
  if (before.length === 0 && after.length === 0) return [];
  const state = after.length === 0 ? 'fixed' : before.length === 0 ? 'added' : 'remaining';
  return [{ ...change, state, before, after, causes, why: state === 'remaining' ? change.why : null }];
}
