/** What the repository's policy says of one lock. Pure. */
import { globMatcher } from './glob.ts';
import type { LockPolicy, Policy } from './policy.ts';

/** Whether `ignore` covers a path. A glob that names a folder (`vendor`, `vendor/`) covers all below it. */
export function isIgnored(policy: Policy, path: string): boolean {
  return policy.ignore.some((glob) => {
    const whole = glob.replace(/\/+$/u, '');
    return matches(whole, path) || matches(`${whole}/**`, path);
  });
}

/** All `[[lock]]` entries whose `path` matches, merged: the last one wins, key by key. */
export function policyFor(policy: Policy, path: string): Omit<LockPolicy, 'path'> {
  const merged: { -readonly [Key in keyof Omit<LockPolicy, 'path'>]: LockPolicy[Key] } = {};
  for (const entry of policy.locks) {
    if (!matches(entry.path, path)) continue;
    const { path: _glob, ...said } = entry;
    Object.assign(merged, said);
  }
  return merged;
}

/** Globs are few and asked of every path, so each is compiled once. Bounded: policies of many repositories pass here. */
const compiled = new Map<string, (path: string) => boolean>();
const MAX_COMPILED = 500;

function matches(glob: string, path: string): boolean {
  let matcher = compiled.get(glob);
  if (matcher === undefined) {
    matcher = globMatcher(glob);
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(glob, matcher);
  }
  return matcher(path);
}
