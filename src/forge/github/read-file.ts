/** One small text file of a repository. */
import type { GitHubApi } from './api.ts';
import { refused } from './failure.ts';

/** A file that is there: its text, or why it cannot be read, as the end of a sentence. */
export type SmallFile = { readonly text: string } | { readonly unreadable: string };

const MOST = 256 * 1024;

/**
 * @param at `ref`: a commit; without it, the default branch. `key`: asks conditionally under it.
 * @returns null when there is no such file, or nothing of the repository may be seen.
 */
export async function readSmallFile(
  api: GitHubApi,
  repository: { readonly owner: string; readonly name: string },
  path: string,
  at: { readonly ref?: string; readonly key: string },
): Promise<SmallFile | null> {
  const { owner, name: repo } = repository;
  const ref = at.ref === undefined ? {} : { ref: at.ref };
  const answer = await api.look(at.key, (request) =>
    request('GET /repos/{owner}/{repo}/contents/{path}', { owner, repo, path, ...ref }),
  );
  if (answer.ok) return textOf(answer.data);
  if (answer.refusal.status === 404 || answer.refusal.status === 403) return null;
  throw refused(answer.refusal);
}

function textOf(data: unknown): SmallFile {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return { unreadable: 'it is a folder' };
  const { type, content, encoding, size } = data as Readonly<Record<string, unknown>>;
  if (type !== 'file') return { unreadable: `it is a ${String(type)}, not a file` };
  if (typeof size === 'number' && size > MOST) return { unreadable: `it has more than ${MOST / 1024} KiB` };
  if (typeof content !== 'string' || encoding !== 'base64')
    return { unreadable: 'GitHub did not give its text' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(content, 'base64')) };
  } catch {
    return { unreadable: 'it is not UTF-8' };
  }
}
