/** Which files name images, and what they name. Pure; never throws. */
import { findInCompose } from './compose-pins.ts';
import { findInDockerfile } from './dockerfile-pins.ts';
import type { ImageMention } from './model.ts';
import { findInAction, findInWorkflow } from './workflow-pins.ts';

type Finder = (path: string, file: string) => readonly ImageMention[];

/** The first that matches reads the file. `src/workspace/wanted.ts` must want all of these. */
const FINDERS: readonly { readonly path: RegExp; readonly find: Finder }[] = [
  { path: /^\.github\/workflows\/[^/]+\.ya?ml$/u, find: findInWorkflow },
  { path: /(?:^|\/)action\.ya?ml$/u, find: findInAction },
  { path: /(?:^|\/)(?:[^/]*[._-])?compose(?:[._-][^/]*)?\.ya?ml$/iu, find: findInCompose },
  {
    path: /(?:^|\/)(?:(?:Dockerfile|Containerfile|dockerfile)(?:[._-][^/]*)?|[^/]*[Dd]ockerfile)$/u,
    find: findInDockerfile,
  },
];

/** Threat: a file of a hundred thousand images. What is beyond is neither moved nor spoken of. */
const MOST_MENTIONS = 1000;

/** Whether a file of that name can name images. */
export function namesImages(path: string): boolean {
  return FINDERS.some((finder) => finder.path.test(path));
}

/**
 * Every image that a file names, those that are left alone with their reason.
 * @param file the text as it is, BOM and line ends included: offsets are of this text.
 * @returns in the order of the file; empty for a file of another kind, or one that cannot be read.
 */
export function findImages(path: string, file: string): readonly ImageMention[] {
  const finder = FINDERS.find((one) => one.path.test(path));
  return finder?.find(path, file).slice(0, MOST_MENTIONS) ?? [];
}
