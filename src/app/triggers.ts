/**
 * The webhooks that ask for a run. Each handler checks who asks, queues, and returns: the work is done by workers.
 */
import type { Probot } from 'probot';
import { POLICY_PATH } from '../config/policy.ts';
import { parseComment } from '../schedule/comment.ts';
import type { QueuedJob, Store, StoreLog } from '../store/store.ts';
import { wanted } from '../workspace/wanted.ts';
import { registerAdvisoryTriggers } from './advisory-triggers.ts';
import type { AdvisoryIntake } from './advisories.ts';

export interface TriggerOptions {
  readonly store: Store;
  readonly intake: AdvisoryIntake;
  readonly log: StoreLog;
  readonly now: () => Date;
}

/** First looks at many repositories are spread out, so that an installation on an organisation is no stampede. */
const FIRST_LOOK_EVERY_MS = 5000;
const MAY_ASK = new Set(['admin', 'write']);

interface RepositoryPayload {
  readonly id: number;
  readonly name: string;
  readonly full_name: string;
}

/** Registers the handlers. */
export function registerTriggers(app: Probot, options: TriggerOptions): void {
  const { store, now } = options;
  registerAdvisoryTriggers(app, options);

  app.on('issue_comment.created', async (context) => {
    const { comment, issue, repository, sender } = context.payload;
    // Threat: a bot that answers our answers, for ever.
    if (sender.type === 'Bot' || comment.user?.type === 'Bot') return;
    const command = parseComment(comment.body);
    const installation = context.payload.installation?.id;
    if (command === null || installation === undefined) return;
    const { octokit } = context;
    const at = { owner: repository.owner.login, repo: repository.name };
    const username = comment.user?.login ?? '';
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username });
    if (!MAY_ASK.has(data.permission)) {
      await octokit.rest.reactions.createForIssueComment({
        ...at,
        comment_id: comment.id,
        content: 'confused',
      });
      return;
    }
    if (command.kind === 'help') {
      if (!(await store.firstDelivery(context.id))) return;
      await octokit.rest.issues.createComment({ ...at, issue_number: issue.number, body: command.text });
      return;
    }
    await octokit.rest.reactions.createForIssueComment({ ...at, comment_id: comment.id, content: 'eyes' });
    const answer = { issue: issue.number, comment: comment.id, reply: null };
    const { only, noCache } = command;
    const job = jobFor(repository, installation, 'comment');
    await store.enqueue({ ...job, only, noCache, force: true, answer }, { delivery: context.id });
  });

  app.on('push', async (context) => {
    const { repository, ref, commits, deleted, installation } = context.payload;
    if (installation === undefined || deleted || ref !== `refs/heads/${repository.default_branch}`) return;
    const touched = commits.flatMap(({ added = [], modified = [], removed = [] }) => [
      ...added,
      ...modified,
      ...removed,
    ]);
    // GitHub lists at most 2048 commits, and says nothing of the files of those it leaves out.
    const matters =
      commits.length >= 2048 || touched.some((path) => path === POLICY_PATH || wanted(path) !== 'no');
    if (!matters) return;
    await store.enqueue(jobFor(repository, installation.id, 'push'), { delivery: context.id });
  });

  app.on('installation.created', async (context) => {
    const { installation, repositories = [] } = context.payload;
    await firstLooks(repositories, installation.id);
  });

  app.on('installation_repositories.added', async (context) => {
    const { installation, repositories_added: added } = context.payload;
    await firstLooks(added, installation.id);
  });

  async function firstLooks(repositories: readonly RepositoryPayload[], installation: number): Promise<void> {
    for (const [index, repository] of repositories.entries()) {
      const notBefore = new Date(now().getTime() + index * FIRST_LOOK_EVERY_MS);
      await store.enqueue(jobFor(repository, installation, 'installation'), { notBefore });
    }
  }
}

/** A job for all locks of a repository that nobody in particular asked for. */
export function jobFor(
  { id, full_name: fullName }: Pick<RepositoryPayload, 'id' | 'full_name'>,
  installation: number,
  trigger: QueuedJob['trigger'],
): QueuedJob {
  const slash = fullName.indexOf('/');
  return {
    repository: { id, owner: fullName.slice(0, slash), name: fullName.slice(slash + 1) },
    installation,
    purpose: 'monthly',
    trigger,
    only: [],
    force: false,
    noCache: false,
    answer: null,
    advisory: null,
  };
}
