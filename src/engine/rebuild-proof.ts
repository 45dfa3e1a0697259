/** A build without cache, held against what is published. */
import type { BuildRequest } from '../build/build-image.ts';
import type { Builder, BuildOutcome } from '../build/model.ts';
import { readLayout } from '../build/layout-registry.ts';
import { smokeInterpreters } from '../build/smoke-program.ts';
import { compareImages, type ImageComparison } from '../images/compare.ts';
import type { ImageContent } from '../images/content.ts';
import type { FileChange } from '../model.ts';
import type { BuiltImage, RebuildProof } from '../rebuild/model.ts';
import type { Reason } from '../reason.ts';
import { readImages } from '../registry/layers/read-image.ts';
import type { Workspace } from '../workspace/workspace.ts';

export interface Proved {
  readonly proof: RebuildProof;
  readonly contents: readonly { readonly before: ImageContent; readonly after: ImageContent }[];
}

export interface ToProve {
  readonly image: BuiltImage;
  /** What is published, one for each platform. */
  readonly published: readonly ImageContent[];
  /** Laid over the checkout. */
  readonly files: readonly FileChange[];
}

/** @throws {CancelledError} */
export type Prove = (wanted: ToProve) => Promise<Proved>;

export interface ProofPorts {
  readonly workspace: Workspace;
  /** Looked for once. */
  readonly builder: () => Promise<Builder | Reason>;
  readonly build: (
    builder: Builder,
    request: Pick<BuildRequest, 'root' | 'dockerfile' | 'context' | 'platform' | 'labels'>,
  ) => Promise<BuildOutcome>;
  readonly smokeSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Builds on the one platform that this machine runs itself: others would take an emulator.
 * @returns what builds and proves; what goes wrong is the proof's state.
 */
export function createProve(ports: ProofPorts): Prove {
  return async (wanted) => {
    const builder = await ports.builder();
    if ('code' in builder) return without(builder);
    const own = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
    const published = wanted.published.find(({ platform }) => platform.startsWith(own));
    if (published === undefined) return without(otherPlatform(wanted, own));
    const checkout = await ports.workspace.checkOut();
    try {
      for (const { path, text } of wanted.files) await checkout.write(path, text);
      const { dockerfile, context } = wanted.image;
      const outcome = await ports.build(builder, {
        root: checkout.root,
        dockerfile,
        context,
        platform: own,
        labels: {},
      });
      if (outcome.state === 'not-built') return without(outcome.reason);
      const name = `${builder.kind} ${builder.version}`;
      if (outcome.state === 'failed') {
        const { seconds, step, lines, reason } = outcome;
        return { proof: { state: 'failed', builder: name, seconds, step, lines, reason }, contents: [] };
      }
      return await compare(wanted.image, published, { outcome, name }, ports);
    } finally {
      await checkout.close();
    }
  };
}

async function compare(
  image: BuiltImage,
  published: ImageContent,
  { outcome, name }: { readonly outcome: Extract<BuildOutcome, { state: 'built' }>; readonly name: string },
  ports: ProofPorts,
): Promise<Proved> {
  try {
    const layout = readLayout(outcome.folder);
    const [built] = await readImages(layout, [layout.reference], published.platform, {
      signal: ports.signal,
    });
    if (built === undefined) throw new Error('the image that was built cannot be read.');
    const comparison = withoutBuildersLabels(compareImages(published, built));
    const smoke = await outcome.smoke({
      command: image.smoke,
      interpreters: image.smoke.length > 0 ? [] : smokeInterpreters(built),
      seconds: ports.smokeSeconds,
    });
    const { packages } = comparison;
    const samePackages =
      packages !== null && packages.added.length + packages.removed.length + packages.moved.length === 0;
    return {
      proof: {
        state: 'built',
        builder: name,
        seconds: outcome.seconds,
        comparisons: [comparison],
        samePackages,
        smoke,
      },
      contents: [{ before: published, after: built }],
    };
  } finally {
    await outcome.close();
  }
}

/** Who builds and when is told by whoever publishes (`docker build --label`): that a proof lacks it says nothing. */
const BUILDERS_LABEL = /^(?:org\.opencontainers\.image\.|org\.label-schema\.|io\.buildah\.version$)/u;

function withoutBuildersLabels(comparison: ImageComparison): ImageComparison {
  const { config } = comparison;
  return {
    ...comparison,
    config: config.filter(
      ({ what, name, to }) => what !== 'label' || to !== null || !BUILDERS_LABEL.test(name),
    ),
  };
}

function without(reason: Reason): Proved {
  return { proof: { state: 'not-built', reason }, contents: [] };
}

function otherPlatform({ image }: ToProve, own: string): Reason {
  return {
    code: 'unsupported-kind',
    message: `\`${image.ref}\` is for ${image.platforms.join(', ')}, and this machine builds for ${own}.`,
    fix: 'Run Relock on a machine of that kind, or leave the proof to the repository’s own build.',
    detail: '',
  };
}
