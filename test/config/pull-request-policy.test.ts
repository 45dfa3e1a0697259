import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { mergePolicies } from '../../src/config/merge-policies.ts';
import type { WrittenPolicy } from '../../src/config/policy-keys.ts';
import { readPolicy, readWrittenPolicy } from '../../src/config/read-policy.ts';

const PATH = '.github/relock.toml';

function errorsOf(text: string): readonly string[] {
  const read = readPolicy(text, PATH);
  return 'errors' in read ? read.errors.map((error) => `${error.path}:${error.line}: ${error.message}`) : [];
}

function written(text: string): WrittenPolicy {
  const read = readWrittenPolicy(text, PATH);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.written;
}

const pull = NO_POLICY.pullRequest;

describe('reads', () => {
  it.each([
    ['schedule = "weekly"', { schedule: { every: 'weekly', timeZone: 'UTC' } }],
    ['schedule = "off"', { schedule: null }],
    ['schedule = "0 3 * * 1#1"', { schedule: { cron: '0 3 * * 1#1', timeZone: 'UTC' } }],
    [
      'time-zone = "Europe/Berlin"',
      { timeZone: 'Europe/Berlin', schedule: { every: 'monthly', timeZone: 'Europe/Berlin' } },
    ],
    [
      `[pull-request]
labels = ["dependencies", "python 🐍"]
assignees = ["octo-cat", "sam_corp"]
reviewers = ["octocat", "team:back-end", "hubot"]
draft = true
group = "per-lock"
commit-prefix = "chore(deps)"
auto-merge = "off"
welcome = true`,
      {
        pullRequest: {
          labels: ['dependencies', 'python 🐍'],
          assignees: ['octo-cat', 'sam_corp'],
          reviewers: { users: ['octocat', 'hubot'], teams: ['back-end'] },
          draft: true,
          group: 'per-lock',
          commitPrefix: 'chore(deps)',
          autoMerge: null,
          welcome: true,
        },
      },
    ],
    ['[pull-request]\nauto-merge = "squash"', { pullRequest: { ...pull, autoMerge: 'squash' } }],
  ])('%j', (text, said) => {
    expect(readPolicy(text, PATH)).toEqual({ policy: { ...NO_POLICY, ...said } });
  });
});

describe('says with file, line and what is right', () => {
  it.each([
    [
      'schedule = "montly"',
      [`${PATH}:1: \`schedule\` is "montly": it is not one of "monthly"`, 'five fields'],
    ],
    [
      '\nschedule = "0 25 1 * *"',
      [':2:', 'its hour has "25": it goes from 0 to 23', 'Write `schedule = "monthly"`'],
    ],
    ['schedule = "*/5 * * * *"', ['once an hour is the most']],
    ['schedule = 7', ['`schedule` is a number, not a text.']],
    ['time-zone = "Europe/Berln"', ['`time-zone` is "Europe/Berln"', 'did you mean "Europe/Berlin"?']],
    ['time-zone = "+02:00"', ['not the IANA name']],
    ['[pull-request]\nlabels = ["a", "b,c"]', [':2: `pull-request.labels[1]` is "b,c": it has a comma']],
    ['[pull-request]\nlabels = [" "]', ['it is empty']],
    ['[pull-request]\nassignees = ["@sam"]', ['the login goes without `@`']],
    ['[pull-request]\nassignees = ["team:x"]', ['to people, not to teams']],
    ['[pull-request]\nreviewers = ["org/team"]', ['a team is written "team:slug"']],
    ['[pull-request]\nreviewers = ["team:"]', ['it is not the slug of a team']],
    ['[pull-request]\nreviewers = ["a b"]', ['it is not a login']],
    ['[pull-request]\n\ndraft = "yes"', [':3: `pull-request.draft` is a text, not true or false.']],
    ['[pull-request]\ngroup = "per-lok"', ['did you mean "per-lock"?']],
    ['[pull-request]\ncommit-prefix = "a\\nb"', ['control characters']],
    ['[pull-request]\nauto-merge = true', ['`pull-request.auto-merge` is true or false, not a text.']],
    ['[pull-request]\nauto-merge = "fast"', ['not one of "off", "merge", "squash", "rebase"']],
    ['[pull-request]\nauto-merge = "merge"\ndraft = true', [':2: ', 'GitHub merges no draft']],
    [
      `[pull-request]\nassignees = [${'"a", '.repeat(11)}]`,
      [':2: `pull-request.assignees` has more than 10.'],
    ],
    ['[pull-request]\nlabel = ["x"]', ['Did you mean `labels`?']],
    ['labels = ["x"]', ['`labels` belongs in `[pull-request]`.']],
    ['[pull-request]\nschedule = "off"', ['`schedule` belongs in the top of the file']],
    ['[pull-request]\n__proto__ = 1', ['There is no key "__proto__" in `[pull-request]`.']],
    ['[[pull-request]]\ndraft = true', ['`pull-request` is a list, not a table.']],
  ])('%j', (text, parts) => {
    const errors = errorsOf(text);
    expect(errors).toHaveLength(1);
    for (const part of parts) expect(errors[0]).toContain(part);
  });
});

describe('mergePolicies', () => {
  const organisation = written(`
exclude-newer = "7 days"
schedule = "weekly"
time-zone = "Europe/Berlin"
ignore = ["vendor"]
[pull-request]
labels = ["deps"]
reviewers = ["team:all"]
draft = true
[images]
pin = true
ignore = ["a"]
[[lock]]
path = "**"
python = "3.11"
`);

  it('gives what the organisation says where the repository says nothing', () => {
    const merged = mergePolicies(organisation, null);
    expect(merged).toEqual(mergePolicies(organisation, written('')));
    expect(merged).toMatchObject({
      excludeNewer: '7 days',
      schedule: { every: 'weekly', timeZone: 'Europe/Berlin' },
      pullRequest: { ...pull, labels: ['deps'], reviewers: { users: [], teams: ['all'] }, draft: true },
      locks: [{ path: '**', python: '3.11' }],
      images: { pin: true, tags: 'off', ignore: ['a'] },
    });
  });

  it('lets the repository win key by key, a default written out too', () => {
    const repository = written(`
schedule = "monthly"
ignore = []
[pull-request]
labels = []
draft = false
[images]
ignore = []
tags = "patch"
[[lock]]
path = "a.txt"
python = "3.12"
`);
    expect(mergePolicies(organisation, repository)).toEqual({
      ...NO_POLICY,
      excludeNewer: '7 days',
      ignore: [],
      schedule: { every: 'monthly', timeZone: 'Europe/Berlin' },
      timeZone: 'Europe/Berlin',
      pullRequest: { ...pull, reviewers: { users: [], teams: ['all'] } },
      locks: [
        { path: '**', python: '3.11' },
        { path: 'a.txt', python: '3.12' },
      ],
      images: { pin: true, tags: 'patch', ignore: [] },
    });
  });

  it('is the policy itself of one file, and the defaults of none', () => {
    expect(mergePolicies(null, null)).toEqual(NO_POLICY);
    expect({ policy: mergePolicies(null, written('solver = "uv"')) }).toEqual(
      readPolicy('solver = "uv"', PATH),
    );
  });

  it('lets "off" of the repository win, and of the organisation lose', () => {
    const off = written('schedule = "off"');
    expect(mergePolicies(organisation, off).schedule).toBeNull();
    expect(mergePolicies(off, written('schedule = "weekly"')).schedule).toEqual({
      every: 'weekly',
      timeZone: 'UTC',
    });
  });
});
