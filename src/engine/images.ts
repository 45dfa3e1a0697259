/** The images of a job: where their tags are now, what is different inside, and the files that name them anew. */
import { findTag } from './find-tag.ts';
import { suggestionsFor } from './image-suggestions.ts';
import type { FileNames } from './musl.ts';
import { compareImages, type ImageComparison } from '../images/compare.ts';
import type { ImageContent } from '../images/content.ts';
import { editImages, type ImageEdit } from '../images/edit.ts';
import type { Lifecycles } from '../images/lifecycles.ts';
import type { ImageReference } from '../images/model.ts';
import type { ImagePlan, PlannedImage } from '../images/plan-images.ts';
import { platformManifests, sameForPlatforms, usedPlatforms } from '../images/platforms.ts';
import type { ImageOutcome, ImageResult } from '../images/result.ts';
import type { ImagesPolicy } from '../config/policy.ts';
import { CancelledError, messageOf } from '../errors.ts';
import type { FileChange, Tree } from '../model.ts';
import type { Reason } from '../reason.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { Registry } from '../registry/registry.ts';
import { createLimiter } from '../run/limiter.ts';

/** How many images are looked at side by side: reading layers takes memory. */
const PARALLEL = 4;

export interface ImagePorts {
  readonly registry: Registry;
  /** What is inside images of one platform. */
  readonly read: (
    references: readonly ImageReference[],
    platform: string,
  ) => Promise<readonly ImageContent[]>;
  readonly lifecycles: Lifecycles;
  readonly fileNames: FileNames;
  readonly now: () => Date;
}

/** What came of one image, and what its mentions are to name. */
interface Looked {
  readonly result: ImageResult;
  readonly edits: readonly ImageEdit[];
}

/**
 * Looks at every image of the plan. What goes wrong with one is its result.
 * @param tree as the checkout is.
 * @throws {CancelledError} when the run was cancelled.
 */
export async function runImages(
  plan: ImagePlan,
  tree: Tree,
  policy: ImagesPolicy,
  ports: ImagePorts,
): Promise<ImageOutcome> {
  const limited = createLimiter(PARALLEL);
  const looked = await Promise.all(
    plan.images.map(async (image) => limited(async () => lookAt(image, policy, ports))),
  );
  return assemble(plan, looked, tree);
}

async function lookAt(image: PlannedImage, policy: ImagesPolicy, ports: ImagePorts): Promise<Looked> {
  const nothing: ImageResult = {
    image,
    status: 'unchanged',
    reason: null,
    from: image.reference.digest,
    to: null,
    comparisons: [],
    suggestions: [],
    notes: [],
  };
  try {
    return await follow(image, nothing, policy, ports);
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    // An image that is not pinned is only looked at: that nothing could be learned of it is no failure.
    if (image.action === 'look') {
      return { result: { ...nothing, status: 'skipped', notes: [messageOf(error)] }, edits: [] };
    }
    return { result: { ...nothing, status: 'failed', reason: reasonOf(error, image) }, edits: [] };
  }
}

async function follow(
  image: PlannedImage,
  nothing: ImageResult,
  policy: ImagesPolicy,
  ports: ImagePorts,
): Promise<Looked> {
  if (image.action === 'find-tag') {
    const tag = await findTag(image.reference, ports.registry).catch((error: unknown) => {
      // A registry that does not answer leaves the pin as it is, as one that does not know does.
      if (error instanceof RegistryError) return null;
      throw error;
    });
    if (tag === null) return { result: { ...nothing, status: 'skipped', reason: noTag(image) }, edits: [] };
    const note = `Its digest is that of the tag \`${tag}\` now. Write the tag beside it, and the digest moves with it from then on.`;
    return { result: { ...nothing, to: image.reference.digest, notes: [note] }, edits: [] };
  }
  const { suggested, suggestions, abandoned, ended } = await suggestionsFor(image, ports);
  const tag = policy.tags === 'minor' ? (suggested.minor ?? suggested.patch) : suggested.patch;
  const moved = policy.tags === 'off' ? null : tag;
  const told = { ...nothing, suggestions: moved === null ? suggestions : [], notes: ended };
  if (image.action === 'look') {
    if (moved === null || image.mentions.some(({ tagSpan }) => tagSpan === null))
      return { result: told, edits: [] };
    const edits = image.mentions.map((mention) => ({ mention, digest: null, tag: moved }));
    return { result: { ...told, status: 'updated', notes: [...ended, taggedAs(image, moved)] }, edits };
  }
  const wanted = { ...image.reference, tag: moved ?? image.tag, digest: null };
  const to = await ports.registry.digestOf(wanted);
  if (to === null) return { result: { ...told, status: 'failed', reason: gone(image) }, edits: [] };
  const result = { ...told, to };
  if (to === image.reference.digest && moved === null) {
    return { result: { ...result, notes: [...ended, ...abandoned] }, edits: [] };
  }
  const edits = image.mentions.map((mention) => ({ mention, digest: to, tag: moved }));
  const from = image.reference.digest;
  if (from === null) return { result: { ...result, status: 'updated' }, edits };
  const { same, comparisons, contents, notes } = await compare(
    { ...image.reference, digest: from },
    { ...wanted, digest: to },
    image,
    ports,
  );
  if (same && moved === null) {
    const note = `The tag has a new index, in which nothing changed for ${usedPlatforms(image.mentions).join(', ')}.`;
    return { result: { ...result, notes: [...ended, note] }, edits: [] };
  }
  const tags = moved === null ? [] : [taggedAs(image, moved)];
  return {
    result: { ...result, status: 'updated', comparisons, contents, notes: [...ended, ...tags, ...notes] },
    edits,
  };
}

interface Compared {
  readonly same: boolean;
  readonly comparisons: readonly ImageComparison[];
  readonly contents: NonNullable<ImageResult['contents']>;
  readonly notes: readonly string[];
}

/** What cannot be compared is a note: the pin moves all the same. */
async function compare(
  from: ImageReference,
  to: ImageReference,
  image: PlannedImage,
  { registry, read }: ImagePorts,
): Promise<Compared> {
  const platforms = usedPlatforms(image.mentions);
  try {
    const [old, now] = await Promise.all([registry.manifest(from), registry.manifest(to)]);
    const both = old.kind === 'index' && now.kind === 'index';
    if (both && sameForPlatforms(platformManifests(old.json), platformManifests(now.json), platforms)) {
      return { same: true, comparisons: [], contents: [], notes: [] };
    }
    const contents: { before: ImageContent; after: ImageContent }[] = [];
    for (const platform of platforms) {
      const [before, after] = await read([from, to], platform);
      if (before !== undefined && after !== undefined) contents.push({ before, after });
    }
    const comparisons = contents.map(({ before, after }) => compareImages(before, after));
    return { same: false, comparisons, contents, notes: [] };
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return {
      same: false,
      comparisons: [],
      contents: [],
      notes: [`What is different inside could not be read: ${messageOf(error)}`],
    };
  }
}

/** Puts the edits of all images into their files; an image that could not be edited in one file is left in all. */
function assemble(plan: ImagePlan, looked: readonly Looked[], tree: Tree): ImageOutcome {
  const results: ImageResult[] = [];
  const edits = new Map<string, ImageEdit[]>();
  for (const { result, edits: wanted } of looked) {
    const problem = whyNotEdited(wanted, tree);
    if (problem !== null) {
      results.push({ ...result, status: 'failed', reason: problem, comparisons: [] });
      continue;
    }
    results.push(result);
    for (const edit of wanted) {
      const { path } = edit.mention;
      edits.set(path, [...(edits.get(path) ?? []), edit]);
    }
  }
  const files: FileChange[] = [];
  for (const [path, list] of edits) {
    const text = textOf(tree, path);
    const edited = text === null ? null : editImages(path, text, list);
    if (edited !== null && 'text' in edited && edited.text !== text) {
      files.push({ path, text: edited.text, executable: false });
    }
  }
  return { results, left: plan.left, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function whyNotEdited(edits: readonly ImageEdit[], tree: Tree): Reason | null {
  for (const [path, list] of Map.groupBy(edits, ({ mention }) => mention.path)) {
    const text = textOf(tree, path);
    const edited = text === null ? null : editImages(path, text, list);
    if (edited !== null && 'problem' in edited) return edited.problem;
  }
  return null;
}

function textOf(tree: Tree, path: string): string | null {
  const file = tree.files.get(path);
  return file?.kind === 'text' ? file.text : null;
}

function taggedAs({ reference, tag }: PlannedImage, moved: string): string {
  return `The tag moved from \`${tag ?? reference.text}\` to \`${moved}\`, as \`tags\` under \`[images]\` says.`;
}

function noTag({ reference }: PlannedImage): Reason {
  return {
    code: 'nothing-pinned',
    message: `\`${reference.text}\` is pinned to a digest, and nothing says of which tag: no comment, and none of the registry's newest tags has it now.`,
    fix: 'Write the tag beside it (`image:tag@sha256:…`), or in a comment at the end of the line or above it.',
    detail: '',
  };
}

function gone({ reference, tag }: PlannedImage): Reason {
  return {
    code: 'image-not-found',
    message: `\`${reference.text}\` is not in its registry (any more): there is no tag \`${tag ?? ''}\`.`,
    fix: 'Name a tag that there is.',
    detail: '',
  };
}

function reasonOf(error: unknown, { reference }: PlannedImage): Reason {
  if (error instanceof RegistryError) {
    return { code: error.code, message: error.message, fix: error.fix, detail: '' };
  }
  return {
    code: 'internal',
    message: `\`${reference.text}\` failed in Relock itself: ${messageOf(error)}`,
    fix: 'Please report this, with the file that names it.',
    detail: '',
  };
}
