/**
 * What the forge shows of one proposal: its branch and its pull request. Read from the forge each time and never
 * remembered, so that a person's hand, a second worker or a crash half-way changes what is decided next. Types only.
 */

export interface ProposalState {
  /** The branch that the pull request is for, and its head. */
  readonly base: { readonly branch: string; readonly sha: string };
  /** null when there is no such branch. */
  readonly branch: BranchState | null;
  /** The newest pull request from that branch, whatever its state; null when there never was one. */
  readonly pull: PullState | null;
}

export interface BranchState {
  readonly name: string;
  /** Its head. */
  readonly sha: string;
  /** It has commits (since it left the base) that the App did not author. */
  readonly foreign: boolean;
  /** The base has commits that this branch has not. */
  readonly behind: boolean;
  /** Object id of the head's tree. */
  readonly tree: string;
}

export interface PullState {
  readonly number: number;
  readonly state: 'open' | 'closed' | 'merged';
  /** Of a closed one: the App closed it. */
  readonly closedByUs: boolean;
  /** ISO 8601; null while it is open. */
  readonly closedAt: string | null;
  /** Head of the branch as the pull request has it; it stays where it was when the pull request was closed or merged. */
  readonly head: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly draft: boolean;
  /**
   * Tags of the App's own comments there (`tagOfComment`). Only comments of the App count: anyone can write the hidden
   * text of a tag.
   */
  readonly comments: readonly string[];
}

/** An issue of the App, known by the tag in its marker (`readIssueMarker`). */
export interface IssueState {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly title: string;
  readonly body: string;
}
