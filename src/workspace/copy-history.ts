/**
 * Gives the private copy a `.git` of its own: build backends such as setuptools-scm read versions from tags, and a
 * locker that builds a path dependency needs them.
 *
 * Threat: a checkout's `.git/config` often holds a token (`http.extraheader`) and may name programs; nothing of it is
 * copied. Objects are borrowed read-only through `objects/info/alternates`, so history costs no second copy.
 */
import { copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from './list-files.ts';

/** What a private copy needs to know of a checkout's history. */
export interface History {
  /** Commit id, with its line end. */
  readonly head: string;
  /** Absolute path of the folder of objects. */
  readonly objects: string;
  /** Absolute path of the list of a shallow clone's edges; it may not be there. */
  readonly shallow: string | null;
  /** Object id and name of each tag, a line each. */
  readonly tags: string;
}

/** @returns null when `root` is not the top of a git checkout with at least one commit. */
export async function readHistory(root: string): Promise<History | null> {
  const top = await runGit(root, ['rev-parse', '--show-toplevel']);
  if (top === null || (await realpath(top.trim())) !== (await realpath(root))) return null;
  const [head, objects, shallow, tags] = await Promise.all([
    runGit(root, ['rev-parse', '--verify', '--quiet', 'HEAD']),
    runGit(root, ['rev-parse', '--path-format=absolute', '--git-path', 'objects']),
    runGit(root, ['rev-parse', '--path-format=absolute', '--git-path', 'shallow']),
    runGit(root, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags']),
  ]);
  if (head === null || objects === null || tags === null) return null;
  return { head, objects: objects.trim(), shallow: shallow?.trim() ?? null, tags };
}

/** Lays the history into a copy in which nothing has run yet. */
export async function writeHistory({ head, objects, shallow, tags }: History, copy: string): Promise<void> {
  const git = join(copy, '.git');
  await mkdir(join(git, 'objects', 'info'), { recursive: true });
  await mkdir(join(git, 'refs'));
  await writeFile(join(git, 'HEAD'), head);
  await writeFile(join(git, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = false\n');
  await writeFile(join(git, 'objects', 'info', 'alternates'), `${objects}\n`);
  await writeFile(join(git, 'packed-refs'), `# pack-refs with: sorted\n${tags}`);
  // Without it a shallow clone's history looks broken: the parents that it lacks would be missed.
  if (shallow !== null) await copyFile(shallow, join(git, 'shallow')).catch(() => undefined);
  await runGit(copy, ['read-tree', 'HEAD']);
}
