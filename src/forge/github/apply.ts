/** Carries actions out on GitHub. */
import type { ForgeAction } from '../../proposal/actions.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { applyCommit, deleteBranch } from './apply-commit.ts';
import { addLabels, assign, enableAutoMerge, removeLabel, requestReviewers } from './apply-extras.ts';
import { commentOnce, createPull, updatePull } from './apply-pull.ts';
import {
  NOT_MINE,
  type ApplyResult,
  type Fence,
  type PullHandle,
  type Step,
  type Stop,
} from './apply-result.ts';
import { unavailable } from './forge-error.ts';
import { closeIssue, openIssue, updateIssue } from './issues.ts';

/**
 * In order, up to the first that cannot be done. Then the state is to be read and decided on anew: whatever was done is
 * seen there.
 * @param fence asked before the first write, and again before each move of a branch and each new pull request.
 * @throws {ForgeError} limits, 5xx, no answer: the whole may be tried again later, from reading the state on.
 */
export async function applyActions(
  api: GitHubApi,
  repository: RepositoryRef,
  actions: readonly ForgeAction[],
  fence: Fence,
): Promise<ApplyResult> {
  const done: ForgeAction[] = [];
  const notes: string[] = [];
  let head: string | null = null;
  let pull: PullHandle | null = null;
  const result = (stopped: Stop | null): ApplyResult => ({
    done,
    head,
    pull: pull?.number ?? null,
    stopped,
    notes,
  });
  const [first] = actions;
  if (first === undefined) return result(null);
  if (!(await fence.stillMine())) {
    return result({ at: first, why: NOT_MINE.why, because: NOT_MINE.because });
  }
  for (const action of actions) {
    let step: Step;
    try {
      step = await carryOut(api, repository, action, pull, fence);
    } catch (error) {
      const gone = unavailable(error);
      if (gone === null) throw error;
      return result({ at: null, why: gone.reason, because: gone.because });
    }
    if (step.kind === 'stop') return result({ at: action, why: step.why, because: step.because });
    done.push(action);
    notes.push(...(step.notes ?? []));
    head = step.head ?? head;
    pull = step.pull ?? pull;
  }
  return result(null);
}

function carryOut(
  api: GitHubApi,
  repository: RepositoryRef,
  action: ForgeAction,
  made: PullHandle | null,
  fence: Fence,
): Promise<Step> {
  switch (action.kind) {
    case 'commit':
      return applyCommit(api, repository, action, fence);
    case 'delete-branch':
      return deleteBranch(api, repository, action, fence);
    case 'create-pull':
      return createPull(api, repository, action, fence);
    case 'update-pull':
      return updatePull(api, repository, pullOf(action, made), action);
    case 'close-pull':
      return updatePull(api, repository, pullOf(action, made), { state: 'closed' });
    case 'comment':
      return commentOnce(api, repository, pullOf(action, made), action);
    case 'add-labels':
      return addLabels(api, repository, pullOf(action, made), action.labels);
    case 'remove-label':
      return removeLabel(api, repository, pullOf(action, made), action.label);
    case 'assign':
      return assign(api, repository, pullOf(action, made), action.users);
    case 'request-reviewers':
      return requestReviewers(api, repository, pullOf(action, made), action);
    case 'enable-auto-merge': {
      const nodeId = action.pull === null ? (made?.nodeId ?? null) : null;
      return enableAutoMerge(api, repository, pullOf(action, made), nodeId, action.method);
    }
    case 'open-issue':
      return openIssue(api, repository, action, fence);
    case 'update-issue':
      return updateIssue(api, repository, action);
    case 'close-issue':
      return closeIssue(api, repository, action);
  }
}

function pullOf({ pull }: { readonly pull: number | null }, made: PullHandle | null): number {
  const number = pull ?? made?.number;
  if (number === undefined)
    throw new RangeError('An action on a new pull request comes before the one that makes it.');
  return number;
}
