/**
 * What to do on the forge so that it shows what the default branch needs now. Pure: from what the forge shows and what a
 * run gave, to actions; applied, and asked again, there is nothing left to do.
 *
 * Threats: two workers act at once, or one is killed half-way (so every step can be told from the forge alone, and those
 * that must not happen twice fail the second time); a person works on the branch (so nothing is ever forced, and commits
 * of others are left alone).
 */
import type { PullRequestPolicy } from '../config/policy.ts';
import type { FileChange, PullRequest } from '../model.ts';
import { code } from '../report/markdown.ts';
import { monthIn } from '../schedule/time-zone.ts';
import type { CommitAction, ForgeAction } from './actions.ts';
import { bodyOf, markerOf, partFiles, titleOf, type HeldFile } from './compose.ts';
import { extras, finish, warn } from './finish.ts';
import { readMarker, titleDigest, withMarker, withTag, type Marker } from './marker.ts';
import type { BranchState, ProposalState, PullState } from './state.ts';

export interface ProposalInput {
  readonly state: ProposalState;
  /** Name of the proposal's branch (`branchName`). */
  readonly branch: string;
  readonly purpose: string;
  readonly outcome: {
    /** null: nothing to propose and nothing failed. */
    readonly pullRequest: PullRequest | null;
    /** Against the head of the base; empty when nothing moved or everything failed. */
    readonly files: readonly FileChange[];
  };
  /** Hash of all that the outcome was made from, but for the base. */
  readonly inputs: string;
  readonly policy: PullRequestPolicy;
  /** In which a month begins. */
  readonly timeZone: string;
  /** A push only refreshes what is open. */
  readonly trigger: 'schedule' | 'comment' | 'push' | 'installation' | 'advisory';
  /** A person asked for it: unchanged inputs do not count, nor that it was closed. */
  readonly force: boolean;
  readonly now: Date;
  readonly mayWriteWorkflows: boolean;
  /** Labels of `WARNINGS` that the outcome deserves. */
  readonly warnings: readonly string[];
  /** Files of the outcome that cannot be published: something else than a file stands there on the base. */
  readonly held: readonly HeldFile[];
  /**
   * The names (digests) of each thing that it is about: a person who closed it has closed it for these, for good. Left
   * out: for the month.
   */
  readonly about?: readonly (readonly string[])[];
  /** A sentence that says why there is nothing to propose, where that is known better than here. */
  readonly nothing?: string;
}

export interface Decision {
  readonly verdict: 'proposed' | 'nothing' | 'failed' | 'left-alone';
  /** A sentence for whoever asked. */
  readonly because: string;
  readonly actions: readonly ForgeAction[];
}

/** Decides. Throws RangeError when the time zone is none. */
export function decide(input: ProposalInput): Decision {
  const { pull } = input.state;
  return pull?.state === 'open' ? decideOpen(input, pull) : decideFresh(input, pull);
}

function decideOpen(input: ProposalInput, pull: PullState): Decision {
  const { branch } = input.state;
  const marker = markerFor(input, pull);
  const settled = marker?.inputs === input.inputs && branch !== null && !branch.behind;
  if (settled && !input.force) {
    const actions = [...finish(pull, marker, input.policy), ...warn(pull, input.warnings)];
    return proposed(`Pull request #${pull.number} is up to date.`, actions);
  }
  if (branch?.foreign === true) {
    const { actions, ...left } = leaveAlone(input, pull);
    return { ...left, actions: [...actions, ...(marker === null ? [] : finish(pull, marker, input.policy))] };
  }
  const content = contentOf(input);
  if (content.kind === 'failed') return failed(pull);
  if (content.kind === 'nothing') {
    const actions: ForgeAction[] = [
      { kind: 'close-pull', pull: pull.number },
      ...tidyUp(pull, content.because, branch),
    ];
    return { verdict: 'nothing', because: content.because, actions };
  }
  const refresh = commit(input, content, branch);
  const actions = marker === null ? [refresh] : refreshOurs(input, pull, marker, content, refresh);
  return proposed(`Pull request #${pull.number} was brought up to date.`, [
    ...actions,
    ...warn(pull, input.warnings),
  ]);
}

/** With a body that is still ours. */
function refreshOurs(
  input: ProposalInput,
  pull: PullState,
  marker: Marker,
  content: Change,
  refresh: CommitAction,
): readonly ForgeAction[] {
  // A title that is not as we left it is a person's.
  const ours = titleDigest(pull.title) === marker.title;
  const title = ours ? content.title : pull.title;
  const body = bodyOf(content.report, content.held, markerOf(ours ? title : '', content.made, true));
  const extra = marker.finished ? [] : extras(pull, input.policy);
  if (title === pull.title && sameText(body, pull.body)) return [refresh, ...extra];
  const number = pull.number;
  // Killed after the commit, the old marker would vouch for it when the old inputs came back.
  const disowned = withMarker(pull.body, { ...marker, inputs: DISOWNED });
  return [
    ...(marker.inputs === DISOWNED ? [] : [{ kind: 'update-pull', pull: number, body: disowned } as const]),
    refresh,
    ...extra,
    { kind: 'update-pull', pull: number, ...(ours ? { title } : {}), body },
  ];
}

/** In a marker, no inputs of any run. */
const DISOWNED = '-';

/** Without an open pull request. */
function decideFresh(input: ProposalInput, pull: PullState | null): Decision {
  const { branch, base } = input.state;
  const content = contentOf(input);
  /** Nobody has pushed since the pull request ended. */
  const leftOver = branch !== null && branch.sha === pull?.head;
  if (content.kind === 'failed') {
    return {
      verdict: 'failed',
      because: 'Nothing could be made anew, so there is nothing to propose.',
      actions: [],
    };
  }
  if (input.trigger === 'push' && !input.force) {
    return {
      verdict: 'nothing',
      because: 'There is no open pull request that a push could refresh.',
      actions: [],
    };
  }
  if (content.kind === 'nothing') {
    // Of what people closed or merged, the branch is theirs to keep or delete.
    const tidy = branch !== null && !branch.foreign && (!leftOver || pull.closedByUs);
    return {
      verdict: 'nothing',
      because: content.because,
      actions: tidy ? tidyUp(pull, content.because, branch) : [],
    };
  }
  if (pull !== null && !input.force && staysClosed(input, pull)) {
    const until =
      input.about === undefined ? 'before the next month or a comment `/rebuild`' : 'for the same again';
    const because = `Pull request #${pull.number} was closed by a person, so nothing is proposed ${until}.`;
    return { verdict: 'left-alone', because, actions: [] };
  }
  // What was merged is not lost with its branch, whoever made it.
  const merged = leftOver && pull?.state === 'merged';
  if (branch?.foreign === true && !merged) return leaveAlone(input, pull);
  const { policy } = input;
  const created = { number: null, labels: [], draft: policy.draft };
  const marker = markerOf(content.title, content.made, extras(created, policy).length === 0);
  const body = bodyOf(content.report, content.held, marker);
  return proposed(pull === null ? 'A pull request is opened.' : 'A new pull request is opened.', [
    // A new proposal starts from the base, and does not bring along the commits of the last one.
    ...(leftOver ? deleteBranch(branch) : []),
    commit(input, content, leftOver ? null : branch),
    {
      kind: 'create-pull',
      head: input.branch,
      base: base.branch,
      title: content.title,
      body,
      draft: policy.draft,
    },
    ...finish({ ...created, body }, marker, policy),
    ...warn(created, input.warnings),
  ]);
}

type Content = { readonly kind: 'nothing'; readonly because: string } | { readonly kind: 'failed' } | Change;

interface Change {
  readonly kind: 'change';
  readonly title: string;
  readonly report: string;
  readonly files: readonly FileChange[];
  readonly held: readonly HeldFile[];
  readonly made: Pick<Marker, 'inputs' | 'purpose' | 'month' | 'about'>;
}

function contentOf(input: ProposalInput): Content {
  const { pullRequest, files } = input.outcome;
  const { publish, held } = partFiles(files, input.mayWriteWorkflows, input.held);
  if (pullRequest === null) {
    const because = input.nothing ?? `Nothing is left to change on ${code(input.state.base.branch)}.`;
    return { kind: 'nothing', because };
  }
  if (files.length === 0) return { kind: 'failed' };
  if (publish.length === 0) {
    const whys = [...new Set(held.map(({ why }) => why))].join(', ');
    return { kind: 'nothing', because: `All that would change cannot be written, since ${whys}.` };
  }
  const month = monthIn(input.timeZone, input.now);
  const about = input.about === undefined ? {} : { about: input.about.flat() };
  return {
    kind: 'change',
    title: titleOf(pullRequest, input.policy),
    report: pullRequest.body,
    files: publish,
    held,
    made: { inputs: input.inputs, purpose: input.purpose, month, ...about },
  };
}

/** A refresh goes on from the branch, so that it needs no force, and from the base, so that it is up to date with it. */
function commit(input: ProposalInput, content: Change, branch: BranchState | null): CommitAction {
  const base = input.state.base.sha;
  return {
    kind: 'commit',
    branch: input.branch,
    base,
    parents: branch === null || branch.sha === base ? [base] : [branch.sha, base],
    expect: branch?.sha ?? null,
    files: content.files,
    message: content.title,
    unlessTree: branch === null || branch.behind ? null : branch.tree,
  };
}

/** Until the month ends in which a person closed it; where it was about something, until there is more of that. */
function staysClosed({ now, timeZone, about }: ProposalInput, pull: PullState): boolean {
  if (pull.state !== 'closed' || pull.closedByUs) return false;
  const closedFor = about === undefined ? undefined : readMarker(pull.body)?.about;
  if (about !== undefined && closedFor !== undefined) {
    return about.every((names) => names.some((name) => closedFor.includes(name)));
  }
  const closed = pull.closedAt === null ? null : new Date(pull.closedAt);
  const known = closed !== null && !Number.isNaN(closed.getTime());
  const month = known ? monthIn(timeZone, closed) : readMarker(pull.body)?.month;
  return month === monthIn(timeZone, now);
}

function leaveAlone(input: ProposalInput, pull: PullState | null): Decision {
  const branch = code(input.branch);
  const because = `The branch ${branch} has commits that are not Relock's, so it is left alone.`;
  const text =
    `${because}\n\n` +
    'To hand it back, take those commits off it, or delete it. Then comment `/rebuild`, or wait for the next run.';
  return { verdict: 'left-alone', because, actions: pull === null ? [] : commentOnce(pull, 'foreign', text) };
}

function failed(pull: PullState): Decision {
  const because = 'The last run could make nothing anew.';
  const text = `${because} So this pull request stays as it is, and may be out of date.`;
  return { verdict: 'failed', because, actions: commentOnce(pull, 'failed', text) };
}

function proposed(because: string, actions: readonly ForgeAction[]): Decision {
  return { verdict: 'proposed', because, actions };
}

function commentOnce(pull: PullState, tag: string, text: string): readonly ForgeAction[] {
  if (pull.comments.includes(tag)) return [];
  return [{ kind: 'comment', pull: pull.number, tag, body: withTag(text, tag) }];
}

/** After a pull request of ours has nothing left to say; its comment may be missing after a crash. */
function tidyUp(pull: PullState | null, because: string, branch: BranchState | null): readonly ForgeAction[] {
  const text = `${because} So this pull request is closed and its branch deleted.`;
  const ended = pull !== null && (pull.state === 'open' || pull.closedByUs);
  return [...(ended ? commentOnce(pull, 'nothing-left', text) : []), ...deleteBranch(branch)];
}

function deleteBranch(branch: BranchState | null): readonly ForgeAction[] {
  return branch === null ? [] : [{ kind: 'delete-branch', branch: branch.name, expect: branch.sha }];
}

function markerFor(input: ProposalInput, pull: PullState): Marker | null {
  const marker = readMarker(pull.body);
  return marker?.purpose === input.purpose ? marker : null;
}

/** A forge changes line ends and the last blank ones. */
function sameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trimEnd() === b.replaceAll('\r\n', '\n').trimEnd();
}
