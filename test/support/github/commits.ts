/** Commits, their authors and their files in GitHub's JSON. */
import { readCommits, resolveCommit, type ChangedFile, type CommitData, type Person } from './git.ts';
import { ApiError, fullName, timestamp, type Account, type Hub, type Repository } from './model.ts';
import { repositoryUrl, userJson, type Json } from './represent.ts';

const utc = (person: Person): Person => ({ ...person, date: timestamp(Date.parse(person.date)) });
const noreply = (account: Account): string => `${account.id}+${account.login}@users.noreply.github.com`;

/** The account behind a commit's address, as GitHub links it. */
function accountOf(hub: Hub, person: Person): Json | null {
  const account = [...hub.accounts.values()].find((one) => noreply(one) === person.email);
  return account === undefined ? null : userJson(hub, account);
}

export const personOf = (account: Account, date: string): Person => ({
  name: account.login,
  email: noreply(account),
  date,
});

function verification(repository: Repository, sha: string): Json {
  const verified = repository.signed.has(sha);
  return {
    verified,
    reason: verified ? 'valid' : 'unsigned',
    signature: null,
    payload: null,
    verified_at: null,
  };
}

/** A commit of the Git Data API. */
export function gitCommitJson(hub: Hub, repository: Repository, commit: CommitData): Json {
  const url = (kind: string, sha: string): string => repositoryUrl(hub, repository, `/git/${kind}/${sha}`);
  const html = (sha: string): string => `${hub.url}/${fullName(repository)}/commit/${sha}`;
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: url('commits', commit.sha),
    html_url: html(commit.sha),
    author: utc(commit.author),
    committer: utc(commit.committer),
    tree: { sha: commit.tree, url: url('trees', commit.tree) },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: url('commits', sha), html_url: html(sha) })),
    verification: verification(repository, commit.sha),
  };
}

/** A commit of the commits API: with the accounts behind it. */
export function commitJson(hub: Hub, repository: Repository, commit: CommitData): Json {
  const git = gitCommitJson(hub, repository, commit);
  const url = repositoryUrl(hub, repository, `/commits/${commit.sha}`);
  const parents = commit.parents.map((sha) => ({
    sha,
    url: repositoryUrl(hub, repository, `/commits/${sha}`),
    html_url: `${hub.url}/${fullName(repository)}/commit/${sha}`,
  }));
  const { author, committer, message, tree, verification: signed } = git;
  return {
    sha: commit.sha,
    node_id: git['node_id'],
    url,
    html_url: git['html_url'],
    comments_url: `${url}/comments`,
    commit: { author, committer, message, tree, url: git['url'], comment_count: 0, verification: signed },
    author: accountOf(hub, commit.author),
    committer: accountOf(hub, commit.committer),
    parents,
  };
}

export function fileJson(hub: Hub, repository: Repository, file: ChangedFile, commit: string): Json {
  const page = (kind: string): string => `${hub.url}/${fullName(repository)}/${kind}/${commit}/${file.path}`;
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: page('blob'),
    raw_url: page('raw'),
    contents_url: repositoryUrl(hub, repository, `/contents/${file.path}?ref=${commit}`),
    ...(file.patch !== '' && { patch: file.patch }),
  };
}

/** The commit that a name stands for; GitHub answers 422 when there is none. */
export async function commitOf(repository: Repository, name: string): Promise<CommitData> {
  const sha = await resolveCommit(repository.git, name);
  const [commit] = sha === undefined ? [] : await readCommits(repository.git, ['-n', '1', sha]);
  if (commit === undefined) throw new ApiError(422, `No commit found for SHA: ${name}`);
  return commit;
}
