/** Answers to those who ask in a comment: a reaction at once, and one comment that is edited in place. */
import type { GitHubApi, RepositoryRef } from './api.ts';
import { refused } from './failure.ts';
import { ownComments } from './own-comments.ts';

/** `eyes`: seen; `rocket`: done; `confused`: not done, or not understood. */
export type Reaction = 'eyes' | 'rocket' | 'confused';

/**
 * One request. The same reaction twice is one.
 * @returns false when the comment is gone or reactions are not allowed there.
 */
export async function react(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  comment: number,
  content: Reaction,
): Promise<boolean> {
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', {
      owner,
      repo,
      comment_id: comment,
      content,
    }),
  );
  return answer.ok;
}

export interface Reply {
  /** Number of the issue or pull request. */
  readonly issue: number;
  /** Id of the comment that is answered. */
  readonly comment: number;
  /** Id of the answer when it is known; null: it is looked for, so that a run that was killed writes no second one. */
  readonly reply: number | null;
  /** Markdown. */
  readonly body: string;
}

/**
 * Adds a paragraph to the answer to a comment, once; makes the answer where there is none. Two requests.
 * @returns false when GitHub does not let the App comment there.
 */
export async function addToReply(
  api: GitHubApi,
  repository: RepositoryRef,
  { issue, comment, body: text }: Omit<Reply, 'reply'>,
): Promise<boolean> {
  const own = await ownComments(api, repository, issue);
  const tag = tagOf(comment);
  const found = own.find(({ body }) => body.trimEnd().endsWith(tag));
  const before = found?.body.trimEnd().slice(0, -tag.length).trimEnd() ?? '';
  if (before.includes(text)) return true;
  const body = before === '' ? text : `${before}\n\n${text}`;
  return (await reply(api, repository, { issue, comment, reply: found?.id ?? null, body })) !== null;
}

function tagOf(comment: number): string {
  return `<!-- relock-answer: ${comment} -->`;
}

/** GitHub refuses longer comments; with room for the line that marks ours. */
const MOST = 65_000;

/**
 * Writes the one answer to a comment, or edits it. One request when its id is known, else two.
 * @returns the answer's id; null when GitHub does not let the App comment there.
 */
export async function reply(
  api: GitHubApi,
  repository: RepositoryRef,
  answer: Reply,
): Promise<number | null> {
  const tag = tagOf(answer.comment);
  const text = answer.body.length > MOST ? `${answer.body.slice(0, MOST).toWellFormed()}…` : answer.body;
  const body = `${text.trimEnd()}\n\n${tag}\n`;
  const { owner, name: repo } = repository;
  let known = answer.reply;
  if (known === null) {
    const own = await ownComments(api, repository, answer.issue);
    const found = own.find((comment) => comment.body.trimEnd().endsWith(tag));
    if (found?.body.trimEnd() === body.trimEnd()) return found.id;
    known = found?.id ?? null;
  }
  if (known !== null) {
    const id = known;
    const edited = await api.attempt((request) =>
      request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        owner,
        repo,
        comment_id: id,
        body,
      }),
    );
    if (edited.ok) return id;
    // Somebody has deleted it.
    if (edited.refusal.status !== 404) throw refused(edited.refusal);
  }
  const made = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      owner,
      repo,
      issue_number: answer.issue,
      body,
    }),
  );
  if (made.ok) return Number(made.data.id);
  const { status } = made.refusal;
  if (status === 403 || status === 404 || status === 410) return null;
  throw refused(made.refusal);
}
