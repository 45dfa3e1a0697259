/** What a run does to the known vulnerabilities: both sides of every lock and image, scanned together. */
import type { Policy } from '../config/policy.ts';
import { diffFindings, diffSecrets, uncheckedIn } from '../diff/findings.ts';
import type { ImageContent } from '../images/content.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageOutcome, ImageResult } from '../images/result.ts';
import type { Job, TargetResult, Tree } from '../model.ts';
import { readIgnores } from '../scan/ignore.ts';
import { withoutIgnored, withoutIgnoredSecrets } from '../scan/ignored-diff.ts';
import type { ScanTarget } from '../scan/model.ts';
import { NO_SCAN, type FindingsDiff, type ScanOutcome } from '../scan/outcome.ts';
import { staleData } from '../scan/stale-data.ts';
import { imageTargets, lockTargets, packagesOfTargets, type TargetPair } from '../scan/targets.ts';
import { hidesItsIndex } from './hides-index.ts';
import { sightOf, sightOfAll, type Sight } from './scan-sight.ts';
import { scanAll, type ChosenScanner, type LayoutImage, type ScanPorts } from './scan-run.ts';

export interface ChangePorts extends ScanPorts {
  /** Says of what stays why. @throws {CancelledError} */
  readonly explain: (diff: FindingsDiff, change: ExplainedChange) => Promise<FindingsDiff>;
  readonly now: () => Date;
}

/** A published image, and what a clean build made of it. */
export interface BuiltContents {
  /** As the policy has it. */
  readonly location: string;
  readonly before: ImageContent;
  readonly after: ImageContent;
}

export interface ScannedChange {
  readonly results: readonly TargetResult[];
  readonly images: ImageOutcome;
  readonly built: readonly BuiltContents[];
}

export interface ExplainedChange {
  readonly results: readonly TargetResult[];
  readonly tree: Tree;
  /** The run's cool-down: ISO 8601, or null. */
  readonly cutoff: string | null;
}

/**
 * Scans what a pull request touches, and beside it the locks that stay as they are: what one lock loses and another keeps is
 * not fixed. A scanner that fails is told; nothing here fails the run.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function scanChange(
  { results, images, built }: ScannedChange,
  { tree, policy, job }: { readonly tree: Tree; readonly policy: Policy; readonly job: Pick<Job, 'cutoff'> },
  ports: ChangePorts,
): Promise<ScanOutcome> {
  const { severity } = policy.scan;
  const changed = [...results, ...images.results].some(({ status }) => status === 'updated');
  if (!changed && built.length === 0) return { ...NO_SCAN, severity };
  const chosen = await ports.choose(policy.scan);
  if (chosen.length === 0) return { ...NO_SCAN, severity, skipped: 'switched off' };
  const pairs = (sight: Sight): readonly TargetPair[] => [
    ...pairsOf(results, images.results, sight, ports),
    ...builtPairs(built, sight, ports),
  ];
  const shown = pairs(sightOfAll(chosen));
  const before = shown.map((pair) => pair.before);
  const after = shown.map((pair) => pair.after);
  const work = {
    packagesFor: (one: ChosenScanner) =>
      packagesOfTargets(pairs(sightOf(one)).flatMap((pair) => [pair.before, pair.after])),
    sides: layoutsOf(images.results),
  };
  const scanned = await scanAll(work, chosen, ports);
  const failed = results.filter(({ status }) => status === 'failed' || status === 'skipped');
  const failedLocations = new Set(failed.map(({ target }) => target.path));
  const all = diffFindings({ before, after, findings: scanned.findings, failedLocations });
  const ignores = readIgnores(tree, policy);
  const { diff, ignored, ended } = withoutIgnored(all, ignores.rules, ports.now());
  const [old = [], now = []] = scanned.secrets;
  const secrets = withoutIgnoredSecrets(diffSecrets(old, now), ignores.rules, ports.now());
  return {
    by: scanned.by,
    diff: await ports.explain(diff, { results, tree, cutoff: job.cutoff }),
    secrets,
    ignored,
    failed: scanned.failed,
    notChecked: [...uncheckedIn([...before, ...after]), ...scanned.notChecked].map(withoutStop),
    notes: [...staleData(scanned.by, ports.now()), ...ignores.problems, ...ended].map(withoutStop),
    severity,
    skipped: null,
  };
}

/** As a list has its items. */
export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}

function pairsOf(
  results: readonly TargetResult[],
  images: readonly ImageResult[],
  { locks: sendsNames, images: inImages, distributions }: Sight,
  { isPrivate }: ScanPorts,
): readonly TargetPair[] {
  const locks = results.map(({ target, contents = null }) =>
    lockTargets(target.path, contents?.before ?? null, contents?.after ?? null, {
      sendsNames,
      hidesIndex: hidesItsIndex(target),
    }),
  );
  const inside = images.flatMap(({ image, contents = [] }) => {
    const options = { sendsNames: inImages, isPrivate: isPrivate(image.reference), distributions };
    return contents.map(({ before, after }) => imageTargets(image.reference.text, before, after, options));
  });
  return [...locks, ...inside, ...unreadImages(images)];
}

function builtPairs(
  built: readonly BuiltContents[],
  { images: sendsNames, distributions }: Sight,
  { isPrivate }: ScanPorts,
): readonly TargetPair[] {
  return built.map(({ location, before, after }) => {
    const reference = parseReference(location);
    const hidden = reference === null || isPrivate(reference);
    return imageTargets(location, before, after, { sendsNames, isPrivate: hidden, distributions });
  });
}

/** A digest that moved and could not be looked into is not checked, and must not look clean. */
function unreadImages(images: readonly ImageResult[]): readonly TargetPair[] {
  return images.flatMap(({ image, status, from, to, contents = [] }) => {
    if (status !== 'updated' || from === null || to === null || contents.length > 0) return [];
    const unread: ScanTarget = {
      kind: 'image',
      location: image.reference.text,
      platform: null,
      packages: [],
      unread: 'what is inside could not be read',
      notChecked: [],
    };
    return [{ before: unread, after: unread }];
  });
}

function layoutsOf(images: readonly ImageResult[]): readonly (readonly LayoutImage[])[] {
  const side = (of: (result: ImageResult) => string | null): readonly LayoutImage[] =>
    images.flatMap((result) => {
      const digest = of(result);
      if (digest === null) return [];
      return (result.contents ?? []).map(({ after: { platform } }) => ({
        reference: { ...result.image.reference, digest },
        location: result.image.reference.text,
        platform,
      }));
    });
  return [side(({ from }) => from), side(({ to }) => to)];
}
