/** One published image as it is: what it lacks, and what its base image has of that. */
import { CancelledError } from '../errors.ts';
import type { ImageContent, ImagePackage } from '../images/content.ts';
import type { ImageReference } from '../images/model.ts';
import { parseReference } from '../images/reference.ts';
import type { ImageOutcome } from '../images/result.ts';
import { rootStage, type DockerfileOutline } from '../rebuild/dockerfile-outline.ts';
import type { PublishedState } from '../rebuild/model.ts';
import { waysOf } from '../rebuild/ways.ts';
import type { RebuildPorts } from './rebuild.ts';

export interface PublishedQuestion {
  readonly reference: ImageReference;
  readonly platform: string;
  /** Of the Dockerfile as this run leaves it. */
  readonly outline: DockerfileOutline;
  /** As it is in the repository: with the digest that the published image was built on. */
  readonly before: DockerfileOutline;
}

export interface ReadState {
  readonly content: ImageContent;
  readonly state: PublishedState;
}

const NO_BASES: Bases = { old: null, now: null, pinned: false };

/** @throws {RegistryError | CancelledError} */
export async function readPublished(
  { reference, platform, outline, before }: PublishedQuestion,
  bases: BaseReader,
  ports: Pick<RebuildPorts, 'read' | 'updates'>,
): Promise<ReadState> {
  const [content] = await ports.read([reference], platform);
  if (content === undefined) throw new Error(`${reference.text} has no image for ${platform}.`);
  const updates = await ports.updates(content);
  const { old, now, pinned } = updates.state === 'behind' ? await bases(before, platform) : NO_BASES;
  const { manifestDigest, created, config, annotations, os } = content;
  const revision = 'org.opencontainers.image.revision';
  return {
    content,
    state: {
      platform: content.platform,
      digest: manifestDigest,
      created,
      revision: config.labels[revision] ?? annotations[revision] ?? null,
      os: os?.name ?? null,
      updates,
      waiting: updates.state === 'behind' ? waysOf(updates.updates, outline, old, now, pinned) : [],
    },
  };
}

interface Bases {
  /** null: not known. */
  readonly old: readonly ImagePackage[] | null;
  readonly now: readonly ImagePackage[] | null;
  readonly pinned: boolean;
}

/** Packages of the base image as it is pinned, and as its tag is now. @throws {CancelledError} */
export type BaseReader = (before: DockerfileOutline, platform: string) => Promise<Bases>;

/** Reads each base once, however many images are built on it. What cannot be read is not known. */
export function createBaseReader(
  { results }: ImageOutcome,
  ports: Pick<RebuildPorts, 'read' | 'registry'>,
): BaseReader {
  const reads = new Map<string, Promise<readonly ImagePackage[] | null>>();
  function packagesOf(one: ImageReference, platform: string): Promise<readonly ImagePackage[] | null> {
    const key = JSON.stringify([one.registry, one.repository, one.tag, one.digest, platform]);
    const known = reads.get(key) ?? unlessUnread(() => read(one, platform));
    reads.set(key, known);
    return known;
  }
  async function read(one: ImageReference, platform: string): Promise<readonly ImagePackage[] | null> {
    const [content] = await ports.read([one], platform);
    return content === undefined || content.unread !== null ? null : content.packages;
  }
  return async (before, platform) => {
    const reference = parseReference(rootStage(before)?.base ?? '');
    if (reference === null) return NO_BASES;
    const pinned = reference.digest !== null;
    const looked = results.find(
      ({ image, status }) =>
        status === 'updated' &&
        image.reference.digest === reference.digest &&
        image.reference.text === reference.text,
    );
    const known = looked?.contents?.find(({ before: old }) => old.platform === platform);
    if (known !== undefined) return { old: known.before.packages, now: known.after.packages, pinned };
    const tagged = { ...reference, digest: null };
    // Which one a bare tag was when the image was built, nobody knows.
    if (!pinned) return { old: null, now: await packagesOf(tagged, platform), pinned };
    const old = await packagesOf(reference, platform);
    if (reference.tag === null) return { old, now: null, pinned };
    const digest = await unlessUnread(() => ports.registry.digestOf(tagged));
    if (digest === reference.digest) return { old, now: old, pinned };
    return {
      old,
      now: digest === null ? null : await packagesOf({ ...reference, digest }, platform),
      pinned,
    };
  };
}

async function unlessUnread<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return null;
  }
}
