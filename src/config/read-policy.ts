/** Reads the repository's policy, `.github/relock.toml`. Pure. */
import { checkToml, type ConfigError } from './check.ts';
import { NO_POLICY } from './defaults.ts';
import { POLICY_KEYS } from './policy-keys.ts';
import type { LockPolicy, Policy } from './policy.ts';
import type { Checked } from './schema.ts';

/**
 * @param path how errors name the file.
 * @returns the policy with the defaults for what it leaves out, or all that is wrong with it, each with its line and what
 * is right. Never throws, whatever the text.
 */
export function readPolicy(
  text: string,
  path: string,
): { readonly policy: Policy } | { readonly errors: readonly ConfigError[] } {
  const read = checkToml(text, path, POLICY_KEYS, (value, report) => {
    for (const [index, { inputs }] of (value.lock ?? []).entries()) {
      if (inputs?.length !== 0) continue;
      report(
        ['lock', index, 'inputs'],
        '`lock.inputs` is empty: a lock is made from something.',
        'Name the manifests, or leave the key out.',
      );
    }
  });
  if ('errors' in read) return read;
  const { value } = read;
  return {
    policy: {
      excludeNewer: value['exclude-newer'] ?? NO_POLICY.excludeNewer,
      ignore: value.ignore ?? NO_POLICY.ignore,
      solver: value.solver ?? NO_POLICY.solver,
      locks: value.lock?.map(lockPolicy) ?? NO_POLICY.locks,
    },
  };
}

/** Only the keys that were written: what is left out must not win over an earlier entry. */
function lockPolicy(lock: Checked<(typeof POLICY_KEYS)['lock']['fields']>): LockPolicy {
  const { 'tool-version': toolVersion, ...same } = lock;
  return toolVersion === undefined ? same : { ...same, toolVersion };
}
