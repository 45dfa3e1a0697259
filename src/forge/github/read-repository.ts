/**
 * One look at a repository: is there anything to do, and by which policy. At most 4 requests; 2 when nothing has changed
 * and the organisation's policy was read lately.
 */
import { POLICY_PATH } from '../../config/policy.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { refused } from './failure.ts';
import { unavailable, type Unavailable } from './forge-error.ts';
import { createMemo, type Memo } from './memo.ts';
import { readSmallFile, type SmallFile } from './read-file.ts';

/** A policy file that is there, and how errors name it. */
export type PolicyFile = SmallFile & { readonly path: string };

export interface RepositoryLook {
  /** With the names of now: a repository can be renamed. */
  readonly repository: RepositoryRef;
  readonly defaultBranch: string;
  /** Commit of the default branch. */
  readonly head: string;
  readonly fork: boolean;
  readonly private: boolean;
  /** `https://host/owner/name.git`. */
  readonly cloneUrl: string;
  /** `.github/relock.toml` at `head`; null: there is none. */
  readonly policy: PolicyFile | null;
  /** The same file of the owner's `.github` repository; null: there is none, or the App may not see it. */
  readonly organisationPolicy: PolicyFile | null;
}

export type RepositoryRead =
  | { readonly kind: 'found'; readonly look: RepositoryLook }
  | ({ readonly kind: 'unavailable' } & Unavailable);

/** What is kept between looks, for all repositories; in memory. */
export interface RepositoryMemory {
  /** By repository and commit: such a file never changes. */
  readonly policies: Memo<{ readonly file: PolicyFile | null }>;
  /** By owner; asked again after a while. */
  readonly organisations: Memo<{ readonly at: number; readonly file: PolicyFile | null }>;
}

export function createRepositoryMemory(limit = 2000): RepositoryMemory {
  return { policies: createMemo(limit), organisations: createMemo(limit) };
}

/** So that a tick over all repositories of an organisation reads its policy once. */
const ORGANISATION_MS = 5 * 60_000;
/** The owner's repository that GitHub itself takes defaults from. */
const DEFAULTS = '.github';

/**
 * @returns why there is nothing to do where a repository is gone, empty, read-only or out of reach.
 * @throws {ForgeError} limits, 5xx, no answer.
 */
export async function readRepository(
  api: GitHubApi,
  repository: RepositoryRef,
  memory: RepositoryMemory,
  now: Date,
): Promise<RepositoryRead> {
  try {
    return await read(api, repository, memory, now);
  } catch (error) {
    const gone = unavailable(error);
    if (gone === null) throw error;
    return { kind: 'unavailable', ...gone };
  }
}

async function read(
  api: GitHubApi,
  asked: RepositoryRef,
  memory: RepositoryMemory,
  now: Date,
): Promise<RepositoryRead> {
  const answer = await api.look(`repository ${asked.owner}/${asked.name}`, (request) =>
    request('GET /repos/{owner}/{repo}', { owner: asked.owner, repo: asked.name }),
  );
  if (!answer.ok) {
    const { status } = answer.refusal;
    if (status === 404 || status === 410)
      return nothing('gone', 'The repository is gone, or the App may not see it.');
    throw refused(answer.refusal);
  }
  const { data } = answer;
  const repository = { id: asked.id, owner: data.owner.login, name: data.name };
  if (Number(data.id) !== asked.id) return nothing('replaced', 'Another repository has its name now.');
  if (data.archived) return nothing('archived', 'The repository is archived.');
  if (data.disabled) return nothing('disabled', 'The repository is disabled.');
  const head = await readHead(api, repository, data.default_branch);
  if (head === null) return nothing('empty', `The repository has no branch \`${data.default_branch}\`.`);
  return {
    kind: 'found',
    look: {
      repository,
      defaultBranch: data.default_branch,
      head,
      fork: data.fork,
      private: data.private,
      cloneUrl: data.clone_url,
      policy: await readOwn(api, repository, head, memory),
      organisationPolicy: await readOrganisation(api, repository, memory, now),
    },
  };
}

function nothing(reason: Unavailable['reason'], because: string): RepositoryRead {
  return { kind: 'unavailable', reason, because };
}

async function readHead(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  branch: string,
): Promise<string | null> {
  const answer = await api.look(`head ${owner}/${repo} ${branch}`, (request) =>
    request('GET /repos/{owner}/{repo}/git/ref/{ref}', { owner, repo, ref: `heads/${branch}` }),
  );
  if (answer.ok) return answer.data.object.sha;
  // An empty repository: 409.
  if (answer.refusal.status === 404 || answer.refusal.status === 409) return null;
  throw refused(answer.refusal);
}

async function readOwn(
  api: GitHubApi,
  repository: RepositoryRef,
  head: string,
  { policies }: RepositoryMemory,
): Promise<PolicyFile | null> {
  const key = `policy ${repository.id} ${head}`;
  const known = policies.get(key);
  if (known !== undefined) return known.file;
  const file = named(await readSmallFile(api, repository, POLICY_PATH, { ref: head, key }), POLICY_PATH);
  policies.set(key, { file });
  return file;
}

async function readOrganisation(
  api: GitHubApi,
  repository: RepositoryRef,
  { organisations }: RepositoryMemory,
  now: Date,
): Promise<PolicyFile | null> {
  const { owner } = repository;
  if (repository.name.toLowerCase() === DEFAULTS) return null;
  const key = `organisation ${owner.toLowerCase()}`;
  const known = organisations.get(key);
  if (known !== undefined && now.getTime() - known.at < ORGANISATION_MS) return known.file;
  const read = await readSmallFile(api, { owner, name: DEFAULTS }, POLICY_PATH, { key });
  const file = named(read, `${owner}/${DEFAULTS}/${POLICY_PATH}`);
  organisations.set(key, { at: now.getTime(), file });
  return file;
}

function named(file: SmallFile | null, path: string): PolicyFile | null {
  return file === null ? null : { ...file, path };
}
