/** The keys that only the App reads: its schedule, and `[pull-request]`. */
import { whyNotCron } from '../schedule/cron.ts';
import type { Fields } from './schema.ts';

/** Words that `schedule` may be instead of a cron expression. */
const SCHEDULE_WORDS = ['monthly', 'weekly', 'quarterly', 'off'] as const;

const LOGIN = /^[a-z\d](?:[a-z\d_-]{0,38})$/iu;
const TEAM = /^team:[a-z\d][\w.-]{0,99}$/iu;

export const PULL_REQUEST_KEYS = {
  labels: {
    type: 'strings',
    check: whyNotLabel,
    example: 'dependencies',
    description: 'Labels that a new pull request gets; GitHub makes those that the repository has not.',
  },
  assignees: {
    type: 'strings',
    check: whyNotLogin,
    example: 'octocat',
    description: 'People to whom a new pull request is assigned, by login.',
  },
  reviewers: {
    type: 'strings',
    check: whyNotReviewer,
    example: 'team:backend',
    description:
      'Who is asked to review a new pull request: logins, and teams of the organisation as "team:slug" (for a team, the ' +
      'App needs to read the members of the organisation).',
  },
  draft: { type: 'boolean', description: 'Whether a new pull request is a draft.' },
  group: {
    type: 'string',
    oneOf: ['one', 'per-lock'],
    example: 'one',
    description:
      'One pull request for all locks, or one for each lock ("per-lock"; locks that read each other stay together).',
  },
  'commit-prefix': {
    type: 'string',
    check: whyNotPrefix,
    example: 'chore(deps)',
    description:
      'What the titles of commits and pull requests begin with; a colon is set after a word or a bracket.',
  },
  'auto-merge': {
    type: 'string',
    oneOf: ['off', 'merge', 'squash', 'rebase'],
    example: 'squash',
    description:
      "Whether GitHub merges a new pull request by itself, and how, once the branch's rules are met; the repository " +
      'must allow auto-merge.',
  },
  welcome: {
    type: 'boolean',
    description: 'Whether an issue says what was found when the App is installed on the repository.',
  },
} as const satisfies Fields;

/** Why a text is no schedule, as the end of a sentence; null when it is one. */
export function whyNotSchedule(text: string): string | null {
  if (SCHEDULE_WORDS.some((word) => word === text)) return null;
  const why = whyNotCron(text);
  if (why === null) return null;
  const words = SCHEDULE_WORDS.map((word) => `"${word}"`).join(', ');
  return `it is not one of ${words}, and no cron expression, since ${why}`;
}

/** Why a text is no label, as the end of a sentence; null when it is one. */
export function whyNotLabel(text: string): string | null {
  if (text.trim() === '') return 'it is empty';
  if (/\p{Cc}/u.test(text)) return 'it has control characters';
  if (text.includes(',')) return 'it has a comma, which a label cannot have';
  return text.length > 50 ? 'a label has up to 50 characters' : null;
}

function whyNotLogin(text: string): string | null {
  if (text.startsWith('@')) return 'the login goes without `@`';
  if (text.includes('/') || text.startsWith('team:'))
    return 'a pull request is assigned to people, not to teams';
  return LOGIN.test(text) ? null : 'it is not the login of a person';
}

function whyNotReviewer(text: string): string | null {
  if (text.includes('/')) return 'a team is written "team:slug", without its organisation';
  if (text.startsWith('team:')) return TEAM.test(text) ? null : 'it is not the slug of a team';
  return text.startsWith('@') ? 'the login goes without `@`' : LOGIN.test(text) ? null : 'it is not a login';
}

function whyNotPrefix(text: string): string | null {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) return 'it has control characters';
  return text.length > 50 ? 'it has more than 50 characters' : null;
}
