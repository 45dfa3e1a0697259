/** A difference without what the repository does not want to hear of. Pure. */
import { applyIgnores, applyIgnoresToSecrets } from './apply-ignores.ts';
import type { IgnoreRule } from './ignore-rule.ts';
import type { FindingChange, FindingPlace, FindingsDiff, IgnoredFinding, SecretsDiff } from './outcome.ts';

export interface WithoutIgnored {
  readonly diff: FindingsDiff;
  readonly ignored: readonly IgnoredFinding[];
  /** Sentences: rules that would have held, had they not ended. */
  readonly ended: readonly string[];
}

/** What is fixed is told in any case: a fix of something that was ignored is good news. */
export function withoutIgnored(diff: FindingsDiff, rules: readonly IgnoreRule[], now: Date): WithoutIgnored {
  const open = [...diff.added, ...diff.remaining];
  const placed = open.map(({ finding, after }) => ({ finding, places: after }));
  const { kept, ignored, ended } = applyIgnores(placed, rules, now);
  const left = new Map(kept.map(({ finding, places }) => [finding, new Set(places)]));
  const keep = (change: FindingChange): readonly FindingChange[] => {
    const places = left.get(change.finding);
    if (places === undefined) return [];
    const isKept = (place: FindingPlace): boolean => places.has(place);
    const after = change.after.filter(isKept);
    return [
      {
        ...change,
        after,
        causes: change.causes.filter(({ place }) => after.some((one) => same(one, place))),
      },
    ];
  };
  return {
    diff: { fixed: diff.fixed, added: diff.added.flatMap(keep), remaining: diff.remaining.flatMap(keep) },
    ignored,
    ended,
  };
}

/** As `withoutIgnored`. */
export function withoutIgnoredSecrets(
  secrets: SecretsDiff,
  rules: readonly IgnoreRule[],
  now: Date,
): SecretsDiff {
  const kept = (list: SecretsDiff['added']): SecretsDiff['added'] =>
    applyIgnoresToSecrets(list, rules, now).kept;
  return { fixed: secrets.fixed, added: kept(secrets.added), remaining: kept(secrets.remaining) };
}

function same(a: FindingPlace, b: FindingPlace): boolean {
  return a.kind === b.kind && a.location === b.location && a.platform === b.platform;
}
