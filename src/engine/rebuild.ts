/** The images that a repository publishes: what they lack, whether a rebuild brings it, and the proof. */
import { globMatcher } from '../config/glob.ts';
import { CancelledError, messageOf } from '../errors.ts';
import type { SystemUpdates } from '../distro/model.ts';
import type { ImageContent } from '../images/content.ts';
import { lifecycleNotes } from '../images/lifecycles.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageOutcome } from '../images/result.ts';
import type { FileChange, Tree } from '../model.ts';
import { adviceOf } from '../rebuild/advice.ts';
import { bustCache, bustDate } from '../rebuild/cache-bust.ts';
import { decideRebuild } from '../rebuild/decide.ts';
import { readDockerfile } from '../rebuild/dockerfile.ts';
import type { DockerfileOutline } from '../rebuild/dockerfile-outline.ts';
import type { BuiltImage, RebuildProof, RebuildResult } from '../rebuild/model.ts';
import type { AskedRebuild } from '../rebuild/rest.ts';
import type { Reason } from '../reason.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { createLimiter } from '../run/limiter.ts';
import { imageInventory, type Inventory } from '../scan/inventory.ts';
import type { ImagePorts } from './images.ts';
import { createBaseReader, readPublished, type BaseReader, type ReadState } from './published-state.ts';
import type { Prove } from './rebuild-proof.ts';

/** How many published images are read side by side: layers take memory. */
const PARALLEL = 2;

export interface RebuildPorts extends Pick<ImagePorts, 'registry' | 'lifecycles' | 'now'> {
  /** With where their package managers look. */
  readonly read: ImagePorts['read'];
  /** What the distribution of an image offers now. @throws {CancelledError} */
  readonly updates: (content: ImageContent) => Promise<SystemUpdates>;
  /** The rebuild that was asked for last, as far as it is remembered. */
  readonly lastAsked: (ref: string) => Promise<AskedRebuild | null>;
  /** Builds without cache; null: nobody wants to. */
  readonly prove: Prove | null;
}

export interface RebuildWork {
  readonly images: readonly BuiltImage[];
  readonly tree: Tree;
  /** What became of base images: their new digests are what a build takes. */
  readonly bases: ImageOutcome;
  /** Files of this run that a build is to be made with. */
  readonly files: readonly FileChange[];
  /** A person asked for a rebuild without cache. */
  readonly forced: boolean;
}

/** What a rebuild gave, and what the image holds on both sides where it was built. */
export interface Rebuilt {
  readonly result: RebuildResult;
  readonly contents: readonly { readonly before: ImageContent; readonly after: ImageContent }[];
  /** What is inside as it is published, for the index of packages. */
  readonly inventory: readonly Inventory[];
}

/** Looks at every image of the policy. What goes wrong with one is its result. @throws {CancelledError} */
export async function runRebuilds(work: RebuildWork, ports: RebuildPorts): Promise<readonly Rebuilt[]> {
  const limited = createLimiter(PARALLEL);
  const bases = createBaseReader(work.bases, ports);
  return Promise.all(
    work.images.map(async (image) =>
      limited(async () => {
        try {
          return await lookAt(image, work, bases, ports);
        } catch (error) {
          if (error instanceof CancelledError) throw error;
          return nothing(image, reasonOf(error, image));
        }
      }),
    ),
  );
}

/** Images of the policy whose Dockerfile, or own name, a run is about. */
export function imagesInScope(images: readonly BuiltImage[], only: readonly string[]): readonly BuiltImage[] {
  if (only.length === 0) return images;
  const matchers = only.map((glob) => globMatcher(glob));
  return images.filter(({ dockerfile }) => matchers.some((matches) => matches(dockerfile)));
}

async function lookAt(
  image: BuiltImage,
  work: RebuildWork,
  bases: BaseReader,
  ports: RebuildPorts,
): Promise<Rebuilt> {
  const reference = parseReference(image.ref);
  if (reference === null) return nothing(image, unreadable(image));
  const file = textOf(work, image.dockerfile);
  if (file === null) return nothing(image, noDockerfile(image));
  const outline = readDockerfile(image.dockerfile, file);
  const asIs = work.tree.files.get(image.dockerfile);
  const before = asIs?.kind === 'text' ? readDockerfile(image.dockerfile, asIs.text) : outline;
  const published = await Promise.all(
    image.platforms.map(async (platform) =>
      readPublished({ reference, platform, outline, before }, bases, ports),
    ),
  );
  const states = published.map(({ state }) => state);
  const now = ports.now();
  const baseMoves = movesBase(image, work.bases);
  const decision = decideRebuild({
    image,
    published: states,
    now,
    lastAsked: await ports.lastAsked(image.ref),
    bustDate: asIs?.kind === 'text' ? bustDate(asIs.text) : null,
    baseMoves,
  });
  const wanted = decision.verdict === 'needed' || work.forced;
  const edit =
    wanted && image.via.includes('commit')
      ? bustCache(image.dockerfile, file, dayOf(now, file), outline)
      : null;
  const files: readonly FileChange[] =
    edit !== null && 'text' in edit && edit.text !== file
      ? [{ path: image.dockerfile, text: edit.text, executable: false }]
      : [];
  const contents = published.map(({ content }) => content);
  const proof =
    wanted && ports.prove !== null
      ? await ports.prove({ image, published: contents, files: [...work.files, ...files] })
      : null;
  return {
    result: {
      image,
      decision: work.forced && decision.verdict !== 'needed' ? forcedDecision(decision.because) : decision,
      published: states,
      advice: adviceFor(image, outline, published, proof?.proof ?? null, ports),
      proof: proof?.proof ?? null,
      files,
      reason: null,
      // Where all of its packages come with its base, the base's new digest is the edit.
      notes: edit !== null && 'problem' in edit && !baseMoves ? [wordsOf(edit.problem)] : [],
    },
    contents: proof?.contents ?? [],
    inventory: contents.map((content) => imageInventory(image.ref, content)),
  };
}

function adviceFor(
  image: BuiltImage,
  outline: DockerfileOutline,
  published: readonly ReadState[],
  proof: RebuildProof | null,
  { lifecycles, now }: RebuildPorts,
): RebuildResult['advice'] {
  const [first] = published;
  const os = first?.content.os ?? null;
  const ended = os === null ? [] : lifecycleNotes(lifecycles, os, [], now()).map(({ text }) => text);
  const updates = published.flatMap(({ state }) =>
    state.updates.state === 'behind' ? state.updates.updates : [],
  );
  const kind = first?.content.packages.find(({ kind: one }) => one !== 'python')?.kind ?? null;
  const comparison = proof?.state === 'built' ? (proof.comparisons[0] ?? null) : null;
  return adviceOf(outline, {
    system: kind === 'python' ? null : kind,
    updates,
    endOfLife: ended[0] ?? null,
    musl: null,
    user: first?.content.config.user ?? null,
    size: comparison === null ? null : { from: comparison.from.compressed, to: comparison.to.compressed },
    sizeBudget: image.sizeBudget,
  });
}

function movesBase({ dockerfile }: BuiltImage, { results }: ImageOutcome): boolean {
  return results.some(
    ({ status, image }) => status === 'updated' && image.mentions.some(({ path }) => path === dockerfile),
  );
}

/** A second rebuild within a day takes the minute along. */
function dayOf(now: Date, text: string): string {
  const day = now.toISOString().slice(0, 10);
  return bustDate(text)?.startsWith(day) === true ? `${now.toISOString().slice(0, 16)}Z` : day;
}

/** As this run leaves it: with the digests of base images that moved. */
function textOf({ tree, bases }: RebuildWork, path: string): string | null {
  const moved = bases.files.find((file) => file.path === path);
  if (moved !== undefined) return moved.text;
  const file = tree.files.get(path);
  return file?.kind === 'text' ? file.text : null;
}

function nothing(image: BuiltImage, reason: Reason): Rebuilt {
  const decision = { verdict: 'unknown', because: reason.message } as const;
  return {
    result: { image, decision, published: [], advice: [], proof: null, files: [], reason, notes: [] },
    contents: [],
    inventory: [],
  };
}

function forcedDecision(because: string): RebuildResult['decision'] {
  return { verdict: 'needed', because: `A rebuild without cache was asked for. ${because}` };
}

function wordsOf({ message, fix }: Reason): string {
  return fix === '' ? message : `${message} ${fix}`;
}

function unreadable({ ref }: BuiltImage): Reason {
  return {
    code: 'manifest-invalid',
    message: `\`${ref}\` is no reference of an image.`,
    fix: 'Correct `ref` under `[[image]]`.',
    detail: '',
  };
}

function noDockerfile({ ref, dockerfile }: BuiltImage): Reason {
  return {
    code: 'manifest-missing',
    message: `${dockerfile}, from which \`${ref}\` is built as the policy says, is no text file of the repository.`,
    fix: 'Correct `dockerfile` under `[[image]]`.',
    detail: '',
  };
}

function reasonOf(error: unknown, { ref }: BuiltImage): Reason {
  if (error instanceof RegistryError) {
    return {
      code: error.code,
      message: `\`${ref}\` could not be read: ${error.message}`,
      fix: error.fix,
      detail: '',
    };
  }
  return {
    code: 'internal',
    message: `\`${ref}\` failed in Relock itself: ${messageOf(error)}`,
    fix: 'Please report this, with its Dockerfile.',
    detail: '',
  };
}
