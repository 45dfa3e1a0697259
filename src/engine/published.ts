/** The published images of a run, and what of them is proposed together with base images. */
import type { Look, Ports } from '../engine.ts';
import type { ImageOutcome } from '../images/result.ts';
import type { FileChange, TargetResult } from '../model.ts';
import type { RebuildOutcome } from '../rebuild/model.ts';
import type { BuiltContents } from './scan.ts';
import { imagesInScope, runRebuilds, type Rebuilt } from './rebuild.ts';

export interface Published {
  readonly rebuilds: RebuildOutcome;
  /** With the files that bust a cache: they may be those that name base images. */
  readonly images: ImageOutcome;
  /** What is inside published images and in what a clean build gave. */
  readonly built: readonly BuiltContents[];
}

/** @throws {CancelledError} when the run was cancelled. */
export async function lookAtPublished(
  look: Look,
  results: readonly TargetResult[],
  bases: ImageOutcome,
  ports: Ports,
): Promise<Published> {
  const images = imagesInScope(look.policy.builtImages, look.job.only);
  if (images.length === 0 || ports.rebuilds === null)
    return { rebuilds: { results: [] }, images: bases, built: [] };
  ports.observe({
    kind: 'preparing',
    what: images.length === 1 ? '1 published image' : `${images.length} published images`,
  });
  const files = [...results.flatMap((result) => result.files), ...bases.files];
  const forced = look.job.noCache === true;
  const rebuilt = await runRebuilds({ images, tree: look.tree, bases, files, forced }, ports.rebuilds);
  return {
    rebuilds: {
      results: rebuilt.map(({ result }) => result),
      inventory: rebuilt.flatMap(({ inventory }) => inventory),
    },
    images: { ...bases, files: await merged(bases.files, rebuilt, ports) },
    built: rebuilt.flatMap(({ result, contents }) =>
      contents.map((both) => ({ location: result.image.ref, ...both })),
    ),
  };
}

/** A Dockerfile of two images is edited once for both: what one edit makes, the other makes, too. */
async function merged(
  before: readonly FileChange[],
  rebuilt: readonly Rebuilt[],
  { workspace }: Ports,
): Promise<readonly FileChange[]> {
  const files = new Map(before.map((file) => [file.path, file]));
  for (const file of rebuilt.flatMap(({ result }) => result.files)) {
    files.set(file.path, { ...file, executable: await workspace.isExecutable(file.path) });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
