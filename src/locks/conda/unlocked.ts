/** Environment files that an image is built from without any lock. Pure. */
import { readStages, type DockerStage } from '../../images/dockerfile-python.ts';
import type { Skip, Tree } from '../../model.ts';
import type { PlannedLock } from '../ecosystem.ts';
import { foldersUp } from '../python-images.ts';
import { folderOf, readText, reason, relativeTo, resolveInside } from '../tree.ts';
import { isFile } from './find-sources.ts';
import { readSource } from './read-source.ts';
import { sourceKind } from './source.ts';

const DOCKERFILE = /(?:^|\/)(?:(?:Dockerfile|Containerfile|dockerfile)(?:[._-][^/]*)?|[^/]*[Dd]ockerfile)$/u;
/** Threat: a repository of ten thousand Dockerfiles. */
const MOST_FILES = 200;
const MOST_COMMANDS = 200;

/**
 * @param locks what they are made from is locked.
 * @param skips locks that were left alone: what lies beside them may be locked.
 */
export function unlockedEnvironments(
  tree: Tree,
  locks: readonly PlannedLock[],
  skips: readonly Skip[],
): readonly Skip[] {
  const locked = new Set(locks.flatMap(({ target }) => target.inputs));
  const beside = new Set(skips.map(({ path }) => folderOf(path)));
  const found = new Map<string, Skip>();
  const dockerfiles = tree.paths.filter((path) => DOCKERFILE.test(path)).slice(0, MOST_FILES);
  for (const dockerfile of dockerfiles) {
    const text = readText(tree, dockerfile);
    if (text === null || !/(?:conda|mamba)\b/u.test(text)) continue;
    for (const path of environmentsOf(tree, dockerfile, text)) {
      if (locked.has(path) || beside.has(folderOf(path)) || found.has(path)) continue;
      found.set(path, unlocked(tree, path, dockerfile));
    }
  }
  return [...found.values()];
}

function unlocked(tree: Tree, path: string, dockerfile: string): Skip {
  const folder = folderOf(path);
  const source = readSource(path, readText(tree, path) ?? '', folder);
  const named = 'code' in source ? [] : source.platforms;
  const platforms = (named.length === 0 ? ['linux-64'] : named.slice(0, 6)).map(
    (platform) => `-p ${platform}`,
  );
  const command = `conda-lock lock -f ${relativeTo(folder, path)} ${platforms.join(' ')} --lockfile conda-lock.yml`;
  return {
    path,
    kind: 'conda-lock',
    reason: reason(
      'lock-missing',
      `${dockerfile} installs ${path}, and no lock is made from it: each build of the image may take other packages.`,
      `Lock it once (\`${command}\`${folder === '.' ? '' : ` in ${folder}`}), commit the lock, and install that.`,
    ),
  };
}

/** Environment files that a Dockerfile's commands install. */
function environmentsOf(tree: Tree, dockerfile: string, text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const stage of readStages(text)) {
    for (const command of stage.commands.slice(0, MOST_COMMANDS)) {
      for (const named of filesInCommand(command)) {
        const path = inTree(tree, dockerfile, named) ?? onlyCopied(tree, dockerfile, stage);
        if (path !== null && isEnvironment(tree, path)) found.add(path);
      }
    }
  }
  return found;
}

/** `conda env create -f a.yml`, `mamba env update --file=a.yml`, `micromamba install -y -n base -f /tmp/a.yml`. */
function filesInCommand(command: string): readonly string[] {
  return command.split(/&&|\|\||[;|\n]/u).flatMap((part) => {
    const call =
      /\b(?:conda|mamba|micromamba)(?:\.exe)?\s+(?:-\S+\s+)*(env\s+(?:create|update)|create|install|update)\b(.*)$/su.exec(
        part,
      );
    if (call === null) return [];
    const file = /(?:\s-f[\s=]*|\s--file[\s=]+)["']?([^\s"']+)/u.exec(call[2] ?? '')?.[1];
    if (file !== undefined) return /\.ya?ml$/iu.test(file) ? [file] : [];
    return call[1]?.startsWith('env') === true ? ['environment.yml'] : [];
  });
}

/** The file of the repository that a path in the image most likely is: by its longest ending, from the nearest folder. */
function inTree(tree: Tree, dockerfile: string, named: string): string | null {
  const parts = named.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const contexts = foldersUp(folderOf(dockerfile));
  for (let start = Math.max(0, parts.length - 8); start < parts.length; start += 1) {
    for (const context of contexts) {
      const path = resolveInside(context, parts.slice(start).join('/'));
      if (path !== null && isFile(tree, path)) return path;
    }
  }
  return null;
}

/** `COPY environment.yml /tmp/env.yml`: copied under another name. */
function onlyCopied(tree: Tree, dockerfile: string, { sources }: DockerStage): string | null {
  const yaml = sources.filter((source) => /\.ya?ml$/iu.test(source)).slice(0, MOST_FILES);
  const paths = new Set(yaml.flatMap((source) => inTree(tree, dockerfile, source) ?? []));
  const [only] = paths;
  return paths.size === 1 && only !== undefined ? only : null;
}

function isEnvironment(tree: Tree, path: string): boolean {
  const text = readText(tree, path);
  return (
    text !== null &&
    sourceKind(path) === 'environment' &&
    !text.startsWith('# Generated by conda-lock.') &&
    !('code' in readSource(path, text, folderOf(path)))
  );
}
