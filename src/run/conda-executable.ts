/** The conda that the operator's settings name. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { Reason } from '../model.ts';

/**
 * Looks whether it can be started: conda-lock, given one that is not there, looks for another for more than a minute.
 * @param path absolute; null: none is named.
 */
export async function usableConda(path: string | null): Promise<string | Reason | null> {
  if (path === null) return null;
  const why = await stat(path).then(
    async (info) => (info.isFile() ? whyNotStarted(path) : 'is no file'),
    () => 'is not there',
  );
  if (why === null) return path;
  return {
    code: 'tool-install-broken',
    message: `${path}, which the settings of Relock name as the conda that solves (\`conda\` under [tools]), ${why}.`,
    fix: 'Correct the path, or leave the key out: then Relock brings a solver.',
    detail: '',
  };
}

async function whyNotStarted(path: string): Promise<string | null> {
  return access(path, constants.X_OK).then(
    () => null,
    () => 'cannot be executed',
  );
}
