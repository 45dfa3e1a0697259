/**
 * What a new pull request gets once: labels, people, auto-merge. Pure.
 *
 * The forge makes a pull request without them, so they follow; the marker says `finished` only after, so that a run that
 * was killed in between is taken up, and what a person takes away later stays away.
 */
import type { PullRequestPolicy } from '../config/policy.ts';
import type { ForgeAction } from './actions.ts';
import { withMarker, type Marker } from './marker.ts';

/** A pull request, or (number null) the one that is being made. */
export interface Unfinished {
  readonly number: number | null;
  readonly labels: readonly string[];
  readonly draft: boolean;
}

/** The actions that finish it and say so; none when its marker says so already. All may be done twice. */
export function finish(
  pull: Unfinished & { readonly body: string },
  marker: Marker,
  policy: PullRequestPolicy,
): readonly ForgeAction[] {
  if (marker.finished) return [];
  const body = withMarker(pull.body, { ...marker, finished: true });
  return [...extras(pull, policy), { kind: 'update-pull', pull: pull.number, body }];
}

/** What the policy asks for and is not there. */
export function extras(
  { number: pull, labels, draft }: Unfinished,
  policy: PullRequestPolicy,
): readonly ForgeAction[] {
  const { reviewers, autoMerge } = policy;
  const actions: ForgeAction[] = [];
  const there = new Set(labels.map((label) => label.toLowerCase()));
  const missing = unique(policy.labels).filter((label) => !there.has(label.toLowerCase()));
  const assignees = unique(policy.assignees);
  const users = unique(reviewers.users);
  const teams = unique(reviewers.teams);
  if (missing.length > 0) actions.push({ kind: 'add-labels', pull, labels: missing });
  if (assignees.length > 0) actions.push({ kind: 'assign', pull, users: assignees });
  if (users.length + teams.length > 0) actions.push({ kind: 'request-reviewers', pull, users, teams });
  // GitHub merges no draft.
  if (autoMerge !== null && !draft) actions.push({ kind: 'enable-auto-merge', pull, method: autoMerge });
  return actions;
}

/** Says of a pull request what nobody should overlook, in its labels: it adds a severe vulnerability. */
export const ADDS_VULNERABILITIES = 'adds vulnerabilities';
/** Labels that come and go with what is proposed. */
const WARNINGS: readonly string[] = [ADDS_VULNERABILITIES];

/** The labels that warn, as they should be now. All may be done twice. */
export function warn(
  { number: pull, labels }: Pick<Unfinished, 'number' | 'labels'>,
  deserved: readonly string[],
): readonly ForgeAction[] {
  const missing = deserved.filter((label) => !labels.includes(label));
  const stale = WARNINGS.filter((label) => labels.includes(label) && !deserved.includes(label));
  return [
    ...(missing.length > 0 ? [{ kind: 'add-labels', pull, labels: missing } as const] : []),
    ...stale.map((label) => ({ kind: 'remove-label', pull, label }) as const),
  ];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}
