/** What follows from a moved branch: push events, pull requests that gain commits, merge or close. */
import { notAccessible } from './access.ts';
import {
  changedFiles,
  isAncestor,
  mergeBase,
  readCommits,
  readRefs,
  readTree,
  run,
  updateRef,
} from './git.ts';
import { timestamp, type Account, type Hub, type Issue, type Principal, type Repository } from './model.ts';
import { repositoryUrl, type Json } from './represent.ts';
import { emit, emitPull } from './webhooks.ts';

const zero = '0'.repeat(40);

export interface Change {
  readonly ref: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const listedCommits = 20;

async function pushPayload(hub: Hub, repository: Repository, change: Change, sender: Account): Promise<Json> {
  const { ref, before, after } = change;
  const range =
    before === undefined
      ? ['-n', '1', after ?? '']
      : ['-n', String(listedCommits), after ?? '', `^${before}`];
  const commits = after === undefined ? [] : await readCommits(repository.git, range);
  const described = await Promise.all(
    commits.map(async (commit) => {
      const parent = commit.parents[0];
      const files = parent === undefined ? [] : await changedFiles(repository.git, parent, commit.sha);
      const paths = (status: string): string[] =>
        files.filter((file) => file.status === status).map((file) => file.path);
      return {
        id: commit.sha,
        tree_id: commit.tree,
        distinct: true,
        message: commit.message,
        timestamp: commit.committer.date,
        url: repositoryUrl(hub, repository, `/commits/${commit.sha}`),
        author: { name: commit.author.name, email: commit.author.email },
        committer: { name: commit.committer.name, email: commit.committer.email },
        added: paths('added'),
        removed: paths('removed'),
        modified: paths('modified'),
      };
    }),
  );
  const forced =
    before !== undefined && after !== undefined && !(await isAncestor(repository.git, before, after));
  return {
    ref,
    before: before ?? zero,
    after: after ?? zero,
    created: before === undefined,
    deleted: after === undefined,
    forced,
    base_ref: null,
    compare: `${hub.url}/${repository.owner.login}/${repository.name}/compare/${before ?? zero}...${after ?? zero}`,
    commits: described.reverse(),
    head_commit: described.at(-1) ?? null,
    pusher: { name: sender.login, email: `${sender.login}@users.noreply.github.com` },
  };
}

/** Closes, and says so. */
export function closeIssue(hub: Hub, repository: Repository, issue: Issue, sender: Account): void {
  issue.state = 'closed';
  issue.closed = { at: timestamp(), by: sender };
  issue.updatedAt = timestamp();
  if (issue.pull) emitPull(hub, repository, issue, sender, { action: 'closed' });
}

async function followPulls(hub: Hub, repository: Repository, change: Change, sender: Account): Promise<void> {
  const branch = change.ref.replace('refs/heads/', '');
  for (const base of hub.repositories.values()) {
    for (const issue of base.issues.values()) {
      const { pull } = issue;
      if (pull === undefined || issue.state === 'closed') continue;
      if (pull.headRepository === repository && pull.headRef === branch) {
        await followHead(hub, base, issue, change, sender);
      } else if (base === repository && pull.baseRef === branch && change.after !== undefined) {
        if (!(await isAncestor(base.git, pull.headSha, change.after))) continue;
        pull.merged = { by: sender, at: timestamp(), sha: change.after };
        closeIssue(hub, base, issue, sender);
      }
    }
  }
}

async function followHead(
  hub: Hub,
  base: Repository,
  issue: Issue,
  change: Change,
  sender: Account,
): Promise<void> {
  const { pull } = issue;
  const { before, after } = change;
  if (pull === undefined) return;
  if (after === undefined) return closeIssue(hub, base, issue, sender);
  await shareObjects(base, pull.headRepository, after);
  await updateRef(base.git, `refs/pull/${issue.number}/head`, after);
  const target = (await readRefs(base.git, `refs/heads/${pull.baseRef}`)).get(`refs/heads/${pull.baseRef}`);
  pull.headSha = after;
  pull.baseSha = target ?? pull.baseSha;
  issue.updatedAt = timestamp();
  emitPull(hub, base, issue, sender, { action: 'synchronize', before: before ?? zero, after });
  // A branch forced back onto its base has nothing left to merge.
  if (target !== undefined && (await isAncestor(base.git, after, target)))
    closeIssue(hub, base, issue, sender);
}

/** A fork's commits are readable in the repository that it proposes them to. */
export async function shareObjects(base: Repository, from: Repository, sha: string): Promise<void> {
  if (from === base) return;
  await run(base.git, ['fetch', '--quiet', '--no-tags', from.git, sha]);
}

/** Tells everybody of references that have moved; call it in the repository's turn. */
export async function announce(
  hub: Hub,
  repository: Repository,
  changes: readonly Change[],
  sender: Account,
): Promise<void> {
  for (const change of changes) {
    if (change.before === change.after) continue;
    repository.pushedAt = timestamp();
    emit(hub, 'push', repository, sender, await pushPayload(hub, repository, change, sender));
    await followPulls(hub, repository, change, sender);
  }
}

/** The branches of a repository that differ between two moments. */
export function changesBetween(before: Map<string, string>, after: Map<string, string>): Change[] {
  const refs = new Set([...before.keys(), ...after.keys()]);
  return [...refs]
    .map((ref) => ({ ref, before: before.get(ref), after: after.get(ref) }))
    .filter((change) => change.before !== change.after);
}

/** Who a principal is in the history: a person, or the App's bot. */
export function actor(hub: Hub, principal: Principal): Account {
  return principal.kind === 'user' ? principal.account : hub.app.bot;
}

const workflows = '.github/workflows/';
const workflowFiles = async (
  repository: Repository,
  commit: string | undefined,
): Promise<Map<string, string>> => {
  if (commit === undefined) return new Map();
  const entries = await readTree(repository.git, commit, { options: ['-r'], path: workflows });
  return new Map(entries.map((entry) => [entry.path, entry.sha]));
};

/** True when an installation may not write workflow files. */
export function lacksWorkflows(principal: Principal): boolean {
  return principal.kind === 'installation' && principal.permissions['workflows'] !== 'write';
}

/**
 * Without the `workflows` permission, GitHub answers 403 to a tree that names a workflow file and to a reference
 * whose workflow files are not those of the default branch. What the default branch, the point where the commit
 * left it, or the reference itself has is no change.
 */
export async function guardWorkflows(
  repository: Repository,
  principal: Principal,
  change:
    | { readonly files: Map<string, string> }
    | { readonly commit: string; readonly before: string | undefined },
): Promise<void> {
  if (!lacksWorkflows(principal)) return;
  const main = (await readRefs(repository.git)).get(`refs/heads/${repository.defaultBranch}`);
  const known = [main];
  if ('commit' in change) {
    known.push(change.before);
    if (main !== undefined) known.push(await mergeBase(repository.git, main, change.commit));
  }
  const allowed = await Promise.all(known.map((commit) => workflowFiles(repository, commit)));
  const files = 'files' in change ? change.files : await workflowFiles(repository, change.commit);
  for (const [path, sha] of files) {
    if (path.startsWith(workflows) && !allowed.some((tree) => tree.get(path) === sha)) throw notAccessible();
  }
}
