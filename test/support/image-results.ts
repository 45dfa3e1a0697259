/** Images as an engine would give them: a plan of real files, contents by hand. */
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { ImagesPolicy } from '../../src/config/policy.ts';
import { compareImages } from '../../src/images/compare.ts';
import type { ImageContent, ImagePackage, ImagePackageKind } from '../../src/images/content.ts';
import { planImages, type ImagePlan, type PlannedImage } from '../../src/images/plan-images.ts';
import type { ImageOutcome, ImageResult } from '../../src/images/result.ts';

export const OLD = `sha256:${'a'.repeat(64)}`;
export const NEW = `sha256:${'b'.repeat(64)}`;

const JOB = { repository: 'acme/app', trigger: 'terminal', only: [], cutoff: null } as const;

export function planOf(
  files: Readonly<Record<string, string>>,
  policy: Partial<ImagesPolicy> = {},
): ImagePlan {
  const tree = {
    paths: Object.keys(files).sort(),
    files: new Map(Object.entries(files).map(([path, text]) => [path, { kind: 'text', text } as const])),
  };
  return planImages(tree, { ...NO_POLICY, images: { ...NO_POLICY.images, ...policy } }, JOB);
}

/** The one image of a Dockerfile with this reference. */
export function imageOf(reference: string, policy: Partial<ImagesPolicy> = {}): PlannedImage {
  const [image] = planOf({ Dockerfile: `FROM ${reference}\n` }, policy).images;
  if (image === undefined) throw new Error(`There is no image in FROM ${reference}.`);
  return image;
}

/** `deb libssl3 3.0.14`, with an architecture after it where that matters. */
function held(line: string): ImagePackage {
  const [kind = 'deb', name = '', version = '', arch = 'amd64'] = line.split(' ');
  const location = kind === 'python' ? 'usr/lib/python3/dist-packages' : 'var/lib/dpkg/status';
  return {
    kind: kind as ImagePackageKind,
    name,
    version,
    arch: kind === 'python' ? '' : arch,
    source: name,
    sourceVersion: version,
    location,
  };
}

export function contentOf(
  digest: string,
  packages: readonly string[],
  more: Partial<ImageContent> = {},
): ImageContent {
  return {
    platform: 'linux/amd64',
    manifestDigest: digest,
    os: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', codename: 'bookworm' },
    pythons: [],
    created: '2026-10-21T00:00:00Z',
    packages: packages.map(held),
    config: { env: [], user: '', workdir: '', entrypoint: [], cmd: [], ports: [], labels: {} },
    annotations: {},
    layers: [{ digest: `sha256:${'0'.repeat(64)}`, compressed: 28_000_000, uncompressed: 75_000_000 }],
    unread: null,
    notes: [],
    ...more,
  };
}

/** Updated, with what both hold compared. */
export function movedImage(
  image: PlannedImage,
  from: ImageContent,
  to: ImageContent,
  more: Partial<ImageResult> = {},
): ImageResult {
  return {
    image,
    status: 'updated',
    reason: null,
    from: OLD,
    to: NEW,
    comparisons: [compareImages(from, to)],
    suggestions: [],
    notes: [],
    ...more,
  };
}

export function outcomeOf(results: readonly ImageResult[], more: Partial<ImageOutcome> = {}): ImageOutcome {
  return { results, left: [], files: [], ...more };
}
