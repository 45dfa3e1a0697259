/**
 * What the forge is asked to do, as data. Types only.
 *
 * Whoever carries them out does so in order, and stops at the first whose precondition does not hold any more (`commit`,
 * `create-pull`, `delete-branch` name theirs): something came in between, and only a new look can tell what is right now.
 * Every other action may be done twice without harm.
 */
import type { FileChange } from '../model.ts';

export type ForgeAction =
  | CommitAction
  | CreatePullAction
  | UpdatePullAction
  | CommentAction
  | ClosePullAction
  | DeleteBranchAction
  | AddLabelsAction
  | RemoveLabelAction
  | AssignAction
  | RequestReviewersAction
  | EnableAutoMergeAction
  | IssueAction;

export type IssueAction = OpenIssueAction | UpdateIssueAction | CloseIssueAction;

/**
 * One commit: the files laid over the tree of `base`, never over the branch's own, so that nothing of an earlier proposal
 * stays behind.
 */
export interface CommitAction {
  readonly kind: 'commit';
  readonly branch: string;
  /** Commit whose tree the files are laid over. */
  readonly base: string;
  readonly parents: readonly string[];
  /**
   * Where the branch must be now: its head, or null when it must not exist. The reference is made, or moved without
   * force; when it is elsewhere, this action has failed.
   */
  readonly expect: string | null;
  readonly files: readonly FileChange[];
  readonly message: string;
  /** No commit is made when the tree comes out as this one: the branch says it already. */
  readonly unlessTree: string | null;
}

/** Fails when the branch has an open pull request already. */
export interface CreatePullAction {
  readonly kind: 'create-pull';
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

/** What is left out stays as it is. */
export interface UpdatePullAction extends OnPull {
  readonly kind: 'update-pull';
  readonly title?: string;
  readonly body?: string;
}

/** Written only while no comment of the App there has this tag. The body ends with the tag already. */
export interface CommentAction extends OnPull {
  readonly kind: 'comment';
  readonly tag: string;
  readonly body: string;
}

export interface ClosePullAction extends OnPull {
  readonly kind: 'close-pull';
}

/** Fails when the branch has moved away from `expect`; a branch that is gone already is as wanted. */
export interface DeleteBranchAction {
  readonly kind: 'delete-branch';
  readonly branch: string;
  readonly expect: string;
}

/** Added to those that are there. */
export interface AddLabelsAction extends OnPull {
  readonly kind: 'add-labels';
  readonly labels: readonly string[];
}

/** One that is not there any more is as wanted. */
export interface RemoveLabelAction extends OnPull {
  readonly kind: 'remove-label';
  readonly label: string;
}

export interface AssignAction extends OnPull {
  readonly kind: 'assign';
  readonly users: readonly string[];
}

export interface RequestReviewersAction extends OnPull {
  readonly kind: 'request-reviewers';
  readonly users: readonly string[];
  /** Slugs of teams of the repository's owner. */
  readonly teams: readonly string[];
}

export interface EnableAutoMergeAction extends OnPull {
  readonly kind: 'enable-auto-merge';
  readonly method: 'merge' | 'squash' | 'rebase';
}

/** Made only while no issue of the App has this tag in its marker, open or closed. */
export interface OpenIssueAction {
  readonly kind: 'open-issue';
  readonly tag: string;
  readonly title: string;
  /** Ends with its marker already. */
  readonly body: string;
  readonly labels: readonly string[];
}

/** Opens it again where it is closed. */
export interface UpdateIssueAction {
  readonly kind: 'update-issue';
  readonly issue: number;
  readonly title: string;
  readonly body: string;
}

/** One that is closed or gone already is as wanted. The comment, written once for its tag, says why. */
export interface CloseIssueAction {
  readonly kind: 'close-issue';
  readonly issue: number;
  readonly body: string;
  readonly tag: string;
  readonly comment: string;
}

interface OnPull {
  /** null: the pull request that the `create-pull` before it made. */
  readonly pull: number | null;
}
