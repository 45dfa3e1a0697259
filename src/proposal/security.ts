/**
 * What to do on the forge about the fix of one package: its pull request, outside the schedule. Pure; see `decide`.
 *
 * Drafts of advisories and private reports never come here, since no reader makes an `Advisory` of one.
 */
import type { SecurityPolicy } from '../config/policy.ts';
import type { FileChange, PullRequest } from '../model.ts';
import { plural } from '../report/count.ts';
import type { FixAdvisory } from '../report/fix-advisory.ts';
import { code } from '../report/markdown.ts';
import { atLeast } from '../scan/model.ts';
import { decide, type Decision, type ProposalInput } from './decide.ts';
import { aboutOf, SECURITY, securityBranch } from './security-names.ts';

export interface SecurityInput extends Omit<
  ProposalInput,
  'branch' | 'purpose' | 'about' | 'nothing' | 'outcome'
> {
  /** Its normalised name. */
  readonly package: string;
  /** All that are known to concern what is locked, or did when its pull request was opened; withdrawn ones too. */
  readonly advisories: readonly FixAdvisory[];
  readonly security: SecurityPolicy;
  readonly outcome: SecurityOutcome;
}

export type SecurityOutcome =
  /** Of some locks at least. */
  | { readonly kind: 'fix'; readonly pullRequest: PullRequest; readonly files: readonly FileChange[] }
  /** The default branch has no version of it that is affected. */
  | { readonly kind: 'clean' }
  /** No release has the fix, or it cannot be let in: the issue says what stands in the way. */
  | { readonly kind: 'blocked' }
  /** The lockers failed for another reason. */
  | { readonly kind: 'failed' };

/** Decides. Throws RangeError when the time zone is none. */
export function decideSecurity(input: SecurityInput): Decision {
  const { package: name, advisories, security, outcome, policy, ...rest } = input;
  const worth = worthFixing(name, advisories, security);
  const nothing = worth.none ?? whyNothing(name, outcome);
  return decide({
    ...rest,
    // What was proposed does not hold any more, whatever it was made from.
    inputs: nothing === null ? rest.inputs : `none:${outcome.kind}`,
    branch: securityBranch(name),
    purpose: SECURITY,
    about: aboutOf(worth.advisories),
    policy: { ...policy, labels: [...policy.labels, ...security.labels] },
    outcome:
      nothing === null && outcome.kind === 'fix'
        ? outcome
        : { pullRequest: nothing === null ? NO_CHANGE : null, files: [] },
    ...(nothing !== null && { nothing }),
  });
}

/** With no files: that nothing could be made. */
const NO_CHANGE: PullRequest = { title: '', body: '' };

function whyNothing(name: string, { kind }: SecurityOutcome): string | null {
  switch (kind) {
    case 'clean':
      return `The default branch has no affected version of ${code(name)} any more.`;
    case 'blocked':
      return `Nothing can be changed that would fix ${code(name)} as things are; an issue says what stands in the way.`;
    case 'fix':
    case 'failed':
      return null;
  }
}

/**
 * The advisories that are to be fixed.
 * @returns with `none`, why there is nothing to fix, as a sentence; null: there is.
 */
export function worthFixing(
  name: string,
  advisories: readonly FixAdvisory[],
  { enabled, severity: floor }: SecurityPolicy,
): { readonly advisories: readonly FixAdvisory[]; readonly none: string | null } {
  if (!enabled) return { advisories: [], none: 'The policy has security fixes switched off.' };
  const holding = advisories.filter(({ withdrawn }) => !withdrawn);
  const worth = holding.filter(({ malicious, severity }) => malicious || atLeast(severity.level, floor));
  if (worth.length > 0) return { advisories: worth, none: null };
  if (holding.length > 0) {
    const subject = subjectOf(name, holding);
    return {
      advisories: [],
      none: `${subject} ${holding.length === 1 ? 'is' : 'are'} less severe than ${code(floor)}, the floor of the policy.`,
    };
  }
  return {
    advisories: [],
    none:
      advisories.length === 0
        ? `No advisory on ${code(name)} is known any more.`
        : `${subjectOf(name, advisories)} ${advisories.length === 1 ? 'was' : 'were'} withdrawn.`,
  };
}

function subjectOf(name: string, advisories: readonly FixAdvisory[]): string {
  const [first] = advisories;
  return advisories.length === 1 && first !== undefined
    ? `The advisory ${code(first.id, 60)} on ${code(name)}`
    : `The ${plural(advisories.length, 'advisory', 'advisories')} on ${code(name)}`;
}
