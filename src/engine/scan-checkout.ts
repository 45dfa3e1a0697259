/** `relock scan`: the known vulnerabilities of a checkout as it is, changing nothing. */
import { listFindings, uncheckedIn } from '../diff/findings.ts';
import { lookOver, type Look, type Ports } from '../engine.ts';
import { CancelledError, messageOf } from '../errors.ts';
import type { ImageContent } from '../images/content.ts';
import type { PlannedImage } from '../images/plan-images.ts';
import { usedPlatforms } from '../images/platforms.ts';
import type { Job, Skip } from '../model.ts';
import { createLimiter } from '../run/limiter.ts';
import { applyIgnores, applyIgnoresToSecrets } from '../scan/apply-ignores.ts';
import { readIgnores } from '../scan/ignore.ts';
import type { ScanTarget } from '../scan/model.ts';
import type { ScanListing } from '../scan/outcome.ts';
import { staleData } from '../scan/stale-data.ts';
import { imageTarget, lockTarget, packagesOfTargets } from '../scan/targets.ts';
import { hidesItsIndex } from './hides-index.ts';
import { asItWas } from './run-lock.ts';
import { withoutStop } from './scan.ts';
import { scanAll, type LayoutImage } from './scan-run.ts';
import { sightOf, sightOfAll, type Sight } from './scan-sight.ts';

/** How many images are read side by side: layers take memory. */
const PARALLEL = 4;

/** What of the ports a scan needs. */
export type CheckoutPorts = Pick<
  Ports,
  'workspace' | 'ecosystems' | 'now' | 'policy' | 'images' | 'scan' | 'observe'
>;

/**
 * Scans every lock, and every image that is pinned to a digest. What could not be read, and a scanner that failed, is told in
 * the listing, which is then not to be taken for clean.
 * @throws {UsageError} when the repository's policy is wrong. @throws {CancelledError}
 */
export async function scanCheckout(job: Job, ports: CheckoutPorts): Promise<ScanListing> {
  const look = await lookOver(job, ports);
  const chosen = await ports.scan.choose(look.policy.scan);
  ports.observe({ kind: 'preparing', what: 'known vulnerabilities' });
  const pinned = look.images.images.filter(({ reference }) => reference.digest !== null);
  const read = await readImages(pinned, ports);
  const targetsFor = (sight: Sight): readonly ScanTarget[] => [
    ...lockTargetsOf(look, sight),
    ...read.map((image) => imageTargetOf(image, sight, ports)),
  ];
  const targets = targetsFor(sightOfAll(chosen));
  const sides = [read.flatMap((image) => ('content' in image ? [layoutOf(image)] : []))];
  const scanned = await scanAll(
    { packagesFor: (one) => packagesOfTargets(targetsFor(sightOf(one))), sides },
    chosen,
    ports.scan,
  );
  const ignores = readIgnores(look.tree, look.policy);
  const now = ports.now();
  const { kept, ignored, ended } = applyIgnores(listFindings(targets, scanned.findings), ignores.rules, now);
  const secrets = applyIgnoresToSecrets(scanned.secrets.flat(), ignores.rules, now).kept;
  return {
    by: scanned.by,
    findings: kept,
    secrets,
    ignored,
    failed: scanned.failed,
    notChecked: [...uncheckedIn(targets), ...look.plan.skips.flatMap(unscanned), ...scanned.notChecked].map(
      withoutStop,
    ),
    notes: [...staleData(scanned.by, now), ...ignores.problems, ...ended].map(withoutStop),
    targets: targets.map(({ location, kind, platform, packages }) => ({
      location,
      kind,
      platform,
      packages: packages.length,
    })),
  };
}

function lockTargetsOf({ plan, tree }: Look, { locks: sendsNames }: Sight): readonly ScanTarget[] {
  return plan.locks.map((lock) =>
    lockTarget(lock.target.path, asItWas(lock, tree).after, {
      sendsNames,
      hidesIndex: hidesItsIndex(lock.target),
    }),
  );
}

/** A lock that Relock cannot read is a gap that a reader must know of; one that nobody asked for is none. */
function unscanned({ path, reason }: Skip): readonly string[] {
  return reason.code === 'not-selected' || reason.code === 'excluded-by-config'
    ? []
    : [`${path}: it is not among the locks that Relock reads (${reason.code})`];
}

type ReadImage = { readonly image: PlannedImage; readonly platform: string } & (
  | { readonly content: ImageContent }
  | { readonly problem: string }
);

function readImages(images: readonly PlannedImage[], ports: CheckoutPorts): Promise<readonly ReadImage[]> {
  const limited = createLimiter(PARALLEL);
  const wanted = images.flatMap((image) =>
    usedPlatforms(image.mentions).map((platform) => ({ image, platform })),
  );
  return Promise.all(
    wanted.map(async (one) => limited(async () => readImage(one.image, one.platform, ports))),
  );
}

async function readImage(image: PlannedImage, platform: string, ports: CheckoutPorts): Promise<ReadImage> {
  try {
    const [content] = await ports.images.read([image.reference], platform);
    if (content === undefined) return { image, platform, problem: 'its registry has no such image' };
    return { image, platform, content };
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return { image, platform, problem: messageOf(error) };
  }
}

function imageTargetOf(
  read: ReadImage,
  { images: sendsNames, distributions }: Sight,
  { scan }: CheckoutPorts,
): ScanTarget {
  const { image, platform } = read;
  const location = image.reference.text;
  if ('problem' in read) {
    return { kind: 'image', location, platform, packages: [], unread: read.problem, notChecked: [] };
  }
  return imageTarget(location, read.content, {
    sendsNames,
    isPrivate: scan.isPrivate(image.reference),
    distributions,
  });
}

function layoutOf({ image, platform }: ReadImage): LayoutImage {
  return { reference: image.reference, location: image.reference.text, platform };
}
