/** Pull requests: made from git's branches, merged by git. */
import {
  checkText,
  created,
  invalid,
  issueOf,
  ok,
  page,
  within,
  type Answer,
  type Call,
  type Handler,
} from './call.ts';
import { authorize, notFound } from './access.ts';
import {
  changedFiles,
  isAncestor,
  mergeBase,
  mergeTree,
  readCommits,
  readRefs,
  updateRef,
  writeCommit,
} from './git.ts';
import { ApiError, inTurn, timestamp, type Hub, type Issue, type Pull, type Repository } from './model.ts';
import type { Operation } from './operations.ts';
import { actor, announce, closeIssue, shareObjects } from './references.ts';
import { pullJson, type Json } from './represent.ts';
import { commitJson, fileJson, personOf } from './commits.ts';
import { addIssue, editIssue, type IssuePatch } from './routes-issues.ts';
import { emitPull } from './webhooks.ts';

const root = '/repos/{owner}/{repo}';
const read = ['pull_requests:read'] as const;
const write = ['pull_requests:write'] as const;

function pullOf(call: Call, repository: Repository): { readonly issue: Issue; readonly pull: Pull } {
  const issue = issueOf(call, repository, 'pull_number');
  if (issue.pull === undefined) throw notFound();
  return { issue, pull: issue.pull };
}

/** What git says of a pull request. */
async function countsOf(repository: Repository, pull: Pull): Promise<Json> {
  const files = await filesOf(repository, pull);
  const sum = (of: (file: (typeof files)[number]) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    commits: (await readCommits(repository.git, [pull.headSha, `^${pull.baseSha}`])).length,
    additions: sum((file) => file.additions),
    deletions: sum((file) => file.deletions),
    changed_files: files.length,
  };
}

async function filesOf(repository: Repository, pull: Pull): ReturnType<typeof changedFiles> {
  const common = await mergeBase(repository.git, pull.baseSha, pull.headSha);
  return changedFiles(repository.git, common ?? pull.baseSha, pull.headSha);
}

async function answer(call: Call, repository: Repository, issue: Issue, pull: Pull): Promise<Json> {
  return pullJson(call.hub, repository, issue, await countsOf(repository, pull));
}

/** `branch`, or `owner:branch` of a fork. */
function headOf(
  hub: Hub,
  repository: Repository,
  head: string,
): { readonly from: Repository | undefined; readonly ref: string } {
  const colon = head.indexOf(':');
  const owner = colon === -1 ? repository.owner.login : head.slice(0, colon);
  const family = [repository, ...[...hub.repositories.values()].filter((one) => one.parent === repository)];
  return { from: family.find((one) => one.owner.login === owner), ref: head.slice(colon + 1) };
}

async function create(call: Call, repository: Repository): Promise<Answer> {
  const { hub } = call;
  const body = call.body as { title?: string; head: string; base: string; body?: string; draft?: boolean };
  if (body.title === undefined) throw invalid('PullRequest', { code: 'missing_field', field: 'title' });
  checkText('PullRequest', body.body);
  const { from, ref } = headOf(hub, repository, body.head);
  const tip = async (of: Repository | undefined, branch: string): Promise<string | undefined> =>
    of && (await readRefs(of.git, `refs/heads/${branch}`)).get(`refs/heads/${branch}`);
  return inTurn(repository, async () => {
    const headSha = await tip(from, ref);
    const baseSha = await tip(repository, body.base);
    if (baseSha === undefined) throw invalid('PullRequest', { code: 'invalid', field: 'base' });
    if (from === undefined || headSha === undefined)
      throw invalid('PullRequest', { code: 'invalid', field: 'head' });
    await shareObjects(repository, from, headSha);
    if (await isAncestor(repository.git, headSha, baseSha)) {
      const message = `No commits between ${repository.owner.login}:${body.base} and ${from.owner.login}:${ref}`;
      throw invalid('PullRequest', { code: 'custom', message });
    }
    const open = [...repository.issues.values()].find(
      (issue) =>
        issue.state === 'open' &&
        issue.pull?.headRepository === from &&
        issue.pull.headRef === ref &&
        issue.pull.baseRef === body.base,
    );
    if (open)
      throw invalid('PullRequest', {
        code: 'custom',
        message: `A pull request already exists for ${from.owner.login}:${ref}.`,
      });
    const pull: Pull = {
      headRepository: from,
      headRef: ref,
      headSha,
      baseRef: body.base,
      baseSha,
      draft: body.draft ?? false,
      reviewers: [],
      teams: [],
    };
    const issue = addIssue(
      call,
      repository,
      { title: body.title ?? '', ...(body.body && { body: body.body }) },
      pull,
    );
    await updateRef(repository.git, `refs/pull/${issue.number}/head`, headSha);
    emitPull(hub, repository, issue, issue.user, { action: 'opened' });
    return created(await answer(call, repository, issue, pull));
  });
}

function list(call: Call, repository: Repository): Answer {
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const [head, base] = [query.get('head'), query.get('base')];
  const found = [...repository.issues.values()].filter(({ pull, ...issue }) => {
    if (pull === undefined || (state !== 'all' && issue.state !== state)) return false;
    // GitHub ignores a head without an owner.
    const label = `${pull.headRepository.owner.login}:${pull.headRef}`;
    return (
      (head === null || !head.includes(':') || head === label) && (base === null || base === pull.baseRef)
    );
  });
  const sorted = query.get('direction') === 'asc' ? found : found.reverse();
  return page(
    call,
    sorted.map((issue) => pullJson(call.hub, repository, issue)),
  );
}

async function edit(call: Call, repository: Repository): Promise<Answer> {
  const { issue, pull } = pullOf(call, repository);
  const patch = call.body as IssuePatch;
  return inTurn(repository, async () => {
    if (patch.state === 'open' && issue.state === 'closed') {
      const ref = `refs/heads/${pull.headRef}`;
      const head = (await readRefs(pull.headRepository.git, ref)).get(ref);
      const refuse = (message: string): ApiError =>
        invalid('PullRequest', { code: 'custom', field: 'state', message });
      if (pull.merged || head === undefined)
        throw refuse(`state cannot be changed. The ${pull.headRef} branch has been deleted.`);
      if (head !== pull.headSha && !(await isAncestor(repository.git, pull.headSha, head))) {
        throw refuse(`state cannot be changed. The ${pull.headRef} branch was force-pushed or recreated.`);
      }
      pull.headSha = head;
    }
    editIssue(call, repository, issue, patch);
    return ok(await answer(call, repository, issue, pull));
  });
}

async function merge(call: Call, repository: Repository): Promise<Answer> {
  const { hub } = call;
  authorize(call.principal, repository, ['contents:write']);
  const { issue, pull } = pullOf(call, repository);
  const {
    sha,
    merge_method: method = 'merge',
    commit_title: title,
  } = call.body as Record<string, string | undefined>;
  return inTurn(repository, async () => {
    if (issue.state === 'closed' || pull.draft) throw new ApiError(405, 'Pull Request is not mergeable');
    if (sha !== undefined && sha !== pull.headSha)
      throw new ApiError(409, 'Head branch was modified. Review and try the merge again.');
    if (method === 'rebase') throw new ApiError(405, 'Rebase merges are not allowed on this repository.');
    const ref = `refs/heads/${pull.baseRef}`;
    const before = (await readRefs(repository.git, ref)).get(ref) ?? '';
    const tree = await mergeTree(repository.git, before, pull.headSha);
    if (tree === undefined) throw new ApiError(405, 'Pull Request is not mergeable');
    const sender = actor(hub, call.principal);
    const now = timestamp();
    const subject =
      method === 'squash'
        ? `${issue.title} (#${issue.number})`
        : `Merge pull request #${issue.number} from ${pull.headRepository.owner.login}/${pull.headRef}`;
    const after = await writeCommit(repository.git, {
      tree,
      parents: method === 'squash' ? [before] : [before, pull.headSha],
      author: personOf(sender, now),
      committer: { name: 'GitHub', email: 'noreply@github.com', date: now },
      message: `${title ?? subject}\n\n${issue.title}`,
    });
    repository.signed.add(after);
    pull.merged = { by: sender, at: now, sha: after };
    closeIssue(hub, repository, issue, sender);
    await updateRef(repository.git, ref, after);
    await announce(hub, repository, [{ ref, before, after }], sender);
    if (repository.deleteBranchOnMerge && pull.headRepository === repository) {
      const head = { ref: `refs/heads/${pull.headRef}`, before: pull.headSha, after: undefined };
      await updateRef(repository.git, head.ref, undefined);
      await announce(hub, repository, [head], sender);
    }
    return ok({ sha: after, merged: true, message: 'Pull Request successfully merged' });
  });
}

function requestReviewers(call: Call, repository: Repository): Answer {
  const { issue, pull } = pullOf(call, repository);
  const { reviewers = [], team_reviewers: teams = [] } = call.body as {
    reviewers?: string[];
    team_reviewers?: string[];
  };
  if (reviewers.includes(issue.user.login))
    throw new ApiError(422, 'Review cannot be requested from pull request author.');
  if (reviewers.some((login) => !repository.roles.has(login) && login !== repository.owner.login)) {
    const name = `${repository.owner.login}/${repository.name}`;
    throw new ApiError(
      422,
      'Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a ' +
        `collaborator of the ${name} repository.`,
    );
  }
  pull.reviewers = [...new Set([...pull.reviewers, ...reviewers])];
  pull.teams = [...new Set([...pull.teams, ...teams])];
  return created(pullJson(call.hub, repository, issue));
}

export const pullRoutes = {
  [`GET ${root}/pulls`]: within(read, list),
  [`POST ${root}/pulls`]: within(write, create),
  [`GET ${root}/pulls/{pull_number}`]: within(read, async (call, repository) => {
    const { issue, pull } = pullOf(call, repository);
    return ok(await answer(call, repository, issue, pull));
  }),
  [`PATCH ${root}/pulls/{pull_number}`]: within(write, edit),
  [`GET ${root}/pulls/{pull_number}/files`]: within(read, async (call, repository) => {
    const { pull } = pullOf(call, repository);
    const files = await filesOf(repository, pull);
    return page(
      call,
      files.map((file) => fileJson(call.hub, repository, file, pull.headSha)),
    );
  }),
  [`GET ${root}/pulls/{pull_number}/commits`]: within(read, async (call, repository) => {
    const { pull } = pullOf(call, repository);
    const commits = await readCommits(repository.git, [pull.headSha, `^${pull.baseSha}`]);
    return page(
      call,
      commits.reverse().map((commit) => commitJson(call.hub, repository, commit)),
    );
  }),
  [`PUT ${root}/pulls/{pull_number}/merge`]: within(write, merge),
  [`GET ${root}/pulls/{pull_number}/requested_reviewers`]: within(read, (call, repository) => {
    const { issue } = pullOf(call, repository);
    return ok({ users: pullJson(call.hub, repository, issue)['requested_reviewers'], teams: [] });
  }),
  [`POST ${root}/pulls/{pull_number}/requested_reviewers`]: within(write, requestReviewers),
  [`DELETE ${root}/pulls/{pull_number}/requested_reviewers`]: within(write, (call, repository) => {
    const { issue, pull } = pullOf(call, repository);
    const { reviewers = [] } = call.body as { reviewers?: string[] };
    pull.reviewers = pull.reviewers.filter((login) => !reviewers.includes(login));
    return ok(pullJson(call.hub, repository, issue));
  }),
} satisfies Partial<Record<Operation, Handler>>;
