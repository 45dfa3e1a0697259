import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { mergePolicies } from '../../src/config/merge-policies.ts';
import type { WrittenPolicy } from '../../src/config/policy-keys.ts';
import { readPolicy, readWrittenPolicy } from '../../src/config/read-policy.ts';

const { security } = NO_POLICY;

function written(text: string): WrittenPolicy {
  const read = readWrittenPolicy(text, 'p');
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.written;
}

it('is on by default, for all that is rated, under a label', () => {
  expect(security).toEqual({ enabled: true, severity: 'low', labels: ['security'] });
});

it.each([
  ['', security],
  ['[security]', security],
  ['[security]\nenabled = false', { ...security, enabled: false }],
  ['[security]\nseverity = "high"\nlabels = []', { ...security, severity: 'high', labels: [] }],
])('reads %j', (text, said) => {
  expect(readPolicy(text, 'p')).toEqual({ policy: { ...NO_POLICY, security: said } });
});

describe('says what is wrong', () => {
  const many = JSON.stringify(Array.from({ length: 51 }, (_, at) => `l${at}`));
  it.each([
    ['[security]\nseverity = "moderate"', '"critical", "high", "medium", "low", "none"'],
    ['[security]\nenabled = "no"', '`security.enabled` is a text, not true or false.'],
    ['[security]\nlabels = ["a,b"]', 'it has a comma'],
    ['[security]\nlable = ["a"]', 'There is no key "lable" in `[security]`. Did you mean `labels`?'],
    [`[security]\nlabels = ${many}`, ':2: `security.labels` has more than 50.'],
    ['[secruity]\nenabled = true', 'Did you mean `security`?'],
  ])('%j', (text, part) => {
    const read = readPolicy(text, 'p');
    const errors = 'errors' in read ? read.errors.map(({ line, message }) => `p:${line}: ${message}`) : [];
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(part);
  });
});

it("has the organisation's replaced key by key", () => {
  const organisation = written('[security]\nseverity = "high"\nlabels = ["a", "b"]');
  expect(mergePolicies(organisation, written('[security]\nlabels = ["c"]')).security).toEqual({
    enabled: true,
    severity: 'high',
    labels: ['c'],
  });
  expect(mergePolicies(organisation, null).security.labels).toEqual(['a', 'b']);
});
