/** Vulnerabilities before and after: which went, which came, which stay. Pure. */
import { foldFindings } from '../scan/merge-findings.ts';
import { packageKey, type Finding, type ScanTarget, type SecretFinding } from '../scan/model.ts';
import { compareFindings } from '../scan/order.ts';
import type {
  FindingCause,
  FindingChange,
  FindingPlace,
  FindingsDiff,
  ScanListing,
  SecretsDiff,
} from '../scan/outcome.ts';
import { compareText } from '../images/content.ts';
import { groupSame } from '../scan/same-finding.ts';
import { placesOf, type Place, type Side } from './finding-places.ts';

export interface FindingsInput {
  /** All locks and images of the change, also those that stay as they are. Same location and platform: same place. */
  readonly before: readonly ScanTarget[];
  readonly after: readonly ScanTarget[];
  /** Of one scan of all packages of both sides. */
  readonly findings: readonly Finding[];
  /** Locations that could not be made anew, whether `after` names them or not: they stay what they were. */
  readonly failedLocations?: ReadonlySet<string>;
}

/**
 * Partitions what one scan found by where it is before and after.
 *
 * A vulnerability is one name, or names that findings share, of one source package of one family of packages (`PyPI`,
 * `Debian` of any release), whatever its version and however many binary packages and places have it. It is `fixed` when no
 * place has it any more, `added` when no place had it before, else `remaining`. So a lock that moved, or a second lock with
 * the same package, is no news. A place that could not be read on one side counts there as what it is on the other: nothing
 * is called fixed or added for want of reading. Each place that lost or got it is a cause, also of one that remains
 * elsewhere. `why` is null: what holds a fix back is not known here.
 */
export function diffFindings({ before, after, findings, failedLocations }: FindingsInput): FindingsDiff {
  const places = placesOf(before, after, failedLocations ?? new Set());
  const changes = groupSame(foldFindings(findings), scopeOf).flatMap((same) => changeOf(same, places) ?? []);
  const ordered = changes.sort((a, b) => compareFindings(a.finding, b.finding));
  const of = (state: FindingChange['state']): readonly FindingChange[] =>
    ordered.filter((change) => change.state === state);
  return { fixed: of('fixed'), added: of('added'), remaining: of('remaining') };
}

/** Findings are of one vulnerability across releases of a distribution, but not across distributions. */
function scopeOf({ ecosystem, package: name }: Finding): string {
  return `${familyOf(ecosystem)}\u0000${name}`;
}

function familyOf(ecosystem: string): string {
  return ecosystem.split(':', 1)[0] ?? '';
}

function changeOf(same: readonly Finding[], places: readonly Place[]): FindingChange | null {
  const [first] = same;
  if (first === undefined) return null;
  const scope = scopeOf(first);
  const keys = new Set(
    same.map(({ ecosystem, package: name, version }) => packageKey(ecosystem, name, version)),
  );
  const holds = (side: Side): readonly string[] => side.of(scope).filter((key) => keys.has(key));
  const held = places.map((place) => ({ place, old: holds(place.before), now: holds(place.after) }));
  const olds = held.filter(({ old }) => old.length > 0);
  const nows = held.filter(({ now }) => now.length > 0);
  if (olds.length === 0 && nows.length === 0) return null;
  const state = nows.length === 0 ? 'fixed' : olds.length === 0 ? 'added' : 'remaining';
  const shown = state === 'fixed' ? olds.flatMap(({ old }) => old) : nows.flatMap(({ now }) => now);
  const there = new Set(shown);
  const [finding] = same
    .filter(({ ecosystem, package: name, version }) => there.has(packageKey(ecosystem, name, version)))
    .toSorted(compareFindings);
  return {
    state,
    finding: finding ?? first,
    before: olds.map(({ place }) => place.place),
    after: nows.map(({ place }) => place.place),
    causes: held
      .filter(({ old, now }) => old.length > 0 !== now.length > 0)
      .map(({ place, old, now }) => causeOf(scope, place, old, now)),
    why: null,
  };
}

/** What has it on one side, and what came in its place on the other. */
function causeOf(
  scope: string,
  { place, before, after }: Place,
  old: readonly string[],
  now: readonly string[],
): FindingCause {
  if (old.length > 0) return { place, from: versionsIn(old), to: others(after.of(scope), before.of(scope)) };
  return { place, from: others(before.of(scope), after.of(scope)), to: versionsIn(now) };
}

/** Of several versions at one place, those that the other side does not have say most. */
function others(side: readonly string[], opposite: readonly string[]): string | null {
  const own = side.filter((key) => !opposite.includes(key));
  return versionsIn(own.length > 0 ? own : side);
}

function versionsIn(keys: readonly string[]): string | null {
  const versions = [...new Set(keys.map((key) => key.slice(key.lastIndexOf('\u0000') + 1)))];
  return versions.length === 0 ? null : versions.sort(compareText).join(', ');
}

/** Each vulnerability of each version of a package with the places that have it, worst first. */
export function listFindings(
  targets: readonly ScanTarget[],
  findings: readonly Finding[],
): ScanListing['findings'] {
  const places = new Map<string, FindingPlace[]>();
  for (const { place, after } of placesOf(targets, targets, new Set())) {
    for (const key of after.keys) {
      const known = places.get(key);
      if (known === undefined) places.set(key, [place]);
      else known.push(place);
    }
  }
  return foldFindings(findings).flatMap((finding) => {
    const at = places.get(packageKey(finding.ecosystem, finding.package, finding.version));
    return at === undefined ? [] : [{ finding, places: at }];
  });
}

/** What of the targets was not checked, as sentences without a full stop; each once. */
export function uncheckedIn(targets: readonly ScanTarget[]): readonly string[] {
  const said = targets.flatMap(({ location, platform, unread, notChecked }) => {
    const where = platform === null ? location : `${location} (${platform})`;
    return [...(unread === null ? [] : [unread]), ...notChecked].map(
      (what) => `${where}: ${what.replace(/\.$/u, '')}`,
    );
  });
  return [...new Set(said)].sort(compareText);
}

/** Secrets by rule and path within an image: a line or a layer that is another one is no news. */
export function diffSecrets(before: readonly SecretFinding[], after: readonly SecretFinding[]): SecretsDiff {
  const keyOf = ({ location, platform, rule, path }: SecretFinding): string =>
    JSON.stringify([location, platform, rule, path]);
  const old = new Set(before.map(keyOf));
  const now = new Set(after.map(keyOf));
  return {
    fixed: before.filter((secret) => !now.has(keyOf(secret))),
    added: after.filter((secret) => !old.has(keyOf(secret))),
    remaining: after.filter((secret) => old.has(keyOf(secret))),
  };
}
