/** For each Dockerfile, what is known of the image that it becomes. Pure. */
import { posix } from 'node:path';
import type { BuiltImage } from '../rebuild/model.ts';
import type { FoundDockerfile } from './dockerfiles.ts';
import type { BuildingWorkflow, FoundBuild, Surroundings } from './model.ts';
import type { ImageEntry } from './policy-text.ts';
import type { WorkflowImage } from './workflow-text.ts';

/** What `via = "workflow"` gives a workflow. */
export const INPUTS = ['no-cache', 'pull'] as const;

/** Paths that can stand in the files that are proposed. Threat: names that mean something in YAML, TOML or an expression. */
export function isPlainPath(path: string): boolean {
  return /^[\w.@+][\w./@+ -]*$/u.test(path) && path.length <= 200;
}

/** Whether Relock can start it for a build without cache. */
export function isStartable({ inputs }: Pick<BuildingWorkflow, 'inputs'>): boolean {
  return INPUTS.every((name) => inputs?.includes(name) === true);
}

/** What the files of the repository say; those that a workflow builds first. One for each name and Dockerfile. */
export function publishedImages(
  dockerfiles: readonly FoundDockerfile[],
  workflows: readonly BuildingWorkflow[],
  compose: readonly FoundBuild[],
): readonly ImageEntry[] {
  const known = new Map(dockerfiles.map((one) => [one.path, one]));
  const entries: ImageEntry[] = [];
  const taken = new Set<string>();
  const add = (build: FoundBuild, workflow: string | null): void => {
    const { ref, dockerfile, context, certain } = build;
    if (dockerfile === null || !known.has(dockerfile) || !isPlainPath(dockerfile)) return;
    const folder = context ?? known.get(dockerfile)?.context ?? '.';
    const isTaken = ref === null || !certain ? taken.has(dockerfile) : taken.has(`${ref}\n`);
    if (isTaken || !isPlainPath(folder)) return;
    taken.add(dockerfile).add(`${ref ?? ''}\n`);
    const from = `${dockerfile}, built by ${build.path}, line ${build.line}`;
    entries.push({ ref, certain, dockerfile, context: folder, platforms: build.platforms, from, workflow });
  };
  for (const certain of [true, false]) {
    for (const workflow of workflows) {
      const file = isStartable(workflow) ? posix.basename(workflow.path) : null;
      for (const build of workflow.builds) if (build.certain === certain) add(build, file);
    }
  }
  for (const build of compose) {
    if (known.get(build.dockerfile ?? '')?.isAside === false) add(build, null);
  }
  for (const { path, context, isAside } of dockerfiles) {
    if (isAside || taken.has(path) || !isPlainPath(path) || !isPlainPath(context)) continue;
    const more = { platforms: [], from: path, workflow: null };
    entries.push({ ref: null, certain: false, dockerfile: path, context, ...more });
  }
  return entries;
}

/** What a new workflow publishes, each Dockerfile under a name of its own. */
export function imagesToBuild(entries: readonly ImageEntry[]): readonly WorkflowImage[] {
  const unique = [...new Map(entries.map((entry) => [entry.dockerfile, entry])).values()];
  const taken = new Set<string>();
  return unique.map(({ dockerfile, context }) => {
    const named = unique.length === 1 || dockerfile === 'Dockerfile' ? '' : `/${nameOf(dockerfile)}`;
    let suffix = named;
    for (let at = 2; taken.has(suffix); at += 1) suffix = `${named === '' ? '/image' : named}-${at}`;
    taken.add(suffix);
    return { suffix, dockerfile, context };
  });
}

/** `services/worker/Dockerfile` is `worker`, `docker/api.Dockerfile` is `api`: a component of an image's name. */
function nameOf(dockerfile: string): string {
  const own = posix
    .basename(dockerfile)
    .replace(/^(?:Dockerfile|Containerfile)[._-]?|\.(?:docker|container)file$/giu, '');
  const name = own === '' ? posix.basename(posix.dirname(dockerfile)) : own;
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '');
  return plain === '' ? 'image' : plain;
}

/** As the proposed workflow will publish it. */
export function entryOf(image: WorkflowImage, fileName: string, { repository }: Surroundings): ImageEntry {
  const { suffix, dockerfile, context } = image;
  return {
    ref: repository === null ? null : `ghcr.io/${repository.toLowerCase()}${suffix}:latest`,
    certain: repository !== null,
    dockerfile,
    context,
    platforms: [],
    from: `${dockerfile}, built by .github/workflows/${fileName}`,
    workflow: fileName,
  };
}

/** What the policy names of it already: the same name, or the same Dockerfile. */
export function isNamed({ ref, dockerfile }: ImageEntry, named: readonly BuiltImage[]): boolean {
  return named.some((image) => image.ref === ref || image.dockerfile === dockerfile);
}
