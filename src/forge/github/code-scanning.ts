/** Findings as alerts of GitHub's code scanning. https://docs.github.com/rest/code-scanning/code-scanning */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GitHubApi, RepositoryRef } from './api.ts';

const compress = promisify(gzip);
/** GitHub's limit of the compressed and encoded text, in bytes. */
const LARGEST = 10 * 1024 * 1024;

export interface SarifUpload {
  /** Commit that was scanned. */
  readonly commit: string;
  /** `refs/heads/main`. */
  readonly ref: string;
  /** SARIF 2.1.0, as JSON text. */
  readonly sarif: string;
}

/**
 * One request. GitHub takes the same twice as one.
 * @returns notes: why they are not shown, where GitHub does not allow it.
 */
export async function uploadSarif(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  { commit, ref, sarif }: SarifUpload,
): Promise<readonly string[]> {
  const packed = (await compress(sarif)).toString('base64');
  if (packed.length > LARGEST)
    return ['The findings are too many for GitHub code scanning; the report has them.'];
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/code-scanning/sarifs', {
      owner,
      repo,
      commit_sha: commit,
      ref,
      sarif: packed,
      tool_name: 'Relock',
    }),
  );
  if (answer.ok) return [];
  return [
    answer.refusal.status === 403
      ? 'The findings are not in GitHub code scanning, since it is off here or the App lacks the permission "Code scanning alerts".'
      : `The findings are not in GitHub code scanning: ${answer.refusal.message}`,
  ];
}
