/** `relock init`. */
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lookOver } from '../engine.ts';
import { EnvironmentError, messageOf, UsageError } from '../errors.ts';
import type { InitProposal, ProposedFile, Surroundings } from '../init/model.ts';
import { proposeInit } from '../init/propose.ts';
import { branchOfHead, isRepository, repositoryOfRemote } from '../init/repository-name.ts';
import { runGit } from '../workspace/list-files.ts';
import { refuseLinks } from '../workspace/safe-write.ts';
import type { Arguments } from './arguments.ts';
import { composePlan } from './compose.ts';
import { EXIT } from './exit.ts';
import { initText } from './init-text.ts';
import { isStyled, jobOf, jsonText, print, rootOf } from './terminal.ts';

/** Raised with every change that a reader of the JSON could trip over. */
const INIT_SCHEMA_VERSION = 1;

/** @returns the exit code. */
export async function init(given: Arguments): Promise<number> {
  if (given.write && given.path === null) {
    throw new UsageError('bad-argument', '--write needs the PATH of your checkout.', 'relock init . --write');
  }
  const root = rootOf(given);
  const around = await surroundingsOf(given, root);
  const { tree, policy, plan, images } = await lookOver(jobOf(given, root, null), composePlan(root));
  const proposal = await withoutThere(
    root,
    proposeInit({ tree, policy, locks: plan.locks.length, images, around }),
  );
  const written = given.write ? await writeNew(root, proposal.files) : null;
  const shown = { ...proposal, root, written };
  await print(
    given.json
      ? jsonText({ schemaVersion: INIT_SCHEMA_VERSION, repository: around.repository, ...shown })
      : initText(shown, isStyled()),
  );
  return EXIT.done;
}

async function surroundingsOf(given: Arguments, root: string): Promise<Surroundings> {
  const [remote, head] = await Promise.all([
    runGit(root, ['config', '--get', 'remote.origin.url']),
    runGit(root, ['symbolic-ref', 'refs/remotes/origin/HEAD']),
  ]);
  const named = given.repository;
  if (named !== null && !isRepository(named)) {
    throw new UsageError('bad-argument', `--repository ${named} is not owner/name.`);
  }
  return {
    repository: named ?? repositoryOfRemote(remote ?? ''),
    defaultBranch: branchOfHead(head ?? ''),
  };
}

/** What git ignores is not in the tree, and is there all the same. */
async function withoutThere(root: string, proposal: InitProposal): Promise<InitProposal> {
  const looked = await Promise.all(
    proposal.files.map(async (file) => ({
      file,
      isThere: (await lstat(join(root, file.path)).catch(() => null)) !== null,
    })),
  );
  const hidden = looked.filter(({ isThere }) => isThere).map(({ file }) => file.path);
  return {
    ...proposal,
    files: looked.filter(({ isThere }) => !isThere).map(({ file }) => file),
    there: [...proposal.there, ...hidden.map((path) => ({ path, what: 'a file that git does not know' }))],
  };
}

/**
 * Writes files that are not there; never over one that is, and never through a link.
 * @returns their paths.
 * @throws {EnvironmentError} naming the file; those before it are removed again.
 */
async function writeNew(root: string, files: readonly ProposedFile[]): Promise<readonly string[]> {
  for (const { path } of files) await refuseLinks(root, path);
  const written: string[] = [];
  for (const { path, text } of files) {
    const full = join(root, path);
    try {
      await mkdir(dirname(full), { recursive: true });
      // `x`: it fails where something is, a link too, so that nothing is taken back that was not put there.
      await writeFile(full, '', { flag: 'wx' });
      written.push(path);
      await writeFile(full, text);
    } catch (error) {
      for (const undone of written) await rm(join(root, undone), { force: true });
      throw new EnvironmentError(
        'write-failed',
        `${path} cannot be written: ${messageOf(error)}. Nothing was written.`,
        'Check the permissions of the checkout and the room on its disk.',
        { cause: error },
      );
    }
  }
  return written;
}
