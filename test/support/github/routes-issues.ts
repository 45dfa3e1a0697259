/** Issues, comments, reactions, labels, assignees; a pull request is an issue here too. */
import {
  checkText,
  created,
  empty,
  invalid,
  issueOf,
  ok,
  page,
  within,
  type Answer,
  type Call,
  type Handler,
} from './call.ts';
import { authorize, notFound, roleOf } from './access.ts';
import {
  ApiError,
  nextId,
  timestamp,
  type Comment,
  type Hub,
  type Issue,
  type Pull,
  type Reaction,
  type Repository,
} from './model.ts';
import type { Operation } from './operations.ts';
import { actor, closeIssue } from './references.ts';
import { commentJson, issueJson, labelJson, reactionJson, type Json } from './represent.ts';
import { emitIssue, emitPull } from './webhooks.ts';

const root = '/repos/{owner}/{repo}';
const read = ['issues:read', 'pull_requests:read'] as const;
const write = ['issues:write', 'pull_requests:write'] as const;

/** A new issue or pull request with the repository's next number. */
export function addIssue(
  call: Call,
  repository: Repository,
  body: { title: string; body?: string | null },
  pull?: Pull,
): Issue {
  const { hub } = call;
  if (body.title.trim() === '') throw invalid('Issue', { code: 'missing_field', field: 'title' });
  checkText('Issue', body.body);
  const now = timestamp();
  const issue: Issue = {
    id: nextId(hub),
    number: repository.issues.size + 1,
    user: actor(hub, call.principal),
    createdAt: now,
    updatedAt: now,
    comments: [],
    reactions: [],
    title: body.title,
    body: body.body ?? null,
    state: 'open',
    stateReason: null,
    labels: [],
    assignees: [],
    ...(pull && { pull }),
  };
  repository.issues.set(issue.number, issue);
  return issue;
}

/** Puts labels on, and makes those that the repository does not have, as GitHub does. */
function addLabels(hub: Hub, repository: Repository, names: readonly string[]): string[] {
  return names.map((name) => {
    const key = name.toLowerCase();
    const label = repository.labels.get(key) ?? { id: nextId(hub), name, color: 'ededed', description: '' };
    repository.labels.set(key, label);
    return label.name;
  });
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];
/** Who cannot be assigned is left out without a word, as at GitHub. */
const assignable = (repository: Repository, logins: readonly string[]): string[] =>
  logins.filter((login) => repository.roles.has(login) || login === repository.owner.login);

/** Triage is for the author and for who may write. */
function checkEditor(call: Call, repository: Repository, issue: Issue): void {
  if (call.principal.kind !== 'user') return;
  const { login } = call.principal.account;
  const role = roleOf(repository, login);
  if (role === 'read' && issue.user.login !== login)
    throw new ApiError(403, 'Must have admin rights to Repository.');
}

export interface IssuePatch {
  readonly title?: string;
  readonly body?: string | null;
  readonly state?: 'open' | 'closed';
  readonly state_reason?: string | null;
  readonly labels?: readonly (string | { readonly name: string })[];
  readonly assignees?: readonly string[];
  readonly base?: string;
}

/** Changes an issue or pull request, and tells of it. */
export function editIssue(call: Call, repository: Repository, issue: Issue, patch: IssuePatch): void {
  const { hub } = call;
  checkEditor(call, repository, issue);
  checkText('Issue', patch.body);
  const sender = actor(hub, call.principal);
  const changes: Json = {};
  if (patch.title !== undefined && patch.title !== issue.title) {
    changes['title'] = { from: issue.title };
    issue.title = patch.title;
  }
  if (patch.body !== undefined && patch.body !== issue.body) {
    changes['body'] = { from: issue.body ?? '' };
    issue.body = patch.body;
  }
  if (patch.base !== undefined && issue.pull && patch.base !== issue.pull.baseRef) {
    changes['base'] = { ref: { from: issue.pull.baseRef }, sha: { from: issue.pull.baseSha } };
    issue.pull.baseRef = patch.base;
  }
  if (patch.labels)
    issue.labels = addLabels(
      hub,
      repository,
      unique(patch.labels.map((label) => (typeof label === 'string' ? label : label.name))),
    );
  if (patch.assignees) issue.assignees = assignable(repository, patch.assignees);
  issue.updatedAt = timestamp();
  if (Object.keys(changes).length > 0) tell(hub, repository, issue, call, { action: 'edited', changes });
  if (patch.state === 'closed' && issue.state === 'open') {
    issue.stateReason = issue.pull ? null : (patch.state_reason ?? 'completed');
    closeIssue(hub, repository, issue, sender);
    if (!issue.pull) emitIssue(hub, repository, issue, sender, { action: 'closed' });
  } else if (patch.state === 'open' && issue.state === 'closed') {
    issue.state = 'open';
    issue.stateReason = issue.pull ? null : 'reopened';
    delete issue.closed;
    tell(hub, repository, issue, call, { action: 'reopened' });
  }
}

function tell(hub: Hub, repository: Repository, issue: Issue, call: Call, payload: Json): void {
  (issue.pull ? emitPull : emitIssue)(hub, repository, issue, actor(hub, call.principal), payload);
}

function commentOf(call: Call, repository: Repository): { readonly issue: Issue; readonly comment: Comment } {
  const id = Number(call.params['comment_id']);
  for (const issue of repository.issues.values()) {
    const comment = issue.comments.find((one) => one.id === id);
    if (comment) return { issue, comment };
  }
  throw notFound();
}

function listIssues(call: Call, repository: Repository): Answer {
  const { query } = call;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
  const creator = query.get('creator');
  const since = query.get('since');
  const found = [...repository.issues.values()].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => issue.labels.includes(name)) &&
      (creator === null || issue.user.login === creator) &&
      (since === null || issue.updatedAt >= since),
  );
  const sorted = query.get('direction') === 'asc' ? found : found.reverse();
  return page(
    call,
    sorted.map((issue) => issueJson(call.hub, repository, issue)),
  );
}

function addComment(call: Call, repository: Repository): Answer {
  const { hub } = call;
  const issue = issueOf(call, repository);
  const { body } = call.body as { body: string };
  if (body.trim() === '') throw invalid('IssueComment', { code: 'missing_field', field: 'body' });
  checkText('IssueComment', body);
  const user = actor(hub, call.principal);
  const now = timestamp();
  const comment: Comment = { id: nextId(hub), user, body, createdAt: now, updatedAt: now, reactions: [] };
  issue.comments.push(comment);
  issue.updatedAt = now;
  const json = commentJson(hub, repository, issue, comment);
  emitIssue(hub, repository, issue, user, { action: 'created', comment: json });
  return created(json);
}

/** One reaction per person and content: the second time it is 200 and the same reaction. */
function addReaction(call: Call, reactions: Reaction[]): Answer {
  const { hub } = call;
  const { content } = call.body as { content: string };
  const user = actor(hub, call.principal);
  const known = reactions.find((one) => one.user === user && one.content === content);
  if (known) return ok(reactionJson(hub, known));
  const reaction: Reaction = { id: nextId(hub), user, content, createdAt: timestamp() };
  reactions.push(reaction);
  return created(reactionJson(hub, reaction));
}

const reactionPage = (call: Call, reactions: readonly Reaction[]): Answer => {
  const content = call.query.get('content');
  const found = reactions.filter((one) => content === null || one.content === content);
  return page(
    call,
    found.map((one) => reactionJson(call.hub, one)),
  );
};

const labelsOf = (call: Call, repository: Repository, issue: Issue): Json[] =>
  issueJson(call.hub, repository, issue)['labels'] as Json[];

function changeLabels(call: Call, repository: Repository, keep: boolean): Answer {
  const issue = issueOf(call, repository);
  checkEditor(call, repository, issue);
  const sent: unknown = call.body;
  const given = (Array.isArray(sent) ? sent : (call.body['labels'] ?? [])) as (string | { name: string })[];
  const names = addLabels(
    call.hub,
    repository,
    given.map((label) => (typeof label === 'string' ? label : label.name)),
  );
  issue.labels = unique([...(keep ? issue.labels : []), ...names]);
  return ok(labelsOf(call, repository, issue));
}

function changeAssignees(call: Call, repository: Repository, add: boolean): Issue {
  const issue = issueOf(call, repository);
  checkEditor(call, repository, issue);
  const { assignees = [] } = call.body as { assignees?: string[] };
  const known = add ? unique([...issue.assignees, ...assignable(repository, assignees)]) : issue.assignees;
  issue.assignees = add ? known.slice(0, 10) : known.filter((login) => !assignees.includes(login));
  return issue;
}

export const issueRoutes = {
  [`GET ${root}/issues`]: within(read, listIssues),
  [`POST ${root}/issues`]: within(['issues:write'], (call, repository) => {
    const body = call.body as IssuePatch;
    const issue = addIssue(call, repository, { ...body, title: String(body.title) });
    if (call.principal.kind !== 'user' || roleOf(repository, call.principal.account.login) !== 'read') {
      const { labels = [], assignees = [] } = body;
      editIssue(call, repository, issue, { labels, assignees });
    }
    emitIssue(call.hub, repository, issue, issue.user, { action: 'opened' });
    return created(issueJson(call.hub, repository, issue));
  }),
  [`GET ${root}/issues/{issue_number}`]: within(read, (call, repository) =>
    ok(issueJson(call.hub, repository, issueOf(call, repository))),
  ),
  [`PATCH ${root}/issues/{issue_number}`]: within(write, (call, repository) => {
    const issue = issueOf(call, repository);
    editIssue(call, repository, issue, call.body);
    return ok(issueJson(call.hub, repository, issue));
  }),
  [`GET ${root}/issues/{issue_number}/comments`]: within(read, (call, repository) => {
    const issue = issueOf(call, repository);
    const since = call.query.get('since') ?? '';
    const found = issue.comments.filter((comment) => comment.updatedAt >= since);
    return page(
      call,
      found.map((comment) => commentJson(call.hub, repository, issue, comment)),
    );
  }),
  [`POST ${root}/issues/{issue_number}/comments`]: within(write, addComment),
  [`GET ${root}/issues/comments/{comment_id}`]: within(read, (call, repository) => {
    const { issue, comment } = commentOf(call, repository);
    return ok(commentJson(call.hub, repository, issue, comment));
  }),
  [`PATCH ${root}/issues/comments/{comment_id}`]: within(write, (call, repository) => {
    const { issue, comment } = commentOf(call, repository);
    const { body } = call.body as { body: string };
    checkText('IssueComment', body);
    const changes = { body: { from: comment.body } };
    comment.body = body;
    comment.updatedAt = timestamp();
    const json = commentJson(call.hub, repository, issue, comment);
    emitIssue(call.hub, repository, issue, actor(call.hub, call.principal), {
      action: 'edited',
      comment: json,
      changes,
    });
    return ok(json);
  }),
  [`DELETE ${root}/issues/comments/{comment_id}`]: within(write, (call, repository) => {
    const { issue, comment } = commentOf(call, repository);
    issue.comments.splice(issue.comments.indexOf(comment), 1);
    return empty;
  }),
  [`GET ${root}/issues/comments/{comment_id}/reactions`]: within(read, (call, repository) =>
    reactionPage(call, commentOf(call, repository).comment.reactions),
  ),
  [`POST ${root}/issues/comments/{comment_id}/reactions`]: within(write, (call, repository) =>
    addReaction(call, commentOf(call, repository).comment.reactions),
  ),
  [`DELETE ${root}/issues/comments/{comment_id}/reactions/{reaction_id}`]: within(
    write,
    (call, repository) => {
      const { reactions } = commentOf(call, repository).comment;
      const place = reactions.findIndex((one) => one.id === Number(call.params['reaction_id']));
      if (place === -1) throw notFound();
      reactions.splice(place, 1);
      return empty;
    },
  ),
  [`GET ${root}/issues/{issue_number}/reactions`]: within(read, (call, repository) =>
    reactionPage(call, issueOf(call, repository).reactions),
  ),
  [`POST ${root}/issues/{issue_number}/reactions`]: within(write, (call, repository) =>
    addReaction(call, issueOf(call, repository).reactions),
  ),
  [`GET ${root}/issues/{issue_number}/labels`]: within(read, (call, repository) =>
    page(call, labelsOf(call, repository, issueOf(call, repository))),
  ),
  [`POST ${root}/issues/{issue_number}/labels`]: within(write, (call, repository) =>
    changeLabels(call, repository, true),
  ),
  [`PUT ${root}/issues/{issue_number}/labels`]: within(write, (call, repository) =>
    changeLabels(call, repository, false),
  ),
  [`DELETE ${root}/issues/{issue_number}/labels/{name}`]: within(write, (call, repository) => {
    const issue = issueOf(call, repository);
    checkEditor(call, repository, issue);
    const name = call.params['name'] ?? '';
    if (!issue.labels.includes(name)) throw new ApiError(404, 'Label does not exist');
    issue.labels = issue.labels.filter((label) => label !== name);
    return ok(labelsOf(call, repository, issue));
  }),
  [`POST ${root}/issues/{issue_number}/assignees`]: within(write, (call, repository) =>
    created(issueJson(call.hub, repository, changeAssignees(call, repository, true))),
  ),
  [`DELETE ${root}/issues/{issue_number}/assignees`]: within(write, (call, repository) =>
    ok(issueJson(call.hub, repository, changeAssignees(call, repository, false))),
  ),
  [`GET ${root}/labels`]: within(read, (call, repository) =>
    page(
      call,
      [...repository.labels.values()].map((label) => labelJson(call.hub, repository, label)),
    ),
  ),
  [`POST ${root}/labels`]: within(write, (call, repository) => {
    const {
      name,
      color = 'ededed',
      description = '',
    } = call.body as { name: string; color?: string; description?: string };
    if (repository.labels.has(name.toLowerCase()))
      throw invalid('Label', { code: 'already_exists', field: 'name' });
    if (call.principal.kind === 'user') authorize(call.principal, repository, ['contents:write']);
    const label = { id: nextId(call.hub), name, color, description };
    repository.labels.set(name.toLowerCase(), label);
    return created(labelJson(call.hub, repository, label));
  }),
  [`GET ${root}/labels/{name}`]: within(read, (call, repository) => {
    const label = repository.labels.get((call.params['name'] ?? '').toLowerCase());
    if (label === undefined) throw notFound();
    return ok(labelJson(call.hub, repository, label));
  }),
} satisfies Partial<Record<Operation, Handler>>;
