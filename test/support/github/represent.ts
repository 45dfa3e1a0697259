/** The stand-in's nouns in GitHub's JSON: people, repositories, issues, comments, checks, installations. */
import {
  fullName,
  type Account,
  type CheckRun,
  type Comment,
  type Hub,
  type Installation,
  type Issue,
  type Label,
  type Reaction,
  type Repository,
} from './model.ts';

export type Json = Record<string, unknown>;

const api = (hub: Hub, path: string): string => `${hub.url}/api/v3${path}`;
export const repositoryUrl = (hub: Hub, repository: Repository, tail = ''): string =>
  api(hub, `/repos/${fullName(repository)}${tail}`);
const webUrl = (hub: Hub, repository: Repository, tail = ''): string =>
  `${hub.url}/${fullName(repository)}${tail}`;
const nodeId = (kind: string, id: number): string =>
  `${kind}_${Buffer.from(String(id)).toString('base64url')}`;

export function userJson(hub: Hub, account: Account): Json {
  const url = api(hub, `/users/${encodeURIComponent(account.login)}`);
  const tails = ['followers', 'subscriptions', 'repos', 'received_events'];
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('U', account.id),
    avatar_url: `${hub.url}/avatars/u/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${hub.url}/${account.type === 'Bot' ? `apps/${hub.app.slug}` : account.login}`,
    ...Object.fromEntries(tails.map((tail) => [`${tail}_url`, `${url}/${tail}`])),
    organizations_url: `${url}/orgs`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    events_url: `${url}/events{/privacy}`,
    type: account.type,
    site_admin: false,
  };
}

const repositoryTails =
  'archive{/archive_format}{/ref} assignees{/user} blobs:git/blobs{/sha} branches{/branch} collaborators{/collaborator} ' +
  'comments{/number} commits{/sha} compare/{base}...{head} contents/{+path} contributors deployments downloads events ' +
  'forks git_commits:git/commits{/sha} git_refs:git/refs{/sha} git_tags:git/tags{/sha} hooks ' +
  'issue_comment:issues/comments{/number} issue_events:issues/events{/number} issues{/number} keys{/key_id} ' +
  'labels{/name} languages merges milestones{/number} notifications{?since,all,participating} pulls{/number} ' +
  'releases{/id} stargazers statuses{/sha} subscribers subscription tags teams trees:git/trees{/sha}';

/** A repository as `full-repository` and as webhooks carry it. */
export function repositoryJson(hub: Hub, repository: Repository): Json {
  const links = repositoryTails.split(' ').map((entry) => {
    const [, name = '', tail = entry] = /^([a-z_]+):(.+)$/.exec(entry) ?? [
      undefined,
      /^[a-z]+/.exec(entry)?.[0],
    ];
    return [`${name}_url`, repositoryUrl(hub, repository, `/${tail}`)];
  });
  const open = [...repository.issues.values()].filter((issue) => issue.state === 'open').length;
  const none = ['stargazers_count', 'watchers_count', 'watchers', 'forks', 'forks_count', 'network_count'];
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: userJson(hub, repository.owner),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    description: null,
    fork: repository.parent !== undefined,
    archived: repository.archived,
    disabled: repository.disabled,
    default_branch: repository.defaultBranch,
    allow_auto_merge: repository.allowAutoMerge,
    delete_branch_on_merge: repository.deleteBranchOnMerge,
    url: repositoryUrl(hub, repository),
    html_url: webUrl(hub, repository),
    clone_url: webUrl(hub, repository, '.git'),
    git_url: webUrl(hub, repository, '.git').replace(/^http/, 'git'),
    ssh_url: `git@127.0.0.1:${fullName(repository)}.git`,
    svn_url: webUrl(hub, repository),
    ...Object.fromEntries(links),
    ...Object.fromEntries(none.map((name) => [name, 0])),
    ...Object.fromEntries(['issues', 'projects', 'wiki', 'downloads'].map((name) => [`has_${name}`, true])),
    has_pages: false,
    has_discussions: false,
    homepage: null,
    language: null,
    license: null,
    mirror_url: null,
    topics: [],
    size: 1,
    subscribers_count: 0,
    open_issues: open,
    open_issues_count: open,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
  };
}

export function minimalRepositoryJson(repository: Repository): Json {
  const { id, name } = repository;
  return { id, node_id: nodeId('R', id), name, full_name: fullName(repository), private: repository.private };
}

export function labelJson(hub: Hub, repository: Repository, label: Label): Json {
  const { id, name, color, description } = label;
  const url = repositoryUrl(hub, repository, `/labels/${encodeURIComponent(name)}`);
  return { id, node_id: nodeId('LA', id), url, name, color, description, default: false };
}

const reactionContents = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;

export function reactionJson(hub: Hub, reaction: Reaction): Json {
  const { id, content, createdAt } = reaction;
  return {
    id,
    node_id: nodeId('REA', id),
    user: userJson(hub, reaction.user),
    content,
    created_at: createdAt,
  };
}

function reactionCounts(url: string, reactions: readonly Reaction[]): Json {
  const counts = reactionContents.map((content) => [
    content,
    reactions.filter((one) => one.content === content).length,
  ]);
  return { url: `${url}/reactions`, total_count: reactions.length, ...Object.fromEntries(counts) };
}

/** `author_association`: owner and member by role, as a person of this repository sees it. */
function association(repository: Repository, user: Account): string {
  if (user.login === repository.owner.login) return 'OWNER';
  if (!repository.roles.has(user.login)) return 'NONE';
  return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR';
}

const issuePage = (hub: Hub, repository: Repository, issue: Issue): string =>
  webUrl(hub, repository, `/${issue.pull ? 'pull' : 'issues'}/${issue.number}`);

export function commentJson(hub: Hub, repository: Repository, issue: Issue, comment: Comment): Json {
  const url = repositoryUrl(hub, repository, `/issues/comments/${comment.id}`);
  return {
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    url,
    html_url: `${issuePage(hub, repository, issue)}#issuecomment-${comment.id}`,
    issue_url: repositoryUrl(hub, repository, `/issues/${issue.number}`),
    user: userJson(hub, comment.user),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.user),
    performed_via_github_app: null,
    reactions: reactionCounts(url, comment.reactions),
  };
}

const knownUsers = (hub: Hub, logins: readonly string[]): Json[] =>
  logins.flatMap((login) => {
    const account = hub.accounts.get(login.toLowerCase());
    return account === undefined ? [] : [userJson(hub, account)];
  });

/** What an issue and a pull request have in common. */
function issueCore(hub: Hub, repository: Repository, issue: Issue): Json {
  const assignees = knownUsers(hub, issue.assignees);
  const labels = issue.labels.flatMap((name) => {
    const label = repository.labels.get(name.toLowerCase());
    return label === undefined ? [] : [labelJson(hub, repository, label)];
  });
  return {
    id: issue.id,
    node_id: nodeId(issue.pull ? 'PR' : 'I', issue.id),
    number: issue.number,
    html_url: issuePage(hub, repository, issue),
    comments_url: repositoryUrl(hub, repository, `/issues/${issue.number}/comments`),
    title: issue.title,
    body: issue.body,
    user: userJson(hub, issue.user),
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    labels,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closed?.at ?? null,
    author_association: association(repository, issue.user),
  };
}

/** An issue, or a pull request seen as one: then with `pull_request`, and with `draft`. */
export function issueJson(hub: Hub, repository: Repository, issue: Issue): Json {
  const url = repositoryUrl(hub, repository, `/issues/${issue.number}`);
  const page = issuePage(hub, repository, issue);
  const { pull } = issue;
  const pullLinks = pull && {
    draft: pull.draft,
    pull_request: {
      url: repositoryUrl(hub, repository, `/pulls/${issue.number}`),
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      merged_at: pull.merged?.at ?? null,
    },
  };
  return {
    ...issueCore(hub, repository, issue),
    url,
    repository_url: repositoryUrl(hub, repository),
    labels_url: `${url}/labels{/name}`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    comments: issue.comments.length,
    state_reason: issue.stateReason,
    closed_by: issue.closed ? userJson(hub, issue.closed.by) : null,
    performed_via_github_app: null,
    reactions: reactionCounts(url, issue.reactions),
    ...pullLinks,
  };
}

/** A pull request; `counts` (what git says of its commits and files) only where GitHub gives one alone. */
export function pullJson(hub: Hub, repository: Repository, issue: Issue, counts?: Json): Json {
  const { pull } = issue;
  if (pull === undefined) throw new Error(`#${issue.number} is no pull request`);
  const url = repositoryUrl(hub, repository, `/pulls/${issue.number}`);
  const page = issuePage(hub, repository, issue);
  const side = (of: Repository, ref: string, sha: string): Json => ({
    label: `${of.owner.login}:${ref}`,
    ref,
    sha,
    user: userJson(hub, of.owner),
    repo: repositoryJson(hub, of),
  });
  const links: Record<string, string> = {
    self: url,
    html: page,
    issue: repositoryUrl(hub, repository, `/issues/${issue.number}`),
    comments: repositoryUrl(hub, repository, `/issues/${issue.number}/comments`),
    review_comments: `${url}/comments`,
    review_comment: repositoryUrl(hub, repository, '/pulls/comments{/number}'),
    commits: `${url}/commits`,
    statuses: repositoryUrl(hub, repository, `/statuses/${pull.headSha}`),
  };
  return {
    ...issueCore(hub, repository, issue),
    url,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: links['issue'],
    commits_url: links['commits'],
    review_comments_url: links['review_comments'],
    review_comment_url: links['review_comment'],
    statuses_url: links['statuses'],
    head: side(pull.headRepository, pull.headRef, pull.headSha),
    base: side(repository, pull.baseRef, pull.baseSha),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    draft: pull.draft,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? null,
    requested_reviewers: knownUsers(hub, pull.reviewers),
    requested_teams: [],
    auto_merge: pull.autoMerge
      ? {
          enabled_by: userJson(hub, pull.autoMerge.by),
          merge_method: pull.autoMerge.method,
          commit_title: '',
          commit_message: '',
        }
      : null,
    ...(counts && {
      merged: pull.merged !== undefined,
      merged_by: pull.merged ? userJson(hub, pull.merged.by) : null,
      comments: issue.comments.length,
      review_comments: 0,
      maintainer_can_modify: false,
      mergeable: null, // GitHub computes it later; so it says at first
      mergeable_state: 'unknown',
      rebaseable: null,
      ...counts,
    }),
  };
}

export function appJson(hub: Hub): Json {
  const { id, slug, clientId, permissions, events } = hub.app;
  return {
    id,
    slug,
    node_id: nodeId('A', id),
    client_id: clientId,
    owner: userJson(hub, hub.app.owner),
    name: slug,
    description: '',
    external_url: hub.url,
    html_url: `${hub.url}/apps/${slug}`,
    created_at: '2025-01-01T00:00:00Z',
    updated_at: '2025-01-01T00:00:00Z',
    permissions,
    events,
    installations_count: hub.installations.size,
  };
}

export function installationJson(hub: Hub, installation: Installation): Json {
  const { id, account } = installation;
  return {
    id,
    node_id: nodeId('I', id),
    app_id: hub.app.id,
    app_slug: hub.app.slug,
    client_id: hub.app.clientId,
    target_id: account.id,
    target_type: account.type,
    account: userJson(hub, account),
    repository_selection: installation.selected === 'all' ? 'all' : 'selected',
    access_tokens_url: api(hub, `/app/installations/${id}/access_tokens`),
    repositories_url: api(hub, '/installation/repositories'),
    html_url: `${hub.url}/organizations/${account.login}/settings/installations/${id}`,
    permissions: installation.permissions,
    events: hub.app.events,
    single_file_name: null,
    single_file_paths: [],
    has_multiple_single_files: false,
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    suspended_at: installation.suspendedAt,
    suspended_by: null,
  };
}

export function checkRunJson(hub: Hub, repository: Repository, run: CheckRun): Json {
  const url = repositoryUrl(hub, repository, `/check-runs/${run.id}`);
  const pulls = [...repository.issues.values()].flatMap((issue) => {
    const { pull } = issue;
    if (pull?.headSha !== run.headSha || issue.state !== 'open') return [];
    const side = (of: Repository, ref: string, sha: string): Json => ({
      ref,
      sha,
      repo: { id: of.id, url: repositoryUrl(hub, of), name: of.name },
    });
    const head = side(pull.headRepository, pull.headRef, pull.headSha);
    const base = side(repository, pull.baseRef, pull.baseSha);
    const pullUrl = repositoryUrl(hub, repository, `/pulls/${issue.number}`);
    return [{ id: issue.id, number: issue.number, url: pullUrl, head, base }];
  });
  return {
    id: run.id,
    node_id: nodeId('CR', run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: webUrl(hub, repository, `/runs/${run.id}`),
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite },
    app: appJson(hub),
    pull_requests: pulls,
  };
}
